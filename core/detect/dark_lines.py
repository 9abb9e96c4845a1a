"""Dark lines: seams of clapboards, pleats, wires and masts, which are thin, but hardly ever damage.

What comes off a print shows the white paper, and dust keeps the light from a film, which is white in the print: of what
is rightly found on traced prints, 99.8 % is lighter than what is around it. A crease in relief has a dark flank beside
a light one, and so is about as light as the rest.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, by_photo, mostly_inside, reduced, reduction

MAX_DARKNESS = 0.1  # of the level around a line: by how much its mean may be darker; it is thinner than its mark
ALONG, AROUND = 1 / 32, 1 / 24  # of the shorter side: windows in which levels of lines and of the rest are means
MIN_ALONG, MIN_AROUND = 5, 9  # pixels: their least sides
DARK_SHARE = 0.5  # of a line that is dark, above which it is content


def dark_lines(lines: Tensor, marks: Tensor, gray: Tensor) -> Tensor:
    """The connected lines that are darker than what is around them, over most of their area.

    Args:
        lines: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like a scratch or a crease.
        marks: the same of all kinds of damage, which say nothing of what is around; the lines among them.
        gray: the gray levels of the photos they lie in, uint8 (B, 1, H, W), by `to_gray`.

    Returns:
        uint8 (B, 1, H, W), 1 = part of a dark line.
    """
    return by_photo(_mostly_dark, lines, marks, gray)


def _mostly_dark(lines: Bytes, marks: Bytes, gray: Bytes) -> Bytes:
    """The dark lines among lines; all (H, W). Levels are compared on a reduced copy."""
    import cv2

    factor = reduction(gray.shape)
    clear = (cv2.dilate(marks, np.ones((3, 3), np.uint8)) == 0).astype(np.uint8)
    short = min(gray.shape) / factor
    along, around = max(MIN_ALONG, round(ALONG * short)), max(MIN_AROUND, round(AROUND * short))
    level, rest = _mean_level(gray, lines, factor, along), _mean_level(gray, clear, factor, around)
    line = (reduced(lines * np.uint8(255), factor) > 0).astype(np.uint8)
    dark = (level < (1 - MAX_DARKNESS) * rest).astype(np.uint8)  # 0 where nothing is known around
    chosen = mostly_inside(line, dark, DARK_SHARE)
    return lines & np.asarray(cv2.resize(chosen, gray.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def _mean_level(gray: Bytes, mask: Bytes, factor: int, side: int) -> NDArray[np.float32]:
    """Means of the levels under a mask (H, W) in square windows, on a reduced copy; NaN where it has no pixel."""
    import cv2

    check_cancelled()
    window = (side | 1, side | 1)
    levels, share = (
        cv2.boxFilter(reduced(plane, factor), cv2.CV_32F, window, borderType=cv2.BORDER_CONSTANT)
        for plane in (gray * mask, mask * np.uint8(255))
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(255 * levels / share, np.float32)
