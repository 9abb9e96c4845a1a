"""Bars that a program put along a side of a photo, with a caption or the name of a site.

Nothing that was scanned is as flat: outside of the letters all pixels have one level, up to an edge parallel to the
side. A blown-out sky may be; but it has no letters.
"""

import numpy as np

from .bands import MAX_DEPTH, MIN_CONTRAST, MIN_DEPTH, Band
from .planes import Bytes

MIN_LINES = 4  # pixels: how deep a bar is at least
FLATNESS = 6  # levels of 255 from that of the bar; compression changes it by so much
MIN_FLAT = 0.6  # of each line along a bar has its level; the rest is lettering
MIN_ACROSS = 0.2  # of each line across it, but for 5 %
MAX_FLAT = 0.3  # of the lines behind it
MIN_LETTERS = 0.01  # of a bar differs from its level by `MIN_CONTRAST`


def find_bar(view: Bytes, short: int) -> Band | None:
    """The bar at the beginning of the rows of a plane.

    Args:
        view: (rows, depth) of 8 bits; its rows run inwards from the side.
        short: pixels of the photo's shorter side.

    Returns:
        The bar, or None where there is none.
    """
    limit = int(MAX_DEPTH * view.shape[1])
    lines = view[:, : limit + 3].astype(np.int16)
    level = float(np.median(lines[:, :MIN_LINES]))
    like = np.abs(lines - level) <= FLATNESS
    flat = like.mean(0)
    depth = int((flat >= MIN_FLAT).argmin())
    if not max(MIN_LINES, MIN_DEPTH * short) <= depth <= limit:
        return None
    if flat[depth + 1 : depth + 3].max() > MAX_FLAT:  # the line between may be mixed
        return None
    if np.quantile(like[:, :depth].mean(1), 0.05) < MIN_ACROSS:
        return None
    if (np.abs(lines[:, : depth - 1] - level) >= MIN_CONTRAST).mean() < MIN_LETTERS:
        return None
    return Band(level, np.full(len(view), depth + 1, np.intp), (0, 0))
