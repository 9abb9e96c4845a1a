"""Thick parts of a hole inside the photo: more often a face, a shop sign or a shadow than damage.

Width is the diameter of the largest disc that fits, as in a morphological opening, measured by distance transforms.
What is narrower than `THICK` is damage. What is wider than `FAT` is no line; what lies between is one if it is
`MIN_LENGTH` widths long, as a wide crease. Parts at the border are damage, as torn corners are, and so is what shows no
image at all: as flat as blank paper or black, and ending at a sharp edge. In a worn photo paper that shows is also what
is among its lightest, however flat, and darker all around.
"""

from typing import NamedTuple

import numpy as np

from .planes import Bytes, Mask, dilate_disc, inner_distance, padded_slices

THICK, FAT = 1 / 64, 1 / 24  # of the shorter side: widths above which a part is no thin mark, and no wide crease
MIN_WIDTH = 5  # pixels: a thick part is wider than that
MIN_LENGTH = 6.5  # widths: of a crease
REACH = 6.0  # widths: so far on either side of a part its line is followed
MAX_CONTRAST = 6.0  # levels of 255 between the 10th and the 90th percentile of a part without image
WHITE, BLACK = 240.0, 15.0  # levels of paper and of black
MIN_EDGE = 40.0  # levels that the surround differs from such a part at least,
MIN_EDGE_SHARE = 0.9  # on so much of its rim
PAPER_PERCENTILE = 93  # of a worn photo: what is lighter may be its paper,
MIN_STEP = 25.0  # if it is so many levels lighter than what is around, on `MIN_EDGE_SHARE` of its rim


class ReducedPhoto(NamedTuple):
    """A photo on the reduced copy: gray of 8 bits, and what is inside its margins, both (H, W); whether it is worn."""

    gray: Bytes
    inside: Mask
    worn: bool = False


def thick_parts(hole: Mask, photo: ReducedPhoto) -> Mask:
    """The thick parts of a hole that may be content, with their rims and with crumbs around them.

    Args:
        hole: (H, W), True = looks damaged.
        photo: what the hole lies in, of its size.

    Returns:
        (H, W), True = in a thick part; part of the hole, or within a rim of it.
    """
    thick, fat = (max(least, share * min(hole.shape)) for least, share in ((MIN_WIDTH, THICK), (2 * MIN_WIDTH, FAT)))
    parts = _wide_parts(hole, photo, fat)  # first, lest they hide the crease they touch
    parts |= _wide_parts(hole & ~parts, photo, thick)
    parts = dilate_disc(parts, 0.75 * thick + 1)
    return parts | _crumbs(hole & ~parts, dilate_disc(parts, fat))


def _crumbs(hole: Mask, surround: Mask) -> Mask:
    """The connected parts of a hole that lie inside the surround of a thick part."""
    import cv2

    count, label = cv2.connectedComponents(hole.astype(np.uint8), connectivity=8)
    inside = np.bincount(label[~surround], minlength=count) == 0
    inside[0] = False
    return inside[label]


def _wide_parts(hole: Mask, photo: ReducedPhoto, width: float) -> Mask:
    """Parts wider than a width that lie inside the photo, are no piece of a long one and show an image."""
    import cv2

    parts = dilate_disc(_disc_centers(hole, width), 0.75 * width) & hole
    lines = dilate_disc(_disc_centers(hole, width / 2), 0.375 * width) & hole  # half as wide, which may prolong a part
    count, label, stats, _ = cv2.connectedComponentsWithStats(parts.astype(np.uint8), connectivity=8)
    inside = ~_at_border(stats, hole.shape)
    chosen = np.zeros(count, np.bool_)
    clear = photo.inside & ~hole
    paper = _paper_level(photo.gray[clear]) if photo.worn and width < FAT * min(hole.shape) else np.inf
    for i in range(1, count):
        if inside[i] and not _is_long(label, i, stats[i], lines):
            blank = _is_blank(*_levels(label, i, stats[i], photo.gray, photo.inside))
            chosen[i] = not (blank or _is_paper(*_levels(label, i, stats[i], photo.gray, clear), paper))
    return chosen[label]


def _disc_centers(hole: Mask, diameter: float) -> Mask:
    """Where a larger disc, centered there, fits into a hole; beyond the border the hole goes on."""
    return inner_distance(hole) > diameter / 2


def _at_border(stats: np.ndarray, shape: tuple[int, ...]) -> Mask:
    """Which of the parts reach the border of the photo, by their statistics (parts, 5)."""
    left, top, width, height = stats[:, :4].T
    return (left == 0) | (top == 0) | (left + width == shape[1]) | (top + height == shape[0])


def _is_long(label: np.ndarray, i: int, stats: np.ndarray, lines: Mask) -> bool:
    """Whether a part goes on, about as wide, as a line: the area connected to it near by, by its squared width."""
    import cv2

    width = 2 * float(inner_distance(label[padded_slices(stats, 1)] == i).max()) - 1
    window = padded_slices(stats, REACH * width + 1)
    part = label[window] == i
    line = (lines[window] & dilate_disc(part, REACH * width)) | part
    _, joined = cv2.connectedComponents(line.astype(np.uint8), connectivity=8)
    return bool(np.isin(joined, np.unique(joined[part])).sum() >= MIN_LENGTH * width**2)


def _levels(label: np.ndarray, i: int, stats: np.ndarray, gray: Bytes, beside: Mask) -> tuple[np.ndarray, np.ndarray]:
    """The levels of a part without its edge, and of what lies around it among `beside` (H, W); float32 each."""
    window = padded_slices(stats, 4)
    part, levels = label[window] == i, gray[window].astype(np.float32)
    core = part & ~dilate_disc(~part, 1.5)
    rim = dilate_disc(part, 3.5) & ~dilate_disc(part, 1.5) & beside[window]
    return levels[core if core.any() else part], levels[rim]


def _is_blank(core: np.ndarray, rim: np.ndarray) -> bool:
    """Whether a part of these levels shows no image: flat, white as paper or black, and ending at a sharp edge."""
    low, level, high = np.percentile(core, (10, 50, 90))
    if high - low > MAX_CONTRAST or BLACK < level < WHITE:
        return False
    return bool(rim.size and (np.abs(rim - level) >= MIN_EDGE).mean() >= MIN_EDGE_SHARE)


def _is_paper(core: np.ndarray, rim: np.ndarray, paper: float) -> bool:
    """Whether a part of these levels is as light as paper, and lighter than what is around it."""
    level = float(np.median(core))
    return bool(level >= paper and rim.size and (level - rim >= MIN_STEP).mean() >= MIN_EDGE_SHARE)


def _paper_level(known: Bytes) -> float:
    """From which level on what is light may be paper that shows, by the known pixels of a worn photo (N,)."""
    return float(np.percentile(known, PAPER_PERCENTILE)) if known.size else np.inf
