"""A batch that is killed, with its worker, while that writes a result: `batch_killed_writing.py OUT WORDS ...`.

A program, because it forks: in one that has computed already, as the tests' own has, torch waits for threads that a
fork leaves behind.
"""

import os
import signal
import sys
import tempfile

from batch_forked import fork_workers
from batch_runs import batch
from monochromic.core.io import files


def main(out, *words):
    os.setpgid(0, 0)
    tempfile.tempdir = os.getcwd()  # noqa: PTH109
    fork_workers()
    files.settle = lambda path, mode: path.name.startswith(".p") and os.killpg(0, signal.SIGKILL)
    batch("scans", "--out", out, "--mask", "mask.png", *words)


if __name__ == "__main__":
    main(*sys.argv[1:])
