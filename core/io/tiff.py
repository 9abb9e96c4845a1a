"""TIFF files whose samples are whole bytes: every depth, planar or not, in strips or tiles, with alpha, gray to CMYK.

Pillow reads few of these, cuts color of 16 bits down to 8, and takes planes of 16 bits for pixels. What is left to it:
fewer than 8 bits, palettes, YCbCr and JPEG.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from ..errors import PictureError
from .tiff_data import COMPRESSIONS, read_samples

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
MAX_PAGES = 10_000
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, CMYK = 0, 1, 2, 5
COLORS = {
    WHITE_IS_ZERO: "gray", BLACK_IS_ZERO: "gray", RGB: "RGB", 3: "palette", 4: "mask", CMYK: "CMYK", 6: "YCbCr",
    8: "CIELab", 9: "ICCLab", 10: "ITULab", 32803: "raw camera", 34892: "raw camera",
}  # fmt: skip
CHANNELS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, CMYK: 4}
RAW = (32803, 34892)  # photometric interpretations of a raw file: a color filter array, linear raw
NUMBERS = {1: "", 2: "signed ", 3: "floating point ", 4: "", 5: "complex integer ", 6: "complex "}
PREMULTIPLIED, STRAIGHT = 1, 2
REDUCED, MASK = 1, 4  # bits of NewSubfileType
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, TypeError, KeyError, IndexError, OverflowError)
"""What reading a broken file raises, in Pillow and here."""


@dataclass(frozen=True)
class Page:
    """A picture in a TIFF file: its tags, its number among the directories of the file, and the file's byte order."""

    tags: ImageFileDirectory_v2
    index: int
    order: str

    def all(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """The numbers of a tag."""
        value = self.tags.get(tag, default)
        return value if isinstance(value, tuple) else (value,)

    def one(self, tag: int, default: int = 0) -> int:
        """The first number of a tag."""
        return next(iter(self.all(tag)), default)

    @cached_property
    def width(self) -> int:
        """In pixels."""
        return self.one(256)

    @cached_property
    def height(self) -> int:
        """In pixels."""
        return self.one(257)

    @cached_property
    def samples(self) -> int:
        """Of a pixel."""
        return self.one(277, 1)

    @cached_property
    def bits(self) -> tuple[int, ...]:
        """Of the samples."""
        bits = self.all(258, (1,))
        return bits * self.samples if len(bits) == 1 else bits

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The kind of number that each sample is: 1 unsigned, 2 signed, 3 floating point."""
        kinds = self.all(339, (1,))
        return kinds * self.samples if len(kinds) == 1 else kinds

    @cached_property
    def photometric(self) -> int:
        """What the samples mean; gray where nothing is said."""
        return self.one(262, BLACK_IS_ZERO)

    @cached_property
    def alpha(self) -> int | None:
        """Which sample is the alpha; None for none. Extra samples of unknown meaning are none."""
        colors, extra = CHANNELS.get(self.photometric, 0), self.all(338)
        if not extra and self.samples == colors + 1:
            return colors
        found = (colors + i for i, kind in enumerate(extra) if kind in (PREMULTIPLIED, STRAIGHT))
        return next(found, None)

    @cached_property
    def premultiplied(self) -> bool:
        """Whether the colors are multiplied by the alpha."""
        extra = self.all(338)
        return self.alpha is not None and bool(extra) and extra[self.alpha - CHANNELS[self.photometric]] == 1

    @property
    def orientation(self) -> int:
        """As in EXIF."""
        return self.one(274, 1)

    @property
    def thumbnail(self) -> bool:
        """Whether this is a smaller copy or a mask of another page."""
        return bool(self.one(254) & (REDUCED | MASK)) or self.one(255) == 2

    @property
    def dtype(self) -> np.dtype | None:
        """Of the samples, in the byte order of the file; None for a kind that is not read here."""
        kind = {1: "u", 2: "i", 3: "f", 4: "u"}.get(self.numbers[0])
        name = f"{self.order}{kind}{self.bits[0] // 8}"
        known = kind and len(set(self.bits)) == 1 and len(set(self.numbers)) == 1
        return np.dtype(name) if known and name[1:] in KINDS else None

    @property
    def readable(self) -> bool:
        """Whether `decode_page` reads it."""
        there = CHANNELS.get(self.photometric, 99) <= self.samples <= 8 and self.one(259, 1) in COMPRESSIONS
        return there and self.dtype is not None and not (self.photometric == CMYK and self.one(332, 1) != 1)

    def describe(self) -> str:
        """What it is, such as "a 32-bit floating point CMYK TIFF with alpha"."""
        bits = "/".join(map(str, sorted(set(self.bits))))
        color = COLORS.get(self.photometric, f"color model {self.photometric}")
        alpha = " with alpha" if self.alpha is not None else ""
        packed = self.one(259, 1)
        coded = "" if packed in COMPRESSIONS else f", compressed by {NAMES.get(packed, f'method {packed}')}"
        article = "an" if bits.startswith("8") else "a"
        return f"{article} {bits}-bit {NUMBERS.get(self.numbers[0], 'other ')}{color} TIFF{alpha}{coded}"


KINDS = ("u1", "u2", "u4", "u8", "i4", "f2", "f4", "f8")
NAMES = {
    2: "CCITT RLE", 3: "CCITT G3", 4: "CCITT G4", 6: "old JPEG", 7: "JPEG", 33003: "JPEG 2000", 33005: "JPEG 2000",
    34712: "JPEG 2000", 34676: "SGILOG", 34887: "LERC", 50001: "WebP", 50002: "JPEG XL", 52546: "JPEG XL",
}  # fmt: skip


def read_pages(file: BinaryIO) -> list[Page]:
    """The pages of a TIFF file, of which smaller copies and masks are left out.

    Args:
        file: open for reading.

    Returns:
        The pages; at least one.

    Raises:
        PictureError: for a raw file of a camera, and for a file without a page.
        Exception: of many types, for a broken file.
    """
    pages = list(_directories(file))
    if any(_is_raw(file, page) for page in pages):
        raise PictureError("it is a raw file of a camera; develop it, and give the TIFF or PNG of 16 bits")
    pages = [page for page in pages if page.width and page.height]
    if not pages:
        raise PictureError("it is a TIFF file without a picture, or cut short; copy or scan it again")
    return [page for page in pages if not page.thumbnail] or [max(pages, key=lambda p: p.width * p.height)]


def decode_page(file: BinaryIO, page: Page, complete: bool = True) -> tuple[NDArray, NDArray | None, int]:
    """Decode a page that is `readable`.

    Args:
        file: open for reading.
        page: of that file.
        complete: refuse a file that ends early; else what is missing is 0.

    Returns:
        Colors (H, W) of gray, (H, W, 3) of RGB or (H, W, 4) of CMYK, uint8, uint16 or floats in [0, 1]; alpha
        (H, W) of the same type or None; and how many rows at the bottom are missing.

    Raises:
        PictureError: for values out of range, and a file that ends early.
    """
    count = CHANNELS[page.photometric]
    keep = [*range(count), *([] if page.alpha is None else [page.alpha])]
    values, missing = read_samples(file, page, keep, complete)
    values = _unit(values, page)
    colors, alpha = values[..., :count], values[..., count] if page.alpha is not None else None
    if alpha is not None and page.premultiplied:
        colors = _straight(colors, alpha)
    if page.photometric == WHITE_IS_ZERO:
        colors = (1 if colors.dtype.kind == "f" else np.iinfo(colors.dtype).max) - colors
    return (colors[..., 0] if count == 1 else colors), alpha, missing


def directory_at(file: BinaryIO, offset: int = 0, group: int | None = None) -> ImageFileDirectory_v2:
    """A directory of tags in a TIFF file.

    Args:
        file: open for reading.
        offset: of the directory; 0 for an empty one, whose `next` is the first.
        group: the tag that holds its place, for one within a page.

    Returns:
        The tags.

    Raises:
        Exception: of many types, for a broken file.
    """
    file.seek(0)
    header = file.read(8)
    big = b"+" in header[2:4]
    header += file.read(8) if big else b""
    if header[:4] == b"MM\0+":  # which Pillow takes for a small one
        tags = ImageFileDirectory_v2(b"MM\0*" + header[4:8], group=group)
        tags._bigtiff, tags.next = True, struct.unpack(">Q", header[8:])[0]
    else:
        tags = ImageFileDirectory_v2(header, group=group)
    if offset:
        file.seek(offset)
        tags.load(file)
    return tags


def _directories(file: BinaryIO) -> Iterator[Page]:
    tags, seen = directory_at(file), set[int]()
    order = "<" if tags.prefix == b"II" else ">"
    while tags.next and tags.next not in seen and len(seen) < MAX_PAGES:
        offset = tags.next
        seen.add(offset)
        tags = directory_at(file, offset)
        yield Page(tags, len(seen) - 1, order)


def _is_raw(file: BinaryIO, page: Page) -> bool:
    """Whether a page or a page within it holds the raw data of a camera."""
    if page.photometric in RAW or 50706 in page.tags:  # DNGVersion
        return True
    file.seek(8)
    if file.read(2) == b"CR" and page.index == 0:
        return True
    try:
        inner = [directory_at(file, offset) for offset in page.all(330)[:16] if offset]
    except BROKEN:
        return False
    return any(tags.get(262) in RAW for tags in inner)


def _unit(values: NDArray[Any], page: Page) -> NDArray[Any]:
    """Samples as uint8, uint16 or float32 in [0, 1]; integers of 32 bits up to 65535 are of 16 bits."""
    if values.dtype.kind == "f":
        values = values.astype(np.float32)
        low, high, most = values.min(), values.max(), 1
        if np.isfinite(values).all() and low >= 0 and high <= 1:
            return values
    elif values.dtype.itemsize <= 2:
        return values
    else:
        low, high, most = values.min(), values.max(), 65535 if values.dtype.kind == "i" else np.iinfo(values.dtype).max
        if low >= 0 and high <= 65535:
            return values.astype(np.uint16)
        if low >= 0 and values.dtype.kind == "u":
            return (values / most).astype(np.float32)
    raise PictureError(
        f"it is {page.describe()} whose values go from {low} to {high}; expected 0 to {most}: scale them to that"
    )


def _straight(colors: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """Colors that were multiplied by alpha, divided by it."""
    top = 1 if colors.dtype.kind == "f" else np.iinfo(colors.dtype).max
    values = colors / np.maximum(alpha, 1e-6 if top == 1 else 1)[..., None].astype(np.float64) * top
    values = np.clip(values, 0, top)
    return (values if top == 1 else np.rint(values)).astype(colors.dtype)
