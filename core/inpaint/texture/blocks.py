"""The blocks that a hole is covered with, and the known blocks that can be copied to them."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from .planes import Mask, covered

BLOCK, OVERLAP = 24, 8  # pixels a side, and shared with the next
STEP = BLOCK - OVERLAP
PAD = BLOCK  # pixels of the border of padded planes
STRIDE = 2  # pixels between known blocks
CELL = 4  # x CELL known blocks, of which at most one is a candidate for a place: so there is variety
MAX_KNOWN = 60_000  # known blocks that are looked at; a random part of the cells beyond
MIN_CELLS = 8  # fewer say nothing of the texture


@dataclass(frozen=True)
class Grid:
    """Blocks over a hole.

    Attributes:
        places: of their upper left corners in padded planes, (N, 2).
        pairs: neighbors side by side, then one above the other: the first of each, the second of each, (E,) both.
        beside: of each block its neighbor at the left, right, above and below, (N, 4); -1 = none.
    """

    places: Tensor
    pairs: tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]
    beside: Tensor

    def __len__(self) -> int:
        return len(self.places)


def cover_hole(hole: Mask) -> Grid:
    """Overlapping blocks that cover a hole (H, W), of a grid over the picture."""
    h, w = hole.shape
    rows, columns = (np.arange(-OVERLAP // 2, n, STEP) + PAD for n in (h, w))
    padded = np.pad(hole, ((PAD, 2 * PAD), (PAD, 2 * PAD)))
    touches = covered(padded, BLOCK)[np.ix_(rows, columns)] > 0
    number = np.where(touches, np.cumsum(touches).reshape(touches.shape) - 1, -1)
    places = torch.from_numpy(np.stack(np.broadcast_arrays(rows[:, None], columns), -1)[touches])
    pairs = _neighbors(number[:, :-1], number[:, 1:]), _neighbors(number[:-1], number[1:])
    beside = torch.full((len(places), 4), -1)
    for axis, (first, second) in enumerate(pairs):
        beside[second, 2 * axis], beside[first, 2 * axis + 1] = first, second
    return Grid(places, pairs, beside)


def _neighbors(first: np.ndarray, second: np.ndarray) -> tuple[Tensor, Tensor]:
    both = (first >= 0) & (second >= 0)
    return torch.from_numpy(first[both]), torch.from_numpy(second[both])


@dataclass(frozen=True)
class Known:
    """Wholly known blocks, by cells of `CELL` x `CELL` of them.

    Attributes:
        places: of their upper left corners in padded planes, (cells * CELL ** 2, 2).
        usable: which of them are wholly known, (cells, CELL ** 2).
        free: for each place of a padded plane, whether a block there is wholly known, (H + PAD, W + PAD).
    """

    places: Tensor
    usable: Tensor
    free: Tensor


def known_blocks(hole: Mask, random: Generator) -> Known | None:
    """The wholly known blocks of a picture with a hole (H, W); None where there are too few."""
    if min(hole.shape) < 2 * BLOCK:
        return None
    free = covered(hole, BLOCK) == 0
    spaced = free[::STRIDE, ::STRIDE]
    spaced = np.pad(spaced, [(0, -n % CELL) for n in spaced.shape])
    rows, columns = (n // CELL for n in spaced.shape)
    cells = np.arange(spaced.size).reshape(rows, CELL, columns, CELL).swapaxes(1, 2).reshape(-1, CELL * CELL)
    cells = cells[spaced.ravel()[cells].any(1)]
    if len(cells) < MIN_CELLS:
        return None
    if cells.size > MAX_KNOWN:
        cells = cells[np.sort(random.choice(len(cells), MAX_KNOWN // CELL**2, replace=False))]
    places = np.stack(np.unravel_index(cells.ravel(), spaced.shape), 1) * STRIDE + PAD
    everywhere = np.zeros([n + PAD for n in hole.shape], np.bool_)
    everywhere[PAD : PAD + free.shape[0], PAD : PAD + free.shape[1]] = free
    return Known(torch.from_numpy(places), torch.from_numpy(spaced.ravel()[cells]), torch.from_numpy(everywhere))
