"""Starts the command `batch` as processes of its own, kills them at random moments, and starts them again.

A program, because it forks: what is forked has read the library already, so that a run begins at once.
`python tests/batch_killed.py FOLDER COUNT PHOTOS`: 100 kills of 200 photos are the long form.
"""

import multiprocessing
import os
import random
import sqlite3
import sys
import time
from contextlib import suppress
from pathlib import Path

from batch_runs import FAST, results
from conftest import make_hole, make_photo
from monochromic.batch import pool
from monochromic.cli import main
from monochromic.core import save_image

SERVE = pool.serve


def start(out):
    """A run in a process of its own; its workers are forked from it."""
    number = os.fork()
    if number:
        return number
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    pool.processes = lambda: multiprocessing.get_context("fork")
    pool.serve = serve_alone
    os._exit(main(["batch", "scans", "--out", out, "--mask", "mask.png", *FAST]))


def serve_alone(pipe, *job):
    """A worker without what it inherited, so that it sees its driver end, as one that is not forked does."""
    for path in list(Path("/proc/self/fd").iterdir()):
        number = int(path.name)
        if number > 2 and number != pipe.fileno():
            with suppress(OSError):
                os.close(number)
    SERVE(pipe, *job)


def done(out):
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


def run(count, photos):
    for i in range(photos):
        save_image(make_photo(i, 24, 24), f"scans/p{i}.png")
    save_image(make_hole(24, 24), "mask.png")
    began = time.monotonic()
    _, status = os.waitpid(start("whole"), 0)
    whole = time.monotonic() - began
    assert status == 0
    expected = results(Path("whole"))
    assert len(expected) == photos
    draw, killed, before, partial = random.Random(0), 0, {}, 0
    for _ in range(count):
        number = start("out")
        time.sleep(draw.uniform(0, whole))
        os.kill(number, 9)
        killed += os.waitpid(number, 0)[1] == 9
        time.sleep(0.05)  # workers end with their driver
        now = done("out")
        assert before.items() <= now.items(), "what was done is not done again"
        files = results(Path("out"))
        assert all(files[name] == expected[name] for name in now), "what is said to be done is whole"
        assert all(files[name] == expected[name] for name in files if not name.endswith(".part"))
        before = now
        partial += 0 < len(now) < photos
    assert os.waitpid(start("out"), 0)[1] == 0
    assert results(Path("out")) == expected
    assert set(done("out")) == set(expected)
    sys.stdout.write(f"killed {killed} of {count}, {partial} of them half-way; all {photos} equal\n")
    return 0


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    sys.exit(run(int(sys.argv[2]), int(sys.argv[3])))
