"""What several commands need: the photo and the file to write, and a progress bar."""

import argparse
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import process
from .pages import ALL, Number, numbered, page_numbers, page_option, result_files
from .parser import UsageError
from .places import check_outputs, check_size, same_place

if TYPE_CHECKING:
    from tqdm import tqdm

MASK = "white = fill; any size"


def add_photo(parser: argparse.ArgumentParser, ending: str, what: str) -> None:
    """The photo, and where the result goes: `-o FILE`, a second word, or a new file beside the photo."""
    parser.add_argument("photo", metavar="PHOTO", help="a picture file")
    parser.add_argument("file", nargs="?", metavar="FILE", help="the new file to write, as -o FILE")
    parser.add_argument(
        "-o",
        "--out",
        metavar="FILE",
        help=f"where to write {what}; a file of that name is written over "
        f"(default: PHOTO_{ending}.png beside the photo, with a number where that is there already)",
    )
    add_file_options(
        parser,
        type=page_option,
        help="which of several pages or frames of the file, from 1; all: each in turn, as pages of a .tif file "
        f"(default: PHOTO_{ending}.tif) or as files with their numbers, such as {ending}_1.png",
    )
    parser.set_defaults(ending=ending, words=[])


def add_file_options(parser: argparse.ArgumentParser, **page: Any) -> None:
    """How photos are read; page: what the option for their pages takes."""
    parser.add_argument("--page", metavar="N", **page)
    parser.add_argument(
        "--accept-truncated", action="store_true", help="read a file that ends early; restore fills what is missing"
    )


def take_photo(options: argparse.Namespace) -> None:
    """Set `out`, with one photo to read. Raises `UsageError` for a folder and for several photos."""
    words, command = [word for word in (options.file, *options.words) if word], options.name
    if len(words) == 1 and options.out is None and not Path(words[0]).exists():
        options.out = words.pop()
    if words:
        over = f"-o {words[0]} writes over the second; " if len(words) == 1 and options.out is None else ""
        more = _batch(command, Path(options.photo).parent)
        raise UsageError(f"{command} takes one photo, got {1 + len(words)}; {over}{more}")
    if Path(options.photo).is_dir():
        more = _batch(command, Path(options.photo))
        raise UsageError(f"{options.photo!r} is a folder, and {command} takes one photo; {more}")
    options.out = options.out or str(
        beside(Path(options.photo), options.ending, ".tif" if options.page == ALL else ".png")
    )


def _batch(command: str, folder: Path) -> str:
    """How to do it for all photos of a folder."""
    if command != "restore":
        return "call it once for each photo"
    return f"for all photos of a folder: monochromic batch {shlex.quote(str(folder))} --out restored"


def beside(photo: Path, ending: str, suffix: str = ".png") -> Path:
    """A new file beside the photo, such as `old_restored.png`, or `old_restored_2.png` where that is there."""
    path, number = photo.with_name(f"{photo.stem}_{ending}{suffix}"), 1
    while os.path.lexists(path):
        number += 1
        path = photo.with_name(f"{photo.stem}_{ending}_{number}{suffix}")
    return path


def check_files(options: argparse.Namespace, *names: str) -> None:
    """Refuse a folder where an option takes a file, and the photo itself as its mask. Raises `UsageError`."""
    given = {name: Path(path) for name in names if (path := getattr(options, name, None))}
    for name, path in given.items():
        if path.is_dir():
            raise UsageError(f"'{path}' is a folder; --{name} takes a file")
    mask = given.get("mask")
    if mask and same_place(mask, options.photo):
        raise UsageError(f"'{mask}' is the photo, not a mask; a mask is a picture of its own, white = fill")


def check_output(options: argparse.Namespace, *inputs: str | None, **more: str | None) -> list[Number]:
    """Refuse a place for a result that cannot be written to, that is one of the inputs, or that cannot hold it.

    more: other pictures that are written for each page, by what they are. Returns the pages to work on. Raises
    `UsageError`, and `PictureError` for the photo and the format.
    """
    from ..core.io.images import format_of

    for path in filter(None, (options.out, *more.values())):
        format_of(path)
    if getattr(options, "keep_profile", False) and format_of(options.out) == "BMP":
        raise UsageError("--keep-profile: a .bmp file holds no color profile; end it with .png, .tif, .jpg or .webp")
    numbers = page_numbers(options)
    result = "the mask" if options.ending == "mask" else f"the {options.ending} photo"
    pictures: dict[str, str | None] = {_of(result, i): p for i, p in enumerate(result_files(options, numbers))}
    for name, path in more.items():
        several = options.page == ALL
        pictures |= {
            _of(f"the {name}", i): numbered(path, n if several else None) for i, n in enumerate(numbers) if path
        }
    check_outputs(pictures, inputs, options.photo)
    check_size(options.out, options.photo)
    return numbers


def _of(what: str, index: int) -> str:
    return f"{what} of page {index + 1}" if index else what


@contextmanager
def progress_bar(name: str) -> Iterator["Progress"]:
    """A bar that appears after a second, on a terminal only, and leaves nothing behind."""
    from tqdm import tqdm

    with tqdm(desc=name, delay=1, disable=None, leave=False) as bar:
        yield Progress(bar)


class Progress:
    """A tqdm bar as the function `(done, total)` that the library calls."""

    def __init__(self, bar: "tqdm") -> None:
        self.bar = bar

    def __call__(self, done: int, total: int) -> None:
        """Move the bar to `done` of `total` steps."""
        if process.stopped:
            raise KeyboardInterrupt
        self.bar.total = total
        self.bar.update(done - self.bar.n)

    def name(self, text: str) -> None:
        """Write what is under way before the bar."""
        self.bar.set_description(text)
