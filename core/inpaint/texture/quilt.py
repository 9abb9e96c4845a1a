"""Chosen blocks pasted over a hole, with the cheapest cuts through their overlaps (Efros, Freeman 2001)."""

import numpy as np
import torch
from torch import Tensor

from .blocks import BLOCK, OVERLAP, PAD, STEP, Grid
from .energies import SIGMA
from .planes import Mask, Plane, blur


def paste_blocks(picture: Plane, hole: Mask, grid: Grid, blocks: Tensor) -> Plane:
    """The picture (H, W) with its hole quilted from blocks (N, BLOCK, BLOCK), in the order of reading."""
    h, w = hole.shape
    result = np.pad(picture, ((PAD, 2 * PAD), (PAD, 2 * PAD)))
    inside = np.pad(hole, ((PAD, 2 * PAD), (PAD, 2 * PAD)))
    fresh = inside.copy()
    for (y, x), block, taken in zip(grid.places.tolist(), blocks.numpy(), _taken(grid, blocks).numpy(), strict=True):
        here = np.s_[y : y + BLOCK, x : x + BLOCK]
        mask = (taken | fresh[here]) & inside[here]
        result[here][mask] = block[mask]
        fresh[here] = False
    return result[PAD : PAD + h, PAD : PAD + w]


def spread(plane: Plane, grid: Grid, values: Tensor) -> Plane:
    """A plane (H, W) with a value for each block of a grid (N,), and the plane's own elsewhere; blurred."""
    h, w = plane.shape
    result = np.pad(plane, ((PAD, 2 * PAD), (PAD, 2 * PAD)), mode="edge")
    for (y, x), value in zip(grid.places.tolist(), values.tolist(), strict=True):
        top, left = y + OVERLAP // 2, x + OVERLAP // 2
        result[top : top + STEP, left : left + STEP] = value
    return blur(np.ascontiguousarray(result[PAD : PAD + h, PAD : PAD + w]), SIGMA)


def _taken(grid: Grid, blocks: Tensor) -> Tensor:
    """The part of each block that goes over what is there already, bool (N, BLOCK, BLOCK)."""
    taken = torch.ones_like(blocks, dtype=torch.bool)
    (left, right), (above, below) = grid.pairs
    taken[right, :, :OVERLAP] &= cheapest_cuts((blocks[left][..., STEP:] - blocks[right][..., :OVERLAP]) ** 2)
    difference = (blocks[above][..., STEP:, :] - blocks[below][..., :OVERLAP, :]) ** 2
    taken[below, :OVERLAP, :] &= cheapest_cuts(difference.mT).mT
    return taken


def cheapest_cuts(cost: Tensor) -> Tensor:
    """The cheapest path from top to bottom through each overlap.

    Args:
        cost: (E, length, width), of each pixel.

    Returns:
        bool (E, length, width), True = on the path or to the right of it.
    """
    total, (count, length, width) = cost.clone(), cost.shape
    wall = total.new_full((count, 1), torch.inf)
    for row in range(1, length):
        above = torch.cat([wall, total[:, row - 1], wall], 1)
        total[:, row] += torch.minimum(torch.minimum(above[:, :-2], above[:, 1:-1]), above[:, 2:])
    column, columns = total[:, -1].argmin(1), torch.arange(width)
    right = torch.empty(count, length, width, dtype=torch.bool)
    for row in range(length - 1, -1, -1):
        right[:, row] = columns >= column[:, None]
        if row:
            far = (columns - column[:, None]).abs() > 1
            column = total[:, row - 1].masked_fill(far, torch.inf).argmin(1)
    return right
