"""How much specks differ from what is around them, by the range of tones of the photo."""

import numpy as np

from ..host.cancel import check_cancelled
from .planes import Bytes, Mask, disc, padded_slices, tone_range

MIN_AROUND = 4  # pixels around a speck, and at least as many as it is long


def speck_contrasts(label: np.ndarray, stats: np.ndarray, marks: Bytes, gray: Bytes) -> np.ndarray:
    """The contrast of each speck of a photo.

    Args:
        label: the number of the speck that each pixel belongs to, (H, W), 0 = none.
        stats: OpenCV's statistics of N specks, (N, 5), the first of no speck.
        marks: of all that looks damaged, which says nothing of what is around, (H, W) of 0 and 1.
        gray: the photo, (H, W) of 8 bits.

    Returns:
        (N,) from -1 to 1, by the range of tones; > 0 = lighter than around, 0 = nothing is known around.
    """
    low, high = tone_range(gray)
    contrast = np.zeros(len(stats))
    for i in range(1, len(stats)):
        check_cancelled()
        near = padded_slices(stats[i], max(MIN_AROUND, *stats[i, 2:4]))
        contrast[i] = _step(label[near] == i, marks[near], gray[near])
    return contrast / max(1, high - low)


def _step(speck: Mask, marks: Bytes, gray: Bytes) -> float:
    """By how many levels a speck is lighter than what is around it and not marked; all (h, w). 0 if all is marked."""
    import cv2

    clear = cv2.dilate(marks, disc(3)) == 0
    return float(np.median(gray[speck])) - float(np.median(gray[clear])) if clear.any() else 0.0
