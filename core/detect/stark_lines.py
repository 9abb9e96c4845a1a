"""Short lines that stand out and are doubtful all the same: collars, cuffs, fingers, letters, hair before the dark.

The network may be unsure of a faint scratch because it is faint. Of a line that contrasts with what is around it as
bare paper does it is sure, if that is damage: of 190 such lines in 19 worn photos it was unsure of nine, of which seven
were content, and two flakes.
"""

from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, by_photo, logits, long_parts, sureness
from .specks import speck_contrasts

MAX_LENGTH = 1 / 4  # of the shorter side: longer ones, such as folds, are sure in parts


class Doubt(NamedTuple):
    """Lines lighter than what is around them by `contrast` of the range of tones are doubtful below `logit`."""

    contrast: float
    logit: float


DOUBTS = Doubt(0.5, 3.4), Doubt(0.35, 0.9)


def stark_lines(lines: Tensor, probability: Tensor, marks: Tensor, gray: Tensor) -> Tensor:
    """The short lines that are much lighter than what is around them, but not very probable.

    Args:
        lines: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like a scratch or a crease.
        probability: of lines, (B, 1, H, W) in [0, 1].
        marks: as `lines`, of all kinds of damage, which say nothing of what is around; the lines among them.
        gray: the gray levels of the photos they lie in, uint8 (B, 1, H, W), by `to_gray`.

    Returns:
        uint8 (B, 1, H, W), 1 = part of such a line.
    """
    return by_photo(_stark, lines, probability.float(), marks, gray)


def _stark(lines: Bytes, probability: np.ndarray, marks: Bytes, gray: Bytes) -> Bytes:
    """Such lines among lines; all (H, W)."""
    import cv2

    logit = logits(probability)
    short = lines - long_parts(lines, MAX_LENGTH)
    _, label, stats, _ = cv2.connectedComponentsWithStats(short, connectivity=8)
    contrast = speck_contrasts(label, stats, marks, gray)
    chosen = np.zeros(len(stats), np.uint8)
    for i in np.flatnonzero(contrast >= min(doubt.contrast for doubt in DOUBTS)):
        check_cancelled()
        sure = sureness(logit, label, stats, int(i))
        chosen[i] = any(contrast[i] >= doubt.contrast and sure < doubt.logit for doubt in DOUBTS)
    return chosen[label]
