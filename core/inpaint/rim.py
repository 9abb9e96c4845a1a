"""How well a fill goes on at the rim of its hole: what can be told of a fill without knowing the truth."""

from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..image.boxes import bounding_box
from .texture.energies import depth_in
from .texture.planes import Mask, Plane, blur

SIGMA = 4.0  # pixels: of the windows on both sides
RIM = 3.0  # pixels from what is known: where both sides are compared
FLOOR = 0.01  # of steps and gradients
SEEN = 0.05  # of a window: less of one side says nothing of it


class Side(NamedTuple):
    """Windows at the pixels of a rim, seen from one side: the structure tensor (N, 3), and how much of them it is."""

    tensor: Plane
    seen: Plane


def rim_disagreement(gray: Tensor, hole: Tensor) -> float:
    """How differently a filled picture looks on the two sides of the rim of its hole.

    In Gaussian windows at every pixel of the hole within 3 pixels of a known one: how much larger the steps across the
    rim are than those between known pixels, as a logarithm; each side seen by itself, the difference of the gradients'
    energy, as a logarithm; and that of the structure tensors of unit trace, which tells whether lines go on. Their sum,
    averaged.

    Args:
        gray: (1, 1, H, W) in [0, 1], filled.
        hole: (1, 1, H, W), 1 = was filled.

    Returns:
        0 or more, lower is better; 0 where there is no rim.
    """
    if not hole.any() or hole.all():
        return 0.0
    margin = round(4 * SIGMA)
    box = bounding_box(hole)
    h, w = hole.shape[-2:]
    rows = slice(max(box.top - margin, 0), min(box.bottom + margin, h))
    columns = slice(max(box.left - margin, 0), min(box.right + margin, w))
    plane = np.ascontiguousarray(gray[0, 0, rows, columns].float().cpu().numpy())
    inside = np.ascontiguousarray(hole[0, 0, rows, columns].bool().cpu().numpy())
    depth = depth_in(inside)
    at = inside & (depth <= RIM)
    known, filled = (_seen(plane, side, at) for side in (~inside, inside))
    seam, crossed = _seam(plane, inside, at)
    both = (known.seen > SEEN) & (filled.seen > SEEN) & crossed
    if not both.any():
        return 0.0
    energy, direction = _differences(known, filled)
    return float((seam + energy + direction)[both].mean())


def _differences(known: Side, filled: Side) -> tuple[Plane, Plane]:
    """Of energy and of direction, (N,) each."""
    energies = [np.sqrt(side.tensor[:, 0] + side.tensor[:, 1]) + FLOOR for side in (known, filled)]
    units = [side.tensor / (e[:, None] ** 2) for side, e in zip((known, filled), energies, strict=True)]
    xx, yy, xy = ((units[0] - units[1]) ** 2).T
    direction = np.sqrt(xx + yy + 2 * xy)
    return np.abs(np.log(energies[1] / energies[0])), direction


def _seam(plane: Plane, inside: Mask, at: Mask) -> tuple[Plane, Mask]:
    """Excess of the steps between neighbors across the rim, and where there are any, (N,) each."""
    known, across = np.zeros((2, *plane.shape), np.float32), np.zeros((2, *plane.shape), np.float32)
    for one, other in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
        square = (plane[other] - plane[one]) ** 2
        for sums, pairs in ((known, ~inside[one] & ~inside[other]), (across, inside[one] != inside[other])):
            sums[0][one] += square * pairs
            sums[1][one] += pairs
    usual, usual_pairs, crossed, pairs = (blur(part, SIGMA)[at] for part in (*known, *across))
    least = np.float32(1e-6)
    steps = [np.sqrt(s / np.maximum(n, least)) + FLOOR for s, n in ((usual, usual_pairs), (crossed, pairs))]
    return np.maximum(np.log(steps[1] / steps[0]), 0), pairs > least


def _seen(plane: Plane, side: Mask, at: Mask) -> Side:
    seen = blur(side.astype(np.float32), SIGMA)[at]
    return Side(_tensor(plane, side, at), seen)


def _tensor(plane: Plane, side: Mask, at: Mask) -> Plane:
    """The structure tensor of the gradients between pixels of one side alone: xx, yy, xy, (N, 3)."""
    across, down, valid = np.zeros_like(plane), np.zeros_like(plane), np.zeros_like(plane)
    across[:, 1:-1] = (plane[:, 2:] - plane[:, :-2]) / 2
    down[1:-1] = (plane[2:] - plane[:-2]) / 2
    inner = side[1:-1, 1:-1] & side[:-2, 1:-1] & side[2:, 1:-1] & side[1:-1, :-2] & side[1:-1, 2:]
    valid[1:-1, 1:-1] = inner
    weight = np.maximum(blur(valid, SIGMA)[at], np.float32(1e-6))
    products = (across * across, down * down, across * down)
    return np.stack([blur(product * valid, SIGMA)[at] / weight for product in products], 1)
