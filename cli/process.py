"""The process of the command: its streams, what libraries print, and how it is stopped."""

import atexit
import os
import signal
import sys
import threading
import warnings
from contextlib import suppress
from types import FrameType

from .say import takes_any_name

stopped = False  # by the user; a library may have made another error of that


def prepare() -> None:
    """Make this process the command's own. Called once, before a library is read."""
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")  # what it says is said by us
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    sys.unraisablehook = _say_nothing
    takes_any_name()
    _quiet_libraries()


def end() -> None:
    """Let Ctrl-C end the process at once and without a word, where its work is done and only Python's is left."""
    if signal.getsignal(signal.SIGINT) in (signal.default_int_handler, _stop):
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def leave(code: int) -> None:
    """End the process as Python would, but without taking its objects apart, which with torch takes half a second.

    Does nothing where a thread still works that Python waits for.
    """
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        return
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
    os._exit(code)


def drop_output() -> None:
    """Send what waits for a standard output that takes no more nowhere, or Python would complain at its end."""
    with suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say_nothing(unraisable: object) -> None:
    """Of errors in destructors, mostly Ctrl-C, which Python would print as a traceback."""


def _stop(number: int, frame: FrameType | None) -> None:
    global stopped
    stopped = True
    if any(map(_is_being_read, ("numpy", "torch"))):  # they swallow it, or end by it with a core dump
        print("monochromic: stopped", file=sys.stderr, flush=True)
        os._exit(130)
    raise KeyboardInterrupt


def _is_being_read(module: str) -> bool:
    """Whether an import of it has begun and not ended; no work was begun then."""
    return bool(getattr(getattr(sys.modules.get(module), "__spec__", None), "_initializing", False))


def _quiet_libraries() -> None:
    """Point file 2 elsewhere, where libraries in C print; Python's own standard error keeps its place.

    A stream that is closed is opened first, so that no file that is written gets its number.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.dup(2), "w")  # nowhere, but there are libraries that write to it
    try:
        if sys.stderr.fileno() != 2:
            return
        kept = os.dup(2)
    except (OSError, ValueError):
        return
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 2)
    os.close(silent)
    errors = sys.stderr.errors
    sys.stderr = os.fdopen(kept, "w", buffering=1, encoding=sys.stderr.encoding, errors=errors)
