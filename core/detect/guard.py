"""First, do no harm: what looks damaged is split in what is filled and what is left alone.

Damage of old photos is thin, or reaches the border: scratches, creases, dust, torn corners. A thick roundish part
inside the picture is more often a face, a shop sign or a shadow that only looks unusual. So it is left, unless it
shows no image at all: as flat as blank paper or black, and ending at a sharp edge.

Width is the diameter of the largest disc that fits, as in a morphological opening, measured by distance transforms on
a reduced copy. What is narrower than `THICK` is always filled. What is wider than `FAT` is no line; what lies between
is one if it is `LONG`, as a wide crease.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import InputError
from ..host.cancel import check_cancelled
from ..image.checks import shape_of
from .catchlights import catchlights
from .margins import Plane, gray_levels
from .rings import rings

Mask = NDArray[np.bool_]  # (H, W)

WIDE_SPECK = 1 / 100  # of the shorter side, 4 pixels at least: wider round marks are buttons and beads as often as dust
SHORT = 512  # pixels: the shorter side of the reduced copy, about
THICK, FAT = 1 / 64, 1 / 24  # of the shorter side: widths above which a part is no thin mark, and no wide crease
LEAST = 5  # pixels: a thin mark is that wide at least
LONG, ALONG = 6.5, 6.0  # widths: a crease is that long at least, where so much on either side of a part is seen
FLAT = 6.0  # levels of 255 between the 10th and the 90th percentile of a part without image, at most
WHITE, BLACK = 240.0, 15.0  # levels of paper and of black
EDGE = 40.0  # levels that the surround differs from such a part, at least,
AROUND = 0.9  # on so much of its rim


class Picture(NamedTuple):
    """A photo on the reduced copy: gray of 8 bits, and what is inside its margins, both (H, W)."""

    gray: Plane
    inside: Mask


class Split(NamedTuple):
    """A hole in two, both (B, 1, H, W), 1 = in it; their sum is the hole."""

    filled: Tensor
    left: Tensor


def split_hole(hole: Tensor, image: Tensor, margin: Tensor | None = None) -> Split:
    """Split a hole in what is filled and what is left alone.

    Args:
        hole: (B, 1, H, W) of 0 and 1, 1 = looks damaged; before it grows.
        image: the photos, (B, 1 or 3, H, W) in [0, 1].
        margin: (B, 1, H, W) of 0 and 1, 1 = blank margin, all of which is left; see `find_margins`.

    Returns:
        `Split`, of the hole's dtype and on its device. Each photo by itself.

    Raises:
        InputError: the shapes do not fit.
    """
    for name, other in (("image", image[:, :1]), ("margin", hole if margin is None else margin)):
        if other.shape != hole.shape:
            raise InputError(f"{name} must fit the hole {shape_of(hole)}, got {shape_of(other)}")
    blank = torch.zeros_like(hole) if margin is None else margin.to(hole)
    left = torch.zeros_like(hole)
    for here, found, photo, rim in zip(left, hole, image, blank, strict=True):
        if found.any():
            plane, kept = (mask[0].byte().cpu().numpy() for mask in (found, rim))
            here[0] = torch.from_numpy(left_of(plane, photo, kept)).to(here)
    return Split(hole - left, left)


def wide_specks(specks: Tensor) -> Tensor:
    """The specks that are too wide to be sure that they are dust.

    Args:
        specks: (B, 1, H, W) of 0 and 1, 1 = looks like dust.

    Returns:
        (B, 1, H, W) of the same type, 1 = part of a wide speck.
    """
    wide = torch.zeros_like(specks)
    limit = max(4.0, WIDE_SPECK * min(specks.shape[-2:]))
    for here, found in zip(wide, specks, strict=True):
        if found.any():
            plane = found[0].byte().cpu().numpy()
            here[0] = torch.from_numpy(_wide_parts(plane, limit)).to(here)
    return wide


def _wide_parts(plane: Plane, limit: float) -> Mask:
    """The connected parts of a plane (H, W) into which a disc of more than a diameter fits."""
    import cv2

    check_cancelled()
    count, label = cv2.connectedComponents(plane, connectivity=8)
    wide = np.zeros(count, np.bool_)
    wide[np.unique(label[2 * _to_edge(plane > 0) - 1 > limit])] = True
    wide[0] = False
    return wide[label]


def left_of(hole: Plane, photo: Tensor, margin: Plane) -> Plane:
    """What is left of a hole (H, W) of 0 and 1 in a photo (C, H, W) in [0, 1], as a mask of 0 and 1."""
    import cv2

    check_cancelled()
    factor = max(1, round(min(hole.shape) / SHORT))
    gray = gray_levels(photo[:, ::factor, ::factor])
    size = gray.shape[::-1]
    found, rim = (cv2.resize(plane * 255, size, interpolation=cv2.INTER_AREA) for plane in (hole, margin))
    left = _thick_parts((found > 127) & (rim == 0), Picture(gray, rim == 0))
    check_cancelled()
    left |= rings((found > 0).astype(np.uint8)) > 0
    check_cancelled()
    reach = cv2.resize(left.astype(np.uint8), hole.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return hole & (reach | margin | catchlights(hole, gray_levels(photo)))


def _thick_parts(hole: Mask, photo: Picture) -> Mask:
    """The thick parts of a hole that are left, with their rims; the fat first, lest they hide the crease they touch."""
    thick, fat = (max(least, share * min(hole.shape)) for least, share in ((LEAST, THICK), (2 * LEAST, FAT)))
    left = _parts_left(hole, photo, fat)
    left |= _parts_left(hole & ~left, photo, thick)
    left = near(left, 0.75 * thick + 1)
    return left | _crumbs(hole & ~left, near(left, fat))


def _crumbs(hole: Mask, around: Mask) -> Mask:
    """The connected parts of a hole that lie wholly around what is left, as crumbs of it."""
    import cv2

    count, label = cv2.connectedComponents(hole.astype(np.uint8), connectivity=8)
    whole = np.bincount(label[~around], minlength=count) == 0
    whole[0] = False
    return whole[label]


def _parts_left(hole: Mask, photo: Picture, width: float) -> Mask:
    """Parts wider than a width that lie inside the photo, are no piece of a long one and show an image."""
    import cv2

    parts = near(_wider(hole, width), 0.75 * width) & hole
    around = near(_wider(hole, width / 2), 0.375 * width) & hole  # what is half as wide may make a part long
    count, label, stats, _ = cv2.connectedComponentsWithStats(parts.astype(np.uint8), connectivity=8)
    inside = ~_at_border(stats, hole.shape)
    left = np.zeros(count, np.bool_)
    for i in range(1, count):
        check_cancelled()
        if inside[i]:
            left[i] = not _is_long(label, i, stats[i], around) and not _shows_nothing(label, i, stats[i], photo)
    return left[label]


def _wider(hole: Mask, width: float) -> Mask:
    """Where a disc of more than a width, centered there, fits into a hole; beyond the border the hole goes on."""
    return _to_edge(hole) > width / 2


def _to_edge(mask: Mask) -> NDArray[np.float32]:
    """How far each pixel of a mask (H, W) is from the nearest outside of it; 0 outside."""
    import cv2

    check_cancelled()
    return cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def near(mask: Mask, distance: float) -> Mask:
    """The pixels no farther than a distance from a mask (H, W)."""
    return _to_edge(~mask) <= distance if mask.any() else mask


def _at_border(stats: NDArray[np.int32], shape: tuple[int, ...]) -> Mask:
    """Which of the parts reach the border of the photo, by their statistics (parts, 5)."""
    left, top, width, height = stats[:, :4].T
    return (left == 0) | (top == 0) | (left + width == shape[1]) | (top + height == shape[0])


def _frame(stats: NDArray[np.int32], more: float) -> tuple[slice, slice]:
    """The box around a part, by its statistics (5,), and so many pixels more on each side."""
    left, top, width, height, more = *stats[:4], int(more)
    return slice(max(0, top - more), top + height + more), slice(max(0, left - more), left + width + more)


def _is_long(label: NDArray[np.int32], i: int, stats: NDArray[np.int32], around: Mask) -> bool:
    """Whether a part goes on, about as wide, as a line: the area connected to it near by, by its squared width."""
    import cv2

    width = 2 * float(_to_edge(label[_frame(stats, 1)] == i).max()) - 1
    frame = _frame(stats, ALONG * width + 1)
    part = label[frame] == i
    reach = (around[frame] & near(part, ALONG * width)) | part
    _, joined = cv2.connectedComponents(reach.astype(np.uint8), connectivity=8)
    return bool(np.isin(joined, np.unique(joined[part])).sum() >= LONG * width**2)


def _shows_nothing(label: NDArray[np.int32], i: int, stats: NDArray[np.int32], photo: Picture) -> bool:
    """Whether a part is blank: flat, white as paper or black, and ending at a sharp edge."""
    frame = _frame(stats, 4)
    part, gray = label[frame] == i, photo.gray[frame].astype(np.float32)
    core = part & ~near(~part, 1.5)
    low, level, high = np.percentile(gray[core if core.any() else part], (10, 50, 90))
    if high - low > FLAT or BLACK < level < WHITE:
        return False
    rim = near(part, 3.5) & ~near(part, 1.5) & photo.inside[frame]
    return bool(rim.any() and (np.abs(gray[rim] - level) >= EDGE).mean() >= AROUND)
