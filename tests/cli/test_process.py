"""The command as a process: its streams, what libraries print there, and how it is stopped."""

import logging
import os
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
from conftest import make_hole, make_photo, slow_but
from monochromic.cli import main, process
from monochromic.cli.say import LONGEST, printable
from monochromic.core import save_image
from PIL import Image

COMMAND = [sys.executable, "-m", "monochromic"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_image(make_photo(), "old.png")
    save_image(make_hole(), "mask.png")
    return tmp_path


def started(*words, shell=None, **options):
    """Run the command, by default with all that it prints; `shell` is what follows it in a shell."""
    command = ["sh", "-c", f'"$@" {shell}', "sh", *COMMAND, *words] if shell else [*COMMAND, *words]
    return subprocess.run(command, capture_output=True, check=False, timeout=120, **options)


FILL = ["restore", "old.png", "--mask", "mask.png", "--backbone", "telea", "-o", "x.png"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("words", slow_but([["--help"], FILL], [["weights", "list"], ["--help"], FILL]))
def test_a_full_or_closed_standard_output(place, words):
    full = started(*words, shell=">/dev/full")
    assert (full.returncode, full.stderr) == (
        2,
        b"monochromic: cannot write to the standard output: No space left on device\n",
    )
    closed = started(*words, shell=">&-")
    assert closed.returncode == 2
    assert closed.stderr.startswith(b"monochromic: the standard output is closed")
    assert closed.stderr.count(b"\n") == 1
    assert started(*words, shell="2>&-").returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_no_utf_8(place):
    name = b"\xff\xfe\x1b[31m.png"
    os.rename(b"old.png", name)  # noqa: PTH104
    out = subprocess.run([*COMMAND, b"restore", name, *map(str.encode, FILL[2:6])], capture_output=True, check=False)
    assert (out.returncode, out.stdout) == (0, b"\xff\xfe\x1b[31m_restored.png\n")
    wrong = subprocess.run([*COMMAND, b"restore", b"no" + name], capture_output=True, check=False)
    assert wrong.returncode == 2
    assert wrong.stderr.count(b"\n") == 1
    assert b"\x1b" not in wrong.stderr


def test_libraries_do_not_speak_before_us(place):
    """A TIFF with a tag that libtiff does not know: libtiff, in C, prints a line for it."""
    levels = np.random.default_rng(0).integers(0, 2**16, (40, 40, 3), np.uint16)
    import cv2

    (place / "deep.tif").write_bytes(cv2.imencode(".tif", levels)[1].tobytes()[:-2000])
    script = "import os, warnings, logging\n"
    script += "from monochromic.cli.process import prepare\nprepare()\n"
    script += "os.write(2, b'libtiff: Warning'); warnings.warn('Pillow'); import sys; print('ours', file=sys.stderr)"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (out.returncode, out.stderr) == (0, b"ours\n")
    out = started("restore", "deep.tif", "--mask", "mask.png")
    assert b"Warning" not in out.stderr
    assert out.stderr.startswith(b"monochromic: 'deep.tif' ")
    assert out.stderr.count(b"\n") == 1


def test_our_handler_says_nothing_of_other_libraries(place, capsys, monkeypatch):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", logging.WARNING)
    assert main(["score", "old.png", "old.png"]) == 0
    capsys.readouterr()
    logging.getLogger("PIL.TiffImagePlugin").error("theirs")
    logging.getLogger("monochromic.core").warning("ours\x1b[0m\nin two lines")
    assert capsys.readouterr().err == "monochromic: ours\\x1b[0m in two lines\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain é 木", "plain é 木"),
        ("a\x1b]0;title\x07b", "a\\x1b]0;title\\x07b"),
        ("two\n  lines", "two lines"),
        ("gpj.\u202egnp", "gpj.\\u202egnp"),
        ("https://user:secret@hub.example/a and http://x:y@[::1]:8/b", "https://hub.example/a and http://[::1]:8/b"),
        ("mail me@example.org", "mail me@example.org"),
        ("9" * 5000, "9" * (LONGEST // 2) + " ... " + "9" * (LONGEST // 2)),
    ],
)
def test_what_is_printed(text, line):
    assert printable(text) == line


def test_what_a_library_makes_of_control_c(place, capsys, monkeypatch):
    """safetensors and torch raise errors of their own where Python's callback was interrupted."""
    from monochromic.core import pipeline

    def broken(*_, **__):
        try:
            process._stop(signal.SIGINT, None)
        except KeyboardInterrupt:
            raise RuntimeError("the file is broken") from None

    monkeypatch.setattr(process, "stopped", False)
    monkeypatch.setattr(pipeline, "restore_photo", broken)
    assert main(FILL) == 130
    assert capsys.readouterr().err == "monochromic: stopped\n"
    assert not (place / "x.png").exists()


def test_a_fault_of_ours_is_one_line(place, capsys, monkeypatch):
    from monochromic.core import pipeline

    monkeypatch.setattr(pipeline, "restore_photo", lambda *_, **__: 1 // 0)
    assert main(FILL) == 1
    error = capsys.readouterr().err
    assert "ZeroDivisionError" in error
    assert "MONOCHROMIC_DEBUG=1" in error
    assert error.count("\n") == 1
    monkeypatch.setenv("MONOCHROMIC_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(FILL)


WAITS = {"propagate": (0, 0.3, 1, 2), "paper": (1, 1.5, 2, 3)}  # seconds


@pytest.mark.parametrize("method", slow_but(["propagate"], WAITS))
def test_control_c_at_any_time(place, method):
    """From where our first line runs to the end of the work; before that it is Python's own. All begin alike.

    The script does what `__main__` does: Python looks for signals before the first line of `command` too.
    """
    words = [*FILL, "--method", method]
    marked = "from monochromic.cli import command\ntry:\n    print('here', flush=True)\n    command()\n"
    marked += "except KeyboardInterrupt:\n    sys.exit(130)\n"
    handler = "import signal, sys\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    for wait in WAITS[method]:
        child = subprocess.Popen(
            [sys.executable, "-c", handler + marked, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert child.stdout.readline() == b"here\n"
        time.sleep(wait)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
        ended = {0: b"", 130: b"monochromic: stopped\n", -signal.SIGINT: b""}
        assert child.returncode in ended
        busy = wait <= 0.1 and child.returncode == 130 and not err  # it came before our first line
        assert busy or err == ended[child.returncode]
        assert (child.returncode == 0) <= (out == b"x.png\n")
        assert not list(place.glob(".*"))


def test_in_a_program_of_others_nothing_of_the_process_changes(place):
    before = signal.getsignal(signal.SIGINT), list(warnings.filters), sys.stderr, Image.MAX_IMAGE_PIXELS
    assert main(FILL) == 0
    assert (signal.getsignal(signal.SIGINT), list(warnings.filters), sys.stderr, Image.MAX_IMAGE_PIXELS) == before


ENDS = """
import atexit, sys, threading
class Last:
    def __del__(self): print("taken apart")
last = Last()
atexit.register(print, "handlers ran")
def late():
    threading.main_thread().join()
    print("waited for")
if "thread" in sys.argv: threading.Thread(target=late).start()
if "thread" in sys.argv: sys.argv.remove("thread")
from monochromic.cli import command
command()
"""


@pytest.mark.parametrize(
    ("words", "code", "last"),
    [
        pytest.param(["weights", "list"], 0, ["handlers ran"], marks=pytest.mark.slow),
        (["restore", "none.png"], 2, ["handlers ran"]),
        (["weights", "list", "thread"], 0, ["waited for", "handlers ran", "taken apart"]),
    ],
)
def test_the_process_ends_at_once_but_for_what_is_to_be_done_first(tmp_path, words, code, last):
    out = subprocess.run(
        [sys.executable, "-c", ENDS, *words], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert out.returncode == code
    assert out.stdout.splitlines()[-len(last) :] == last
    assert len(out.stdout.splitlines()) > len(last) or code
