"""Color of more than 8 bits a channel, of which Pillow keeps the upper 8: read by OpenCV where it can.

TIFF is read by `tiff`, and gray by Pillow at its full depth.
"""

import logging
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import PictureError
from ..host.thread import run_in_thread
from .opening import FilePath

log = logging.getLogger(__name__)

START = 1 << 16  # bytes of a file in which its depth is looked for
MODES = ("RGB", "RGBA", "RGBX", "LA")
SIZ = b"\xff\x4f\xff\x51"  # how a codestream of JPEG 2000 begins
ALIKE = 4.0  # of 255: the mean difference to what Pillow reads, above which OpenCV took the file for another
WRAPS = "JPEG2000"  # of which Pillow rounds the brightest up to 256, and makes that 0
Deep = tuple[NDArray[Any], NDArray[Any] | None]


def decode_deep(picture: Image.Image, path: FilePath, index: int) -> Deep | None:
    """Colors and alpha of a file of more than 8 bits a channel.

    Args:
        picture: as Pillow decoded it.
        path: of the file.
        index: of the picture in the file.

    Returns:
        (H, W) or (H, W, 3) and (H, W) or None, in the range of 16 bits; None for a file of 8 bits, and with a warning
        where its depth cannot be read.

    Raises:
        PictureError: for a file of more than 8 bits whose white Pillow makes black, where OpenCV cannot read it.
    """
    if picture.mode not in MODES or not getattr(picture, "filename", ""):
        return None
    data = np.fromfile(path, np.uint8)
    top = top_of(data[:START].tobytes(), picture.format or "")
    if top <= 255:
        return None
    readable = not index and (picture.mode != "LA" or picture.format == "PNG")
    deep = run_in_thread(picture.width * picture.height, _by_opencv, data, top, picture) if readable else None
    if deep is None and (lost := lost_depth(picture, path)):
        log.warning(lost)
    return deep


def lost_depth(picture: Image.Image, path: FilePath) -> str:
    """A line that says that a file has more bits than Pillow reads; empty where it has not.

    Args:
        picture: as Pillow decoded it.
        path: of the file.

    Raises:
        PictureError: where Pillow makes its white black.
    """
    with Path(path).open("rb") as file:
        bits = top_of(file.read(START), picture.format or "").bit_length()
    if picture.mode not in MODES or bits <= 8:
        return ""
    if picture.format == WRAPS:
        raise PictureError(
            f"it is a JPEG 2000 of {bits} bits a channel whose colors are not read; copy it again if it is cut short, "
            "or save it as TIFF or PNG of 16 bits"
        )
    return f"{path} has {bits} bits a channel, of which 8 are read; save it as TIFF or PNG of 16 bits to keep them"


def top_of(head: bytes, kind: str) -> int:
    """The largest value of a channel of a file.

    Args:
        head: its first bytes.
        kind: Pillow's name of the format.

    Returns:
        255 also where it is not known.
    """
    if kind == "PPM":
        match = re.match(rb"P[36](?:(?:\s|#[^\n]*\n)+(\d+)){3}", head)
        return int(match[1]) if match else 255
    return 2 ** _bits(head, kind) - 1


def _bits(head: bytes, kind: str) -> int:
    if kind == "PNG":
        return head[24]
    if kind == "JPEG2000" and (place := head.find(SIZ)) >= 0:
        (count,) = struct.unpack_from(">H", head, place + 40)
        return max((byte & 0x7F) + 1 for byte in head[place + 42 : place + 42 + 3 * count : 3])
    if kind in ("AVIF", "HEIF"):
        if match := re.search(rb"pixi\0\0\0\0([\1-\4])", head):
            return max(head[match.end() : match.end() + match[1][0]])
        if (place := head.find(b"av1C")) >= 0 and head[place + 6] & 0x40:
            return 12 if head[place + 6] & 0x20 else 10
    return 16 if kind == "SGI" and head[3:4] == b"\2" else 8


def _by_opencv(data: NDArray[np.uint8], top: int, picture: Image.Image) -> Deep | None:
    import cv2

    try:
        array = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if array is None or array.dtype != np.uint16 or array.ndim != 3 or array.shape[:2] != picture.size[::-1]:
        return None
    if top < 65535:
        array = ((array.astype(np.uint32) * 65535 + top // 2) // top).astype(np.uint16)
    alpha = array[..., 3] if array.shape[2] == 4 else None
    colors = array[..., 0] if picture.mode == "LA" else array[..., 2::-1]
    shown = np.asarray(picture.convert("L" if picture.mode == "LA" else "RGB"))
    difference = np.abs(colors / 257 - shown)
    if picture.format == WRAPS:
        difference = np.minimum(difference, 256 - difference)
    return (colors, alpha) if difference.mean() < ALIKE else None
