"""Scratches and dust on scans, found by what they look like: no network, no weights.

Dust and scratches lie on the print or in the film, not in the scene. So they are sharper than what the lens drew,
paler than what they cover, and stand out on all sides alike. Light and dark marks are looked for on the photo and
on halved copies of it (for wide marks):

- lines: how far each pixel stands out of both of its sides, as a share of the unrest around it, averaged along
  straight lines in 16 directions;
- specks: the top-hat (Meyer 1979) as a share of that in the ring around it, and the second derivative (Marr and
  Hildreth 1980) as a share of what is usual near;
- hysteresis (Canny 1986): connected pixels of a weak score count when their best is strong and their shape fits:
  lines are long, specks small. Then the marks grow to their rims.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .checks import check_image
from .progress import ask

LEAST = 160  # pixels: the shorter side of the smallest copy
CALM = 3.0  # levels of 255 that differ in any photo
MOST = 80.0  # levels: unrest counts up to that, lest single edges rule
DIRECTIONS = 16
DOUBLINGS = 4  # lines of 2**4 pixels
ASIDE = 2  # pixels from a line to its sides
HAT = 5  # pixels across: lighter things narrower than that stand out
RING = (7, 13)  # pixels across, around a speck
CORE = 0.15  # of the height beside: what is lower is no mark but its trace in the averages
RIM = 0.35  # of the height of a mark belongs to it


class Sort(NamedTuple):
    """A sort of mark: the scores that pixels need, those of its strongest, and the bounds of its shape."""

    weak: float
    strong: float
    length: float  # pixels, at least
    area: float  # pixels, at most
    width: float  # area by length, at most


LINE = Sort(weak=1.2, strong=2.2, length=24, area=float("inf"), width=6)
SPECK = Sort(weak=4.0, strong=9.0, length=0, area=50, width=6)


def find_damage(image: Tensor) -> Tensor:
    """Probability of scratches and dust, (B, 1 or 3, H, W) in [0, 1] -> (B, 1, H, W) in [0, 1].

    Above 0.5 a pixel is taken for damage; in a clean photo hardly any is. What is wide or faint is not seen:
    stains, soft creases, lost parts. Nor can thin bright things of the scene, such as wires, always be told
    from scratches. Works on the CPU in 8 bits, on each photo by itself; the result is on the device of `image`
    and of its dtype. Raises `InputError`.
    """
    check_image(image)
    return torch.stack([torch.from_numpy(_found(_levels(photo)))[None] for photo in image]).to(image)


def _levels(photo: Tensor) -> np.ndarray:
    """(3 or 1, H, W) in [0, 1] -> (H, W, 3) of 8 bits."""
    levels = (photo.detach().cpu().float() * 255).round().byte()
    return np.ascontiguousarray(levels.expand(3, -1, -1).movedim(0, -1).numpy())


def _found(photo: np.ndarray) -> np.ndarray:
    import cv2

    found = np.zeros(photo.shape[:2], np.float32)
    for copy in _copies(photo):
        light, dark = copy.min(2), 255 - copy.max(2)  # as a colourful thing is neither
        paler = 1 - 0.5 * _more_colourful(copy)
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(copy_context().run, _marks, plane, paler) for plane in (light, dark)]
            for marks in both:
                large = cv2.resize(marks.result(), photo.shape[1::-1], interpolation=cv2.INTER_LINEAR)
                np.maximum(found, large, out=found)
    return found


def _copies(photo: np.ndarray) -> Iterator[np.ndarray]:
    """The photo, and halves of it whose shorter side is `LEAST` or more."""
    import cv2

    yield photo
    while min(photo.shape[:2]) >= 2 * LEAST:
        photo = cv2.resize(photo, (photo.shape[1] // 2, photo.shape[0] // 2), interpolation=cv2.INTER_AREA)
        yield photo


def _more_colourful(photo: np.ndarray) -> np.ndarray:
    """From -1, much paler than what is around, to 1, much more colourful; (H, W)."""
    import cv2

    colour = photo.max(2) - photo.min(2)
    return np.clip((colour.astype(np.float32) - cv2.medianBlur(colour, 9)) / 50, -1, 1)


def _marks(plane: np.ndarray, paler: np.ndarray) -> np.ndarray:
    """Probability of light marks on a plane of 8 bits, (H, W)."""
    hat = _top_hat(plane)
    unrest = _mean(np.minimum(hat + _top_hat(255 - plane), MOST), 33)
    lines = _weighed(_line_score(plane, unrest) * paler, LINE)
    specks = _weighed(_speck_score(plane, hat) * paler, SPECK)
    return _fitted(np.maximum(lines, specks), hat)


def _top_hat(plane: np.ndarray) -> np.ndarray:
    """How far light things narrower than `HAT` stand out."""
    import cv2

    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (HAT, HAT))
    return cv2.morphologyEx(plane, cv2.MORPH_TOPHAT, disc).astype(np.float32)


def _mean(values: np.ndarray, side: int) -> np.ndarray:
    import cv2

    return cv2.boxFilter(values, -1, (side, side), borderType=cv2.BORDER_REFLECT)


def _line_score(plane: np.ndarray, unrest: np.ndarray) -> np.ndarray:
    """The mean along the best line through each pixel of how far it stands out of both sides alike."""
    import cv2

    frame = 2**DOUBLINGS + ASIDE
    around = (frame, frame, frame, frame, cv2.BORDER_REPLICATE)
    levels = cv2.copyMakeBorder(plane, *around).astype(np.float32)
    share = cv2.copyMakeBorder(1 / (CALM + unrest), *around)
    best = np.zeros_like(levels)
    for angle in np.pi * np.arange(DIRECTIONS) / DIRECTIONS:
        ask()
        np.maximum(best, _along(_ridge(levels, angle) * share, angle), out=best)
    return best[frame:-frame, frame:-frame]


def _ridge(levels: np.ndarray, angle: float) -> np.ndarray:
    """How far each pixel lies above the higher of its sides, less the difference of the two."""
    down, right = round(ASIDE * np.cos(angle)), round(-ASIDE * np.sin(angle))
    one, other = _moved(levels, down, right), _moved(levels, -down, -right)
    return levels - np.maximum(one, other) - np.abs(one - other)


def _along(ridge: np.ndarray, angle: float) -> np.ndarray:
    """The mean along lines of 2**DOUBLINGS pixels around each pixel, of values cut to [-1, 6]."""
    total = np.clip(ridge, -1, 6)
    step = np.array([np.sin(angle), np.cos(angle)])
    step /= np.abs(step).max()
    for i in range(DOUBLINGS):
        total = total + _moved(total, *np.round(step * 2**i).astype(int))
    return _moved(total, *np.round(-step * (2**DOUBLINGS - 1) / 2).astype(int)) / 2**DOUBLINGS


def _moved(values: np.ndarray, down: int, right: int) -> np.ndarray:
    """What lies so far further down and to the right; past the end, what is at the beginning."""
    return np.roll(values, (-down, -right), (0, 1))


def _speck_score(plane: np.ndarray, hat: np.ndarray) -> np.ndarray:
    """The geometric mean of how far and how sharply each pixel stands out, as shares of what is usual around."""
    import cv2

    bent = -cv2.Laplacian(plane, cv2.CV_32F, ksize=1)
    usual = _mean(np.minimum(np.abs(bent), MOST), 21)
    sharp = cv2.dilate(np.maximum(bent, 0), np.ones((3, 3), np.uint8)) / (CALM + usual)
    return np.sqrt(hat / (CALM + _in_the_ring(hat)) * sharp)


def _in_the_ring(hat: np.ndarray) -> np.ndarray:
    """The root mean square around each pixel, without its nearest."""
    inner, outer = RING
    square = np.minimum(hat, MOST) ** 2
    total = _mean(square, outer) * outer**2 - _mean(square, inner) * inner**2
    return np.sqrt(np.maximum(total, 0) / (outer**2 - inner**2))


def _weighed(score: np.ndarray, sort: Sort) -> np.ndarray:
    """Probability of each pixel from the strongest of its connected part; 0.5 where that is just strong enough."""
    import cv2

    count, part, stats, _ = cv2.connectedComponentsWithStats((score > sort.weak).astype(np.uint8), connectivity=8)
    inside = part > 0
    best = np.zeros(count, np.float32)
    np.maximum.at(best, part[inside], score[inside])
    length, area = np.hypot(stats[:, 2], stats[:, 3]), stats[:, 4]
    fits = (length >= sort.length) & (area <= sort.area) & (area <= sort.width * length)
    ratio = np.where(fits, best / sort.strong, 0)
    ratio[0] = 0
    return (ratio / (1 + ratio)).astype(np.float32)[part]


def _fitted(marks: np.ndarray, hat: np.ndarray) -> np.ndarray:
    """Marks trimmed to what stands out at all, and widened by two pixels to their rims."""
    import cv2

    square = np.ones((3, 3), np.uint8)
    marks = np.where(hat > CORE * cv2.dilate(hat, square), marks, 0)
    height = np.where(marks > 0, hat, 0)
    for _ in range(2):
        high, near = cv2.dilate(height, square), cv2.dilate(marks, square)
        rim = (marks == 0) & (hat > RIM * high)
        marks, height = np.where(rim, near, marks), np.where(rim, high, height)
    return marks
