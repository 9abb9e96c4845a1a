"""Specks that are light rings: buttons, the rims of which catch the light.

A grain of dust or a flake is lightest in its middle. `rings` finds the larger ones, such as spectacles, by their marks;
a button is marked as a whole, so this looks at its tones.
"""

from itertools import product

import numpy as np

from ..host.cancel import check_cancelled
from .planes import Bytes, Mask, disc, padded_slices, tone_range
from .specks import Specks

MIN_DIAMETER, MIN_PIXELS = 1 / 170, 6  # of the shorter side, and pixels: of a speck in which a ring can be seen
MAX_RATIO = 1.5  # of its sides
MIN_CONTRAST = 0.15  # of the range of tones: of the ring to what is around the speck
MIN_DIP = 0.5  # of that: by which the middle is darker than the ring
LIT, MIN_ROUND = 0.4, 0.93  # of the mean of the ring: what counts as lit; and how much of the way around is
ANGLES, RADII, REACH = 32, 24, 1.5  # samples around and outwards, up to so many radii of the speck
MIDDLE, INNERMOST, OUTERMOST = 1 / 3, 4, 20  # of the ring's radius; samples outwards between which a ring may be
OFFSETS = -0.25, 0.0, 0.25  # of the speck's radius: the middles tried, down and across


def ring_specks(specks: Specks) -> Mask:
    """The specks of a photo that are rings lighter than what is in them and around them.

    Args:
        specks: of a photo.

    Returns:
        Which of them are, (N + 1,).
    """
    sides = np.sort(specks.stats[:, 2:4], axis=1)
    low, high = tone_range(specks.gray)
    fits = (sides[:, 0] >= max(MIN_PIXELS, MIN_DIAMETER * min(specks.gray.shape))) & (
        sides[:, 1] <= MAX_RATIO * sides[:, 0]
    )
    fits[0] = False
    for i in np.flatnonzero(fits):
        check_cancelled()
        window = padded_slices(specks.stats[i], sides[i, 1])
        middle = specks.centers[i] - (window[1].start, window[0].start)
        lighter = _lighter(specks.gray[window], specks.marks[window])
        fits[i] = lighter is not None and any(
            _is_ring(lighter, middle + np.array(offset) * sides[i, 1] / 2, sides[i, 1] / 2, MIN_CONTRAST * (high - low))
            for offset in product(OFFSETS, repeat=2)
        )
    return fits


def _lighter(gray: Bytes, marks: Bytes) -> np.ndarray | None:
    """By how many levels each pixel is lighter than what is not marked, float32; all (h, w). None if all is marked."""
    import cv2

    clear = cv2.dilate(marks, disc(3)) == 0
    return gray.astype(np.float32) - np.float32(np.median(gray[clear])) if clear.any() else None


def _is_ring(lighter: np.ndarray, middle: np.ndarray, radius: float, least: float) -> bool:
    """Whether there is a light ring around a place.

    Args:
        lighter: by how many levels each pixel is lighter than what is around, (h, w).
        middle: x, y.
        radius: of the speck, in pixels.
        least: levels by which a ring has to be lighter.
    """
    import cv2

    place = float(middle[0]), float(middle[1])
    rays = cv2.warpPolar(lighter, (RADII, ANGLES), place, REACH * radius, cv2.INTER_CUBIC)  # (angles, radii)
    at = INNERMOST + int(rays.mean(0)[INNERMOST:OUTERMOST].argmax())
    ring, inside = rays[:, at], rays[:, : max(2, int(MIDDLE * at))].mean()
    light = ring.mean()
    return bool(light >= least and inside <= (1 - MIN_DIP) * light and (ring > LIT * light).mean() >= MIN_ROUND)
