"""Specks that are too wide to be surely dust: buttons and beads as often.

These are round and catch the light, where a flake or a hole of the emulsion shows the bare paper: one tone.
"""

import numpy as np
import torch
from torch import Tensor

from .planes import Bytes, Mask, dilate_disc, gray_levels, inner_distance, padded_slices

MAX_WIDTH, MIN_WIDTH = 1 / 100, 4.0  # of the shorter side, and pixels: wider specks are doubtful, whichever is more
RIM = 1.5  # pixels within the edge that mix both sides,
SURROUND = 4.0  # and beyond it that are compared
MAX_SHADING = 0.25  # of the step at the edge: the range of tones (10 to 90 %) within what has one tone


def wide_specks(specks: Tensor, image: Tensor) -> Tensor:
    """The specks that are too wide to be surely dust, and are shaded.

    Args:
        specks: (B, 1, H, W) of 0 and 1, 1 = looks like dust.
        image: the photos they lie in, (B, 1 or 3, H, W) in [0, 1], or their `to_gray`.

    Returns:
        (B, 1, H, W) of the same type, 1 = part of a wide speck.
    """
    wide = torch.zeros_like(specks)
    limit = max(MIN_WIDTH, MAX_WIDTH * min(specks.shape[-2:]))
    for result, marks, photo in zip(wide, specks, image, strict=True):
        if marks.any():
            plane = marks[0].byte().cpu().numpy()
            result[0] = torch.from_numpy(_wide_parts(plane, limit, photo)).to(result)
    return wide


def _wide_parts(plane: Bytes, limit: float, photo: Tensor) -> Mask:
    """The connected parts of a plane (H, W) into which a disc of more than a diameter fits, and that are shaded."""
    import cv2

    count, label, stats, _ = cv2.connectedComponentsWithStats(plane, connectivity=8)
    large = 2 * stats[:, 2:4].min(1) - 1 > limit  # by half a disc at the border of the photo
    large[0] = False  # the background
    wide = np.zeros(count, np.bool_)
    for i in np.flatnonzero(large):
        window = padded_slices(stats[i], SURROUND + 1)
        part = label[window] == i
        if 2 * inner_distance(part).max() - 1 > limit:
            wide[i] = not _has_one_tone(part, plane[window] > 0, gray_levels(photo[(slice(None), *window)]))
    return wide[label]


def _has_one_tone(part: Mask, marks: Mask, gray: Bytes) -> bool:
    """Whether a part (h, w) is flat by the step at its edge, to what is no mark."""
    core = inner_distance(part) > RIM
    surround = dilate_disc(part, SURROUND) & ~dilate_disc(part, RIM) & ~marks
    if not core.any() or not surround.any():
        return False
    low, level, high = np.percentile(gray[core], (10, 50, 90))
    return bool(high - low <= MAX_SHADING * abs(level - np.median(gray[surround])))
