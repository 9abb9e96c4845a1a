"""Photos a second of `monochromic batch`, beside a shell loop over `monochromic restore`; its memory; its journal.

`python benchmarks/batch.py [--sides 512 2048] [--photos 20] [--ways 2 ray --rounds 2]` prints a table; on a machine
that does more things compare the seconds of the CPU, in which all processes of a command are counted. The columns
without the start are of the photos after the first six. `--many 10000` restores so many photos of 64 x 64 instead, is
killed half-way and goes on, prints the memory of each process as it goes, and how long a further run takes that finds
everything done. `--journal 10000` does the journal of so many photos alone. Linux.
"""

import argparse
import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw

TITLES = {
    "loop": "shell loop over `restore`",
    "1": "`batch --workers 1`",
    "2": "`batch --workers 2`",
    "ray": "`batch --engine ray --workers 2`",
}
COMMAND = [sys.executable, "-m", "monochromic"]
PHOTO = Path(__file__).parents[1] / "workflows" / "input" / "astronaut_scratched.png"
MASK = PHOTO.with_name("astronaut_scratches.png")
ADOPT = 36  # PR_SET_CHILD_SUBREAPER
EVERY = 1.0  # seconds between two looks at the memory
LOOK = 0.1  # seconds between two looks at the results
FIRST = 6  # results after which all workers are at work
STEP = 250  # photos between two lines about it


