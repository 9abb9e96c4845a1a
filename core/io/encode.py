"""Picture files written: 8 and 16 bits, with alpha, and with what the photo's own file said beside its pixels."""

import io
import logging
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from .metadata import Metadata

log = logging.getLogger(__name__)

OPTIONS: dict[str, dict[str, Any]] = {
    "PNG": {"compress_level": 4},
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_lzw"},
}
STRIP = 1 << 18  # bytes of a strip of a TIFF file, at least one row
TIFF_HEAD = b"II*\0"
SEGMENT = 65_500  # bytes that a segment of a JPEG file holds
SIGNATURE = 8 + 25  # bytes of a PNG file up to the end of its header
ALPHA = ("PNG", "TIFF", "WEBP")  # formats that hold it
DEEP = ("PNG", "TIFF")  # formats that hold 16 bits


def encode(levels: NDArray[Any], kind: str, metadata: Metadata | None = None) -> bytes:
    """A picture file.

    Args:
        levels: (H, W), or (H, W, C) with C of 2 (gray and alpha), 3 or 4: uint8, or uint16 for a format of `DEEP`.
        kind: Pillow's name of the format.
        metadata: to write as far as the format holds it.

    Returns:
        The bytes of the file.
    """
    metadata = metadata or Metadata()
    if kind == "TIFF":
        return _tiff(levels, metadata)
    if levels.dtype == np.uint16:
        return _deep_png(levels, metadata)
    return _by_pillow(Image.fromarray(levels), kind, metadata)


def _by_pillow(picture: Image.Image, kind: str, metadata: Metadata) -> bytes:
    options = {**OPTIONS.get(kind, {}), "dpi": metadata.dpi, "icc_profile": metadata.profile}
    exif = metadata.exif_bytes()
    if kind == "JPEG":
        options |= {"exif": _fitting(exif, "EXIF data"), "extra": _segments(metadata), "comment": metadata.comment}
    elif kind == "WEBP":
        options |= {"exif": exif, "xmp": metadata.xmp or b""}
    elif kind == "PNG":
        options |= {"exif": exif, "pnginfo": _png_words(metadata)}
    buffer = io.BytesIO()
    picture.save(buffer, kind, **{name: value for name, value in options.items() if value or value == 0})
    return buffer.getvalue()


def _fitting(data: bytes, what: str) -> bytes:
    """What fits a segment of a JPEG file; else nothing, with a warning."""
    if len(data) > SEGMENT:
        log.warning("the %s of the photo are too long for a JPEG file and are left out", what)
        return b""
    return data


def _segments(metadata: Metadata) -> bytes:
    """XMP and IPTC as segments of a JPEG file."""
    parts = []
    if metadata.xmp and (xmp := _fitting(metadata.xmp, "XMP data")):
        parts.append((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp))
    if metadata.iptc and (iptc := _fitting(metadata.iptc, "IPTC data")):
        parts.append((0xED, b"Photoshop 3.0\0" + _resource(iptc)))
    return b"".join(struct.pack(">BBH", 0xFF, marker, 2 + len(data)) + data for marker, data in parts)


def _resource(iptc: bytes) -> bytes:
    """IPTC as a block of Photoshop."""
    return b"8BIM\x04\x04\0\0" + struct.pack(">L", len(iptc)) + iptc + b"\0" * (len(iptc) & 1)


def _png_words(metadata: Metadata) -> PngInfo:
    info = PngInfo()
    for name, value in (metadata.text or {}).items():
        info.add_itxt(name, value) if not value.isascii() else info.add_text(name, value)
    if metadata.xmp:
        info.add_itxt("XML:com.adobe.xmp", metadata.xmp.decode("utf-8", "replace"))
    if metadata.iptc:
        block = _resource(metadata.iptc)
        digits = block.hex()
        lines = "\n".join(digits[i : i + 72] for i in range(0, len(digits), 72))
        info.add_text("Raw profile type iptc", f"\niptc\n{len(block):8}\n{lines}\n", zip=True)
    return info


def _deep_png(levels: NDArray[Any], metadata: Metadata) -> bytes:
    """16 bits a channel, which Pillow cannot write in color; what else is in the file is taken from one by Pillow."""
    import cv2

    if levels.ndim == 3:
        gray = levels.shape[2] == 2
        order = [0, 0, 0, 1] if gray else [2, 1, 0, 3][: levels.shape[2]]
        levels = levels[..., order]
    data = cv2.imencode(".png", levels)[1].tobytes()
    extras = _by_pillow(Image.new("L" if levels.ndim == 2 else "RGB", (1, 1)), "PNG", metadata)
    return data[:SIGNATURE] + _chunks_between(extras) + data[SIGNATURE:]


def _chunks_between(png: bytes) -> bytes:
    """The chunks of a PNG file that hold no pixels and come before them."""
    end = png.index(b"IDAT") - 4
    return png[SIGNATURE:end]


def tiff_page(levels: NDArray[Any], metadata: Metadata, start: int) -> tuple[bytes, int]:
    """A page of a TIFF file, compressed by deflate with the horizontal predictor, in strips.

    Args:
        levels: as in `encode`.
        metadata: to write.
        start: where in the file the page will be.

    Returns:
        The bytes of the page, and where among them the place of the next page belongs.
    """
    height, width = levels.shape[:2]
    pixels = levels.reshape(height, width, -1)
    samples, bits = pixels.shape[2], levels.dtype.itemsize * 8
    rows = max(1, STRIP // (width * samples * levels.dtype.itemsize))
    strips = [_strip(pixels[i : i + rows]) for i in range(0, height, rows)]
    tags = metadata.directory()
    named: dict[int, Any] = {
        256: width, 257: height, 258: (bits,) * samples, 259: 8, 262: 2 if samples > 2 else 1, 277: samples, 278: rows,
        279: tuple(map(len, strips)), 284: 1, 317: 2,
    }  # fmt: skip
    if samples in (2, 4):
        named[338] = 2
    starts = np.cumsum([0, *map(len, strips[:-1])]).tolist()
    tags.tagtype |= {273: 4, 279: 4, 256: 4, 257: 4, 278: 4}
    for tag, value in {**named, 273: tuple(starts)}.items():
        tags[tag] = value
    directory = tags.tobytes(start)
    (count,) = struct.unpack_from("<H", directory)
    return directory + b"".join(strips), 2 + 12 * count


def _tiff(levels: NDArray[Any], metadata: Metadata) -> bytes:
    return TIFF_HEAD + struct.pack("<L", 8) + tiff_page(levels, metadata, 8)[0]


def _strip(pixels: NDArray[Any]) -> bytes:
    differences = pixels.copy()
    differences[:, 1:] -= pixels[:, :-1]  # of unsigned integers, which wrap around as they should
    return zlib.compress(differences.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes(), 6)
