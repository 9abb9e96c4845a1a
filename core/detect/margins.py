"""Blank margins: paper rims of prints, edges of scanner beds, of album pages and of film, along the sides of a photo.

A margin differs from the picture by its shape, not by its color alone: it is a band along one side, nearly uniform,
which ends at a straight sharp edge over most of that side (`bands`). A sky has no such edge, a torn corner a ragged
one. Bars with captions (`bars`) are margins, too. Inside a margin there may be another: paper in a frame.
"""

import numpy as np
import torch
from torch import Tensor

from ..image.checks import check_image
from .bands import Band, find_band
from .bars import find_bar
from .planes import Bytes, to_gray

MIN_SIDE = 32  # pixels of the shorter side: smaller photos have no margins
MAX_CORNER = 0.05  # of the shorter side: so many lines at a corner may not end, unless the next side has a margin too
MAX_NARROW = 0.1  # of the extent: up to that a single side can have a margin, if it is white or black
WHITE, BLACK = 215, 40
MAX_DIFFERENCE = 24.0  # levels between margins of one photo
MAX_NESTED = 3  # margins inside each other
NEIGHBORS = {
    "top": ("left", "right"),
    "bottom": ("left", "right"),
    "left": ("top", "bottom"),
    "right": ("top", "bottom"),
}
"""The sides at the first and at the last line of each side."""


def find_margins(image: Tensor, beyond: int = 0) -> Tensor:
    """Blank margins of photos.

    Args:
        image: (B, 1 or 3, H, W) in [0, 1]; each photo by itself.
        beyond: pixels of the picture that count too, for edges that are soft.

    Returns:
        (B, 1, H, W) of the image's dtype and on its device, 1 = blank margin, 0 = picture.

    Raises:
        InputError: the image has another shape or values.
    """
    check_image(image)
    return margins_of(to_gray(image), beyond).to(image)


def margins_of(gray: Tensor, beyond: int) -> Tensor:
    """The margins of photos by their gray levels, uint8 (B, 1, H, W), the same on the CPU; see `find_margins`."""
    planes = [margin_of(photo[0].cpu().numpy(), beyond) for photo in gray]
    return torch.stack([torch.from_numpy(plane)[None] for plane in planes])


def margin_of(gray: Bytes, beyond: int = 0) -> Bytes:
    """The margins of a gray photo (H, W), 1 = margin; from the outside in. See `find_margins`."""
    margin = np.zeros_like(gray)
    top, bottom, left, right = 0, gray.shape[0], 0, gray.shape[1]
    for _ in range(MAX_NESTED):
        bands = _bands(gray[top:bottom, left:right])
        if not bands:
            break
        _paint(margin[top:bottom, left:right], bands, beyond)
        depth = {side: _depth(band) for side, band in bands.items()}
        top, bottom = top + depth.get("top", 0), bottom - depth.get("bottom", 0)
        left, right = left + depth.get("left", 0), right - depth.get("right", 0)
    return margin


def _views(plane: Bytes) -> dict[str, Bytes]:
    """Views of a plane (H, W) whose rows run inwards from each side."""
    return {"top": plane.T, "bottom": plane[::-1].T, "left": plane, "right": plane[:, ::-1]}


def _depth(band: Band) -> int:
    return int(np.median(band.ends))


def _paint(margin: Bytes, bands: dict[str, Band], beyond: int) -> None:
    for side, band in bands.items():
        view = _views(margin)[side]
        end = min(int(band.ends.max(initial=0)) + beyond, view.shape[1])
        view[:, :end] |= np.arange(end) < band.ends[:, None] + beyond


def _bands(gray: Bytes) -> dict[str, Band]:
    """The margins of a gray photo by side."""
    short = min(gray.shape)
    if short < MIN_SIDE:
        return {}
    views = _views(gray)
    bands = {side: band for side, view in views.items() if (band := find_band(view, short)) is not None}
    bars = {side: bar for side, view in views.items() if (bar := find_bar(view, short)) is not None}
    return bars | {
        side: band
        for side, band in bands.items()
        if _corners_are_margins(side, bands, MAX_CORNER * short)
        and (_is_plain(band, views[side].shape[1]) or _has_companion(band, bands))
    }


def _corners_are_margins(side: str, bands: dict[str, Band], limit: float) -> bool:
    """Whether lines that do not end lie in a margin of the next side: else it is a sky above a straight roof."""
    depth = {other: _depth(band) for other, band in bands.items()}
    pairs = zip(bands[side].corners, NEIGHBORS[side], strict=True)
    return all(lines <= depth.get(neighbor, 0) + limit for lines, neighbor in pairs)


def _is_plain(band: Band, extent: int) -> bool:
    """Whether a margin is narrow for the extent of the photo, and white or black, so that it may be alone."""
    narrow = np.median(band.ends) <= MAX_NARROW * extent
    return bool(narrow and not BLACK < band.level < WHITE)


def _has_companion(band: Band, bands: dict[str, Band]) -> bool:
    """Whether another side has a margin of about the same level."""
    return sum(abs(band.level - other.level) <= MAX_DIFFERENCE for other in bands.values()) > 1
