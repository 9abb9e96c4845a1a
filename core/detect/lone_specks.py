"""Specks that stand out in a photo with hardly any: buttons, lamps, rivets and knots rather than dust.

Dust comes in numbers, and most of it is faint. In 107 old photos with 40 specks at most, 45 of 73 that differed from
what is around them by 30 % of the range of tones or more were content; of the fainter ones, 92 of 524.
"""

import numpy as np
from torch import Tensor

from .planes import Bytes, by_photo
from .speck_contrasts import speck_contrasts

MAX_SPECKS = 40  # of a photo; with more, it is dusty
MIN_CONTRAST = 0.3  # of the photo's range of tones, from which a speck stands out


def lone_specks(specks: Tensor, marks: Tensor, gray: Tensor) -> Tensor:
    """The specks that stand out, in photos with few specks.

    Args:
        specks: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like dust.
        marks: the same of all that looks damaged; the specks among them.
        gray: the gray levels of the photos they lie in, uint8 (B, 1, H, W), by `to_gray`.

    Returns:
        uint8 (B, 1, H, W), 1 = part of such a speck.
    """
    return by_photo(_standing_out, specks, marks, gray)


def _standing_out(specks: Bytes, marks: Bytes, gray: Bytes) -> Bytes:
    """The specks of a plane that stand out, if they are few; all (H, W)."""
    import cv2

    count, label, stats, _ = cv2.connectedComponentsWithStats(specks, connectivity=8)
    if count - 1 > MAX_SPECKS:
        return np.zeros_like(specks)
    return (np.abs(speck_contrasts(label, stats, marks, gray)) >= MIN_CONTRAST).astype(np.uint8)[label]
