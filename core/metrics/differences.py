"""Differences pixel by pixel: L1, MSE, PSNR; and total variation, which looks at one picture alone."""

import torch.nn.functional as F
from torch import Tensor

from .regions import mean_over


def l1(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Mean absolute difference of (B, C, H, W) in [0, 1] over the full picture, or `where` -> (B,) in [0, 1].

    mmagic's tables (and the model zoos after it) give 100 times this over the hole: pass the hole as `where`.
    A mean absolute error on 0..255 is 255 times this.
    Raises `InputError` for an empty `where`.
    """
    return mean_over((image - reference).abs(), where)


def mse(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Mean squared difference of (B, C, H, W) in [0, 1] over the full picture, or `where` -> (B,) in [0, 1].

    On 0..255 it is 255^2 = 65025 times this. Raises `InputError` for an empty `where`.
    """
    return mean_over((image - reference).square(), where)


def psnr(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Peak signal-to-noise ratio of (B, C, H, W) in dB for a data range of 1 -> (B,); infinite for equal pictures.

    Of the mean squared difference over all channels. mmagic's tables and most papers take it on the full picture
    with the known pixels pasted back, rounded to 8 bits; that lies above the value over the hole by
    10 log10(pixels / pixels of the hole). Some programs take it of the luminance alone: pass `luminance` of both.
    Means over photos are means of dB. Raises `InputError` for an empty `where`.
    """
    return -10 * mse(image, reference, where).log10()


def tv(image: Tensor, where: Tensor | None = None) -> Tensor:
    """Anisotropic total variation a pixel of (B, C, H, W) in [0, 1] -> (B,) in [0, 2] (Rudin et al. 1992).

    The mean of |right - here| + |below - here|, 0 beyond the border, over the full picture, or `where` "here" is.
    torchmetrics' `total_variation` and TensorFlow's are sums: this times the number of values of a picture.
    Raises `InputError` for an empty `where`.
    """
    across = F.pad((image[..., 1:] - image[..., :-1]).abs(), (0, 1))
    down = F.pad((image[..., 1:, :] - image[..., :-1, :]).abs(), (0, 0, 0, 1))
    return mean_over(across + down, where)
