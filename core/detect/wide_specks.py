"""Specks that are too wide to be surely dust: buttons and beads as often.

These are round and catch the light, where a flake or a hole of the emulsion shows the bare paper: one tone.
"""

import numpy as np

from .planes import Bytes, Mask, dilate_disc, inner_distance, padded_slices
from .specks import Specks

MAX_WIDTH, MIN_WIDTH = 1 / 100, 4.0  # of the shorter side, and pixels: wider specks are doubtful, whichever is more
STARK_WIDTH, STARK = 1 / 130, 0.45  # of the shorter side: the same of those so much lighter than what is around them
RIM = 1.5  # pixels within the edge that mix both sides,
SURROUND = 4.0  # and beyond it that are compared
MAX_SHADING = 0.25  # of the step at the edge: the range of tones (10 to 90 %) within what has one tone


def wide_specks(specks: Specks) -> Mask:
    """The specks into which a wider disc than the limit fits, and that are shaded; stark ones have a lower limit.

    Args:
        specks: of a photo.

    Returns:
        Which of them are, (N + 1,).
    """
    share = np.where(specks.contrast >= STARK, STARK_WIDTH, MAX_WIDTH)
    limit = np.maximum(MIN_WIDTH, share * min(specks.gray.shape))
    wide = np.zeros(len(specks.stats), np.bool_)
    large = 2 * specks.stats[:, 2:4].min(1) - 1 > limit  # by half a disc at the border of the photo
    for i in np.flatnonzero(large[1:]) + 1:
        window = padded_slices(specks.stats[i], SURROUND + 1)
        part = specks.label[window] == i
        if 2 * inner_distance(part).max() - 1 > limit[i]:
            wide[i] = not _has_one_tone(part, specks.marks[window] > 0, specks.gray[window])
    return wide


def _has_one_tone(part: Mask, marks: Mask, gray: Bytes) -> bool:
    """Whether a part (h, w) is flat by the step at its edge, to what is no mark."""
    core = inner_distance(part) > RIM
    surround = dilate_disc(part, SURROUND) & ~dilate_disc(part, RIM) & ~marks
    if not core.any() or not surround.any():
        return False
    low, level, high = np.percentile(gray[core], (10, 50, 90))
    return bool(high - low <= MAX_SHADING * abs(level - np.median(gray[surround])))
