"""The wide parts of a hole, for which another backbone than for thin ones is better.

A network that is trained on pixel differences fills scratches and strokes best, and compact parts, as that of an object
that was removed, with fog.
"""

import numpy as np
import torch
from torch import Tensor

from .texture.energies import depth_in
from .texture.planes import Mask

MIN_DEPTH = 20.0  # pixels from the rim to the deepest pixel
MIN_SOLID = 0.93  # of its convex hull that a part covers: 1 for a box, 0.7 or so for strokes, which are as deep


def wide_parts(hole: Tensor) -> Tensor:
    """The connected parts of a hole that are wide: deep, and no strokes or branches.

    Args:
        hole: bool (B, 1, H, W), True = fill.

    Returns:
        bool (B, 1, H, W) on the device of the hole.
    """
    parts = [torch.from_numpy(_wide(each[0].cpu().numpy())) for each in hole]
    return torch.stack(parts)[:, None].to(hole.device)


def _wide(hole: Mask) -> Mask:
    import cv2

    wide = np.zeros_like(hole)
    if hole.all() or not hole.any():
        return wide
    depth = depth_in(hole)
    deep = depth >= MIN_DEPTH
    if not deep.any():
        return wide
    _, labels, stats, _ = cv2.connectedComponentsWithStats(hole.astype(np.uint8), connectivity=8)
    for label in np.unique(labels[deep]):
        left, top, width, height, _ = stats[label]
        box = np.s_[top : top + height, left : left + width]
        part = labels[box] == label
        if _compact(part):
            wide[box] |= part
    return wide


def _compact(part: Mask) -> bool:
    """Whether a part, alone in its box, is no stroke and has no branches."""
    import cv2

    contours, _ = cv2.findContours(part.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.contourArea(cv2.convexHull(np.concatenate(contours)))
    return int(part.sum()) >= MIN_SOLID * hull
