"""The command `monochromic`. Exit codes: 0 done, 1 a fault of ours, 2 the user can mend it, 130 stopped.

The words are understood before the library, and torch with it, is read: each command reads it when it starts to work.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from contextvars import copy_context
from typing import Any

from . import batch, colorize, mask, pad, process, restore, run, score, weights
from .parser import Parser, UsageError, completed
from .say import Lines, OutputError, complain, flush

DEBUG = "MONOCHROMIC_DEBUG"

COMMANDS: dict[str, Any] = {  # modules, in the order of the help
    "restore": restore,
    "batch": batch,
    "mask": mask,
    "colorize": colorize,
    "pad": pad,
    "score": score,
    "run": run,
    "weights": weights,
}

EXAMPLES = (
    "monochromic photo.png                finds the damage; writes photo_restored.png",
    "monochromic restore photo.png --mask mask.png -o restored.png",
    "monochromic batch scans --out restored   all photos of a folder",
    "monochromic mask photo.png           writes what it would fill: photo_mask.png",
    "monochromic run restore_photo        runs a workflow that comes with the package",
    "monochromic help restore             all that restore can do",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. Raises `KeyboardInterrupt`."""
    _log_lines()
    if sys.stdout is None:
        complain("the standard output is closed; send it to a file, or to /dev/null")
        return 2
    code = 0
    try:
        with suppress(SystemExit):  # of --help and --version
            options = parse(sys.argv[1:] if arguments is None else arguments)
            code = copy_context().run(options.command, options) or 0
        flush()  # here, where a closed pipe is no error, and not at exit
    except BrokenPipeError:
        process.drop_output()
    except Exception as error:
        if process.stopped:  # what a library made of Ctrl-C
            raise KeyboardInterrupt from None
        return _failed(error)
    return code


def _failed(error: Exception) -> int:
    """Say what is wrong, in one line; returns the exit code."""
    if isinstance(error, OutputError):
        process.drop_output()
    if isinstance(error, (UsageError, OutputError, *_library_errors())):
        complain(error)
    elif isinstance(error, OSError) and error.strerror:
        complain(f"{error.strerror}: {error.filename}" if error.filename else error.strerror)
    elif os.environ.get(DEBUG):
        raise error
    else:
        complain(
            f"{type(error).__name__}: {error}. This is a fault of the program; {DEBUG}=1 shows where, to report it"
        )
        return 1
    return 2


def _log_lines() -> None:
    """Say what our own modules log, and nothing of other libraries'."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines("monochromic: %(message)s"))
    handler.addFilter(logging.Filter(__name__.partition(".")[0]))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of what was typed. Raises `UsageError`, and `SystemExit` after help."""
    parser = Parser(
        prog="monochromic",
        description="Remove scratches, stains and objects from photos: the missing part is filled in gray, then "
        "colored from the rest of the photo. Every other pixel stays as it is.",
        examples=EXAMPLES,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(dest="name", metavar="COMMAND")
    words = completed(arguments, dict.fromkeys(COMMANDS, ()) | {"weights": list(weights.COMMANDS)})
    for name in [words[0]] if words[0] in COMMANDS else COMMANDS:  # the options of one command, where one was typed
        COMMANDS[name].add_parser(commands)
    options, rest = parser.parse_known_args(words)
    if options.name is None:
        parser.check_words(rest)
    if "words" in options:  # the file to write may stand behind the options
        options.words = [word for word in rest if not word.startswith("-")]
        rest = [word for word in rest if word.startswith("-")]
    options.parser.check_words(rest)
    return options


class _Version(argparse.Action):
    """Reads the version only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(version("monochromic-inpaint"))
        parser.exit()


def _library_errors() -> tuple[type[Exception], ...]:
    """`MonochromicError` if the library was read by now; it is not read for this alone."""
    errors = sys.modules.get(f"{__package__.rpartition('.')[0]}.core.errors")
    return (errors.MonochromicError,) if errors else ()
