"""The hole that a gray picture was filled in, where the mask that came with it is a smaller one."""

import numpy as np
import torch
from torch import Tensor

from ..image.color import to_y
from ..image.masks import dilate

ROUNDING = 0.003  # of 1: what 8 bits do to gray
OTHER = 0.25  # of the known pixels: if more differ, gray is another picture, and nothing follows from it
GAP = 2  # pixels: filled pixels that happen to have the old brightness lie in gaps of about twice this size


def filled_hole(image: Tensor, gray: Tensor, hole: Tensor, mask: Tensor) -> Tensor:
    """The hole, and what was filled in gray around it: of a mask before its threshold was lowered, or it was grown.

    Colored with less than that, a band of damage in its old colors would remain around the hole.

    Args:
        image: (B, 1 or 3, H, W) in [0, 1].
        gray: (B, 1, H, W) in [0, 1], as `fill` gives it: the luminance of the image, and something else where filled.
        hole: (B, 1, H, W) of 0 and 1, 1 = fill.
        mask: (B or 1, 1, H, W), what the hole was made of; above 0 is what may have been filled.

    Returns:
        (B, 1, H, W) of 0 and 1: the hole itself where gray is the image's outside it, or another picture altogether.
    """
    changed = ((gray - to_y(image)).abs() > ROUNDING) & (hole == 0)
    known = (hole == 0).flatten(1).sum(1)
    few = changed.flatten(1).sum(1) <= OTHER * known
    if not changed.any() or not few.any():
        return hole
    result, mask = hole.clone(), mask.expand_as(hole)
    for i in torch.nonzero(few & changed.flatten(1).any(1)).flatten().tolist():
        seeds = (hole[i] > 0) | ((mask[i] > 0) & changed[i])
        closed = _close((changed[i] | (hole[i] > 0)).float()[None])[0]
        result[i] = torch.maximum(hole[i], _touching(closed, seeds))
    return result


def _close(marks: Tensor) -> Tensor:
    """Small gaps in marks (1, 1, H, W) of 0 and 1 closed."""
    wide = dilate(marks, GAP)
    return torch.maximum(marks, 1 - dilate(1 - wide, GAP))


def _touching(marks: Tensor, seeds: Tensor) -> Tensor:
    """The connected parts of marks (1, H, W) that hold a seed, 0 and 1."""
    import cv2

    _, labels = cv2.connectedComponents((marks[0] > 0).byte().cpu().numpy(), connectivity=8)
    kept = np.unique(labels[seeds[0].cpu().numpy()])
    return torch.from_numpy(np.isin(labels, kept[kept > 0])).to(marks)[None]
