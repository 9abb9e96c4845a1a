"""The memory of a benchmark's process."""

import resource
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_memory() -> float:
    """The most memory this process held so far, in GB of 2**30 bytes.

    On Linux by the high-water mark of its pages: the figure of `getrusage` starts at what the process that started it
    held.
    """
    if STATUS.exists():
        kilobytes = next(line.split()[1] for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(kilobytes) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
