"""Several pages in one TIFF file, written as they come."""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from torch import Tensor

from ..errors import PictureError
from ..host.thread import run_in_thread
from .encode import TIFF_HEAD, tiff_page
from .files import atomic_write
from .images import check_saved, format_of, levels_of
from .metadata import Metadata
from .opening import FilePath

LARGEST = 2**32 - 1  # bytes of a TIFF file whose places have 32 bits


class Page(NamedTuple):
    """What `save_image` takes for one picture."""

    image: Tensor
    bits: int = 8
    alpha: Tensor | None = None
    metadata: Metadata | None = None


@contextmanager
def write_pages(path: FilePath) -> Iterator[Callable[[Page], None]]:
    """Write pictures as the pages of a TIFF file, which appears whole at the end of the context, or not at all.

    Args:
        path: of the file, which ends with .tif or .tiff; its folder is made if there is none.

    Yields:
        A function that adds a page, of any size and depth.

    Raises:
        InputError: as `save_image`.
        PictureError: for another ending, where the file cannot be written, and for pages that are too large together.
    """
    if format_of(path) != "TIFF":
        raise PictureError(f"pages go into one .tif file, not into {path}")
    with atomic_write(path) as part, part.open("wb") as file:
        file.write(TIFF_HEAD)
        pointer, place = 4, 8  # where the place of the next page is written, and that place

        def add(page: Page) -> None:
            nonlocal pointer, place
            _, image, metadata = check_saved(page.image, path, page.bits, page.alpha, page.metadata)
            levels = levels_of(image, page.bits)
            data, next_pointer = run_in_thread(levels.size, tiff_page, levels, metadata, place)
            if place + len(data) > LARGEST:
                raise PictureError("the pages are more than a TIFF file holds, 4 GB; write a .png file for each")
            file.seek(pointer)
            file.write(struct.pack("<L", place))
            file.seek(place)
            file.write(data)
            pointer, place = place + next_pointer, place + len(data) + len(data) % 2

        yield add
