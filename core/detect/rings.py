"""Rings: rims of spectacles, of buttons and of cups, which are as thin and light as scratches, but closed.

Scratches and creases end, or cross the photo. Crackle is closed too, but its cells are angular and connected.
"""

import numpy as np
from numpy.typing import NDArray

from .planes import Bytes, disc

MAX_GAP = 1 / 60  # of the shorter side, 3 pixels at least: in a ring
MIN_DIAMETER, MAX_DIAMETER = 1 / 40, 1 / 4  # of the shorter side: of the inside of a ring
MIN_ROUNDNESS = 0.7  # of its enclosing circle that the inside of a ring fills
MIN_RING_SHARE = 0.15  # of the connected marks that is ring: else it is a cell of a network


def rings(hole: Bytes) -> Bytes:
    """The marks of a hole that are rings, with what is connected to them.

    Args:
        hole: (H, W) of 0 and 1, 1 = looks like thin damage.

    Returns:
        (H, W) of 0 and 1, 1 = part of a ring; part of the hole.
    """
    import cv2

    short = min(hole.shape)
    side = 2 * round(max(3, MAX_GAP * short) / 2) + 1
    closed = cv2.morphologyEx(hole, cv2.MORPH_CLOSE, disc(side))
    count, label = cv2.connectedComponents(closed, connectivity=8)
    contours, tree = cv2.findContours(closed, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    ring_length = np.zeros(count)  # pixels around round insides
    for contour, (*_, parent) in zip(contours, tree[0] if tree is not None else (), strict=True):
        if parent >= 0 and _is_round(contour, short):
            ring_length[label[contour[0, 0, 1], contour[0, 0, 0]]] += len(contour)
    length = np.bincount(label[_middle_line(closed)], minlength=count)
    chosen = (ring_length > 0) & (ring_length >= MIN_RING_SHARE * length)
    chosen[0] = False
    return hole & chosen[label]


def _is_round(contour: np.ndarray, short: int) -> bool:
    """Whether the inside of a ring, by its contour (N, 1, 2), is round and of a size that spectacles can have."""
    import cv2

    _, radius = cv2.minEnclosingCircle(contour)
    area = cv2.contourArea(contour)
    size_fits = MIN_DIAMETER * short <= 2 * radius <= MAX_DIAMETER * short
    return bool(size_fits and area >= MIN_ROUNDNESS * np.pi * radius**2)


def _middle_line(closed: np.ndarray) -> NDArray[np.bool_]:
    """The middle line of marks (H, W), about a pixel wide: where the distance to the edge is highest."""
    import cv2

    distance = cv2.distanceTransform(closed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return (closed > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)) - 0.5)