def make_photos(folder: Path, count: int, side: int) -> None:
    """The shipped photo at another size and turned, so that no two are equal; and its mask."""
    (folder / "scans").mkdir()
    photo = Image.open(PHOTO).convert("RGB").resize((side, side))
    Image.open(MASK).convert("L").resize((side, side)).save(folder / "mask.png")
    for i in range(count):
        each = photo.copy()
        ImageDraw.Draw(each).point((i % side, i // side), (255, 0, 0))
        each.save(folder / "scans" / f"{i:06}.png", compress_level=1)


class Measured(NamedTuple):
    """Seconds and seconds of the CPU of some commands, and of each photo between the first results and the last."""

    seconds: float
    cpu: float
    seconds_each: float
    cpu_each: float


class Process(NamedTuple):
    """A process: its key and its parent's; its seconds, those of children it waited for; megabytes of memory."""

    key: str
    parent: str
    cpu: float
    waited: float
    resident: float


class Ledger:
    """The seconds of the CPU of all processes that this one starts, and those start, also of those that end meanwhile.

    What its parent leaves behind becomes a child of this process, and is seen until it is waited for here. What no look
    saw is in the seconds of those that its parent waited for. Only of a process whose parent ignores its end, as Ray's
    do, the seconds since the last look are missing.
    """

    def __init__(self) -> None:
        ctypes.CDLL(None).prctl(ADOPT, 1)
        self.known: dict[str, Process] = {}

    def seconds(self) -> float:
        """Of all of them until now."""
        first, *others = _processes(os.getpid())
        now = {process.key: process for process in others}
        self.known.update(now)
        children: dict[str, list[Process]] = {}
        for process in self.known.values():
            children.setdefault(process.parent, []).append(process)

        def total(process: Process) -> float:
            ended = living = 0.0
            for child in children.get(process.key, ()):
                if child.key in now:
                    living += total(child)
                else:
                    ended += total(child)
            return process.cpu + max(process.waited, ended) + living

        return total(first._replace(cpu=0.0, waited=0.0))

    def wait(self) -> None:
        """Wait for what was left behind."""
        with suppress(ChildProcessError):
            while True:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                self.seconds()
                if ended:
                    os.waitpid(ended.si_pid, 0)
                else:
                    time.sleep(LOOK)


def measure(commands: list[list[str]], folder: Path, results: str = "out") -> Measured:
    """What some commands take, one after the other."""
    ledger, started = Ledger(), time.perf_counter()
    looks: list[tuple[int, float, float]] = []
    for command in commands:
        running = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        while os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            done, cpu = _count(folder / results), ledger.seconds()
            if len(commands) == 1 and done >= FIRST and (not looks or done > looks[-1][0]):
                looks.append((done, time.perf_counter(), cpu))
            time.sleep(LOOK)
        ledger.seconds()  # it can still be seen
        assert running.wait() == 0, command
    seconds = time.perf_counter() - started
    ledger.wait()
    if len(looks) < 2:
        return Measured(seconds, ledger.seconds(), float("nan"), float("nan"))
    (done, since, used), (count, until, total) = looks[0], looks[-1]
    each = (until - since) / (count - done), (total - used) / (count - done)
    return Measured(seconds, ledger.seconds(), *each)


def _count(folder: Path) -> int:
    """The results in a folder."""
    return sum(entry.name.endswith(".png") for entry in os.scandir(folder)) if folder.is_dir() else 0


def _processes(pid: int, parent: str = "") -> Iterator[Process]:
    """A process and those it started, in their order; also one that has ended, until its parent waits for it."""
    with suppress(OSError):
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        own, waited = ((int(words[i]) + int(words[i + 1])) / os.sysconf("SC_CLK_TCK") for i in (11, 13))
        key = f"{pid} of {words[19]}"  # when it was started: numbers are used again
        yield Process(key, parent, own, waited, int(words[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20)
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _processes(int(child), key)


def compare(side: int, count: int, names: list[str], rounds: int) -> None:
    """Print a row for each way, in turns."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_photos(folder, count, side)
        photos = sorted(path.name for path in (folder / "scans").iterdir())
        batch = ["batch", "scans", "--mask", "mask.png", "--out", "out", "--workers"]
        ways = {
            "loop": [["restore", f"scans/{n}", "--mask", "mask.png", "-o", f"out/{n}"] for n in photos],
            "1": [[*batch, "1"]],
            "2": [[*batch, "2"]],
            "ray": [[*batch, "2", "--engine", "ray"]],
        }
        bytes_of_first: dict[str, bytes] = {}
        for name in names * rounds:
            load, taken = os.getloadavg()[0], measure([COMMAND + words for words in ways[name]], folder)
            results = {path.name: path.read_bytes() for path in sorted((folder / "out").glob("*.png"))}
            assert len(results) == count
            bytes_of_first = bytes_of_first or results
            print(
                f"| {TITLES[name]} | {side} | {count / taken.seconds:.3f} | {taken.cpu / count:.2f} | "
                f"{1 / taken.seconds_each:.3f} | {taken.cpu_each:.2f} | {load:.1f} | {results == bytes_of_first} |",
                flush=True,
            )
            shutil.rmtree(folder / "out")


def many(count: int, folder: Path) -> None:
    """Memory and start of a large batch: killed half-way, gone on with, and started again once all is done."""
    make_photos(folder, count, 64)
    batch = ["batch", "scans", "--mask", "mask.png", "--out", "out", "--backbone", "telea", "--workers", "1"]
    batch += ["--texture", "0"]
    _watch(batch, folder, count // 2)
    _watch(batch, folder, count + 1)
    for title in ("that finds all done", "again"):
        taken = measure([COMMAND + batch], folder)
        print(f"a run {title}: {taken.seconds:.1f} s, {taken.cpu:.2f} s of the CPU", flush=True)


def _watch(batch: list[str], folder: Path, end: int) -> None:
    """Print the memory of a run as it goes; it is killed once so many results are there."""
    driver, last = subprocess.Popen(COMMAND + batch, cwd=folder, stdout=subprocess.DEVNULL), -1
    while driver.poll() is None:
        done = _count(folder / "out")
        if done // STEP != last:
            sizes = ", ".join(f"{process.resident:.0f}" for process in _processes(driver.pid))
            print(f"{done} photos, MB of the driver and its processes: {sizes}", flush=True)
            last = done // STEP
        if done >= end:
            driver.kill()
        time.sleep(EVERY)
    assert driver.returncode == (0 if end > len([*(folder / "scans").iterdir()]) else -9)


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
    parser.add_argument("--ways", nargs="+", choices=TITLES, default=["loop", "1", "2"])
    parser.add_argument("--rounds", type=int, default=1, help="all ways in turns, so often")
    parser.add_argument("--many", type=int)
    parser.add_argument("--folder", type=Path, help="an empty one for the photos of --many, which are kept")
    parser.add_argument("--journal", type=int)
    options = parser.parse_args()
    if options.journal:
        journal(options.journal)
    elif options.many:
        with tempfile.TemporaryDirectory() as place:
            many(options.many, options.folder or Path(place))
    else:
        print(
            "| | pixels a side | photos/s | CPU s a photo | photos/s, no start | CPU s, no start | load | bytes equal |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for side in options.sides:
            compare(side, options.photos, options.ways, options.rounds)
