"""The photos and holes that the benchmarks share."""

from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from monochromic.core import load_image, random_hole
from skimage import data
from torch import Tensor

PHOTOS = ("astronaut", "coffee", "chelsea", "rocket")
COVERAGE = 0.2
WIDE = 0.31, 0.43  # shares of the photo that wide holes cover
STROKES = 0.2, 0.4  # and strokes


class Case(NamedTuple):
    """A photo (1, 3, side, side) of a file of that name, and its hole."""

    name: str
    image: Tensor
    hole: Tensor


def photo(name: str, height: int, width: int | None = None) -> Tensor:
    """A free photo of scikit-image, cut from the middle and area-resized: (1, 3, height, width)."""
    width = width or height
    image = torch.from_numpy(np.array(getattr(data, name)())).permute(2, 0, 1)[None].float() / 255
    h, w = image.shape[-2:]
    scale = min(h / height, w / width)
    high, wide = round(height * scale), round(width * scale)
    top, left = (h - high) // 2, (w - wide) // 2
    cut = image[..., top : top + high, left : left + wide]
    if scale >= 1:
        sized = F.interpolate(cut, (height, width), mode="area")
    else:
        sized = F.interpolate(cut, (height, width), mode="bicubic", antialias=True).clamp(0, 1)
    return (sized * 255).round() / 255


def box_hole(side: int, seed: int, share: float = 0.45) -> Tensor:
    """A square of `share` of each side at a random place: (1, 1, side, side)."""
    n = int(side * share)
    top, left = np.random.default_rng(seed).integers(0, side - n + 1, 2)
    hole = torch.zeros(1, 1, side, side)
    hole[..., top : top + n, left : left + n] = 1
    return hole


def eight_cases(side: int, seed: int = 0) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Four photos, each with brush strokes over a fifth of it and with a 45 % x 45 % box."""
    for i, name in enumerate(PHOTOS):
        image = photo(name, side)
        yield f"{name}, strokes", image, random_hole("free_form", side, side, COVERAGE, seed=100 * seed + i)
        yield f"{name}, box", image, box_hole(side, seed=100 * seed + i)


def square(path: Path, side: int) -> Tensor:
    """A photo of a file, cut square from the middle and reduced: (1, 3, side, side)."""
    image = load_image(path).expand(-1, 3, -1, -1)
    n = min(image.shape[-2:])
    top, left = (image.shape[-2] - n) // 2, (image.shape[-1] - n) // 2
    return F.interpolate(image[..., top : top + n, left : left + n], (side, side), mode="area")


def stroke_hole(side: int, seed: int) -> Tensor:
    """Brush strokes over a share of the photo in `STROKES`: the first try that does not go beyond."""
    random, (low, high) = np.random.default_rng(seed), STROKES
    while True:
        hole = random_hole("free_form", side, side, random.uniform(low, high), seed=int(random.integers(2**32)))
        if hole.mean() <= high:
            return hole


def wide_hole(side: int, seed: int) -> Tensor:
    """A box for even seeds and blobs for odd ones, over a share of the photo in `WIDE`: the first try that has it."""
    random, (low, high) = np.random.default_rng(seed), WIDE
    while True:
        share, again = random.uniform(low, high), int(random.integers(2**32))
        hole = random_hole("blob", side, side, share, again) if seed % 2 else box_hole(side, again, share**0.5)
        if low <= hole.mean() <= high:
            return hole


def wide_cases(folders: Iterable[Path], count: int, side: int = 256) -> list[Case]:
    """The first photos of the folders in turn, each with a wide hole."""
    lists = [sorted(p for p in f.iterdir() if p.suffix.lower() in (".png", ".jpg", ".jpeg")) for f in folders]
    paths = [path for path in chain.from_iterable(zip_longest(*lists)) if path][:count]
    return [Case(path.stem, square(path, side), wide_hole(side, i)) for i, path in enumerate(paths)]
