"""Seconds and memory of a color method by the size of the photo; a fifth of it is hole, under strokes.

    python benchmarks/color_cost.py [--method propagate] [--sides 256 512 1024 2048] [--runs 5] [--against paper]

Each size runs in a process of its own; its memory is the highest over what the process had before the first
run. `--against` runs another method once on the first size, in the same process, for the ratio of their times.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

import torch
from cases import photo
from memory import peak_memory
from monochromic.core import METHODS, colorize, luminance, random_hole
from report import table, write


def measure(method: str, side: int, runs: int, against: str | None) -> dict[str, float]:
    image, hole = photo("astronaut", side), random_hole("free_form", side, side, 0.2, seed=0)
    holed, gray = torch.where(hole > 0, torch.zeros_like(image), image), luminance(image)

    def seconds(name: str) -> float:
        start = time.perf_counter()
        colorize(holed, gray, hole, name)
        return time.perf_counter() - start

    rest = peak_memory()
    first = seconds(method)
    found = {
        "first": first,
        "seconds": statistics.median(seconds(method) for _ in range(runs)),
        "memory": peak_memory() - rest,
    }
    return found | ({"other": seconds(against)} if against else {})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--method", default="propagate", choices=METHODS)
    parser.add_argument("--sides", type=int, nargs="+", default=[256, 512, 1024, 2048])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--against", choices=METHODS)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.method, options.one, options.runs, options.against)))
        return
    rows, notes = [], []
    for i, side in enumerate(options.sides):
        command = [
            sys.executable,
            __file__,
            "--method",
            options.method,
            "--runs",
            str(options.runs),
            "--one",
            str(side),
        ]
        command += ["--against", options.against] if options.against and i == 0 else []
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        hole = 0.2 * side * side
        numbers = f"{found['seconds']:.2f}", f"{found['first']:.2f}", f"{found['seconds'] / hole * 1e6:.2f}"
        rows.append([f"{side} x {side}", *numbers, f"{found['memory']:.2f}"])
        if "other" in found:
            ratio = found["other"] / found["seconds"]
            notes = [f"`{options.against}` at {side} x {side}: {found['other']:.0f} s, {ratio:.0f} times as long."]
    heading = ["photo", "seconds", "first run", "microseconds a hole pixel", "memory over the process at rest, GB"]
    write(f"color_cost_{options.method}", f"What `{options.method}` costs", table(heading, rows), *notes)


if __name__ == "__main__":
    main()
