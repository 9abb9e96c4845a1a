"""What the filters for scratches and dust work on: planes of 8 bits, their noise floor, and a pyramid of copies."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from torch import Tensor

WORKING_PIXELS = 6_000_000  # larger photos are halved first: what is one pixel wide there is dust of the scanner
MIN_SIDE = 96  # pixels: the shorter side of the smallest copy
TOPHAT_SIZE = 5  # pixels across the structuring element: narrower things stand out of their ground
NOISE_FLOOR = 3.0  # levels of 255 that differ anywhere
NOISE_BLOCK = 32  # pixels: the side of the blocks whose top-hats are ranked
NOISE_QUANTILE = 0.6  # of the top-hats of a block; a crack or two in it don't change that


class Plane(NamedTuple):
    """One polarity of one copy of a photo: what is looked for is light on it.

    levels: (H, W) of 8 bits. hat: its white top-hat, (H, W) of 8 bits. edge: the steepest step near each pixel on the
    next larger copy, (H, W) of 8 bits. noise: the levels that differ around each pixel, light or dark, (H, W) float,
    shared by both polarities.
    """

    levels: np.ndarray
    hat: np.ndarray
    edge: np.ndarray
    noise: np.ndarray


def to_levels(photo: Tensor) -> np.ndarray:
    """(3 or 1, H, W) in [0, 1] -> (H, W, 3) of 8 bits; channel by channel, as large photos fill the memory."""
    levels = np.empty((*photo.shape[1:], 3), np.uint8)
    for i in range(3):
        channel = photo[i % len(photo)].detach().cpu().float()
        levels[..., i] = (channel * 255).round_().byte().numpy()
    return levels


def pyramid(levels: np.ndarray) -> Iterator[np.ndarray]:
    """Copies of a photo (H, W, 3), each half of the one before; the first is the photo, unless that is very large."""
    while levels.shape[0] * levels.shape[1] > WORKING_PIXELS:
        levels = _halved(levels)
    yield levels
    while min(levels.shape[:2]) >= 2 * MIN_SIDE:
        levels = _halved(levels)
        yield levels


def _halved(levels: np.ndarray) -> np.ndarray:
    import cv2

    h, w = levels.shape[:2]
    return cv2.resize(levels, (w // 2, h // 2), interpolation=cv2.INTER_AREA)


def polarities(levels: np.ndarray, larger: np.ndarray) -> tuple[Plane, Plane]:
    """The light and the dark plane of a photo.

    Args:
        levels: (H, W, 3) of 8 bits.
        larger: The next larger copy of it; for the first, itself.
    """
    import cv2

    light, dark = _extremes(levels)
    light_edge, dark_edge = (_steepest(plane, light.shape) for plane in _extremes(larger))
    hats = top_hat(light), top_hat(dark)
    noise = noise_floor(cv2.max(*hats))
    return Plane(light, hats[0], light_edge, noise), Plane(dark, hats[1], dark_edge, noise)


def _extremes(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least of the channels, and the inverse of the greatest: a colorful thing is light on neither."""
    import cv2

    red, green, blue = (np.ascontiguousarray(levels[..., i]) for i in range(3))
    return cv2.min(cv2.min(red, green), blue), 255 - cv2.max(cv2.max(red, green), blue)


def _steepest(levels: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The greatest morphological gradient near each pixel of a smaller copy."""
    import cv2

    square = np.ones((3, 3), np.uint8)
    gradient = cv2.dilate(cv2.morphologyEx(levels, cv2.MORPH_GRADIENT, square), square)
    return cv2.resize(gradient, shape[::-1], interpolation=cv2.INTER_NEAREST)


def top_hat(levels: np.ndarray, size: int = TOPHAT_SIZE) -> np.ndarray:
    """White top-hat (Meyer 1979): how far light things narrower than `size` stand out; (H, W) of 8 bits."""
    import cv2

    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.morphologyEx(levels, cv2.MORPH_TOPHAT, disc)


def noise_floor(hat: np.ndarray, quantile: float = NOISE_QUANTILE) -> np.ndarray:
    """The local quantile of a response (H, W) of 8 bits, by blocks, smooth in between; float, at least `NOISE_FLOOR`.

    A quantile and not the mean, so that a mark does not raise the floor that it is measured against.
    """
    import cv2

    h, w = hat.shape
    rows = _edges(h), _edges(w)
    low: np.ndarray = np.empty((len(rows[0]) - 1, len(rows[1]) - 1), np.float32)
    for i, j in np.ndindex(*low.shape):
        block = hat[rows[0][i] : rows[0][i + 1], rows[1][j] : rows[1][j + 1]].ravel()
        rank = int(quantile * (block.size - 1))
        low[i, j] = np.partition(block, rank)[rank]
    low = cv2.blur(low, (3, 3), borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(low, (w, h), interpolation=cv2.INTER_LINEAR) + np.float32(NOISE_FLOOR)


def _edges(size: int) -> np.ndarray:
    """Where blocks begin and end."""
    return np.linspace(0, size, max(1, round(size / NOISE_BLOCK)) + 1).astype(int)


def box_sum(values: np.ndarray, side: int) -> np.ndarray:
    """The sum in a square window around each pixel, mirrored at the borders; float, (H, W)."""
    import cv2

    return cv2.boxFilter(values, cv2.CV_32F, (side, side), normalize=False, borderType=cv2.BORDER_REFLECT)
