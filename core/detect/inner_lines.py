"""Lines inside the photo, which say little about how damaged it is.

A fold goes from edge to edge of the print; often a print ends a little inside the scan. A scratch that does not reach
the edge comes with others, and with dust. So where lines inside are nearly all that is found, they are more often
cords, sticks, instruments, edges of boards and joints of bricks; and those that meet the edge once are more often
ropes, pipes and roofs that are cut off there. What runs along the edge is the edge of the print on a mount, on a table
or of a plate, however worn it is.
"""

from functools import partial

import numpy as np
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, by_photo, mostly_inside, reduced, reduction

MIN_FOLD = 1 / 4  # of the shorter side: of a line that may be a fold, and of what runs along the edge
MIN_LENGTH = 1 / 10  # of the shorter side: of long lines; shorter ones are more often scratches than content
MAX_GAP = 1 / 16  # of the shorter side: in a fold that is found in pieces
NEAR = 1 / 25  # of the shorter side: how near to the edge a line has to come to meet it, and two places count as one
MIN_MEETINGS = 2  # with the edge
RIM = 1 / 14  # of the shorter side: a mark runs along the edge if nearly all of it
MOSTLY = 0.9  # lies so near to it


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
    return by_photo(partial(_long, share=MIN_LENGTH), lines)


def _long(lines: Bytes, share: float) -> Bytes:
    """Those lines (H, W) that extend over this share of the shorter side or more."""
    import cv2

    _, label, stats, _ = cv2.connectedComponentsWithStats(lines, connectivity=8)
    extent = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    return lines & (extent >= share * min(lines.shape))[label]


def along_edge(marks: Tensor, margin: Tensor) -> Tensor:
    """The marks that run along the edge of the scan, as the edge of a print that lies on something does.

    Args:
        marks: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like a scratch or a crease, or like a lost part.
        margin: the same of blank margins, at which the print ends.

    Returns:
        uint8 (B, 1, H, W), 1 = part of such a mark.
    """
    return by_photo(_along_edge, marks, margin)


def _along_edge(marks: Bytes, margin: Bytes) -> Bytes:
    """The marks (H, W) long enough for a fold nearly all of which lies near a margin (H, W) or the border."""
    candidates = _long(marks, MIN_FOLD)
    if not candidates.any():
        return candidates
    return mostly_inside(candidates, _near_edge(margin, round(RIM * min(marks.shape))), MOSTLY)


def _inner(lines: Bytes, margin: Bytes) -> Bytes:
    """The lines (H, W) that are no folds of a print that ends at a margin (H, W) or at the border."""
    import cv2

    candidates = _long(lines, MIN_FOLD)
    if not candidates.any():
        return lines
    distance, gap = (round(share * min(lines.shape)) for share in (NEAR, MAX_GAP))
    near, inner = _near_edge(margin, distance), lines.copy()
    count, label = cv2.connectedComponents(cv2.dilate(candidates, np.ones((gap + 1, gap + 1), np.uint8)))
    for i in range(1, count):
        check_cancelled()
        line = candidates & (label == i)
        if _places(line & near, distance) >= MIN_MEETINGS:
            inner -= line
    return inner


def _near_edge(margin: Bytes, distance: int) -> Bytes:
    """The pixels no farther from a margin (H, W) or the border, by the longer of rows and columns; of 0 and 1."""
    import cv2

    near = np.ones_like(margin)
    near[distance : -distance or None, distance : -distance or None] = 0
    if margin.any():
        near |= cv2.distanceTransform(1 - margin, cv2.DIST_C, 3) <= distance
    return near


def _places(marks: Bytes, distance: int) -> int:
    """How many places there are marks (H, W) at; those that are nearer than about two distances count as one."""
    import cv2

    factor = reduction(marks.shape)
    radius = round(distance / factor)
    window = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    near = cv2.dilate((reduced(marks * np.uint8(255), factor) > 0).astype(np.uint8), window)
    return cv2.connectedComponents(near, connectivity=8)[0] - 1
