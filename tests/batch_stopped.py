"""Starts `batch` and `run --each` as processes of their own, ends them at random moments, and starts them again.

A program, because it forks: what is forked has read the library already, so that a run begins at once.
`python tests/batch_stopped.py FOLDER COUNT PHOTOS`: 300 times 60 photos are the long form.
"""

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from batch_forked import done, fork_workers
from batch_runs import FAST, results
from conftest import make_hole, make_photo
from monochromic.cli import main
from monochromic.core import save_image
from workflow_files import api, write

COMMANDS = {
    "batch": ["batch", "scans", "--mask", "mask.png", *FAST],
    "each": ["run", "mine.json", "--each", "1.image=scans", "--workers", "2", "--threads", "1"],
}
SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
LINES = {"monochromic: stopped", "monochromic: stopping after what is in hand; press Ctrl-C again to stop at once"}


def start(words, out):
    """A run in a process of its own; its workers are forked from it, and all of them are one group."""
    number = os.fork()
    if number:
        return number
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open("err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    fork_workers()
    sys.argv = ["monochromic", *words, "--out", out]
    code = 130
    with suppress(KeyboardInterrupt):  # before our first line, and after the last
        code = main()
    os._exit(code)


def check_end(number, sent):
    """Wait for a run that a signal was sent to: how it ended, and that it said no more than that."""
    code = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    assert code in (0, 130, -sent), (code, sent, Path("err").read_text())
    said = Path("err").read_text().splitlines()
    assert set(said) <= LINES, (sent, said)
    with suppress(ProcessLookupError):  # the workers end with their driver
        for _ in range(200):
            os.killpg(number, 0)
            time.sleep(0.05)
        raise AssertionError("a worker lives on")
    return code


def parts_in(out):
    return {str(path.relative_to(out)) for path in Path(out).rglob("*.part")}


def check_files(out, expected, tidy, parts):
    """What is there is whole and right, and there is nothing else but what earlier runs left when they were killed."""
    now, files = done(out), results(Path(out))
    assert not tidy or parts_in(out) <= parts, parts
    for name in set(now) | (set(files) - parts_in(out)):
        assert files[name] == expected[name], f"{name} is half-written, or of other bytes"
    page = Path(out, "report.html")
    assert not page.exists() or page.read_text().rstrip().endswith("</html>")
    left = [*Path(tempfile.gettempdir()).rglob("*")]
    assert not tidy or not left, left
    for path in reversed(left):
        path.rmdir() if path.is_dir() else path.unlink()
    return now


def run(name, count, photos, draw):
    """Stop one of the commands so many times; returns how often it ended how."""
    words, ends, before = COMMANDS[name], Counter(), {}
    began = time.monotonic()
    assert os.waitpid(start(words, f"{name}-whole"), 0)[1] == 0, Path("err").read_text()
    whole = time.monotonic() - began
    expected = results(Path(f"{name}-whole"))
    assert len(expected) == photos
    for i in range(count):
        parts, number, sent = parts_in(name), start(words, name), SIGNALS[i % len(SIGNALS)]
        time.sleep(draw.uniform(0, whole * draw.choice((0.2, 1, 1.1))))
        for _ in range(draw.choice((1, 1, 2))):
            with suppress(ProcessLookupError):
                os.killpg(number, sent) if draw.random() < 0.5 else os.kill(number, sent)
            time.sleep(draw.uniform(0, 0.05))
        code = check_end(number, sent)
        ends[sent.name, code] += 1
        now = check_files(name, expected, code in (0, 130) and sent != signal.SIGKILL, parts)
        assert before.items() <= now.items(), "what was done is not done again"
        before = now
        if len(now) == photos or draw.random() < 0.2:  # the next begins anew, or goes on
            assert os.waitpid(start(words, name), 0)[1] == 0, Path("err").read_text()
            assert results(Path(name)) == expected
            assert set(done(name)) == set(expected)
            ends["resumed", len(now)] += 1
            before = {}
            Path(name).rename(f"{name}-{i}")
    assert os.waitpid(start(words, name), 0)[1] == 0
    assert results(Path(name)) == expected
    return ends


def run_both(count, photos):
    Path("tmp").mkdir()
    tempfile.tempdir = str(Path("tmp").absolute())
    for i in range(photos):
        save_image(make_photo(i, 24, 24), f"scans/p{i}.png")
    save_image(make_hole(24, 24), "mask.png")
    write(api(), "mine.json")
    for seed, name in enumerate(COMMANDS):
        ends = run(name, count, photos, random.Random(seed))
        told = ", ".join(f"{what} {code}: {n}" for (what, code), n in sorted(ends.items(), key=str))
        sys.stdout.write(f"{name}: stopped {count} times ({told}); all {photos} equal\n")
    return 0


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    sys.exit(run_both(int(sys.argv[2]), int(sys.argv[3])))
