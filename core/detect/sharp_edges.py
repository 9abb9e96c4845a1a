"""Specks amid sharp edges: rigging, twigs, buttons, gaps between leaves, joints of stones.

Dust stands out where a photo is smooth, as in a sky. Amid edges that are about as sharp as its own it cannot be told
from content; least of all dark specks, as what comes off a print is light, and so is dust in the print of a film, and
the specks of a photo with hardly any, as dust comes in numbers.
"""

import numpy as np
from numpy.typing import NDArray

from ..host.cancel import check_cancelled
from .planes import Bytes, Mask, disc, padded_slices, reduced, reduction, tone_range
from .specks import Specks

AROUND = 1 / 16  # of the shorter side: how far edges are looked for
SHARP_SHARE = 0.01  # of the pixels around, from which edges are many
MIN_STEP = 0.4  # of the range of tones: the change over two pixels from which edges are sharp,
MIN_STEP_OF_DOUBTFUL = 0.25  # and from which they are sharp for dark specks, and for those of a photo with few
MIN_DARKNESS = 0.12  # of the range of tones, by which these are darker than what is around them
FEW = 8  # specks of a photo, at most
CLEAR = 4  # pixels around marks that are no edges of content


def amid_edges(specks: Specks) -> Mask:
    """The specks amid many sharp edges. Shares are counted on a reduced copy.

    Args:
        specks: of a photo.

    Returns:
        Which of them are, (N + 1,).
    """
    import cv2

    factor = reduction(specks.gray.shape)
    clear = cv2.dilate(specks.marks, disc(2 * CLEAR + 1)) == 0
    steps = _steps(specks.gray)
    known, sharp, less_sharp = (
        reduced(pixels * np.uint8(255), factor)
        for pixels in (clear, clear & (steps >= MIN_STEP), clear & (steps >= MIN_STEP_OF_DOUBTFUL))
    )
    doubtful = (specks.contrast <= -MIN_DARKNESS) | (len(specks.stats) - 1 <= FEW)
    chosen = np.zeros(len(specks.stats), np.bool_)
    for i in range(1, len(chosen)):
        check_cancelled()
        box = padded_slices(specks.stats[i], AROUND * min(specks.gray.shape))
        near = tuple(slice(part.start // factor, -(-part.stop // factor)) for part in box)
        edges = less_sharp if doubtful[i] else sharp
        chosen[i] = edges[near].sum(dtype=np.int64) > SHARP_SHARE * known[near].sum(dtype=np.int64)
    return chosen


def _steps(gray: Bytes) -> NDArray[np.float32]:
    """How much the levels change over two pixels, smoothed along the edge (Sobel), by the range of tones, (H, W)."""
    import cv2

    low, high = tone_range(gray)
    across, down = (cv2.Sobel(gray, cv2.CV_32F, dx, 1 - dx, scale=1 / (4 * max(1, high - low))) for dx in (1, 0))
    return np.asarray(cv2.magnitude(across, down), np.float32)
