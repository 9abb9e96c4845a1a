"""Means of the known pixels around each pixel."""

import math
from functools import partial

import torch.nn.functional as F
from torch import Tensor

from ..image.strips import filter_in_strips


def gaussian(values: Tensor, sigma: float) -> Tensor:
    """A Gaussian mean of values, as if there were zeros around the picture.

    Args:
        values: (C, H, W).
        sigma: standard deviation in pixels, above 0.

    Returns:
        (C, H, W).
    """
    radius = max(1, math.ceil(3 * sigma))
    taps = values.new_tensor([math.exp(-0.5 * (i / sigma) ** 2) for i in range(-radius, radius + 1)])
    padded = F.pad(values, (0, 0, radius, radius))
    return filter_in_strips(partial(_filtered, taps / taps.sum()), padded, overlap=2 * radius)


def _filtered(taps: Tensor, values: Tensor) -> Tensor:
    """Values (C, H + 2 * radius, W) filtered along rows and columns by taps (2 * radius + 1,), (C, H, W)."""
    rows = F.conv2d(values[:, None], taps.view(1, 1, 1, -1), padding=(0, len(taps) // 2))
    return F.conv2d(rows, taps.view(1, 1, -1, 1))[:, 0]


def known_mean(values: Tensor, weight: Tensor, sigma: float) -> Tensor:
    """A Gaussian mean of what is known; far from all that is known, of nothing, which is 0.

    Args:
        values: (C, H, W).
        weight: (H, W) in [0, 1], 0 = not known.
        sigma: standard deviation in pixels, above 0.

    Returns:
        (C, H, W).
    """
    share = gaussian(weight[None], sigma)
    return gaussian(values * weight, sigma) / share.clamp(min=1e-6)
