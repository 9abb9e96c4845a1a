"""Strands that hang alike below a face: necklaces, watch chains, lanyards, cords of a hood.

The network is as sure of a light chain on a dark dress as of any crack. But no two cracks begin side by side below a
face and end side by side.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..host.cancel import check_cancelled
from .eyes import Eyes
from .faces import Face, faces_in
from .planes import Bytes, by_photo

BELOW = 0.8, 3.5  # times the distance of the eyes: how far below the middle of a face a strand begins,
BESIDE = 2.0  # and how far to its side
MIN_HEIGHT = 1.0  # the same: of a strand
UPRIGHT = 1.5  # times its width: the least height of a strand
LEVEL = 0.6  # of the distance of the eyes: by how much one strand of two begins higher
APART = 0.5  # the same: how far apart they begin at least
ALIKE = 1.4  # the greatest ratio of their heights


class Strand(NamedTuple):
    """A line: its label, the place (x, y) where it begins, its height and width, in pixels."""

    label: int
    x: float
    y: float
    height: int
    width: int


def strands(lines: Tensor, eyes: Eyes) -> Tensor:
    """The lines of one photo that hang in pairs below a face.

    Args:
        lines: as in `lines_across_faces`.
        eyes: of the photo.

    Returns:
        uint8 (1, 1, H, W), 1 = part of such a line.

    Raises:
        WeightsError: the network's weights are missing.
    """
    return by_photo(lambda plane: _hanging(plane, faces_in(eyes, len(plane))), lines)


def _hanging(lines: Bytes, faces: list[Face]) -> Bytes:
    """The connected parts of lines (H, W) that hang in pairs below one of the faces."""
    import cv2

    _, label, stats, _ = cv2.connectedComponentsWithStats(lines, connectivity=8)
    chosen = np.zeros(len(stats), np.uint8)
    upright = stats[:, cv2.CC_STAT_HEIGHT] >= UPRIGHT * stats[:, cv2.CC_STAT_WIDTH]
    upright[0] = False  # the background
    parts = [_strand(label, int(i), stats[i]) for i in np.flatnonzero(upright)]
    for face in faces:
        check_cancelled()
        for one, other in combinations([part for part in parts if _hangs(part, face)], 2):
            if _alike(one, other, face.apart):
                chosen[[one.label, other.label]] = 1
    return chosen[label]


def _strand(label: np.ndarray, i: int, stats: np.ndarray) -> Strand:
    """A part, by the labels (H, W) and OpenCV's statistics of it."""
    left, top, width, height, _ = stats
    first = np.flatnonzero(label[top, left : left + width] == i)
    return Strand(i, float(left + first.mean()), float(top), int(height), int(width))


def _hangs(part: Strand, face: Face) -> bool:
    """Whether a part begins below a face, and is long enough."""
    below = (part.y - face.y) / face.apart
    return (
        BELOW[0] <= below <= BELOW[1]
        and abs(part.x - face.x) <= BESIDE * face.apart
        and part.height >= MIN_HEIGHT * face.apart
    )


def _alike(one: Strand, other: Strand, apart: float) -> bool:
    """Whether two parts begin side by side and are about as high; `apart`: the distance of the eyes."""
    heights = one.height, other.height
    return (
        abs(one.y - other.y) <= LEVEL * apart
        and abs(one.x - other.x) >= APART * apart
        and max(heights) <= ALIKE * min(heights)
    )
