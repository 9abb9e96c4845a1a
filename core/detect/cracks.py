"""Cracks: ragged lines of which the network is sure. It is as sure of rods and chains, but these are smooth."""

import numpy as np
import torch
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, logits, long_parts, sureness
from .raggedness import is_ragged

MIN_LENGTH = 1 / 16  # of the shorter side
SURE, ALSO = 7.0, 3.0  # logits of one crack at least, and of others beside it


def cracks(lines: Tensor, probability: Tensor) -> Tensor:
    """The ragged lines of one photo, if the network is sure of one of them.

    Args:
        lines: uint8 (1, 1, H, W) of 0 and 1, 1 = looks like a scratch or a crease.
        probability: of lines, (1, 1, H, W) in [0, 1].

    Returns:
        uint8 (1, 1, H, W), 1 = part of such a line.
    """
    if not lines.any():
        return torch.zeros_like(lines)
    return torch.from_numpy(_ragged(lines[0, 0].cpu().numpy(), logits(probability))).to(lines)[None, None]


def _ragged(lines: Bytes, logit: np.ndarray) -> Bytes:
    """Such lines among lines; all (H, W)."""
    import cv2

    long = long_parts(lines, MIN_LENGTH)
    _, label, stats, _ = cv2.connectedComponentsWithStats(long, connectivity=8)
    sure = np.full(len(stats), -np.inf)  # of each part
    for i in range(1, len(stats)):
        check_cancelled()
        if is_ragged(label, stats, i):
            sure[i] = sureness(logit, label, stats, i)
    chosen = sure >= ALSO if (sure >= SURE).any() else np.zeros(len(stats), np.bool_)
    return chosen.astype(np.uint8)[label]
