"""Pickles of others within limits of time and memory.

A few bytes of a pickle can ask for endless work, or for more memory than there is, in calls that cannot be interrupted.
So each file is first read in a process of its own, which has limits; only what ends there is read here.
"""

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, Protocol

from ..errors import WeightsError
from ..host.available import committed_memory
from ..host.cancel import check_cancelled
from ..host.memory import out_of_memory
from ..host.quiet import without_warnings

SECONDS = 60  # of work for any file
PATIENCE = 10  # times that, on a machine that does much else
BYTES_PER_SECOND = 5e6  # on top of that
STARTUP = 300  # seconds that a new Python may take to read torch
POLL = 0.01  # seconds between two looks whether it has ended
SPARE = 1 << 30  # bytes of memory beside three times the file
UNPACKED = 4  # times the size of an archive, at most
PICKLE = 1 << 28  # bytes of what is no tensor, at most
MEMORY, BROKEN = 3, 4  # exit codes of the trial
TOO_LONG, KILLED = -int(getattr(signal, "SIGXCPU", 24)), -9  # signals that end one that has used its time
ROOT = Path(__file__).parents[2]  # of the package
CHILD = """import sys, types
sys.path[:] = [folder for folder in sys.path if folder]  # nothing of the folder that we are called in
package = types.ModuleType("monochromic")
package.__path__ = [sys.argv[1]]
sys.modules["monochromic"] = package
from importlib import import_module
trial = import_module("monochromic.core.weights.pickles").trial
load = getattr(import_module("monochromic." + sys.argv[2]), sys.argv[3])
trial(load, sys.argv[4], int(sys.argv[5]), int(sys.argv[6]))"""


def within_limits(load: Callable[[Path], Any], path: Path, *, trial: bool = True) -> Any:
    """Read a pickle of torch's, or what has one.

    Args:
        load: Reads it.
        path: Of the file.
        trial: Whether to try it in a process of its own first.

    Returns:
        What `load` returns.

    Raises:
        WeightsError: for a file that takes too much time or memory.
        Exception: whatever a broken file provokes.
    """
    if trial:
        _try(load, path, max(_unpacked(path), path.stat().st_size))
    with without_warnings():
        return load(path)


def _unpacked(path: Path) -> int:
    """Bytes of what an archive holds; 0 for another file. Raises `WeightsError` for one that holds far too much."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return 0
    total = sum(entry.file_size for entry in entries)
    pickled = sum(entry.file_size for entry in entries if entry.filename.endswith(".pkl"))
    size = path.stat().st_size
    if total > UNPACKED * size + SPARE // 4 or pickled > PICKLE:
        raise WeightsError(f"of its {size / 1e6:.1f} MB, {total / 1e6:.0f} MB would come")
    return total


class _Process(Protocol):
    """What is asked of the other process."""

    def poll(self) -> int | None:
        """Its exit code, or minus the signal that ended it; None while it runs."""

    def kill(self) -> None:
        """End it."""


class _Forked:
    """A copy of this process, which has all that it has read already."""

    def __init__(self, work: Callable[[], NoReturn]) -> None:
        with without_warnings():  # threads, of which the other process has none, are warned of
            self.child = os.fork()
        if not self.child:
            work()

    def poll(self) -> int | None:
        done, status = os.waitpid(self.child, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if done else None

    def kill(self) -> None:
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)


class _Spawned(subprocess.Popen):
    """A new Python, where processes cannot be copied, as on Windows."""

    def __init__(self, load: Callable[[Path], Any], path: Path, spare: int, seconds: int) -> None:
        module = load.__module__.removeprefix(__package__.removesuffix("core.weights"))
        words = [str(ROOT), module, load.__name__, os.fspath(path), str(spare), str(seconds)]
        nowhere = subprocess.DEVNULL
        super().__init__([sys.executable, "-c", CHILD, *words], stdin=nowhere, stdout=nowhere, stderr=nowhere)

    def kill(self) -> None:
        super().kill()
        self.wait()


def _try(load: Callable[[Path], Any], path: Path, size: int, fork: bool = hasattr(os, "fork")) -> None:
    """Read a file in a process of its own. Raises `WeightsError` where that does not end, or ends badly."""
    seconds, spare = int(SECONDS + size / BYTES_PER_SECOND), 3 * size + SPARE
    child = _Forked(lambda: trial(load, path, spare, seconds)) if fork else _Spawned(load, path, spare, seconds)
    code = _end_of(child, PATIENCE * seconds + (0 if fork else STARTUP), spare)
    if code in (TOO_LONG, KILLED):
        raise WeightsError(f"it takes more than {seconds} s; get the plain weights")
    if code == MEMORY:
        raise WeightsError(f"it takes more than {spare / 1e9:.1f} GB of memory")
    if code not in (0, BROKEN):
        raise WeightsError("it is broken or nested too deep")


def trial(load: Callable[[Path], Any], path: str | Path, spare: int, seconds: int) -> NoReturn:
    """The other process: it says by its exit code how the reading ended.

    Args:
        load: Reads the file.
        path: Of the file.
        spare: Bytes of memory that it may take.
        seconds: Of work that it may take.
    """
    code = BROKEN
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _limit(spare, seconds)
        load(Path(path))
        code = 0
    except BaseException as error:
        code = MEMORY if out_of_memory(error) else BROKEN
    finally:
        os._exit(code)


def _limit(spare: int, seconds: int) -> None:
    """Limit this process where the system can."""
    if sys.platform == "win32":  # there the one that started it looks after it
        return
    import resource

    seconds += int(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    with suppress(OSError, ValueError):
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + spare, used + spare))


def _end_of(child: _Process, seconds: float, spare: int) -> int:
    """Wait for a process; returns its exit code, or minus the signal that ended it."""
    end, code = time.monotonic() + seconds, None
    try:
        while time.monotonic() < end:
            code = child.poll()
            if code is not None:
                return code
            check_cancelled()
            if committed_memory(child) > spare + SPARE:  # beside what Python and torch take
                return MEMORY
            time.sleep(POLL)
        return TOO_LONG
    finally:
        if code is None:
            child.kill()
