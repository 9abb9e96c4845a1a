"""Blank margins: paper rims of prints, edges of scanner beds, of album pages and of film, along the sides of a photo.

A margin is told from the picture by its shape, not by its color alone: a band along one side of the image, nearly
uniform, which ends at a straight sharp edge over most of that side. A sky has no such edge, a torn corner a ragged one.

From each side, lines of pixels run inwards until they leave the color of that side; a straight line is fitted to where
they do. The band is a margin if most of them end on that line. Inside a margin there may be another: paper in a frame.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..host.cancel import check_cancelled
from ..image.checks import check_image

Plane = NDArray[np.uint8]  # (H, W), or lines that run inwards (lines, depth)

LINES = 512  # that run inwards from a side
SMALLEST = 32  # pixels of the shorter side: smaller photos are not looked at
DEEPEST = 0.25  # of the extent of the photo
SHALLOWEST = 0.004  # of the shorter side, two pixels at least
SAME = (8.0, 24.0)  # levels of 255 within which a pixel has the color of its side: at least, at most
STRAIGHT = 0.8  # of the lines end on the edge, at least
UNIFORM = 0.9  # of the pixels of a margin have its color, at least
SLACK = 0.004  # of the shorter side, a pixel at least: how far from the edge a line may end
CORNER = 0.05  # of the shorter side: so many lines at a corner may not end without another reason
TILT = 0.05  # of the edge, as height by length, at most
CONTRAST = 24.0  # levels between a margin and what is beyond its edge, at least
NARROW = 0.1  # of the extent: up to that a single side can have a margin, if it is white or black
WHITE, BLACK = 215, 40
ALIKE = 24.0  # levels by which margins of one photo differ, at most
NESTED = 3  # margins inside each other, at most
NEIGHBORS = {
    "top": ("left", "right"),
    "bottom": ("left", "right"),
    "left": ("top", "bottom"),
    "right": ("top", "bottom"),
}
"""The sides at the first and at the last line of each side."""


class Band(NamedTuple):
    """A band along one side.

    level: its gray, 0 to 255. ends: where it ends on each line of pixels, (lines,). corners: how many of the first and
    of the last lines do not end.
    """

    level: float
    ends: NDArray[np.intp]
    corners: tuple[int, int]


def find_margins(image: Tensor, beyond: int = 0) -> Tensor:
    """Blank margins of photos.

    Args:
        image: (B, 1 or 3, H, W) in [0, 1].
        beyond: pixels of the picture that count too, for edges that are soft.

    Returns:
        (B, 1, H, W) of the image's dtype and on its device, 1 = blank margin, 0 = picture. Each photo by itself.

    Raises:
        InputError: the image has another shape or values.
    """
    check_image(image)
    planes = [margin_of(gray_levels(photo), beyond) for photo in image]
    return torch.stack([torch.from_numpy(plane)[None] for plane in planes]).to(image)


def gray_levels(photo: Tensor) -> Plane:
    """The mean of the channels of a photo (C, H, W) in [0, 1] as 8 bits, (H, W)."""
    check_cancelled()
    return photo.detach().mean(0).mul_(255).add_(0.5).byte().cpu().numpy()


def margin_of(gray: Plane, beyond: int = 0) -> Plane:
    """The margins of a gray photo (H, W), 1 = margin; outside in, one inside the other. See `find_margins`."""
    margin = np.zeros_like(gray)
    top, bottom, left, right = 0, gray.shape[0], 0, gray.shape[1]
    for _ in range(NESTED):
        check_cancelled()
        inner = gray[top:bottom, left:right]
        bands = _bands(inner)
        if not bands:
            break
        _paint(margin[top:bottom, left:right], bands, beyond)
        depth = {side: int(np.median(band.ends)) for side, band in bands.items()}
        top, bottom = top + depth.get("top", 0), bottom - depth.get("bottom", 0)
        left, right = left + depth.get("left", 0), right - depth.get("right", 0)
    return margin


def _seen_from(plane: Plane) -> dict[str, Plane]:
    """Views of a plane (H, W) whose rows run inwards from each side."""
    return {"top": plane.T, "bottom": plane[::-1].T, "left": plane, "right": plane[:, ::-1]}


def _paint(margin: Plane, bands: dict[str, Band], beyond: int) -> None:
    for side, band in bands.items():
        view = _seen_from(margin)[side]
        reach = min(int(band.ends.max(initial=0)) + beyond, view.shape[1])
        view[:, :reach] |= np.arange(reach) < band.ends[:, None] + beyond


def _bands(gray: Plane) -> dict[str, Band]:
    """The margins of a gray photo by side.

    One that is alone, or unlike the others, has to be narrow and plain. Lines that do not end lie in a margin of the
    neighboring side, else it is no margin: a sky above a straight roof.
    """
    short = min(gray.shape)
    if short < SMALLEST:
        return {}
    found = {side: band for side, view in _seen_from(gray).items() if (band := _band(view, short)) is not None}
    depth = {side: int(np.median(band.ends)) for side, band in found.items()}
    return {
        side: band
        for side, band in found.items()
        if all(c <= depth.get(n, 0) + CORNER * short for c, n in zip(band.corners, NEIGHBORS[side], strict=True))
        and (
            _plain(band, _seen_from(gray)[side].shape[1])
            or sum(abs(band.level - other.level) <= ALIKE for other in found.values()) > 1
        )
    }


def _plain(band: Band, extent: int) -> bool:
    """Whether a margin is narrow for the extent of the photo, and white or black."""
    narrow = np.median(band.ends) <= NARROW * extent
    return bool(narrow and not BLACK < band.level < WHITE)


def _band(view: Plane, short: int) -> Band | None:
    """The margin at the beginning of the rows of a plane (rows, depth), or None. short: the photo's shorter side."""
    slack = max(1.0, SLACK * short)
    at = np.linspace(0, len(view) - 1, min(LINES, len(view))).astype(int)
    limit = int(DEEPEST * view.shape[1])
    lines = view[at, : limit + 2].astype(np.float32)
    first = lines[:, 1:3]  # the outermost pixel is often mixed with what is beyond
    level = float(np.median(first))
    noise = 1.4826 * float(np.median(np.abs(first - level)))
    lines[:, 0] = level
    away = np.abs(lines - level)
    same = away <= np.clip(4 * noise, *SAME)
    ends = _ends(same)
    edge = _edge(at, ends, limit, slack)
    if edge is None or np.median(edge) < max(2, SHALLOWEST * short):
        return None
    before = _between(edge - np.inf, edge - slack, limit + 2)
    behind = _between(edge + slack, edge + slack + 3, limit + 2)
    if same[before].mean() < UNIFORM or not behind.any() or np.median(away[behind]) < CONTRAST:
        return None
    every = np.interp(np.arange(len(view)), at, edge)
    ending = at[ends <= limit]
    corners = int(ending[0]), int(len(view) - 1 - ending[-1])
    return Band(level, np.floor(every + 0.5).astype(np.intp), corners)


