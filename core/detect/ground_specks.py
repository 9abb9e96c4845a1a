"""Dark specks in the lower half of a photo alone: stones, clods, straw and shoes on the ground rather than dust.

Dust lies anywhere, and dark dust is seen best on what is light, as the sky. In 249 old photos 83 of 140 dark specks in
the lower half were content, but 5 of 182 in the upper one. So this rule has to know which side is up, and takes a scan
to be upright.
"""

import numpy as np

from .planes import Mask
from .specks import Specks

MIN_DARKER = 0.1  # of the photo's range of tones: what counts as dark
MIN_LOW = 4  # dark specks in the lower half, and
TIMES = 4  # as many as in the upper one
MANY = 8  # of them, from which fainter ones are of the ground, too


def ground_specks(specks: Specks, others: Mask) -> Mask:
    """The dark specks in the lower half, if nearly all dark ones lie there; if these are many, fainter ones, too.

    Args:
        specks: of a photo.
        others: which of them are content for other reasons, and say nothing of where dust lies, (N + 1,).

    Returns:
        Which of them are, (N + 1,).
    """
    low = specks.centers[:, 1] >= specks.gray.shape[0] / 2
    dark = (specks.contrast <= -MIN_DARKER) & ~others
    in_lower, in_upper = (int(np.count_nonzero(dark & half)) for half in (low, ~low))
    if in_lower < max(MIN_LOW, TIMES * in_upper):
        return np.zeros_like(low)
    return low & (dark if in_lower < MANY else specks.contrast < 0)
