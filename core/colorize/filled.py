"""The hole that a gray picture was filled in, where the mask that came with it is a smaller one."""

import numpy as np
import torch
from torch import Tensor

from ..image.color import to_y
from ..image.masks import dilate

ROUNDING = 0.003  # of 1: what 8 bits do to gray
OTHER = 0.25  # of the known pixels: if more differ, gray is another picture, and nothing follows from it
GAP = 2  # pixels: parts of what was filled that kept the old brightness by chance are as wide at most
THRESHOLDS = (0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)  # that the mask may have been taken at
SURE = 0.7  # of what was filled around the hole has another brightness than before, at least


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
        closed = _touching(_close((changed[i] | (hole[i] > 0)).float()[None])[0], seeds)
        likely = _taken(mask[i, 0], (changed[i] & (closed > 0))[0], hole[i, 0] > 0)
        result[i] = torch.maximum(hole[i], closed if likely is None else likely.to(hole)[None])
    return result


def _taken(mask: Tensor, changed: Tensor, hole: Tensor) -> Tensor | None:
    """What of a soft mask (H, W) was taken: the smallest hole of a threshold and a dilation that covers what changed.

    changed, hole: bool (H, W). None where much of it has not changed, so that it was made otherwise.
    """
    import cv2

    soft, wanted = mask.cpu().numpy(), changed.cpu().numpy()
    best = None
    for threshold in THRESHOLDS:
        core = soft > threshold
        if core.any() and wanted.any():
            distance = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_C, 3)
            covered = distance <= distance[wanted].max()
            best = covered if best is None or covered.sum() < best.sum() else best
    if best is None:
        return None
    ring = best & ~hole.cpu().numpy()
    return torch.from_numpy(best) if wanted.sum() >= SURE * ring.sum() else None


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