def _ends(same: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Where two pixels in a row are unlike the first ones, on each line (lines, depth); the depth where none are."""
    like = same[:, :-1] | same[:, 1:]
    return np.where(like.all(1), same.shape[1], like.argmin(1))


def _between(start: NDArray[np.float64], end: NDArray[np.float64], depth: int) -> NDArray[np.bool_]:
    """Pixels of lines (lines, depth) from a start up to an end on each line."""
    place = np.arange(depth)
    return (place >= start[:, None]) & (place < end[:, None])


def _edge(at: NDArray[np.intp], ends: NDArray[np.intp], limit: int, slack: float) -> NDArray[np.float64] | None:
    """The straight edge on which most lines end, as its depth on each line; None where there is none.

    Lines at the corners that do not end lie in the margin of the next side, and are not counted.
    """
    ending = np.flatnonzero(ends <= limit)
    if not len(ending):
        return None
    counted = slice(ending[0], ending[-1] + 1)
    x, y = at[counted], ends[counted].astype(float)
    line = np.array([0.0, float(np.median(y))])
    for reach in (4 * slack, 2 * slack, slack):
        close = np.abs(np.polyval(line, x) - y) <= reach
        if close.mean() < 0.5 * STRAIGHT:
            return None
        line = np.polyfit(x[close], y[close], 1)
    ends_there = np.abs(np.polyval(line, x) - y) <= slack
    if ends_there.mean() < STRAIGHT or abs(line[0]) > TILT:
        return None
    return np.polyval(line, at).clip(0, limit)
