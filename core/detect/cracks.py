"""Cracks: lines with a ragged outline of which the network is sure. Rods, ropes, chains and rims of things are smooth.

How sure the network is does not tell cracks from such things; how far their outline, smoothed a little, is from the
same smoothed more does.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, long_parts, padded_slices

MIN_LENGTH = 1 / 16  # of the shorter side
FINE, COARSE = 1 / 200, 1 / 50  # of the shorter side, along the outline: windows in which it is smoothed
RAGGED = 0.0004  # of the shorter side: how far the two are apart, at half of the outline or more
SURE_PART = 0.1  # of a line, which has to be
SURE = 6.4  # logits or more for one crack at least; beside it
ALSO = 3.0  # logits are enough


def cracks(lines: Tensor, probability: Tensor) -> Tensor:
    """The ragged lines of one photo, if the network is sure of one of them.

    Args:
        lines: uint8 (1, 1, H, W) of 0 and 1, 1 = looks like a scratch or a crease.
        probability: of lines, (1, 1, H, W) in [0, 1].

    Returns:
        uint8 (1, 1, H, W), 1 = part of such a line.
    """
    if not lines.any():
        return torch.zeros_like(lines)
    logit = probability[0, 0].float().logit(1e-6).cpu().numpy()
    return torch.from_numpy(_ragged(lines[0, 0].cpu().numpy(), logit)).to(lines)[None, None]


def _ragged(lines: Bytes, logit: np.ndarray) -> Bytes:
    """Such lines among lines; all (H, W)."""
    import cv2

    side = min(lines.shape)
    long = long_parts(lines, MIN_LENGTH)
    _, label, stats, _ = cv2.connectedComponentsWithStats(long, connectivity=8)
    sure = np.full(len(stats), -np.inf)  # of each part
    for i in range(1, len(stats)):
        check_cancelled()
        box = padded_slices(stats[i], 1)
        part = (label[box] == i).astype(np.uint8)
        if raggedness(part, side) >= RAGGED * side:
            sure[i] = np.quantile(logit[box][part > 0], 1 - SURE_PART)
    chosen = sure >= ALSO if (sure >= SURE).any() else np.zeros(len(stats), np.bool_)
    return chosen.astype(np.uint8)[label]


def raggedness(part: Bytes, side: int) -> float:
    """How far the outline of a connected part (H, W) of 0 and 1 is from a smooth one, in pixels.

    side: the shorter side of the photo.
    """
    import cv2

    outlines, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = _evenly(max(outlines, key=len)[:, 0].astype(np.float64))
    fine, coarse = (_smoothed(outline, share * side) for share in (FINE, COARSE))
    return float(np.median(np.abs(fine - coarse)))


def _evenly(outline: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Points of a closed outline (N, 2), a pixel apart, x + iy: steps along a diagonal are longer."""
    points = np.append(outline, outline[:1], 0) @ (1, 1j)
    length = np.append(0, np.cumsum(np.abs(np.diff(points))))
    places = np.arange(max(1, length[-1]))  # one of a single pixel has no length
    return np.interp(places, length, points)


def _smoothed(outline: NDArray[np.complex128], window: float) -> NDArray[np.complex128]:
    """The means of a closed outline (N,) over about `window` points."""
    reach = min(int(window) // 2, (len(outline) - 1) // 2)
    sums = np.cumsum(np.pad(outline, (reach + 1, reach), mode="wrap"))
    return (sums[2 * reach + 1 :] - sums[: -2 * reach - 1]) / (2 * reach + 1)
