"""Pictures whose file ends early: what can be read of them, and which pixels are missing.

Each is decoded twice, so that pixels that differ are not in the file.
"""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from ..host.quiet import without_warnings
from .opening import broken_for_plugins

END = b"\xff\xd9"  # of a JPEG file
NOISE = b"\xa5\x5a" * 64  # two different ends, so that pixels that depend on what follows differ
LOCK = threading.Lock()


@contextmanager
def accepting() -> Iterator[None]:
    """Within it Pillow reads files that end early, as ComfyUI has it do; what is missing is black."""
    with LOCK:
        before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def salvage(path: str | Path, page: int) -> tuple[Image.Image, NDArray[np.bool_]]:
    """Decode a file that ends early.

    Args:
        path: of the file.
        page: the number of the picture in it, from 0.

    Returns:
        The picture with all that is there, and (H, W) which of its pixels are missing or in doubt: rows, or tiles or
        lines in between.

    Raises:
        OSError: where what is missing cannot be told from what is there; also what else Pillow raises.
    """
    data = Path(path).read_bytes()
    with without_warnings():
        with broken_for_plugins(), Image.open(io.BytesIO(data)) as picture:
            kind = picture.format
        if kind in ("JPEG", "MPO") and (found := _salvage_jpeg(data)):
            return found
        pictures = [_decoded(data, page, level) for level in (0, 255)]
    decoded_elsewhere = kind == "GIF" and (page or "transparency" in pictures[0].info)
    if decoded_elsewhere or kind == "PCX":  # whose palette is at the end
        raise OSError("it is cut short or broken; copy or save it again")
    differ = np.asarray(pictures[0]) != np.asarray(pictures[1])
    return pictures[0], differ.reshape(*differ.shape[:2], -1).any(axis=2)


def _decoded(data: bytes, page: int, level: int) -> Image.Image:
    """By Pillow, onto pixels of a level that stays where the file says nothing."""
    with accepting(), broken_for_plugins(), Image.open(io.BytesIO(data)) as picture:
        picture.seek(page)
        bands = len(picture.getbands())
        picture.im = Image.new(picture.mode, picture.size, (level,) * bands if bands > 1 else level).im
        picture.load()
    return picture


def _salvage_jpeg(data: bytes) -> tuple[Image.Image, NDArray[np.bool_]] | None:
    """Ended by hand, twice: rows that differ by what follows are not in the file. None where that does not help."""
    pictures = []
    for end in (END, NOISE + END):
        with Image.open(io.BytesIO(data + end)) as picture:
            try:
                picture.load()
            except OSError:
                return None
        pictures.append(picture)
    differ = np.asarray(pictures[0]) != np.asarray(pictures[1])
    rows = differ.reshape(len(differ), -1).any(axis=1)
    in_doubt = np.logical_or.accumulate(rows)[:, None]  # from the first that differs to the end
    return pictures[0], np.broadcast_to(in_doubt, differ.shape[:2])
