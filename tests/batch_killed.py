"""Starts the command `batch` as processes of its own, kills them or their workers at random moments, and goes on.

A program, because it forks: what is forked has read the library already, so that a run begins at once.
`python tests/batch_killed.py FOLDER COUNT PHOTOS [workers]`; long: 100 kills of 200 photos, or 50 of their workers.
"""

import os
import random
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

from batch_forked import done, fork_workers
from batch_runs import FAST, results
from conftest import make_hole, make_photo
from monochromic.cli import main
from monochromic.core import save_image


def start(out, *options):
    """A run in a process of its own; its workers are forked from it."""
    number = os.fork()
    if number:
        return number
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    fork_workers()
    os._exit(main(["batch", "scans", "--out", out, "--mask", "mask.png", *FAST, *options]))


def prepare(photos):
    """Photos to do, the seconds of an undisturbed run, and its results."""
    for i in range(photos):
        save_image(make_photo(i, 24, 24), f"scans/p{i}.png")
    save_image(make_hole(24, 24), "mask.png")
    began = time.monotonic()
    _, status = os.waitpid(start("whole"), 0)
    assert status == 0
    expected = results(Path("whole"))
    assert len(expected) == photos
    return time.monotonic() - began, expected


def check(expected, before):
    """What is done after a kill: all that was before, and no file is half-written."""
    now, files = done("out"), results(Path("out"))
    assert before.items() <= now.items(), "what was done is not done again"
    assert all(files[name] == expected[name] for name in now), "what is said to be done is whole"
    whole = {name: data for name, data in files.items() if not name.endswith((".part", "failed.csv"))}
    assert whole.items() <= expected.items(), "no file is half-written"
    return now


def finish(expected, *options):
    """A last run, undisturbed, after which all is there and nothing else."""
    assert os.waitpid(start("out", *options), 0)[1] == 0
    assert results(Path("out")) == expected
    assert set(done("out")) == set(expected)


def kill_drivers(count, photos):
    """Kills runs; one that ended first does not count, and what is complete is begun anew."""
    whole, expected = prepare(photos)
    draw, killed, complete, before = random.Random(0), 0, 0, {}
    while killed < count:
        assert complete < 20 * count, f"{killed} runs were killed in {complete} batches: they are too short"
        number = start("out")
        if wait(number, draw.uniform(0, whole / 4)) is None:
            os.kill(number, 9)
            killed += os.waitpid(number, 0)[1] == 9
        time.sleep(0.05)  # workers end with their driver
        before = check(expected, before)
        if len(before) == photos:
            finish(expected)
            shutil.rmtree("out")
            complete, before = complete + 1, {}
    finish(expected)
    sys.stdout.write(f"killed {killed} runs in {complete + 1} batches; all {photos} equal\n")


def wait(number, seconds):
    """The status of a process that ends in time, or None."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(number, os.WNOHANG)
        if ended:
            return status
        time.sleep(min(0.01, seconds))
    return None


def kill_workers(count, photos):
    """Kills workers, also those that a photo is tried alone with: it fails by two, and is done by `--retry-failed`."""
    whole, expected = prepare(photos)
    draw, killed, before, runs, failed = random.Random(0), 0, {}, 0, 0
    while killed < count:
        assert runs < 20 * count, f"{killed} of {runs} runs were hit: they are too short"
        number, runs, status = start("out", "--retry-failed"), runs + 1, None
        while status is None:
            status = wait(number, draw.uniform(0, whole / 4))
            if status is None and killed < count:
                killed += kill_one(number, draw)
        assert os.waitstatus_to_exitcode(status) in (0, 1), "the driver survives"
        failed += status != 0
        before = check(expected, before)
        if len(before) == photos:
            finish(expected, "--retry-failed")
            shutil.rmtree("out")
            before = {}
    finish(expected, "--retry-failed")
    sys.stdout.write(f"killed {killed} workers in {runs} runs, {failed} with failures; all {photos} equal\n")


def kill_one(driver, draw):
    """Kill a worker of a run; whether there was one."""
    with suppress(OSError, IndexError):
        children = Path(f"/proc/{driver}/task/{driver}/children").read_text().split()
        os.kill(int(draw.choice(children)), 9)
        return True
    return False


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    (kill_workers if sys.argv[4:] == ["workers"] else kill_drivers)(*map(int, sys.argv[2:4]))
