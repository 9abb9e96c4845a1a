"""A nearly uniform band along one side of a photo, ending at a straight sharp edge.

Lines of pixels run inwards from the side until they leave its color, and a straight line, the edge, is fitted to where
they do. It is a band if most of them end on the edge.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .planes import Bytes

MAX_LINES = 512  # that run inwards from a side
MAX_DEPTH = 0.25  # of the extent of the photo
MIN_DEPTH = 0.004  # of the shorter side, two pixels at least
TOLERANCE = (8.0, 24.0)  # levels of 255 within which a pixel has the color of its side: at least, at most
MIN_STRAIGHT = 0.8  # of the lines, which end on the edge
MIN_UNIFORM = 0.9  # of the pixels of a band, which have its color
EDGE_TOLERANCE = 0.004  # of the shorter side, a pixel at least: how far from the edge a line may end
MAX_TILT = 0.05  # of the edge, as height by length
MIN_CONTRAST = 24.0  # levels between a band and what is beyond its edge


class Band(NamedTuple):
    """A band along one side.

    level: its gray, 0 to 255. ends: where it ends on each line of pixels, (lines,). corners: how many of the first and
    of the last lines do not end.
    """

    level: float
    ends: NDArray[np.intp]
    corners: tuple[int, int]


def find_band(view: Bytes, short: int) -> Band | None:
    """The band at the beginning of the rows of a plane.

    Args:
        view: (rows, depth) of 8 bits; its rows run inwards from the side.
        short: pixels of the photo's shorter side.

    Returns:
        The band, or None where there is none.
    """
    tolerance = max(1.0, EDGE_TOLERANCE * short)
    at = np.linspace(0, len(view) - 1, min(MAX_LINES, len(view))).astype(int)
    limit = int(MAX_DEPTH * view.shape[1])
    lines = view[at, : limit + 2].astype(np.float32)
    first = lines[:, 1:3]  # the outermost pixel is often mixed with what is beyond
    level = float(np.median(first))
    noise = 1.4826 * float(np.median(np.abs(first - level)))
    lines[:, 0] = level
    difference = np.abs(lines - level)
    same = difference <= np.clip(4 * noise, *TOLERANCE)
    ends = _ends(same)
    edge = _fit_edge(at, ends, limit, tolerance)
    if edge is None or np.median(edge) < max(2, MIN_DEPTH * short):
        return None
    if not _is_sharp(same, difference, edge, tolerance):
        return None
    every = np.interp(np.arange(len(view)), at, edge)
    ending = at[ends <= limit]
    corners = int(ending[0]), int(len(view) - 1 - ending[-1])
    return Band(level, np.floor(every + 0.5).astype(np.intp), corners)


def _ends(same: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Where two pixels in a row are unlike the first ones, on each line (lines, depth); the depth where none are."""
    like = same[:, :-1] | same[:, 1:]
    return np.where(like.all(1), same.shape[1], like.argmin(1))


def _is_sharp(same: NDArray[np.bool_], difference: NDArray, edge: NDArray[np.float64], tolerance: float) -> bool:
    """Whether lines (lines, depth) have one color before their edge (lines,), and another just behind it."""
    depth = same.shape[1]
    before = _between(edge - np.inf, edge - tolerance, depth)
    behind = _between(edge + tolerance, edge + tolerance + 3, depth)
    uniform = not before.any() or same[before].mean() >= MIN_UNIFORM
    return bool(uniform and behind.any() and np.median(difference[behind]) >= MIN_CONTRAST)


def _between(start: NDArray[np.float64], end: NDArray[np.float64], depth: int) -> NDArray[np.bool_]:
    """Pixels of lines (lines, depth) from a start up to an end on each line."""
    position = np.arange(depth)
    return (position >= start[:, None]) & (position < end[:, None])


def _fit_edge(at: NDArray[np.intp], ends: NDArray[np.intp], limit: int, tolerance: float) -> NDArray[np.float64] | None:
    """The straight edge on which most lines end, as its depth on each line; None where there is none.

    Lines at the corners that do not end lie in the band of the next side, and are not counted.
    """
    ending = np.flatnonzero(ends <= limit)
    if not len(ending):
        return None
    counted = slice(ending[0], ending[-1] + 1)
    x, y = at[counted], ends[counted].astype(float)
    line = np.array([0.0, float(np.median(y))])
    for radius in (4 * tolerance, 2 * tolerance, tolerance):
        close = np.abs(np.polyval(line, x) - y) <= radius
        if close.sum() < 2 or close.mean() < 0.5 * MIN_STRAIGHT:
            return None  # two lines make an edge
        line = np.polyfit(x[close], y[close], 1)
    on_edge = np.abs(np.polyval(line, x) - y) <= tolerance
    if on_edge.mean() < MIN_STRAIGHT or abs(line[0]) > MAX_TILT:
        return None
    return np.polyval(line, at).clip(0, limit)
