"""Holes that people mark and `random_hole` does not draw: thin scratches and lettering, uint8 canvases, 1 = fill."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX)
LETTERS = "ABCDEFGHIJKLMNOPRSTUVWabcdefghiklmnoprstuvw0123456789"


def scratches(canvas: np.ndarray, coverage: float, random: Generator) -> None:
    """Lines of 1 to 6 of 256 pixels that hardly turn, each across a part of the photo, until they cover enough."""
    side = min(canvas.shape)
    while canvas.mean() < coverage:
        width = max(1, round(random.uniform(1, 6) / 256 * side))
        steps = np.cumsum(random.normal(0, 0.12, 24)) + random.uniform(0, 2 * np.pi)
        path = np.cumsum(np.stack([np.cos(steps), np.sin(steps)], 1), 0) * side * random.uniform(0.01, 0.06)
        points = path - path[12] + random.uniform((0, 0), canvas.shape[::-1])
        cv2.polylines(canvas, [points.round().astype(np.int32)], False, 1, width)


def lettering(canvas: np.ndarray, coverage: float, random: Generator) -> None:
    """Lines of letters in one of OpenCV's fonts, until they cover enough."""
    h, w = canvas.shape
    while canvas.mean() < coverage:
        text = "".join(random.choice(list(LETTERS), int(random.integers(3, 16))))
        scale = random.uniform(0.4, 2.5) * min(h, w) / 256
        place = int(random.uniform(-0.3, 0.7) * w), int(random.uniform(0.05, 1.05) * h)
        font = FONTS[random.integers(len(FONTS))]
        cv2.putText(canvas, text, place, font, scale, 1, max(1, round(scale * random.uniform(1, 4))))


THIN: dict[str, Callable[[np.ndarray, float, Generator], None]] = {"scratches": scratches, "lettering": lettering}
