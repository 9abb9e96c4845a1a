"""Specks that stand out in a photo with hardly any: buttons, lamps, rivets and knots rather than dust.

Dust comes in numbers, and most of it is faint. In 107 old photos with 40 specks at most, 45 of 73 that differed from
what is around them by 30 % of the range of tones or more were content; of the fainter ones, 92 of 524.
"""

import numpy as np

from .planes import Mask
from .specks import Specks

MAX_SPECKS = 40  # of a photo; with more, it is dusty
MIN_CONTRAST = 0.3  # of the photo's range of tones, from which a speck stands out


def lone_specks(specks: Specks) -> Mask:
    """The specks that stand out, if they are few.

    Args:
        specks: of a photo.

    Returns:
        Which of them do, (N + 1,).
    """
    few = len(specks.stats) - 1 <= MAX_SPECKS
    return few & (np.abs(specks.contrast) >= MIN_CONTRAST)
