"""The photos and holes that the benchmarks share."""

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from monochromic.core import random_hole
from skimage import data
from torch import Tensor

PHOTOS = ("astronaut", "coffee", "chelsea", "rocket")
COVERAGE = 0.2


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
