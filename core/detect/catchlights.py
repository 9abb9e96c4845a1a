"""Catchlights: the reflection of a window or a flash in an eye, which looks like a speck of dust and is none.

It is a light dot on a small dark thing, the pupil and the iris, around which it is lighter in nearly all directions.
Dust lies anywhere, and so hardly ever on one of these. Buttons, beads and foliage look alike.
"""

import numpy as np
from numpy.typing import NDArray

from ..host.cancel import check_cancelled
from .planes import Bytes, Mask, padded_slices

MAX_LENGTH = 1 / 40  # of the shorter side: of a catchlight; at least 4 pixels
MIN_COMPACTNESS = 0.35  # of its bounding square that it covers
RADII = (2.5, 4.0, 6.0, 8.0)  # lengths of the mark: circles around it, on which the surround is measured
DIRECTIONS = 12
MIN_CONTRAST = 18.0  # levels of 255 that the mark and the surround are lighter than the dark thing
MIN_LIGHTER = 0.8  # of the directions, in which it becomes lighter


def catchlights(hole: Bytes, gray: Bytes) -> Bytes:
    """The marks of a hole that are light dots on small dark things.

    Args:
        hole: (H, W) of 0 and 1, 1 = looks damaged.
        gray: the photo, (H, W) of 8 bits.

    Returns:
        (H, W) of 0 and 1, 1 = a catchlight; part of the hole.
    """
    import cv2

    count, label, stats, _ = cv2.connectedComponentsWithStats(hole, connectivity=8)
    length = stats[:, 2:4].max(1)
    compact = (stats[:, 4] >= MIN_COMPACTNESS * length**2) & (length <= max(4, MAX_LENGTH * min(hole.shape)))
    compact[0] = False  # the background
    chosen = np.zeros(count, np.uint8)
    for i in np.flatnonzero(compact):
        check_cancelled()
        window = padded_slices(stats[i], 2 + int(RADII[-1] * length[i]))
        chosen[i] = _is_catchlight(label[window] == i, gray[window], int(length[i]))
    return chosen[label]


def _is_catchlight(mark: Mask, gray: Bytes, length: int) -> bool:
    """Whether a mark is light, what is beside it dark, and what is further away lighter on all sides; all (h, w)."""
    import cv2

    distance = cv2.distanceTransform((~mark).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    beside = (distance > 1.5) & (distance <= 1.5 + max(2, 0.6 * length))
    if not beside.any() or gray[mark].mean() < (level := float(np.median(gray[beside]))) + MIN_CONTRAST:
        return False
    smooth = cv2.blur(gray, (max(3, length), max(3, length)))
    lighter = smooth[_circles(mark, length)].max(0) >= level + MIN_CONTRAST
    return bool(lighter.mean() >= MIN_LIGHTER)


def _circles(mark: Mask, length: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of pixels on circles around a mark (h, w), each (radii, directions); clipped to the window."""
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    radii = np.array(RADII)[:, None] * length
    middle = np.argwhere(mark).mean(0)
    rows, columns = (np.rint(m + radii * part(angles)) for m, part in zip(middle, (np.sin, np.cos), strict=True))
    limits = (size - 1 for size in mark.shape)
    return tuple(np.clip(at, 0, limit).astype(np.intp) for at, limit in zip((rows, columns), limits, strict=True))
