"""Specks amid sharp edges: rigging, twigs, buttons, gaps between leaves, joints of stones.

Dust stands out where a photo is smooth, as in a sky. Amid edges that are about as sharp as its own it cannot be told
from content; least of all dark specks, as what comes off a print is light, and so is dust in the print of a film.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, by_photo, disc, padded_slices, reduced, reduction, tone_range
from .speck_contrasts import speck_contrasts

AROUND = 1 / 16  # of the shorter side: how far edges are looked for
SHARP_SHARE = 0.01  # of the pixels around, from which edges are many
MIN_STEP = 0.5  # of the range of tones: the change over two pixels from which edges are sharp,
MIN_STEP_OF_DARK = 0.25  # and from which they are sharp for dark specks
MIN_DARKNESS = 0.12  # of the range of tones, by which these are darker than what is around them
CLEAR = 4  # pixels around marks that are no edges of content


def amid_edges(specks: Tensor, marks: Tensor, gray: Tensor) -> Tensor:
    """The specks amid many sharp edges.

    Args:
        specks: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like dust.
        marks: the same of all that is filled, whose edges do not count; the specks among them.
        gray: the gray levels of the photos they lie in, uint8 (B, 1, H, W), by `to_gray`.

    Returns:
        uint8 (B, 1, H, W), 1 = part of such a speck.
    """
    return by_photo(_amid_edges, specks, marks, gray)


def _amid_edges(specks: Bytes, marks: Bytes, gray: Bytes) -> Bytes:
    """The specks of a plane that lie amid edges; all (H, W). Shares are counted on a reduced copy."""
    import cv2

    count, label, stats, _ = cv2.connectedComponentsWithStats(specks, connectivity=8)
    dark = speck_contrasts(label, stats, marks, gray) <= -MIN_DARKNESS
    factor = reduction(gray.shape)
    clear = cv2.dilate(marks, disc(2 * CLEAR + 1)) == 0
    steps = _steps(gray)
    known, sharp, less_sharp = (
        reduced(pixels * np.uint8(255), factor)
        for pixels in (clear, clear & (steps >= MIN_STEP), clear & (steps >= MIN_STEP_OF_DARK))
    )
    chosen = np.zeros(count, np.uint8)
    for i in range(1, count):
        check_cancelled()
        box = padded_slices(stats[i], AROUND * min(gray.shape))
        near = tuple(slice(part.start // factor, -(-part.stop // factor)) for part in box)
        edges = less_sharp if dark[i] else sharp
        chosen[i] = edges[near].sum(dtype=np.int64) > SHARP_SHARE * known[near].sum(dtype=np.int64)
    return chosen[label]


def _steps(gray: Bytes) -> NDArray[np.float32]:
    """How much the levels change over two pixels, smoothed along the edge (Sobel), by the range of tones, (H, W)."""
    import cv2

    low, high = tone_range(gray)
    across, down = (cv2.Sobel(gray, cv2.CV_32F, dx, 1 - dx, scale=1 / (4 * max(1, high - low))) for dx in (1, 0))
    return np.asarray(cv2.magnitude(across, down), np.float32)
