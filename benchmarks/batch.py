"""Photos a second of `monochromic batch`, beside a shell loop over `monochromic restore`; its memory; its journal.

`python benchmarks/batch.py [--sides 512 2048] [--photos 20] [--ray]` prints a table; on a machine that does more things
compare the seconds of the CPU, in which all processes of a command are counted. `--many 10000` restores so many photos
of 64 x 64 instead, prints the memory of each process as it goes, and how long a second run takes that finds everything
done. `--journal 10000` does the journal of so many photos alone. Linux.
"""

import argparse
import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from PIL import Image, ImageDraw

COMMAND = [sys.executable, "-m", "monochromic"]
PHOTO = Path(__file__).parents[1] / "workflows" / "input" / "astronaut_scratched.png"
MASK = PHOTO.with_name("astronaut_scratches.png")
ADOPT = 36  # PR_SET_CHILD_SUBREAPER
EVERY = 10.0  # seconds between two looks at the memory


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
    """Seconds, and seconds of the CPU, of some commands one after the other.

    What outlives its parent, as the workers of a batch do, becomes a child of this process, and is waited for too.
    """
    ctypes.CDLL(None).prctl(ADOPT, 1)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    for command in commands:
        subprocess.run(COMMAND + command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    with suppress(ChildProcessError):
        while True:
            os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
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
            load = os.getloadavg()[0]
            seconds, cpu = measure(commands, folder)
            equal = "" if commands is loop else str(_equal(folder, names))
            row = f"| {title} | {side} | {count / seconds:.3f} | {cpu / count:.2f} | {load:.1f} | {equal} |"
            print(row, flush=True)
            shutil.rmtree(folder / "out", ignore_errors=True)


def _equal(folder: Path, names: list[str]) -> bool:
    return all((folder / "out" / n).read_bytes() == (folder / "loop" / n).read_bytes() for n in names)


def many(count: int) -> None:
    """Memory and start of a large batch."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_photos(folder, count, 64)
        batch = ["batch", "scans", "--mask", "mask.png", "--out", "out", "--backbone", "telea", "--workers", "1"]
        batch += ["--texture", "0"]
        driver = subprocess.Popen(COMMAND + batch, cwd=folder, stdout=subprocess.DEVNULL)
        while driver.poll() is None:
            done = sum(1 for _ in os.scandir(folder / "out")) if (folder / "out").is_dir() else 0
            sizes = ", ".join(f"{resident:.0f}" for resident in _memory(driver.pid))
            print(f"{done} photos, MB of the driver and its processes: {sizes}", flush=True)
            time.sleep(EVERY)
        assert driver.returncode == 0
        seconds, cpu = measure([batch], folder)
        print(f"a run that finds all done: {seconds:.1f} s, {cpu:.2f} s of the CPU")


def _memory(pid: int) -> Iterator[float]:
    """Resident megabytes of a process and of those it started, in the order in which they were."""
    with suppress(OSError):
        yield int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _memory(int(child))


def journal(count: int) -> None:
    """The journal alone: photos are planned, begun and ended, with the thumbnails that photos have."""
    from monochromic.batch.journal import Journal, Outcome

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "journal.sqlite"
        for title in ("first", "second"):
            base = Journal(path)
            started = time.process_time()
            with base.planning():
                for i in range(count):
                    known = base.row(f"/scans/{i:06}.png")
                    base.add(f"/scans/{i:06}.png", f"{i:06}.png", "stamp", "settings", {}, known is None)
            planned = time.process_time()
            for task in base.tasks():
                base.begin(task, "settings")
                small = os.urandom(8000)
                base.end(task, Outcome("done", damage=task.number % 997 / 1e4, pixels=4096, thumbnail=small))
            ended = time.process_time()
            base.close()
            plan, do = 1e3 * (planned - started) / count, 1e3 * (ended - planned) / count
            print(f"{title} run of {count}: {plan:.3f} ms of the CPU a photo to plan, {do:.3f} to begin and end")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 2048])
    parser.add_argument("--photos", type=int, default=20)
    parser.add_argument("--ray", action="store_true")
    parser.add_argument("--many", type=int)
    parser.add_argument("--journal", type=int)
    options = parser.parse_args()
    if options.journal:
        journal(options.journal)
    elif options.many:
        many(options.many)
    else:
        print("| | pixels a side | photos a second | CPU seconds a photo | load before | bytes equal |")
        print("|---|---|---|---|---|---|")
        for side in options.sides:
            compare(side, options.photos, options.ray)
