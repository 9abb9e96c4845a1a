"""Marks of which the network is unsure, where little is damaged.

Lights in foliage, glints, jewels and buttons as specks; collars, stripes and rims as short lines. Of 266 specks in 34
old photos, the largest and strongest eight that are filled in each, 20 were content, all of them light.
"""

import numpy as np
from torch import Tensor

from .planes import Bytes, Mask, by_photo, logits, sureness
from .specks import Specks

SURE_SPECK, SURE_LINE = 4.0, 3.0  # logits, from which it is sure


def unsure_specks(specks: Specks, logit: np.ndarray) -> Mask:
    """The light specks that are not very probable.

    Args:
        specks: of a photo.
        logit: of its specks, (H, W).

    Returns:
        Which of them are, (N + 1,).
    """
    unsure = np.zeros(len(specks.stats), np.bool_)
    for i in np.flatnonzero(specks.contrast > 0):
        unsure[i] = sureness(logit, specks.label, specks.stats, int(i)) < SURE_SPECK
    return unsure


def unsure_lines(lines: Tensor, probability: Tensor) -> Tensor:
    """The lines that are not very probable.

    Args:
        lines: as in `cracks`.
        probability: as in `cracks`.

    Returns:
        uint8 (B, 1, H, W), 1 = part of such a line.
    """
    return by_photo(_unsure, lines, probability.float())


def _unsure(lines: Bytes, probability: np.ndarray) -> Bytes:
    """Such lines among lines; all (H, W)."""
    import cv2

    logit = logits(probability)
    count, label, stats, _ = cv2.connectedComponentsWithStats(lines, connectivity=8)
    unsure = [i > 0 and sureness(logit, label, stats, i) < SURE_LINE for i in range(count)]
    return np.array(unsure, np.uint8)[label]
