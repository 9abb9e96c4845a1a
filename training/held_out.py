"""The photos that are only for measuring: no training may see them.

    python training/held_out.py FOLDER    # writes held_out.txt anew

`held_out.txt` has the sha256 of each file in FOLDER and of its pixels, so that a copy in another format is known.
"""

import hashlib
import io
import sys
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

LIST = Path(__file__).with_name("held_out.txt")


def hash_pixels(photo: np.ndarray) -> str:
    """The sha256 of uint8 (H, W, 3) and its size."""
    return hashlib.sha256(repr(photo.shape).encode() + np.ascontiguousarray(photo).tobytes()).hexdigest()


def is_held_out(data: bytes, photo: np.ndarray) -> bool:
    """Whether this file, or these pixels of it, are on the list."""
    return not _listed().isdisjoint({hashlib.sha256(data).hexdigest(), hash_pixels(photo)})


def hashes(folder: Path) -> set[str]:
    """Of every picture below a folder: of its file, and of its pixels."""
    files = [p.read_bytes() for p in folder.rglob("*") if p.suffix.lower() in (".png", ".jpg", ".jpeg")]
    pixels = (np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for data in files)
    return {hashlib.sha256(data).hexdigest() for data in files} | {hash_pixels(photo) for photo in pixels}


@cache
def _listed() -> frozenset[str]:
    return frozenset(LIST.read_text().split())


if __name__ == "__main__":
    LIST.write_text("\n".join(sorted(hashes(Path(sys.argv[1])))) + "\n")
