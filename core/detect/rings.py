"""Rings: rims of spectacles, of buttons and of cups, which are thin and light as scratches and close upon themselves.

Scratches and creases end, or cross the photo. Crackle closes too, but its cells are angular and hang together.
"""

import numpy as np
from numpy.typing import NDArray

from .margins import Plane

CLOSE = 1 / 60  # of the shorter side, 3 pixels at least: gaps up to that may be in a ring
SMALLEST, LARGEST = 1 / 40, 1 / 4  # of the shorter side: the diameter of the inside of a ring
ROUND = 0.7  # of its enclosing circle the inside of a ring fills, at least
MOST = 0.15  # of the marks around it is ring, at least: else it is a cell of a network


def rings(hole: Plane) -> Plane:
    """The marks of a hole that are rings, with what hangs on them.

    Args:
        hole: (H, W) of 0 and 1, 1 = looks like thin damage.

    Returns:
        (H, W) of 0 and 1, 1 = part of a ring; part of the hole.
    """
    import cv2

    short = min(hole.shape)
    side = 2 * round(max(3, CLOSE * short) / 2) + 1
    closed = cv2.morphologyEx(hole, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    count, label = cv2.connectedComponents(closed, connectivity=8)
    contours, tree = cv2.findContours(closed, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    around = np.zeros(count)  # pixels around round insides
    for contour, (*_, parent) in zip(contours, tree[0] if tree is not None else (), strict=True):
        if parent >= 0 and _is_round(contour, short):
            around[label[contour[0, 0, 1], contour[0, 0, 0]]] += len(contour)
    lengths = np.bincount(label[_middle(closed)], minlength=count)
    kept = (around > 0) & (around >= MOST * lengths)
    kept[0] = False
    return hole & kept[label]


def _is_round(contour: NDArray[np.int32], short: int) -> bool:
    """Whether the inside of a ring, by its contour (N, 1, 2), is round and of a size that spectacles can have."""
    import cv2

    _, radius = cv2.minEnclosingCircle(contour)
    area = cv2.contourArea(contour)
    return bool(SMALLEST * short <= 2 * radius <= LARGEST * short and area >= ROUND * np.pi * radius**2)


def _middle(closed: Plane) -> NDArray[np.bool_]:
    """The middle line of marks (H, W), about a pixel wide: where the distance to the edge is highest."""
    import cv2

    away = cv2.distanceTransform(closed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return (closed > 0) & (away >= cv2.dilate(away, np.ones((3, 3), np.uint8)) - 0.5)
