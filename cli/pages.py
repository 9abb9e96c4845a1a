"""The pages of a file: which are worked on, what goes with each of them, and where their results go."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .parser import UsageError
from .say import tell

if TYPE_CHECKING:
    from ..core import Photo
    from ..core.io.pages import Page

ALL = "all"
Number = int | None
"""Of a page, from 1; None for the only picture of a file."""
Save = Callable[["Page", Number], None]


def page_option(text: str) -> int | str:
    """What follows --page. Raises `ArgumentTypeError`."""
    if text.lower() == ALL:
        return ALL
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"takes a number from 1, or {ALL}, got {text!r}") from None


def page_numbers(options: argparse.Namespace) -> list[Number]:
    """The pages to work on. Raises `PictureError` where one has to be chosen, or is not there."""
    from ..core.io.opening import chosen_page, explained, picture_sizes

    count = len(picture_sizes(options.photo))
    if options.page == ALL:
        return [*range(1, count + 1)] if count > 1 else [None]
    with explained(options.photo):
        chosen_page(count, options.page)
    return [options.page if count > 1 else None]


def load_photo(options: argparse.Namespace, number: Number) -> "Photo":
    """A page of the photo with all that its file holds, read once."""
    from ..core import load_photo

    return load_photo(options.photo, number, options.accept_truncated, getattr(options, "keep_profile", False))


def check_beside(options: argparse.Namespace, numbers: Sequence[Number], *names: str) -> None:
    """Refuse, before any work, files that go with the photo but have not as many pages. Raises `UsageError`."""
    from ..core.io.opening import picture_sizes

    for name in names:
        path = getattr(options, name)
        count = len(picture_sizes(path)) if path else 1
        for number in numbers:
            if count > 1 and (number or count + 1) > count:
                photo = f"the photo is page {number}" if number else "the photo is one"
                raise UsageError(
                    f"{path!r} holds {count} pictures, and {photo}; --{name} takes one picture for all pages, or one "
                    "for each: save the one you want as a file of its own"
                )


def load_beside(options: argparse.Namespace, name: str, number: Number) -> "Photo":
    """What an option names to go with a page: the only picture of its file, or the page of the same number."""
    from ..core import PictureError, load_photo
    from ..core.io.opening import picture_sizes

    path = getattr(options, name)
    page = number if len(picture_sizes(path)) > 1 else None
    if getattr(options, "keep_profile", False):
        try:
            return load_photo(path, page, options.accept_truncated, keep_profile=True)
        except PictureError:  # its profile cannot be kept, but the file may be readable
            pass
    return load_photo(path, page, options.accept_truncated)


def numbered(path: str, number: Number) -> str:
    """A file for one of several pages, such as `a_2.png`."""
    place = Path(path)
    return path if number is None else str(place.with_name(f"{place.stem}_{number}{place.suffix}"))


def title(options: argparse.Namespace, number: Number) -> str:
    """What messages call a page of the photo."""
    return options.photo if number is None else f"{options.photo}, page {number}"


def result_files(options: argparse.Namespace, numbers: Sequence[Number]) -> list[str]:
    """The files that `results` writes: one for all pages where it can hold them, else one for each."""
    from ..core.io.images import format_of

    if options.page != ALL or format_of(options.out) == "TIFF":
        return [options.out]
    return [numbered(options.out, number) for number in numbers]


@contextmanager
def results(options: argparse.Namespace, numbers: Sequence[Number]) -> Iterator[Save]:
    """Within it, results are written by the function that it yields, and the names of their files are told."""
    from ..core import save_image
    from ..core.io.pages import write_pages

    if len(numbers) > 1 and len(result_files(options, numbers)) == 1:
        with write_pages(options.out) as add:
            yield lambda page, number: add(page)
        tell(options.out)
        return

    def save(page: "Page", number: Number) -> None:
        path = numbered(options.out, number if len(numbers) > 1 else None)
        save_image(page.image, path, page.bits, alpha=page.alpha, metadata=page.metadata)
        tell(path)

    yield save


@contextmanager
def about(number: Number) -> Iterator[None]:
    """Say in an error of which page it is."""
    from ..core import InputError, PictureError

    try:
        yield
    except (InputError, PictureError) as error:
        if number is None:
            raise
        raise type(error)(f"page {number}: {error}") from error


def result_page(options: argparse.Namespace, image: Any, photo: "Photo", alpha: Any, note: str) -> "Page":
    """A result as it is written: as deep as the photo where the format can be, with what its file said."""
    from ..core.io.images import DEEP, format_of
    from ..core.io.note import with_note
    from ..core.io.pages import Page

    bits = photo.bits if format_of(options.out) in DEEP else 8
    metadata = with_note(photo.metadata, note) if note and options.note else photo.metadata
    return Page(image, bits, alpha, metadata)
