"""Lines across faces are damage: nobody is photographed with a cord or a stick across the face.

A face is an ellipse around the nose, as large as a pair of eyes are apart: from the brows to the chin, and between
the cheeks, as poles and ropes do stand beside faces.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..host.cancel import check_cancelled
from .eyes import Eyes
from .planes import Bytes, Mask, by_photo

MAX_RATIO = 3.0  # of the areas of two eyes of a face
APART = 1.2, 4.5  # widths of the wider eye: how far apart the two are
MAX_SLANT = 0.5  # of their distance: by how much one is higher
BELOW = 0.6  # the same: where the middle of a face is
HALF_WIDTH, HALF_HEIGHT = 0.8, 1.05  # the same: how far it reaches
MIN_CROSSING = 0.4  # the same: the extent in a face of a line that crosses it


class Face(NamedTuple):
    """The middle of a face, and how far its eyes are apart, in pixels."""

    x: float
    y: float
    apart: float


def lines_across_faces(lines: Tensor, eyes: Eyes) -> Tensor:
    """The lines of one photo that cross a face.

    Args:
        lines: uint8 (1, 1, H, W) of 0 and 1, 1 = looks like a scratch or a crease.
        eyes: of the photo.

    Returns:
        The same shape, dtype and device, 1 = part of such a line.

    Raises:
        WeightsError: the network's weights are missing.
    """
    return by_photo(lambda plane: _crossing(plane, faces_in(eyes, len(plane))), lines)


def faces_in(eyes: Eyes, height: int) -> list[Face]:
    """The faces of one photo, in pixels of a copy that is so high.

    Raises:
        WeightsError: the network's weights are missing.
    """
    scale = height / len(eyes.pixels)
    return [Face(*(scale * length for length in small)) for small in faces_of(eyes.pixels)]


def _crossing(lines: Bytes, faces: Iterable[Face]) -> Bytes:
    """The connected parts of lines (H, W) that cross one of the faces."""
    import cv2

    count, label = cv2.connectedComponents(lines, connectivity=8)
    crossing = np.zeros(count, np.uint8)
    for face in faces:
        check_cancelled()
        near = _within(label, face)
        for part in np.unique(near[near > 0]):
            rows, columns = np.nonzero(near == part)
            crossing[part] |= np.hypot(np.ptp(rows) + 1, np.ptp(columns) + 1) >= MIN_CROSSING * face.apart
    return crossing[label]


def faces_of(eyes: Mask) -> Iterator[Face]:
    """The faces that pairs of eyes (h, w) tell of."""
    import cv2

    _, _, stats, centers = cv2.connectedComponentsWithStats(eyes.astype(np.uint8), connectivity=8)
    first, second = np.triu_indices(len(stats) - 1, 1)  # of all pairs
    areas, widths = (stats[1:, column][[first, second]] for column in (cv2.CC_STAT_AREA, cv2.CC_STAT_WIDTH))
    across, down = np.abs(centers[1:][first] - centers[1:][second]).T
    apart, width = np.hypot(across, down), widths.max(0)
    alike = (areas.max(0) <= MAX_RATIO * areas.min(0)) & (down <= MAX_SLANT * apart)
    pairs = np.flatnonzero(alike & (apart >= APART[0] * width) & (apart <= APART[1] * width))
    middles = (centers[1:][first] + centers[1:][second]) / 2
    for (x, y), distance in zip(middles[pairs].tolist(), apart[pairs].tolist(), strict=True):
        yield Face(x, y + BELOW * distance, distance)


def _within(label: np.ndarray, face: Face) -> np.ndarray:
    """The labels (h, w) around a face, of those of a photo (H, W); 0 outside it."""
    half_height, half_width = (share * face.apart for share in (HALF_HEIGHT, HALF_WIDTH))
    top, left = max(0, round(face.y - half_height)), max(0, round(face.x - half_width))
    around = label[top : round(face.y + half_height) + 1, left : round(face.x + half_width) + 1]
    rows, columns = (np.arange(length)[:, None] for length in around.shape)
    down, across = (rows + top - face.y) / half_height, (columns + left - face.x) / half_width
    return np.where(down**2 + across.T**2 <= 1, around, 0)
