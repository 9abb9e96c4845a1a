"""Pictures whose file ends early: what can be read of them, and which rows are missing."""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from ..host.quiet import without_warnings

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


def salvage(path: str | Path, page: int) -> tuple[Image.Image, int]:
    """Decode a file that ends early.

    Args:
        path: of the file.
        page: the number of the picture in it, from 0.

    Returns:
        The picture with all that is there, and how many of its rows at the bottom are missing or in doubt.

    Raises:
        OSError: where nothing is there; also what else Pillow raises.
    """
    with without_warnings():
        with Image.open(path) as picture:
            is_jpeg = picture.format in ("JPEG", "MPO")
        if is_jpeg and (found := _salvage_jpeg(Path(path).read_bytes())):
            return found
        with accepting(), Image.open(path) as picture:
            picture.seek(page)
            picture.load()
    rows = np.any(np.asarray(picture).reshape(picture.height, -1), axis=1, keepdims=True)[:, 0]
    if not rows.any():
        raise OSError("it ends before the first row of pixels")
    return picture, int(np.argmax(rows[::-1]))


def _salvage_jpeg(data: bytes) -> tuple[Image.Image, int] | None:
    """Ended by hand, twice: rows that differ by what follows are not in the file. None where that does not help."""
    pictures = []
    for end in (END, NOISE + END):
        with Image.open(io.BytesIO(data + end)) as picture:
            try:
                picture.load()
            except OSError:
                return None
        pictures.append(picture)
    return pictures[0], _in_doubt(*pictures)


def _in_doubt(picture: Image.Image, other: Image.Image) -> int:
    differ = np.asarray(picture) != np.asarray(other)
    rows = differ.reshape(picture.height, -1).any(axis=1)
    return picture.height - int(np.argmax(rows)) if rows.any() else 0
