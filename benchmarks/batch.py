"""Photos a second of `monochromic batch`, beside a shell loop over `monochromic restore`; and its memory.

`python benchmarks/batch.py [--sides 512 2048] [--photos 20] [--ray]` prints a table; on a machine that does more things
compare the seconds of the CPU. `--many 10000` restores so many photos of 64 x 64 instead, and prints the memory
of the driver, and how long a second run takes that finds everything done.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image, ImageDraw

COMMAND = [sys.executable, "-m", "monochromic"]
PHOTO = Path(__file__).parents[1] / "workflows" / "input" / "astronaut_scratched.png"
MASK = PHOTO.with_name("astronaut_scratches.png")


def make_photos(folder: Path, count: int, side: int) -> None:
    """The shipped photo at another size and turned, so that no two are equal; and its mask."""
    (folder / "scans").mkdir()
    photo = Image.open(PHOTO).convert("RGB").resize((side, side))
    Image.open(MASK).convert("L").resize((side, side)).save(folder / "mask.png")
    for i in range(count):
        each = photo.copy()
        ImageDraw.Draw(each).point((i % side, i // side), (255, 0, 0))
        each.save(folder / "scans" / f"{i:06}.png", compress_level=1)


def measure(commands: list[list[str]], folder: Path) -> tuple[float, float]:
    """Seconds, and seconds of the CPU, of some commands one after the other."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    for command in commands:
        subprocess.run(COMMAND + command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    after, seconds = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(side: int, count: int, ray: bool) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_photos(folder, count, side)
        names = sorted(path.name for path in (folder / "scans").iterdir())
        loop = [["restore", f"scans/{name}", "--mask", "mask.png", "-o", f"loop/{name}"] for name in names]
        batch = ["batch", "scans", "--mask", "mask.png", "--out", "out"]
        runs = {"shell loop over restore": loop}
        runs |= {f"batch, {n} workers": [[*batch, "--workers", str(n)]] for n in (1, 2)}
        if ray:
            runs["batch on Ray, 2 workers"] = [[*batch, "--workers", "2", "--engine", "ray"]]
        for title, commands in runs.items():
            seconds, cpu = measure(commands, folder)
            equal = "" if commands is loop else f", bytes equal: {_equal(folder, names)}"
            print(f"| {title} | {side} | {count / seconds:.2f} | {cpu / count:.2f} |{equal}", flush=True)
            shutil.rmtree(folder / "out", ignore_errors=True)


def _equal(folder: Path, names: list[str]) -> bool:
    return all((folder / "out" / n).read_bytes() == (folder / "loop" / n).read_bytes() for n in names)


def many(count: int) -> None:
    """Memory and start of a large batch."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_photos(folder, count, 64)
        batch = ["batch", "scans", "--mask", "mask.png", "--out", "out", "--backbone", "telea", "--workers", "1"]
        driver = subprocess.Popen(COMMAND + batch, cwd=folder, stdout=subprocess.DEVNULL)
        while driver.poll() is None:
            with Path(f"/proc/{driver.pid}/status").open() as file:
                resident = next((line.split()[1] for line in file if line.startswith("VmRSS")), "")
            done = sum(1 for _ in os.scandir(folder / "out")) if (folder / "out").is_dir() else 0
            print(f"{done} photos, driver {int(resident or 0) / 1024:.0f} MB", flush=True)
            time.sleep(10)
        print(f"a run that finds all done: {measure([batch], folder)[0]:.1f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 2048])
    parser.add_argument("--photos", type=int, default=20)
    parser.add_argument("--ray", action="store_true")
    parser.add_argument("--many", type=int)
    options = parser.parse_args()
    if options.many:
        many(options.many)
    else:
        print("| | pixels a side | photos a second | CPU seconds a photo |\n|---|---|---|---|")
        for side in options.sides:
            compare(side, options.photos, options.ray)
