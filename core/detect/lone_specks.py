"""Specks that stand out in a photo with hardly any: buttons, lamps, rivets and knots rather than dust.

Dust comes in numbers, and most of it is faint. In 107 old photos with 40 specks at most, 45 of 73 that differed from
what is around them by 30 % of the range of tones or more were content; of the fainter ones, 92 of 524. Where three at
most were filled, nine of 21 were that are lighter by 25 % or darker by 10 %, and three of 48 others.
"""

import numpy as np

from .planes import Mask
from .specks import Specks

MAX_SPECKS = 40  # of a photo; with more, it is dusty
MIN_CONTRAST = 0.3  # of the photo's range of tones, from which a speck stands out
HARDLY_ANY = 3  # specks to fill, of which those stand out, too,
MIN_LIGHTER, MIN_DARKER = 0.25, 0.1  # that differ by so much


def lone_specks(specks: Specks) -> Mask:
    """The specks that stand out, if few are found.

    Args:
        specks: all of a photo.

    Returns:
        Which of them do, (N + 1,).
    """
    few = len(specks.stats) - 1 <= MAX_SPECKS
    return few & (np.abs(specks.contrast) >= MIN_CONTRAST)


def last_specks(specks: Specks) -> Mask:
    """The specks that stand out, if hardly any are left to fill.

    Args:
        specks: those of a photo that are to be filled.

    Returns:
        Which of them do, (N + 1,).
    """
    hardly_any = len(specks.stats) - 1 <= HARDLY_ANY
    return hardly_any & ((specks.contrast >= MIN_LIGHTER) | (specks.contrast <= -MIN_DARKER))
