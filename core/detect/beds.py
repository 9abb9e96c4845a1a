"""What a print lies on: a scanner bed or an album page that shows around it, and looks like parts that are lost.

Where its edge is straight it is a margin (`margins`). Around a plate or a ragged or scalloped print it is not
straight; but the bed runs along most of a side or more, and has one tone. Paper that shows where a print is worn all
around has many. Of a bed no more may be taken for lost than where a corner of the print is cut off; then its tone is
that of most of a side, where nothing looks lost.
"""

import numpy as np
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, by_photo, padded_slices

MIN_COVER = 0.6  # of a side of the photo, that a bed runs along
MAX_DEVIATION = 20.0  # levels of 255: the standard deviation of a bed, with its grain, by the middle half of its tones,
IQR = 1.349  # deviations of a normal distribution: for the part may reach into the rim of the print
MAX_DIFFERENCE = 24.0  # levels between its parts
SAME_TONE = 12.0  # levels between it and the rest of it along a side


def beds(lost: Tensor, gray: Tensor) -> Tensor:
    """The lost parts at the border of a photo that are no damage, but what the print lies on.

    Args:
        lost: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like a lost part.
        gray: the gray levels of the photos they lie in, uint8 (B, 1, H, W), by `to_gray`.

    Returns:
        uint8 (B, 1, H, W), 1 = a bed.
    """
    return by_photo(_bed, lost, gray)


def _sides(plane: np.ndarray) -> tuple[np.ndarray, ...]:
    """The pixels along the four sides of a plane (H, W)."""
    return plane[0], plane[-1], plane[:, 0], plane[:, -1]


def _bed(lost: Bytes, gray: Bytes) -> Bytes:
    """The parts of a plane (H, W) at the border as light in a photo (H, W) as one of them that is a bed, and that."""
    import cv2

    if not any(line.any() for line in _sides(lost)):
        return np.zeros_like(lost)
    count, label, stats, _ = cv2.connectedComponentsWithStats(lost, connectivity=8)
    cover = np.max([np.bincount(line, minlength=count) / len(line) for line in _sides(label)], axis=0)
    cover[0] = 0  # the background
    rest = [np.where(line, np.inf, level) for line, level in zip(_sides(lost), _sides(gray), strict=True)]
    level = np.bincount(label.ravel(), gray.ravel(), count) / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    chosen = np.zeros(count, np.uint8)
    for i in np.flatnonzero(cover):
        check_cancelled()
        box = padded_slices(stats[i], 0)
        low, middle, high = np.percentile(gray[box][label[box] == i], (25, 50, 75))
        along = max(float((np.abs(line - middle) <= SAME_TONE).mean()) for line in rest)
        if (high - low) / IQR <= MAX_DEVIATION and max(cover[i], along) >= MIN_COVER:
            chosen[i] = 1
            chosen[(cover > 0) & (np.abs(level - middle) <= MAX_DIFFERENCE)] = 1
    return chosen[label]
