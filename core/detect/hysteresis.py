"""From probabilities to marks of 0 and 1, by a threshold with hysteresis (Canny 1986).

A mark is a connected part of rather probable pixels, of which `MIN_SURE` or more are above the threshold. So the faint
end of a sure scratch belongs to it, and a long edge of the scene with a sure pixel or two is dropped.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import InputError
from ..host.cancel import check_cancelled
from .planes import Bytes

MIN_SURE = 0.25  # of the pixels of a mark


def hysteresis_marks(probability: Tensor, threshold: float, min_area: int = 0, margin: float = 0.0) -> Tensor:
    """Where damage of one kind is.

    Args:
        probability: (B, 1, H, W) in [0, 1]; each photo by itself.
        threshold: pixels above it are damage; at least 0, below 1.
        min_area: connected parts of fewer pixels are dropped; corners connect.
        margin: logits by which pixels may be below the threshold that are connected to enough that are above it.

    Returns:
        uint8 (B, 1, H, W) of 0 and 1, 1 = damage, on the same device.

    Raises:
        InputError: `min_area` is negative.
    """
    if min_area < 0:
        raise InputError(f"the smallest part must have 0 pixels or more, got {min_area}")
    low = lowered(threshold, margin)
    marks = torch.zeros_like(probability, dtype=torch.uint8)
    for mark, photo in zip(marks, probability, strict=True):
        if (photo > threshold).any():
            plane = photo[0].float().cpu().numpy()
            mark[0] = torch.from_numpy(_connected(plane, low, threshold, min_area)).to(mark)
    return marks


def lowered(threshold: float, logits: float) -> float:
    """A probability that is lower by so many logits."""
    return float(torch.sigmoid(torch.logit(torch.tensor(threshold, dtype=torch.float64)) - logits))


def _connected(plane: NDArray[np.float32], low: float, high: float, min_area: int) -> Bytes:
    """Connected parts above `low` of `min_area` pixels or more, of which `MIN_SURE` are above `high`; 1 = in one."""
    import cv2

    weak = plane > low
    marks = weak.astype(np.uint8)
    count, label = cv2.connectedComponents(marks, connectivity=8)
    check_cancelled()
    of_part = label[weak]
    area, sure = (np.bincount(part, minlength=count) for part in (of_part, label[plane > high]))
    kept = (sure > 0) & (sure >= MIN_SURE * area) & (area >= min_area)
    marks[weak] = kept[of_part]
    return marks
