"""Seconds and memory of a whole restoration, each case in a process of its own.

    python benchmarks/restore.py [--runs 3] [--before CHECKOUT [--case 512]]

With another checkout, each run of one case here is followed by one there. Compared are the seconds of the processor and
the fastest runs, which other work on the machine changes least.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from cases import photo
from memory import peak_memory
from monochromic.core import load_hole, load_image, random_hole, restore, save_image
from monochromic.core.backbones import DEFAULT
from report import table, write

ROOT = Path(__file__).parents[1]
CASES = {
    "512 x 512, strokes over 10 %": (512, 512, None),
    "2048 x 2048, strokes over 10 %": (2048, 2048, None),
    "4000 x 3000 (12 megapixels), a hole of 200 x 200": (3000, 4000, 200),
}


def make(folder: Path, case: str) -> tuple[Path, Path]:
    """The photo and the mask of a case as files."""
    height, width, box = CASES[case]
    image = photo("astronaut", height, width)
    if box:
        hole = torch.zeros(1, 1, height, width)
        hole[..., height // 3 : height // 3 + box, width // 3 : width // 3 + box] = 1
    else:
        hole = random_hole("free_form", height, width, 0.1, seed=0)
    save_image(image, folder / "photo.jpg")
    save_image(hole, folder / "mask.png")
    return folder / "photo.jpg", folder / "mask.png"


def one(folder: Path) -> dict[str, float]:
    """Restore once in this process: seconds after import, and the peak memory of the process."""
    start = time.perf_counter()
    image = load_image(folder / "photo.jpg")
    hole = load_hole(folder / "mask.png", image)
    loaded, busy = time.perf_counter(), time.process_time()
    result = restore(image, hole)
    restored, busy = time.perf_counter(), time.process_time() - busy
    save_image(result, folder / "out.png")
    end = time.perf_counter()
    peak = peak_memory()
    again = time.process_time()
    restore(image, hole)  # what is loaded once, is loaded
    again = time.process_time() - again
    files = end - restored + loaded - start
    return {"restore": restored - loaded, "files": files, "peak": peak, "processor": busy, "loaded": again}


def run(folder: Path, checkout: Path, library: Path) -> dict[str, float]:
    """`one` in a process of its own, with the package of a checkout."""
    library.mkdir(exist_ok=True)
    link = library / "monochromic"
    if not link.exists():
        link.symlink_to(checkout.resolve(), target_is_directory=True)
    command = [sys.executable, __file__, "--one", str(folder)]
    return json.loads(subprocess.check_output(command, env={**os.environ, "PYTHONPATH": str(library)}))


def compare(before: Path, case: str, runs: int) -> list[list[str]]:
    """The rows of a table: seconds of the processor there and here, alternately, and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, case)
        there, here = [], []
        for i in range(runs):
            there.append(run(folder, before, folder / "before"))
            here.append(run(folder, ROOT, folder / "now"))
            print(f"{i + 1}: {there[-1]['processor']:.2f} {here[-1]['processor']:.2f} s", file=sys.stderr)
    rows = []
    for key, title in (("processor", "first restore"), ("loaded", "second restore")):
        old, new = ([each[key] for each in found] for found in (there, here))
        paired = statistics.median(b / a for a, b in zip(old, new, strict=True))
        rows.append([title, *(f"{v:.2f}" for v in (min(old), min(new), min(new) / min(old), paired))])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--before", type=Path, help="another checkout, to compare with")
    parser.add_argument("--case", default="512", help="of --before: the first whose name begins so")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.one)))
        return
    if options.before:
        case = next(each for each in CASES if each.startswith(options.case))
        heading = [case, "before, s", "now, s", "ratio of the fastest", "median of the ratios"]
        print(table(heading, compare(options.before, case, options.runs)))
        return
    rows = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as name:
            make(Path(name), case)
            command = [sys.executable, __file__, "--one", name]
            runs = [json.loads(subprocess.check_output(command)) for _ in range(options.runs)]
        middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        rows.append([case, f"{middle['restore']:.2f}", f"{middle['files']:.2f}", f"{middle['peak']:.2f}"])
    heading = ["photo", "restore, s", "reading and writing files, s", "peak memory of the process, GB"]
    write("restore", f"A whole restoration: {DEFAULT}, texture by half as unasked, and propagate", table(heading, rows))


if __name__ == "__main__":
    main()
