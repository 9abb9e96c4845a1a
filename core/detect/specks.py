"""The specks of a photo, measured once for all rules that tell dust from content by them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, Mask, by_photo, disc, mostly_inside, padded_slices, tone_range

MIN_AROUND = 4  # pixels around a speck, and at least as many as it is long
MOSTLY = 0.5  # of a speck


class Specks(NamedTuple):
    """The N specks of a photo; the first of N + 1 rows is of no speck.

    label: the number of the speck that each pixel belongs to, (H, W), 0 = none.
    stats: OpenCV's statistics, (N + 1, 5).
    centers: x and y, (N + 1, 2).
    contrast: as by `speck_contrasts`, (N + 1,).
    marks: all that looks damaged, which says nothing of what is around; (H, W) of 0 and 1.
    gray: the photo, (H, W) of 8 bits.
    """

    label: np.ndarray
    stats: np.ndarray
    centers: np.ndarray
    contrast: np.ndarray
    marks: Bytes
    gray: Bytes


def by_specks(rule: Callable[[Specks], Mask], specks: Tensor, marks: Tensor, gray: Tensor) -> Tensor:
    """The specks that a rule chooses, in each photo of a batch by itself.

    Args:
        rule: which of the specks of a photo are meant, (N + 1,); the first counts for nothing.
        specks: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like dust.
        marks: the same of all that looks damaged; the specks among them.
        gray: the gray levels of the photos they lie in, uint8 (B, 1, H, W), by `to_gray`.

    Returns:
        uint8 (B, 1, H, W), 1 = part of such a speck.
    """

    def chosen(plane: Bytes, around: Bytes, levels: Bytes) -> Bytes:
        specks = _measured(plane, around, levels)
        found = rule(specks).astype(np.uint8)
        found[0] = 0
        return found[specks.label]

    return by_photo(chosen, specks, marks, gray)


def mostly_in(specks: Tensor, others: Tensor) -> Tensor:
    """The specks more than half of which lies in other marks.

    Args:
        specks: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like dust.
        others: the same of other marks.

    Returns:
        uint8 (B, 1, H, W), 1 = part of such a speck.
    """
    return by_photo(lambda inside, marks: mostly_inside(marks, inside, MOSTLY), specks & others, specks)


def _measured(plane: Bytes, marks: Bytes, gray: Bytes) -> Specks:
    """The specks of a plane; all (H, W)."""
    import cv2

    _, label, stats, centers = cv2.connectedComponentsWithStats(plane, connectivity=8)
    return Specks(label, stats, centers, speck_contrasts(label, stats, marks, gray), marks, gray)


def speck_contrasts(label: np.ndarray, stats: np.ndarray, marks: Bytes, gray: Bytes) -> np.ndarray:
    """The contrast of each speck of a photo.

    Args:
        label: as in `Specks`.
        stats: as in `Specks`.
        marks: as in `Specks`.
        gray: as in `Specks`.

    Returns:
        (N + 1,) from -1 to 1, by the range of tones; > 0 = lighter than around, 0 = nothing is known around.
    """
    low, high = tone_range(gray)
    contrast = np.zeros(len(stats))
    for i in range(1, len(stats)):
        check_cancelled()
        near = padded_slices(stats[i], max(MIN_AROUND, *stats[i, 2:4]))
        contrast[i] = _step(label[near] == i, marks[near], gray[near])
    return contrast / max(1, high - low)


def _step(speck: Mask, marks: Bytes, gray: Bytes) -> float:
    """By how many levels a speck is lighter than what is around it and not marked; all (h, w). 0 if all is marked."""
    import cv2

    clear = cv2.dilate(marks, disc(3)) == 0
    return float(np.median(gray[speck])) - float(np.median(gray[clear])) if clear.any() else 0.0
