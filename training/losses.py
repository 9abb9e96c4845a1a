"""Losses that compare pixels: answer and truth (B, C, H, W), hole (B, 1, H, W) of 0 and 1, 1 = fill -> (B,).

Means are over the values named, so that large and small holes weigh the same. The answer is the network's own, with
its known pixels too; `composite` puts the true ones there.
"""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from monochromic.core import ms_ssim as core_ms_ssim
from torch import Tensor

DISCOUNT = 0.99  # of DeepFill v1, for holes of 128 pixels
MIN_MSE = 1e-5  # at which a photo counts as right, 50 dB


def composite(answer: Tensor, truth: Tensor, hole: Tensor) -> Tensor:
    """The answer in the hole, the truth around it."""
    return answer * hole + truth * (1 - hole)


def mse(answer: Tensor, truth: Tensor, hole: Tensor) -> Tensor:
    """Mean squared error in the hole."""
    return ((answer - truth) * hole).square().sum((1, 2, 3)) / _area(hole, truth)


def psnr(answer: Tensor, truth: Tensor, hole: Tensor) -> Tensor:
    """Logarithm of the mean squared error in the hole, so that the mean PSNR is what grows."""
    return torch.log(mse(answer, truth, hole) + MIN_MSE)


def l1(answer: Tensor, truth: Tensor, hole: Tensor) -> Tensor:
    """Mean absolute error in the hole."""
    return ((answer - truth) * hole).abs().sum((1, 2, 3)) / _area(hole, truth)


def valid(answer: Tensor, truth: Tensor, hole: Tensor) -> Tensor:
    """Mean absolute error of the known pixels (Liu et al. 2018 weigh it 1, the hole 6)."""
    return l1(answer, truth, 1 - hole)


def discounted(answer: Tensor, truth: Tensor, hole: Tensor) -> Tensor:
    """Mean over the hole of 0.99 ** distance to the nearest known pixel, times the absolute error (Yu et al. 2018)."""
    weight = DISCOUNT ** distance_to_known(hole) * hole
    return ((answer - truth).abs() * weight).sum((1, 2, 3)) / _area(hole, truth)


def gradient(answer: Tensor, truth: Tensor, hole: Tensor) -> Tensor:
    """Absolute error of the differences to the next pixels, by the area of the hole; right around it."""
    error = (answer - truth) * hole
    area = _area(hole, truth)
    down, across = (error.diff(dim=d).abs().sum((1, 2, 3)) / area for d in (2, 3))
    return down + across


def tv(answer: Tensor, truth: Tensor, hole: Tensor) -> Tensor:
    """Total variation of the composite where a pixel of the hole is part of it, by the area of the hole."""
    picture = composite(answer, truth, hole)
    total: Tensor | int = 0
    for d in (2, 3):
        touched = F.max_pool2d(hole, (2, 1) if d == 2 else (1, 2), stride=1)
        total = total + (picture.diff(dim=d).abs() * touched).sum((1, 2, 3))
    return total / _area(hole, truth)


def ms_ssim(answer: Tensor, truth: Tensor, hole: Tensor) -> Tensor:
    """1 - MS-SSIM of the composite. Raises `InputError` under 176 pixels a side."""
    return 1 - core_ms_ssim(composite(answer, truth, hole), truth)


def distance_to_known(hole: Tensor) -> Tensor:
    """Pixels to the nearest known one, (B, 1, H, W); 0 where known."""
    maps = [cv2.distanceTransform(each, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for each in _bytes(hole)]
    return torch.from_numpy(np.stack(maps))[:, None].to(hole)


def _bytes(hole: Tensor) -> np.ndarray:
    return (hole[:, 0] > 0).byte().cpu().numpy()


def _area(hole: Tensor, truth: Tensor) -> Tensor:
    return hole.sum((1, 2, 3)).clamp(min=1) * truth.shape[1]


PIXELS = {each.__name__: each for each in (psnr, mse, l1, valid, discounted, gradient, tv, ms_ssim)}
