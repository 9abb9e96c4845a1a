"""The strips and tiles of a TIFF file as arrays.

Codecs are those of libtiff in Pillow, which is told that the bytes of a row are gray pixels; what the samples are is
decided here, so that every depth and number is read the same way.
"""

import io
import struct
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from ..errors import PictureError

if TYPE_CHECKING:
    from .tiff import Page

NONE, LZW, PACKBITS = 1, 5, 32773
COMPRESSIONS = {NONE, LZW, 8, 32946, PACKBITS, 34925, 50000}  # also two names of deflate, LZMA, ZSTD
HORIZONTAL, FLOATING = 2, 3


def read_samples(file: BinaryIO, page: "Page", keep: list[int], complete: bool) -> tuple[NDArray, int]:
    """The samples of a page.

    Args:
        file: open for reading.
        page: `readable`.
        keep: which samples of a pixel.
        complete: refuse a file that ends early; else what is missing is 0.

    Returns:
        (H, W, samples) in the byte order of this machine, and how many rows at the bottom are missing.

    Raises:
        PictureError: for a file that ends early or is broken.
    """
    grid = _Grid(page)
    planes = page.samples if grid.planar else 1
    chunks = _chunks(file, page, grid.count * planes, complete)
    per_plane = [chunks[i * grid.count : (i + 1) * grid.count] for i in range(planes)]
    wanted = [per_plane[i] for i in keep] if grid.planar else per_plane
    arrays = [_plane(page, grid, part) for part in wanted]
    values = np.concatenate(arrays, axis=2) if grid.planar else arrays[0][..., keep]
    empty = [i for part in wanted for i, chunk in enumerate(part) if chunk is None]
    first = min(empty) // grid.across * grid.rows if empty else page.height
    return values, page.height - first


class _Grid:
    """How a page is cut: tiles or strips of `rows` rows and `columns` pixels, `across` side by side, `down` rows."""

    def __init__(self, page: "Page") -> None:
        self.planar = page.one(284, 1) == 2 and page.samples > 1
        self.tiled = 324 in page.tags or 322 in page.tags
        self.columns = page.one(322) if self.tiled else page.width
        self.rows = page.one(323) if self.tiled else min(page.one(278, page.height) or page.height, page.height)
        if self.columns < 1 or self.rows < 1:
            raise PictureError("it is a TIFF whose tiles have no size")
        self.across, self.down = -(-page.width // self.columns), -(-page.height // self.rows)
        self.count = self.across * self.down
        self.samples = 1 if self.planar else page.samples


def _chunks(file: BinaryIO, page: "Page", count: int, complete: bool) -> list[bytes | None]:
    """The strips or tiles as they are in the file; None for one that is not there."""
    tiled = 324 in page.tags
    places, sizes = page.all(324 if tiled else 273), page.all(325 if tiled else 279)
    if not sizes and count == 1 and page.one(259, 1) == NONE:
        sizes = (page.width * page.height * sum(page.bits) // 8,)
    chunks: list[bytes | None] = []
    end = file.seek(0, io.SEEK_END)
    for place, size in zip(places[:count], sizes[:count], strict=False):
        inside = place > 0 and place + size <= end
        file.seek(place if inside else 0)
        chunks.append(file.read(size) if inside else None)
    chunks += [None] * (count - len(chunks))
    if complete and None in chunks:
        raise EOFError(f"it ends early: {chunks.count(None)} of its {count} parts are missing")
    return chunks


def _plane(page: "Page", grid: _Grid, chunks: list[bytes | None]) -> NDArray:
    """One plane, or all samples where they are not apart: (H, W, samples)."""
    assert page.dtype is not None
    bytes_across = grid.columns * grid.samples * page.dtype.itemsize
    across = grid.across
    if page.one(259, 1) == NONE and page.one(266, 1) == 1:
        rows = _uncompressed(page, grid, chunks, bytes_across)
    else:
        rows = _decompressed(page, grid, chunks, bytes_across)
    values = rows.reshape(len(rows), across, bytes_across)
    values = _unpredicted(values, page, grid)
    pixels = values.reshape(len(rows), across * grid.columns, grid.samples)
    return pixels[: page.height, : page.width]


def _uncompressed(page: "Page", grid: _Grid, chunks: list[bytes | None], bytes_across: int) -> NDArray[np.uint8]:
    rows = np.zeros((grid.down * grid.rows, grid.across * bytes_across), np.uint8)
    for i, chunk in enumerate(chunks):
        down, across = divmod(i, grid.across)
        data = np.frombuffer(chunk or b"", np.uint8)[: grid.rows * bytes_across]
        whole = len(data) // bytes_across
        if chunk is not None and whole < min(grid.rows, page.height - down * grid.rows):
            raise EOFError("it ends early: a part of it is too short")
        part = data[: whole * bytes_across].reshape(whole, bytes_across)
        rows[down * grid.rows :][:whole, across * bytes_across : (across + 1) * bytes_across] = part
    return rows


def _decompressed(page: "Page", grid: _Grid, chunks: list[bytes | None], bytes_across: int) -> NDArray[np.uint8]:
    """The same by libtiff, as of a gray picture of 8 bits; it has the same strips or tiles."""
    rows = np.zeros((grid.down * grid.rows, grid.across * bytes_across), np.uint8)
    for i, chunk in enumerate(chunks):
        if chunk is None:
            continue
        down, across = divmod(i, grid.across)
        height = grid.rows if grid.tiled else min(grid.rows, page.height - down * grid.rows)
        part = _decode_chunk(chunk, bytes_across, height, page.one(259, 1), page.one(266, 1))
        rows[down * grid.rows :][:height, across * bytes_across : (across + 1) * bytes_across] = part
    return rows


def _decode_chunk(chunk: bytes, width: int, height: int, compression: int, bit_order: int) -> NDArray[np.uint8]:
    tags = ImageFileDirectory_v2(b"II*\0\x08\0\0\0")
    named = {256: width, 257: height, 258: 8, 259: compression, 262: 1, 266: bit_order, 277: 1, 278: height}
    for tag, value in {**named, 273: 0, 279: len(chunk)}.items():
        tags[tag] = value
    head = b"II*\0" + struct.pack("<L", 8)
    directory = tags.tobytes(8)  # its strip begins where the directory ends
    with TiffImageFile(io.BytesIO(head + directory + chunk)) as picture:
        return np.asarray(picture)


def _unpredicted(values: NDArray[np.uint8], page: "Page", grid: _Grid) -> NDArray:
    """Bytes (rows, tiles across, bytes) as numbers (rows, tiles across, columns, samples), prediction undone."""
    assert page.dtype is not None
    dtype, shape = page.dtype, (*values.shape[:2], grid.columns, grid.samples)
    predictor = page.one(317, 1)
    if predictor == FLOATING:
        summed = values.reshape(*values.shape[:2], -1, grid.samples).cumsum(2, np.uint8)
        apart = summed.reshape(*values.shape[:2], dtype.itemsize, -1)
        numbers = np.ascontiguousarray(apart.swapaxes(2, 3)).view(f">f{dtype.itemsize}")
        return numbers.reshape(shape).astype(dtype.newbyteorder("="))
    numbers = values.view(dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
    if predictor == HORIZONTAL:
        whole = numbers.view(f"u{dtype.itemsize}")
        numbers = whole.cumsum(2, whole.dtype).view(dtype.newbyteorder("="))
    return numbers
