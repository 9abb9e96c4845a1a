"""Cracks: ragged lines of which the network is sure. It is as sure of rods and chains, but these are smooth."""

import numpy as np
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, by_photo, logits, long_parts, sureness
from .raggedness import RAGGED, raggedness_of

MIN_LENGTH = 1 / 16  # of the shorter side
SURE = (RAGGED, 7.0), (0.0005, 6.4)  # how ragged a crack is, and its logits: one of these for one crack at least;
ALSO = 3.0  # logits of other ragged lines beside it


def cracks(lines: Tensor, probability: Tensor) -> Tensor:
    """The ragged lines of each photo in which the network is sure of one of them.

    Args:
        lines: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like a scratch or a crease.
        probability: of lines, (B, 1, H, W) in [0, 1].

    Returns:
        uint8 (B, 1, H, W), 1 = part of such a line.
    """
    return by_photo(_ragged, lines, probability.float())


def _ragged(lines: Bytes, probability: np.ndarray) -> Bytes:
    """Such lines among lines; all (H, W)."""
    import cv2

    long = long_parts(lines, MIN_LENGTH)
    _, label, stats, _ = cv2.connectedComponentsWithStats(long, connectivity=8)
    logit = logits(probability)
    ragged, sure = np.zeros((2, len(stats)))  # of each part
    for i in range(1, len(stats)):
        check_cancelled()
        ragged[i], sure[i] = raggedness_of(label, stats, i), sureness(logit, label, stats, i)
    told = any(((ragged >= outline) & (sure >= least)).any() for outline, least in SURE)
    return (told & (ragged >= RAGGED) & (sure >= ALSO)).astype(np.uint8)[label]
