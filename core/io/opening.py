"""Picture files opened: the size checked before a pixel is decoded, and whatever is wrong said in one line."""

import contextlib
import math
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from ..errors import PictureError
from ..host.available import SETTING, available_memory
from ..host.quiet import without_warnings
from .signatures import HEAD, describe, plugin_of, register
from .tiff import BROKEN, MAGIC, read_pages

FilePath = str | os.PathLike[str]

MAX_PIXELS = 178_956_970  # where Pillow stops by default; about 13 400 x 13 400
READ = 30  # bytes for each pixel that reading a picture takes: 16 bits of RGB, and floats of it, twice
UNCHECKED = 2.5e8  # bytes that are there in any case
PAGED = ("TIFF", "GIF", "PNG", "WEBP", "AVIF", "HEIF", "JXL")  # formats whose further pictures are no copies


@contextlib.contextmanager
def open_picture(path: FilePath) -> Iterator[Image.Image]:
    """Open a picture file by Pillow; its size is checked before a pixel is decoded.

    Args:
        path: of the file.

    Yields:
        The picture, not decoded yet.

    Raises:
        PictureError: for a file that is missing, not a picture, cut short, or of more than `MAX_PIXELS`; also where
            decoding fails within the `with` block.
    """
    with explained(path), opened(path) as picture:
        yield picture


def picture_sizes(path: FilePath) -> list[tuple[int, int]]:
    """The sizes of the pictures in a file, of which only the beginning is read.

    Args:
        path: of the file.

    Returns:
        Width and height in pixels of each page or frame, before it is turned upright.

    Raises:
        PictureError: as `open_picture`.
    """
    with explained(path):
        with Path(path).open("rb") as file:
            if file.read(4) in MAGIC:
                pages = read_pages(file)
                for page in pages:
                    check_size(page.width, page.height)
                return [(page.width, page.height) for page in pages]
        with opened(path) as picture:
            return [picture.size] * count_frames(picture)


def count_frames(picture: Image.Image) -> int:
    """How many pictures a file holds that are no copies of one another.

    Args:
        picture: as Pillow opened it.

    Returns:
        1 for a format whose further pictures are smaller ones.
    """
    return getattr(picture, "n_frames", 1) if picture.format in PAGED else 1


@contextlib.contextmanager
def explained(path: FilePath) -> Iterator[None]:
    """Whatever goes wrong with a file in one line that begins with its name."""
    name = os.fspath(path)
    try:
        _check_kind(path)
        yield
    except PictureError as error:
        raise error if repr(name) in str(error) else PictureError(f"{name!r} cannot be read: {error}") from error
    except FileNotFoundError as error:
        raise PictureError(f"there is no picture {name!r}; check the name and the folder") from error
    except Image.DecompressionBombError as error:
        raise PictureError(
            f"{name!r} claims more than {MAX_PIXELS / 1e6:.0f} megapixels, which is the most "
            "that is read; scale it down or cut out the part to restore"
        ) from error
    except UnidentifiedImageError as error:
        raise PictureError(f"{name!r} {describe(name)}") from error
    except MemoryError:
        raise
    except BROKEN as error:
        if os.path.isdir(path):  # noqa: PTH112 - which no name is too long for
            raise PictureError(f"{name!r} is a folder; give the name of a picture file in it") from error
        raise PictureError(f"{name!r} cannot be read: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Why a file is not read: what the system says, or that it is broken, and what to do."""
    words = " ".join(str(error).split())
    if (isinstance(error, OSError) and error.errno is not None) or "again" in words:
        return words
    return f"it is cut short or broken ({words}); copy or save it again"


def _check_kind(path: FilePath) -> None:
    """Refuse what would be waited for without end; a folder is told by what opens it."""
    mode = Path(path).stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise PictureError("it is a pipe or a device, not a file; save what comes from it as one")


@contextlib.contextmanager
def opened(path: FilePath) -> Iterator[Image.Image]:
    """The same as `open_picture`, but errors are those of Pillow; a format that a plugin reads is tried."""
    with without_warnings(), broken_for_plugins():
        try:
            picture = Image.open(path)
        except UnidentifiedImageError:
            with Path(path).open("rb") as file:
                plugin = plugin_of(file.read(HEAD))
            if plugin is None or not register(plugin):
                raise
            picture = Image.open(path)
    with picture:
        check_size(picture.width, picture.height)
        if picture.format in ("EPS", "WMF", "MPEG"):
            raise PictureError(f"it is a file of {picture.format}, not a photo; export it as PNG")
        yield picture


@contextlib.contextmanager
def broken_for_plugins() -> Iterator[None]:
    """What packages that teach Pillow a format raise of a broken file, as Pillow says it."""
    try:
        yield
    except RuntimeError as error:
        raise OSError("it is cut short or broken; copy or save it again") from error


def load_pixels(picture: Image.Image) -> None:
    """Decode the pixels of a picture that is open.

    Args:
        picture: as Pillow opened it.

    Raises:
        OSError: for a broken file; also what else Pillow raises.
    """
    with broken_for_plugins():
        picture.load()


def check_size(width: int, height: int, per_pixel: int = READ, work: str = "to read it") -> None:
    """Refuse a picture that is too large, or that memory does not suffice for.

    Args:
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        per_pixel: bytes of memory that the work takes.
        work: what the message calls it.

    Raises:
        DecompressionBombError: for more than `MAX_PIXELS`.
        PictureError: where less memory is free than is needed; says how much, and how to try all the same.
    """
    pixels = width * height
    if pixels > MAX_PIXELS:
        raise Image.DecompressionBombError
    needed = pixels * per_pixel
    if needed < UNCHECKED or needed <= (free := available_memory() or needed):
        return
    raise PictureError(
        f"it is {width} x {height} pixels: {work} takes about {needed / 1e9:.1f} GB of memory, and "
        f"{free / 1e9:.1f} GB are free; close other programs, scale it down or cut out the part to restore, or set "
        f"{SETTING}={math.ceil(needed / 1e9)} to try it all the same"
    )


def chosen_page(count: int, page: int | None) -> int:
    """The number of the picture to read, from 0."""
    if page is None and count > 1:
        raise PictureError(
            f"it holds {count} pictures, and one is read at a time; choose it by --page 1 to --page {count} (page=1 in "
            "Python), take each in turn by --page all, or save the one you want as a file of its own"
        )
    if page is not None and not 1 <= page <= count:
        raise PictureError(f"it has no page {page}; it holds {count}, counted from 1")
    return (page or 1) - 1
