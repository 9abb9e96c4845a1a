"""Lines inside the photo, which say little about how damaged it is.

A fold goes from edge to edge of the print; often a print ends a little inside the scan. A scratch that does not reach
the edge comes with others, and with dust. So where lines inside are nearly all that is found, they are more often
cords, sticks, instruments, edges of boards and joints of bricks; and those that meet the edge once are more often
ropes, pipes and roofs that are cut off there.
"""

from functools import partial

import numpy as np
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, by_photo, long_parts, near_edge, reduced, reduction

MIN_FOLD = 1 / 4  # of the shorter side: of a line that may be a fold
MIN_LENGTH = 1 / 10  # of the shorter side: of long lines; shorter ones are more often scratches than content
MAX_GAP = 1 / 16  # of the shorter side: in a fold that is found in pieces
NEAR = 1 / 25  # of the shorter side: how near to the edge a line has to come to meet it, and two places count as one
MIN_MEETINGS = 2  # with the edge


def inner_lines(lines: Tensor, margin: Tensor) -> Tensor:
    """The lines that are no folds: all but long ones each of which meets the edge of the print twice.

    Args:
        lines: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like a scratch or a crease; none along the edge (`along_edge`).
        margin: the same of blank margins, at which the print ends.

    Returns:
        uint8 (B, 1, H, W), 1 = part of such a line.
    """
    return by_photo(_inner, lines, margin)


def long_lines(lines: Tensor) -> Tensor:
    """The lines of a tenth of the shorter side or more; uint8 (B, 1, H, W) of 0 and 1 as the lines."""
    return by_photo(partial(long_parts, share=MIN_LENGTH), lines)


def _inner(lines: Bytes, margin: Bytes) -> Bytes:
    """The lines (H, W) that are no folds of a print that ends at a margin (H, W) or at the border."""
    import cv2

    candidates = long_parts(lines, MIN_FOLD)
    if not candidates.any():
        return lines
    distance, gap = (round(share * min(lines.shape)) for share in (NEAR, MAX_GAP))
    near, inner = near_edge(margin, distance), lines.copy()
    count, label = cv2.connectedComponents(cv2.dilate(candidates, np.ones((gap + 1, gap + 1), np.uint8)))
    for i in range(1, count):
        check_cancelled()
        line = candidates & (label == i)
        if _places(line & near, distance) >= MIN_MEETINGS:
            inner -= line
    return inner


def _places(marks: Bytes, distance: int) -> int:
    """How many places there are marks (H, W) at; those that are nearer than about two distances count as one."""
    import cv2

    factor = reduction(marks.shape)
    radius = round(distance / factor)
    window = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    near = cv2.dilate((reduced(marks * np.uint8(255), factor) > 0).astype(np.uint8), window)
    return cv2.connectedComponents(near, connectivity=8)[0] - 1
