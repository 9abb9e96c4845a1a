"""The parser of the command line: help with examples, and wrong words answered in one line with the nearest right one.

Reads nothing of the library, so that help and wrong words take no time.
"""

import argparse
import difflib
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .names import ENDINGS
from .say import tell


class UsageError(Exception):
    """What was typed cannot be done; the message says what to type instead."""


COMMANDS = {
    "album": "batch",
    "folder": "batch",
    "compare": "score",
    "convert": "weights convert",
    "detect": "mask",
    "download": "weights fetch",
    "extend": "pad",
    "fetch": "weights fetch",
    "find": "mask",
    "fix": "restore",
    "inpaint": "restore",
    "list": "weights list",
    "ls": "weights list",
    "measure": "score",
    "metrics": "score",
    "outpaint": "pad",
    "repair": "restore",
    "workflow": "run",
}
"""Words that people try, and the command they mean."""

WEIGHTS = {"check": "verify", "download": "fetch", "get": "fetch", "import": "convert", "ls": "list", "where": "path"}
"""The same for the commands of `weights`."""

OPTIONS = {
    "--colorizer": "--method",
    "--detector": "--find",
    "--find": "--method",
    "--heatmap": "--heat",
    "--input": "PHOTO",
    "--model": "--backbone",
    "--network": "--backbone",
    "--output": "--out",
    "--radius": "--grow",
}
"""The same for options; one that a command does not have is not proposed."""

DEVICES = ("--cpu", "--cuda", "--device", "--gpu")


class Parser(argparse.ArgumentParser):
    """A parser whose help ends with examples, and which raises `UsageError` where argparse would exit."""

    def __init__(self, *, description: str, examples: Sequence[str], **options: Any) -> None:
        width = shutil.get_terminal_size().columns - 2
        super().__init__(
            description=textwrap.fill(description, min(width, 100)),
            epilog="\n  ".join(["examples:", *examples]),
            # keeps the lines of the examples; without a width it would ask the terminal's for each option
            formatter_class=partial(argparse.RawDescriptionHelpFormatter, width=width),
            **options,
        )

    def error(self, message: str) -> Any:
        """Raise `UsageError` with argparse's message and how to get the help."""
        raise UsageError(f"{message}; `{self.prog} --help` shows how it is used")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Help; argparse would pass over an output that takes no more."""
        tell(message.rstrip("\n"))

    def check_words(self, words: Iterable[str]) -> None:
        """Refuse what no option and no argument took. Raises `UsageError` with what was probably meant."""
        for word in words:
            flag = word.partition("=")[0]
            if flag in DEVICES:
                raise UsageError(
                    f"there is no option {flag}: a CUDA GPU is used where there is one; "
                    "with CUDA_VISIBLE_DEVICES= set to nothing the CPU is"
                )
            if flag.startswith("-"):
                known = [name for name in self._option_string_actions if name.startswith("--")]
                raise UsageError(f"there is no option {flag}; {near(flag, known, OPTIONS, self.prog)}")
            raise UsageError(f"{word!r} is one word too many; `{self.prog} --help` shows how it is used")


def near(word: str, known: Sequence[str], meant: dict[str, str], command: str) -> str:
    """Which of the known words was probably meant, or where to look."""
    guess = meant.get(word, "")
    if guess and (guess in known or not guess.startswith("-")):
        return f"did you mean {guess}?"
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else f"`{command} --help` lists all"


def completed(arguments: Sequence[str], commands: dict[str, Sequence[str]]) -> list[str]:
    """What was typed as a full command line: `help` and nothing are --help, and a photo alone is restored.

    commands: the commands, with the words that may follow where such a word has to. Raises `UsageError` for a word
    that is no command.
    """
    words = list(arguments)
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    if not words:
        return ["--help"]
    first = words[0]
    if first in commands:
        return _with_second(words, commands[first])
    if first.startswith("-"):
        return ["restore", *words] if any(map(_is_photo, words)) else words
    if _is_photo(first):
        return ["restore", *words]
    raise UsageError(f"there is no command {first!r}; {near(first, list(commands), COMMANDS, 'monochromic')}")


def _with_second(words: list[str], known: Sequence[str]) -> list[str]:
    """The same for a command that takes another word."""
    if not known:
        return words
    if len(words) == 1:
        return [*words, "--help"]
    if not words[1].startswith("-") and words[1] not in known:
        command = f"monochromic {words[0]}"
        raise UsageError(f"there is no command {words[1]!r} of {command}; {near(words[1], known, WEIGHTS, command)}")
    return words


def _is_photo(word: str) -> bool:
    return not word.startswith("-") and (word.lower().endswith(ENDINGS) or Path(word).exists())
