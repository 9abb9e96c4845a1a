"""Specks that are too wide to be surely dust: buttons and beads as often."""

import numpy as np
import torch
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, Mask, inner_distance

MAX_WIDTH, MIN_WIDTH = 1 / 100, 4.0  # of the shorter side, and pixels: wider specks are doubtful, whichever is more


def wide_specks(specks: Tensor) -> Tensor:
    """The specks that are too wide to be surely dust.

    Args:
        specks: (B, 1, H, W) of 0 and 1, 1 = looks like dust.

    Returns:
        (B, 1, H, W) of the same type, 1 = part of a wide speck.
    """
    wide = torch.zeros_like(specks)
    limit = max(MIN_WIDTH, MAX_WIDTH * min(specks.shape[-2:]))
    for result, marks in zip(wide, specks, strict=True):
        if marks.any():
            plane = marks[0].byte().cpu().numpy()
            result[0] = torch.from_numpy(_wide_parts(plane, limit)).to(result)
    return wide


def _wide_parts(plane: Bytes, limit: float) -> Mask:
    """The connected parts of a plane (H, W) into which a disc of more than a diameter fits."""
    import cv2

    width = inner_distance(plane > 0)
    width *= 2  # in place, because large photos fill the memory
    width -= 1
    centers = width > limit
    del width
    check_cancelled()
    count, label = cv2.connectedComponents(plane, connectivity=8)
    wide = np.zeros(count, np.bool_)
    wide[np.unique(label[centers])] = True
    wide[0] = False
    return wide[label]
