"""Catchlights: the reflection of a window or a flash in an eye, which looks like a speck of dust and is none.

It is a light dot on a small dark thing, the pupil and the iris, or at its rim, under the lid or where the white of the
eye begins. Around that it is lighter in nearly all directions. Dust lies anywhere, and so hardly ever at one of these.
Buttons, beads and foliage look alike. Other marks say nothing of what is around.
"""

import numpy as np
from numpy.typing import NDArray

from ..host.cancel import check_cancelled
from .planes import Bytes, Mask, padded_slices

MAX_LENGTH = 1 / 40  # of the shorter side: of a catchlight; at least 4 pixels
MIN_COMPACTNESS = 0.35  # of its bounding square that it covers
RADII = (1.5, 2.5, 4.0, 6.0, 8.0)  # lengths of the mark: circles around it, on which the surround is measured
DIRECTIONS = 12
MIN_CONTRAST = 18.0  # levels of 255 that the mark and the surround are lighter than the dark thing
MIN_LIGHTER = 0.8  # of the directions, in which it becomes lighter,
MAX_BESIDE = 0.2  # and in which it may be so on the first circle already, if the mark is in the middle
RIM_CIRCLES = 3  # of a mark at the rim: the first circles, on one of which it becomes lighter
GROUND = 2, 4  # lengths from a mark at the rim: what lies between is its ground,
MIN_TONE = 0.9  # of whose level a catchlight has so much at least,
MAX_DARK = 0.7  # and a dark thing so much at most
DARK_PERCENTILE = 30  # of what is beside a mark at the rim: the level of the dark thing
MIN_RISE = 0.6  # of the way from that level to the ground, by which it becomes lighter around
MIN_SEEN = 0.2  # of a window, the share without marks that its mean needs


def catchlights(hole: Bytes, gray: Bytes) -> Bytes:
    """The marks of a hole that are light dots on small dark things.

    Args:
        hole: (H, W) of 0 and 1, 1 = looks damaged.
        gray: the photo, (H, W) of 8 bits.

    Returns:
        (H, W) of 0 and 1, 1 = a catchlight; part of the hole.
    """
    import cv2

    seen = (cv2.dilate(hole, np.ones((3, 3), np.uint8)) == 0).astype(np.uint8)
    count, label, stats, _ = cv2.connectedComponentsWithStats(hole, connectivity=8)
    length = stats[:, 2:4].max(1)
    compact = (stats[:, 4] >= MIN_COMPACTNESS * length**2) & (length <= max(4, MAX_LENGTH * min(hole.shape)))
    compact[0] = False  # the background
    chosen = np.zeros(count, np.uint8)
    for i in np.flatnonzero(compact):
        check_cancelled()
        window = padded_slices(stats[i], 2 + int(RADII[-1] * length[i]))
        chosen[i] = _is_catchlight(label[window] == i, gray[window], seen[window], int(length[i]))
    return chosen[label]


def _is_catchlight(mark: Mask, gray: Bytes, seen: Bytes, length: int) -> bool:
    """Whether a mark is a light dot in the middle of a small dark thing or at its rim; all (h, w)."""
    import cv2

    distance = cv2.distanceTransform((~mark).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    near = (distance > 1.5) & (distance <= 1.5 + max(2, 0.6 * length))
    far = (distance > GROUND[0] * length) & (distance <= GROUND[1] * length) & (seen > 0)
    beside, tone = gray[near], float(gray[mark].mean())
    if not beside.size:
        return False
    surround = _on_circles(mark, gray, seen, length)
    return _in_the_middle(tone, beside, surround) or _at_the_rim(tone, beside, gray[far], surround)


def _in_the_middle(tone: float, beside: Bytes, surround: NDArray[np.float32]) -> bool:
    """Whether what is beside a mark is darker than the mark and than what is further away on all sides."""
    level = float(np.median(beside)) + MIN_CONTRAST
    lighter = surround >= level
    return bool(tone >= level and lighter.any(0).mean() >= MIN_LIGHTER and lighter[0].mean() <= MAX_BESIDE)


def _at_the_rim(tone: float, beside: Bytes, far: Bytes, surround: NDArray[np.float32]) -> bool:
    """Whether a part of what is beside a mark is dark, and what is further away lighter on all sides."""
    ground, level = float(np.median(far)) if far.size else 255.0, float(np.percentile(beside, DARK_PERCENTILE))
    if tone < MIN_TONE * ground or level > MAX_DARK * ground:
        return False
    lighter = surround[:RIM_CIRCLES] >= level + max(MIN_CONTRAST, MIN_RISE * (ground - level))
    return bool(lighter.any(0).mean() >= MIN_LIGHTER)


def _on_circles(mark: Mask, gray: Bytes, seen: Bytes, length: int) -> NDArray[np.float32]:
    """Levels on circles around a mark, means of squares as long as it: (radii, directions); 0 where little is seen."""
    import cv2

    size = (max(3, length), max(3, length))
    share = cv2.blur(seen.astype(np.float32), size)
    mean = cv2.blur(gray.astype(np.float32) * seen, size) / np.maximum(share, MIN_SEEN)
    return np.where(share >= MIN_SEEN, mean, 0).astype(np.float32)[_circles(mark, length)]


def _circles(mark: Mask, length: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of pixels on circles around a mark (h, w), each (radii, directions); clipped to the window."""
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    radii = np.array(RADII)[:, None] * length
    middle = np.argwhere(mark).mean(0)
    rows, columns = (np.rint(m + radii * part(angles)) for m, part in zip(middle, (np.sin, np.cos), strict=True))
    limits = (size - 1 for size in mark.shape)
    return tuple(np.clip(at, 0, limit).astype(np.intp) for at, limit in zip((rows, columns), limits, strict=True))
