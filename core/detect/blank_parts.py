"""Lost parts of the tone of what is around them: pieces of a blank margin, of a sky, or of snow.

Where something is lost, what is under it shows, and that differs from the photo around it. In such a piece there is
nothing to restore, and what is written in a margin would be lost.
"""

import numpy as np
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, by_photo, padded_slices, tone_range

MAX_DIFFERENCE = 0.025  # of the photo's range of tones, between medians
AROUND, MIN_AROUND = 1 / 64, 4  # of the shorter side, and pixels: how far around a part tones count
CLEAR = 2  # pixels around marks that mix both sides


def blank_parts(lost: Tensor, marks: Tensor, gray: Tensor) -> Tensor:
    """The lost parts as light as what is around them.

    Args:
        lost: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like a lost part.
        marks: the same of all that looks damaged, which says nothing of what is around; the lost parts among them.
        gray: the gray levels of the photos they lie in, uint8 (B, 1, H, W), by `to_gray`.

    Returns:
        uint8 (B, 1, H, W), 1 = part of such a part.
    """
    return by_photo(_blank, lost, marks, gray)


def _blank(lost: Bytes, marks: Bytes, gray: Bytes) -> Bytes:
    """The lost parts of a plane that differ from nothing; all (H, W)."""
    import cv2

    low, high = tone_range(gray)
    reach = max(MIN_AROUND, round(AROUND * min(gray.shape)))
    near, edge = (np.ones((2 * radius + 1, 2 * radius + 1), np.uint8) for radius in (reach, CLEAR))
    count, label, stats, _ = cv2.connectedComponentsWithStats(lost, connectivity=8)
    chosen = np.zeros(count, np.uint8)
    for i in range(1, count):
        check_cancelled()
        window = padded_slices(stats[i], reach + CLEAR)
        part = (label[window] == i).astype(np.uint8)
        around = (cv2.dilate(part, near) > 0) & (cv2.dilate(marks[window], edge) == 0)
        if around.any():
            difference = np.median(gray[window][part > 0]) - np.median(gray[window][around])
            chosen[i] = abs(difference) <= MAX_DIFFERENCE * (high - low)
    return chosen[label]
