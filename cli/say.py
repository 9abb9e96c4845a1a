"""What the command says: one line an error, control characters shown and not obeyed, passwords left out."""

import codecs
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
SECRET = re.compile(r"(?<=://)[^/?#@\s]+@")
LONGEST = 2000  # letters of a line, above which its middle is left out
ANY_NAME = "monochromic"  # the error handler of our streams


class OutputError(Exception):
    """The standard output takes no more."""


def escaped(text: str) -> str:
    """A text of any number of lines, whose control characters are shown and not obeyed."""
    return "\n".join(CONTROLS.sub(_escape, line) for line in text.split("\n"))


def printable(text: object) -> str:
    """A text on one line, whose control characters are shown and which names no password."""
    line = SECRET.sub("", " ".join(str(text).split()) if "\n" in str(text) else str(text))
    if len(line) > LONGEST:
        line = f"{line[: LONGEST // 2]} ... {line[-LONGEST // 2 :]}"
    return CONTROLS.sub(_escape, line)


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


def complain(text: object) -> None:
    """A line on the standard error, if there is one."""
    if sys.stderr is not None:
        with suppress(OSError):
            _print(f"monochromic: {printable(text)}", sys.stderr)


def _print(line: str, stream: TextIO) -> None:
    try:
        print(line, file=stream, flush=True)
    except UnicodeEncodeError:  # where the stream is not of our making
        print(line.encode("utf-8", "backslashreplace").decode(), file=stream, flush=True)


def tell(text: object = "") -> None:
    """A line on the standard output. Raises `OutputError`, and `BrokenPipeError` where nobody reads."""
    with _written():
        _print(str(text), sys.stdout)


def flush() -> None:
    """Hand over what waits to be written. Raises as `tell`."""
    with _written():
        sys.stdout.flush()


@contextmanager
def _written() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write to the standard output: {error.strerror or error}") from error


class Lines(logging.Formatter):
    """Log records as `complain` says them."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one printable text."""
        return printable(super().format(record))


def takes_any_name() -> None:
    """Let the standard streams take names that are no UTF-8: as the bytes they are, else as escapes."""
    codecs.register_error(ANY_NAME, _any_name)
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors=ANY_NAME)


def _any_name(error: UnicodeError) -> tuple[str | bytes, int]:
    for name in ("surrogateescape", "backslashreplace"):
        try:
            return codecs.lookup_error(name)(error)
        except UnicodeError:
            continue
    raise error
