"""Photos with specks that tests of finding damage share."""

import numpy as np
import torch
from monochromic.core.damage_kinds import KIND_NAMES

SIDE = 600
LINES, SPECKS, LOST, *_ = range(len(KIND_NAMES))
CELLS = np.random.default_rng(4).permutation([(y, x) for y in range(30, 540, 60) for x in range(60, 540, 60)])
PLACES = CELLS + np.random.default_rng(5).integers(0, 48, CELLS.shape)  # in no rows


def case(*specks, lighter=0.1):
    """A photo of tones from 0.2 to 0.8 with specks (height, width, how much lighter), and the specks; (1, 1, H, W)."""
    photo = torch.linspace(0.2, 0.8, SIDE).expand(1, 1, SIDE, SIDE).clone()
    marks = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.uint8)
    for (y, x), (height, width, step) in zip(PLACES, specks, strict=False):
        marks[..., y : y + height, x : x + width] = 1
        photo[..., y : y + height, x : x + width] += step
    return marks, photo.clamp(0, 1)


def first(marks, height, width):
    """The first speck of a case alone."""
    y, x = PLACES[0]
    alone = torch.zeros_like(marks)
    alone[..., y : y + height, x : x + width] = 1
    return alone
