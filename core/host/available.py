"""How much memory is there to work in."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

SETTING = "MONOCHROMIC_MEMORY"
CGROUPS = Path("/sys/fs/cgroup")


def available_memory() -> float | None:
    """Bytes of memory that this process can still get.

    Returns:
        What the environment variable `MONOCHROMIC_MEMORY` says, in GB; else what the system and the container have
        left, swap included, or all that there is where that cannot be asked; None where nothing is known.
    """
    with suppress(ValueError):
        return float(os.environ[SETTING]) * 1e9 if SETTING in os.environ else _left()
    return _left()


def _left() -> float | None:
    if sys.platform == "win32":
        return _of_windows()
    known = [*_of_linux(), *_of_container()]
    if known:
        return min(known)
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _of_linux() -> Iterator[float]:
    with suppress(OSError, KeyError, ValueError):
        lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
        sizes = {line[0]: int(line[1]) * 1024 for line in lines}
        yield sizes["MemAvailable:"] + sizes["SwapFree:"]


def _of_container() -> Iterator[float]:
    """What the groups of this process leave, of which those around it count too: version 2, then 1."""
    for limit, used, folder in (
        ("memory.max", "memory.current", CGROUPS / _own_group()),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", CGROUPS / "memory"),
    ):
        for group in (folder, *folder.parents):
            with suppress(OSError, ValueError):
                most = float((group / limit).read_text())  # a ValueError for "max"
                stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
                cached = int(stat.get("inactive_file", 0))  # which the system gives back
                yield max(most - int((group / used).read_text()) + cached, 0)
            if group == CGROUPS:
                break


def _own_group() -> str:
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            if line.startswith("0::/"):
                return line[4:]
    return ""


def _of_windows() -> float | None:
    class Status(ctypes.Structure):
        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((f"n{i}", ctypes.c_ulonglong) for i in range(7)),
        ]

    status = Status(length=ctypes.sizeof(Status))
    if sys.platform != "win32" or not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return float(status.n3)  # free, with the page file
