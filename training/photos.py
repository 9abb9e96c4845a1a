"""Photos to train on: a folder of pictures or tar shards of them, decoded once, cut at random."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from held_out import is_held_out
from numpy.random import Generator
from PIL import Image
from torch import Tensor

ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
Photo = np.ndarray | Tensor  # uint8 (H, W, 3)
MAX_SHORTER_SIDE = 768  # pixels; larger photos are reduced to it, as all stay in memory


def load_photos(folder: Path) -> list[np.ndarray]:
    """Read every picture below a folder and in the tar files there.

    Args:
        folder: Of the photos.

    Returns:
        uint8 (H, W, 3) each, in the order of their names.

    Raises:
        SystemExit: where there is none, for a picture that cannot be read, and for one of `held_out.txt`.
    """
    if not folder.is_dir():
        raise SystemExit(f"there is no folder {folder}; give one with photos or tar files of them")
    photos = [_decode(name, data) for name, data in _files(folder)]
    if not photos:
        raise SystemExit(f"no pictures ({', '.join(ENDINGS)}) and no tar files of them in {folder}")
    return photos


def _decode(name: str, data: bytes) -> np.ndarray:
    try:
        picture = Image.open(io.BytesIO(data)).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise SystemExit(f"{name} cannot be read, take it out: {error}") from error
    photo = np.asarray(picture)
    if is_held_out(data, photo):
        raise SystemExit(f"{name} is a photo that results are measured on (training/held_out.txt); take it out")
    scale = MAX_SHORTER_SIDE / min(picture.size)
    if scale < 1:
        photo = np.asarray(picture.resize([round(side * scale) for side in picture.size], Image.Resampling.BOX))
    return photo


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in ENDINGS:
            yield str(path), path.read_bytes()
        elif path.suffix == ".tar":
            with tarfile.open(path) as shard:
                for member in sorted(shard.getmembers(), key=lambda m: m.name):
                    if member.name.lower().endswith(ENDINGS) and (file := shard.extractfile(member)):
                        yield f"{path}: {member.name}", file.read()


def simplest(photos: list[np.ndarray], share: float) -> list[np.ndarray]:
    """The photos with the least detail: a kind that is easy to fill.

    Args:
        photos: uint8 (H, W, 3) each.
        share: Of them, above 0; 1 or more are all.

    Returns:
        So many, in their order.
    """
    if share >= 1:
        return photos
    detail = [_detail(photo) for photo in photos]
    return [photos[i] for i in sorted(np.argsort(detail, kind="stable")[: max(1, round(share * len(photos)))])]


def _detail(photo: np.ndarray) -> float:
    """Mean difference of neighbors in green, of every second pixel each way."""
    green = photo[::2, ::2, 1].astype(np.int16)
    return float(np.abs(np.diff(green, axis=0)).mean() + np.abs(np.diff(green, axis=1)).mean())


def random_cut(photo: Photo, side: int, random: Generator, least: float = 0.55) -> Tensor:
    """A square of `least` to 100 % of the shorter side, as float (3, side, side) in [0, 1], at times mirrored."""
    h, w = photo.shape[:2]
    n = max(int(min(h, w) * random.uniform(least, 1)), min(side, h, w))
    top, left = random.integers(0, h - n + 1), random.integers(0, w - n + 1)
    cut = photo[top : top + n, left : left + n]
    cut = cut if isinstance(cut, Tensor) else torch.from_numpy(cut.copy())
    cut = cut.flip(1) if random.random() < 0.5 else cut
    cut = cut.flip(0) if random.random() < 0.15 else cut
    image = cut.permute(2, 0, 1)[None].float() / 255
    mode = {"mode": "area"} if n >= side else {"mode": "bilinear", "antialias": True}
    return F.interpolate(image, (side, side), **mode)[0]
