"""Pickles of others within limits of time and memory.

A few bytes of a pickle can ask for endless work, or for more memory than there is, in calls that cannot be interrupted.
So each file is first read in a process of its own, which has limits; only what ends there is read here.
"""

import os
import signal
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from ..errors import WeightsError
from ..host.cancel import check_cancelled
from ..host.memory import out_of_memory
from ..host.quiet import without_warnings

SECONDS = 60  # of work for any file
PATIENCE = 10  # times that, on a machine that does much else
BYTES_PER_SECOND = 5e6  # on top of that
POLL = 0.01  # seconds between two looks whether it has ended
SPARE = 1 << 30  # bytes of memory beside three times the file
UNPACKED = 4  # times the size of an archive, at most
PICKLE = 1 << 28  # bytes of what is no tensor, at most
MEMORY, BROKEN = 3, 4  # exit codes of the trial
TOO_LONG = -int(getattr(signal, "SIGXCPU", 24))  # what ends one that has used its time


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


def _try(load: Callable[[Path], Any], path: Path, size: int) -> None:
    """Read a file in a process of its own. Raises `WeightsError` where that does not end, or ends badly."""
    if not hasattr(os, "fork") or sys.platform == "darwin":  # where libraries of the system do not survive a fork
        return  # only what an archive says of itself is checked
    seconds, spare = int(SECONDS + size / BYTES_PER_SECOND), 3 * size + SPARE
    with without_warnings():  # threads, of which the other process has none, are warned of
        child = os.fork()
    if not child:
        _trial(load, path, spare, seconds)
    code = _end_of(child, PATIENCE * seconds)
    if code in (TOO_LONG, -signal.SIGKILL):
        raise WeightsError(f"it takes more than {seconds} s; get the plain weights")
    if code == MEMORY:
        raise WeightsError(f"it takes more than {spare / 1e9:.1f} GB of memory")
    if code < 0:
        raise WeightsError("it is broken or nested too deep")


def _trial(load: Callable[[Path], Any], path: Path, spare: int, seconds: int) -> NoReturn:
    """The other process: it says by its exit code how the reading ended."""
    code = BROKEN
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _limit(spare, seconds)
        load(path)
        code = 0
    except BaseException as error:
        code = MEMORY if out_of_memory(error) else BROKEN
    finally:
        os._exit(code)


def _limit(spare: int, seconds: int) -> None:
    """Limit this process where the system can."""
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    with suppress(OSError, ValueError):
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + spare, used + spare))


def _end_of(child: int, seconds: float) -> int:
    """Wait for a process; returns its exit code, or minus the signal that ended it."""
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                child = 0
                return os.waitstatus_to_exitcode(status)
            check_cancelled()
            time.sleep(POLL)
        return TOO_LONG
    finally:
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
