"""Differences pixel by pixel: L1, MSE, PSNR; and total variation, which looks at one picture alone."""

import torch.nn.functional as F
from torch import Tensor

from .regions import mean_over


def l1(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Mean absolute difference.

    mmagic's tables (and the model zoos after it) give 100 times this over the hole: pass the hole as `where`.
    A mean absolute error on 0..255 is 255 times this.

    Args:
        image: (B, C, H, W) in [0, 1].
        reference: (B, C, H, W) in [0, 1].
        where: bool (B, 1, H, W), pixels that count; None = all.

    Returns:
        (B,) in [0, 1], 0 = equal.

    Raises:
        InputError: for an empty `where`.
    """
    return mean_over((image - reference).abs(), where)


def mse(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Mean squared difference. On 0..255 it is 255^2 = 65025 times this.

    Args:
        image: (B, C, H, W) in [0, 1].
        reference: (B, C, H, W) in [0, 1].
        where: bool (B, 1, H, W), pixels that count; None = all.

    Returns:
        (B,) in [0, 1], 0 = equal.

    Raises:
        InputError: for an empty `where`.
    """
    return mean_over((image - reference).square(), where)


def psnr(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Peak signal-to-noise ratio in dB, for a data range of 1.

    Of the mean squared difference over all channels. mmagic's tables and most papers take it on the full picture
    with the known pixels pasted back, rounded to 8 bits; that lies above the value over the hole by
    10 log10(pixels / pixels of the hole). Some programs take it of the luminance alone: pass `luminance` of both.
    Means over photos are means of dB.

    Args:
        image: (B, C, H, W) in [0, 1].
        reference: (B, C, H, W) in [0, 1].
        where: bool (B, 1, H, W), pixels that count; None = all.

    Returns:
        (B,), infinite for equal pictures.

    Raises:
        InputError: for an empty `where`.
    """
    return -10 * mse(image, reference, where).log10()


def tv(image: Tensor, where: Tensor | None = None) -> Tensor:
    """Anisotropic total variation a pixel (Rudin, Osher, Fatemi 1992).

    The mean of |x[i, j+1] - x[i, j]| + |x[i+1, j] - x[i, j]|, 0 beyond the border. torchmetrics' `total_variation` and
    TensorFlow's are sums: this times the number of values of a picture.

    Args:
        image: (B, C, H, W) in [0, 1].
        where: bool (B, 1, H, W), pixels [i, j] that count; None = all.

    Returns:
        (B,) in [0, 2], 0 = flat.

    Raises:
        InputError: for an empty `where`.
    """
    across = F.pad((image[..., 1:] - image[..., :-1]).abs(), (0, 1))
    down = F.pad((image[..., 1:, :] - image[..., :-1, :]).abs(), (0, 0, 0, 1))
    return mean_over(across + down, where)
