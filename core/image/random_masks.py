"""Random holes for trying out, training and measuring; seeded, the same on every machine."""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from ..errors import InputError, UnknownNameError
from ..host.thread import run_in_thread


def random_hole(kind: str, height: int, width: int, coverage: float = 0.2, seed: int = 0) -> Tensor:
    """Draw one random hole.

    Args:
        kind: "free_form", brush strokes after DeepFill v2 (Yu et al., "Free-Form Image Inpainting with Gated
            Convolution", ICCV 2019); "box", rectangles; "blob", irregular patches.
        height: of the hole, in pixels.
        width: of the hole, in pixels.
        coverage: the share of the photo to cover, above 0 and at most 0.9. Blobs cover exactly that; strokes and
            boxes stop with the one that reaches it.
        seed: of the random generator, 0 or more; the same on every machine.

    Returns:
        float32 (1, 1, height, width) of 0 and 1, 1 = fill.

    Raises:
        UnknownNameError: for another kind.
        InputError: for a size below 1 x 1 and a coverage out of range.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of random mask", kind, KINDS)
    if height < 1 or width < 1:
        raise InputError(f"a mask needs at least 1 x 1 pixels, got {width} x {height}")
    if not 0 < coverage <= 0.9:
        raise InputError(f"coverage must be above 0 and at most 0.9, got {coverage:g}")
    canvas = np.zeros((height, width), np.uint8)
    KINDS[kind](canvas, coverage, np.random.default_rng(seed))
    return torch.from_numpy(canvas).float()[None, None]


def _free_form(canvas: np.ndarray, coverage: float, random: Generator) -> None:
    while canvas.mean() < coverage:
        _stroke(canvas, random)
        if random.random() < 0.5:
            canvas[:] = canvas[::-1].copy()
        if random.random() < 0.5:
            canvas[:] = canvas[:, ::-1].copy()


def _stroke(canvas: np.ndarray, random: Generator) -> None:
    """A zigzag of a wide brush: 4 to 12 legs, turning by 2/5 of a circle, give or take 2/15."""
    import cv2

    h, w = canvas.shape
    brush = max(1, round(random.uniform(12, 40) / 256 * min(h, w)))
    leg = math.hypot(h, w) / 8
    start = random.uniform((0, 0), (w, h))
    for i in range(random.integers(4, 13)):
        angle = math.pi * (2 / 5 + random.uniform(-2 / 15, 2 / 15))
        angle = -angle if i % 2 else angle
        length = min(max(random.normal(leg, leg / 2), 0), 2 * leg)
        end = np.clip(start + length * np.array([math.cos(angle), math.sin(angle)]), 0, (w - 1, h - 1))
        cv2.line(canvas, _pixel(start), _pixel(end), 1, brush)
        start = end


def _pixel(point: np.ndarray) -> tuple[int, int]:
    return int(point[0]), int(point[1])


def _box(canvas: np.ndarray, coverage: float, random: Generator) -> None:
    """Rectangles of a quarter to all of the coverage each, of aspect 1:2 to 2:1."""
    h, w = canvas.shape
    while canvas.mean() < coverage:
        area = coverage * h * w * random.uniform(0.25, 1)
        aspect = 2 ** random.uniform(-1, 1)
        height = min(max(round(math.sqrt(area * aspect)), 1), h)
        width = min(max(round(math.sqrt(area / aspect)), 1), w)
        top, left = random.integers(0, h - height + 1), random.integers(0, w - width + 1)
        canvas[top : top + height, left : left + width] = 1


def _blob(canvas: np.ndarray, coverage: float, random: Generator) -> None:
    """Where smooth noise is highest."""
    import cv2

    noise = random.standard_normal(canvas.shape, dtype=np.float32)
    spread = max(min(canvas.shape) / 16, 0.5)
    smooth = run_in_thread(canvas.size, cv2.GaussianBlur, noise, (0, 0), spread)
    order = run_in_thread(canvas.size, np.argsort, smooth, axis=None, kind="stable")
    canvas.flat[order[canvas.size - max(1, round(coverage * canvas.size)) :]] = 1


KINDS: dict[str, Callable[[np.ndarray, float, Generator], None]] = {
    "free_form": _free_form,
    "box": _box,
    "blob": _blob,
}
