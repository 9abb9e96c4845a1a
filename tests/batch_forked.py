"""What the programs share that stop batches: runs whose workers are forked, and what their journal says is done."""

import multiprocessing
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from monochromic.batch import pool

SERVE = pool.serve


def fork_workers():
    """Let the pool of this process fork its workers, which have read the library then."""
    pool.processes = lambda: multiprocessing.get_context("fork")
    pool.serve = serve_alone


def serve_alone(pipe, *job):
    """A worker without what it inherited, so that it sees its driver end, as one that is not forked does."""
    for path in list(Path("/proc/self/fd").iterdir()):
        number = int(path.name)
        if number > 2 and number != pipe.fileno():
            with suppress(OSError):
                os.close(number)
    SERVE(pipe, *job)


def done(out):
    """The results that are done by the journal of a run, and in how many tries."""
    path = Path(out, ".monochromic", "journal.sqlite")
    if not path.exists():
        return {}
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30) as base:
        try:
            found = dict(base.execute("SELECT out, tries FROM photos WHERE state = 'done'"))
        except sqlite3.OperationalError:  # killed before its tables were there
            found = {}
    base.close()
    return found
