"""Catchlights: the reflection of a window or a flash in an eye, which looks like a speck of dust and is none.

It is a light dot on a small dark thing, the pupil and the iris, around which it is lighter in nearly all directions.
Dust lies on whatever is there, and so hardly ever on one of these. Buttons and beads are alike, and so is foliage.
"""

import numpy as np
from numpy.typing import NDArray

from ..host.cancel import check_cancelled
from .margins import Plane

Mask = NDArray[np.bool_]  # (H, W)

LARGEST = 1 / 40  # of the shorter side: how long a catchlight is, at most
COMPACT = 0.35  # of its bounding square it covers, at least
REACH = (2.5, 4.0, 6.0, 8.0)  # lengths of the mark from it, where the surround is looked at
DIRECTIONS = 12
LIGHTER = 18.0  # levels of 255 that the mark is above the dark thing, and what is around it too, at least
AROUND = 0.8  # of the directions in which it becomes lighter, at least


def catchlights(hole: Plane, gray: Plane) -> Plane:
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
    compact = (stats[:, 4] >= COMPACT * length**2) & (length <= max(4, LARGEST * min(hole.shape)))
    compact[0] = False  # what is no mark
    kept = np.zeros(count, np.uint8)
    for i in np.flatnonzero(compact):
        check_cancelled()
        frame = _frame(stats[i], 2 + int(REACH[-1] * length[i]))
        kept[i] = _on_a_dark_thing(label[frame] == i, gray[frame], int(length[i]))
    return kept[label]


def _frame(stats: NDArray[np.int32], more: int) -> tuple[slice, slice]:
    """The box around a mark, by its statistics (5,), and so many pixels more on each side."""
    left, top, width, height = stats[:4]
    return slice(max(0, top - more), top + height + more), slice(max(0, left - more), left + width + more)


def _on_a_dark_thing(mark: Mask, gray: Plane, length: int) -> bool:
    """Whether a mark is light, what is beside it dark, and what is further away lighter on all sides; all (h, w)."""
    import cv2

    away = cv2.distanceTransform((~mark).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    beside = (away > 1.5) & (away <= 1.5 + max(2, 0.6 * length))
    if not beside.any() or gray[mark].mean() < (level := float(np.median(gray[beside]))) + LIGHTER:
        return False
    smooth = cv2.blur(gray, (max(3, length), max(3, length)))
    lighter = smooth[_around(mark, length)].max(0) >= level + LIGHTER
    return bool(lighter.mean() >= AROUND)


def _around(mark: Mask, length: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of pixels around a mark (h, w), each (distances, directions); at most those at the sides."""
    turn = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    away = np.array(REACH)[:, None] * length
    middle = np.argwhere(mark).mean(0)
    rows, columns = (np.rint(m + away * part(turn)) for m, part in zip(middle, (np.sin, np.cos), strict=True))
    limits = (size - 1 for size in mark.shape)
    return tuple(np.clip(at, 0, limit).astype(np.intp) for at, limit in zip((rows, columns), limits, strict=True))
