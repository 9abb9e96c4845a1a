"""Lines with a smooth outline, where little is damaged: rims, rods, collars, ribbons, spectacles, not scratches."""

import numpy as np
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, by_photo, long_parts
from .raggedness import RAGGED, raggedness_of

MIN_LENGTH = 1 / 32  # of the shorter side: the outline of shorter ones is that of their ends


def smooth_lines(lines: Tensor) -> Tensor:
    """The lines that are not ragged.

    Args:
        lines: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like a scratch or a crease.

    Returns:
        uint8 (B, 1, H, W), 1 = part of such a line.
    """
    return by_photo(_smooth, lines)


def _smooth(lines: Bytes) -> Bytes:
    """The smooth lines among lines (H, W)."""
    import cv2

    _, label, stats, _ = cv2.connectedComponentsWithStats(long_parts(lines, MIN_LENGTH), connectivity=8)
    chosen = np.zeros(len(stats), np.uint8)
    for i in range(1, len(stats)):
        check_cancelled()
        chosen[i] = raggedness_of(label, stats, i) < RAGGED
    return chosen[label]
