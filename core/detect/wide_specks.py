"""Specks that are too wide to be surely dust: buttons and beads as often.

These are round and catch the light, where a flake or a hole of the emulsion shows the bare paper: one tone.
"""

import numpy as np
from torch import Tensor

from .planes import Bytes, Mask, by_photo, dilate_disc, inner_distance, padded_slices

MAX_WIDTH, MIN_WIDTH = 1 / 100, 4.0  # of the shorter side, and pixels: wider specks are doubtful, whichever is more
RIM = 1.5  # pixels within the edge that mix both sides,
SURROUND = 4.0  # and beyond it that are compared
MAX_SHADING = 0.25  # of the step at the edge: the range of tones (10 to 90 %) within what has one tone


def wide_specks(specks: Tensor, gray: Tensor) -> Tensor:
    """The specks that are too wide to be surely dust, and are shaded.

    Args:
        specks: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like dust.
        gray: the gray levels of the photos they lie in, uint8 (B, 1, H, W), by `to_gray`.

    Returns:
        uint8 (B, 1, H, W), 1 = part of a wide speck.
    """
    return by_photo(_wide_parts, specks, gray)


def _wide_parts(plane: Bytes, gray: Bytes) -> Mask:
    """The connected parts of a plane (H, W) into which a wider disc than the limit fits, and that are shaded."""
    import cv2

    limit = max(MIN_WIDTH, MAX_WIDTH * min(plane.shape))
    count, label, stats, _ = cv2.connectedComponentsWithStats(plane, connectivity=8)
    large = 2 * stats[:, 2:4].min(1) - 1 > limit  # by half a disc at the border of the photo
    large[0] = False  # the background
    wide = np.zeros(count, np.bool_)
    for i in np.flatnonzero(large):
        window = padded_slices(stats[i], SURROUND + 1)
        part = label[window] == i
        if 2 * inner_distance(part).max() - 1 > limit:
            wide[i] = not _has_one_tone(part, plane[window] > 0, gray[window])
    return wide[label]


def _has_one_tone(part: Mask, marks: Mask, gray: Bytes) -> bool:
    """Whether a part (h, w) is flat by the step at its edge, to what is no mark."""
    core = inner_distance(part) > RIM
    surround = dilate_disc(part, SURROUND) & ~dilate_disc(part, RIM) & ~marks
    if not core.any() or not surround.any():
        return False
    low, level, high = np.percentile(gray[core], (10, 50, 90))
    return bool(high - low <= MAX_SHADING * abs(level - np.median(gray[surround])))
