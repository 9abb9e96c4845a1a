"""Structural similarity, at one scale (Wang, Bovik, Sheikh, Simoncelli 2004) and at five (Wang et al. 2003)."""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from ..image.checks import shape_of
from ..image.strips import filter_in_strips
from .regions import mean_over

WINDOW = 11  # and sigma 1.5, as Wang et al.
SIGMA = 1.5
C1, C2 = 0.01**2, 0.03**2  # for a data range of 1
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
MS_SSIM_MIN_SIDE = WINDOW * 2 ** (len(SCALE_WEIGHTS) - 1)
"""Shortest side in pixels that `ms_ssim` takes: a window must fit the picture at a sixteenth of its size."""


def ssim(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Structural similarity, SSIM (Wang et al. 2004).

    11 x 11 Gaussian window of sigma 1.5, K1 = 0.01, K2 = 0.03, data range 1, biased variances. Channels are compared
    each by itself; the authors compare the luminance, so pass `luminance` of both for that. Papers that call
    scikit-image with its defaults have a 7 x 7 uniform window and unbiased variances instead.

    Args:
        image: (B, C, H, W) in [0, 1].
        reference: (B, C, H, W) in [0, 1].
        where: bool (B, 1, H, W); the mean is over the windows centered on those pixels, the picture mirrored beyond
            its border. None: over windows that lie wholly in the picture, as in the authors' program and in mmagic.

    Returns:
        (B,) in [-1, 1], 1 = equal.

    Raises:
        InputError: for pictures of less than 11 pixels a side and an empty `where`.
    """
    _check_size(image, WINDOW, "SSIM")
    return mean_over(*_full_windows(_each_channel(image, reference), where))


def ms_ssim(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Structural similarity at five scales, MS-SSIM (Wang, Simoncelli, Bovik 2003).

    Contrast and structure at each scale, luminance at the coarsest alone, to the powers .0448 .2856 .3001 .2363
    .1333, multiplied; between scales the mean of 2 x 2 pixels, the last row or column twice where they are odd; window
    and constants as `ssim`. The authors' setting is the luminance of the full picture: pass `luminance` of both and
    no `where`. A scale whose mean is negative counts as 0, where the authors' program gives a complex number.

    Args:
        image: (B, C, H, W) in [0, 1].
        reference: (B, C, H, W) in [0, 1].
        where: bool (B, 1, H, W), pixels that count; a coarser pixel counts if any below it does, which no paper
            reports. None: all.

    Returns:
        (B,) in [0, 1], 1 = equal.

    Raises:
        InputError: for pictures of less than 176 pixels a side, as the authors' program refuses them, and for an
            empty `where`.
    """
    _check_size(image, MS_SSIM_MIN_SIDE, "MS-SSIM")
    product, coarsest = image.new_ones(len(image)), len(SCALE_WEIGHTS) - 1
    for scale, power in enumerate(SCALE_WEIGHTS):
        values = _each_channel(image, reference, luminance=scale == coarsest)
        mean = mean_over(*_full_windows(values, where))
        product = product * mean.clamp(min=0) ** power
        if scale < coarsest:
            image, reference = _halved(image), _halved(reference)
            where = where if where is None else F.max_pool2d(where.to(image), 2, ceil_mode=True).bool()
    return product


def _check_size(image: Tensor, least: int, name: str) -> None:
    if min(image.shape[-2:]) < least:
        raise InputError(f"{name} needs pictures of at least {least} x {least} pixels, got {shape_of(image)}")


def _full_windows(values: Tensor, where: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Values of windows that lie wholly in the picture, or all with `where`."""
    radius = WINDOW // 2
    return (values[..., radius:-radius, radius:-radius] if where is None else values), where


def _each_channel(image: Tensor, reference: Tensor, luminance: bool = True) -> Tensor:
    """Similarity of each channel, (B, C, H, W): one after another, which takes less memory."""
    channels = zip(image.split(1, dim=1), reference.split(1, dim=1), strict=True)
    return torch.cat([_similarity(a, b, luminance) for a, b in channels], dim=1)


def _similarity(x: Tensor, y: Tensor, luminance: bool) -> Tensor:
    """Contrast, structure and, if so, luminance at every pixel of one channel, (B, 1, H, W) -> (B, 1, H, W)."""
    radius = WINDOW // 2
    return filter_in_strips(
        partial(_of_windows, luminance), _mirrored(x, radius), _mirrored(y, radius), overlap=2 * radius
    )


def _of_windows(luminance: bool, x: Tensor, y: Tensor) -> Tensor:
    """`_similarity` of the windows that lie wholly in (B, 1, H, W)."""
    mean_x, mean_y = _smooth(x), _smooth(y)
    var_x, var_y = _smooth(x * x) - mean_x**2, _smooth(y * y) - mean_y**2
    cov = _smooth(x * y) - mean_x * mean_y
    similarity = (2 * cov + C2) / (var_x + var_y + C2)
    return similarity * (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1) if luminance else similarity


def _smooth(x: Tensor) -> Tensor:
    """Gaussian mean over the windows that lie wholly in (B, 1, H, W)."""
    radius = WINDOW // 2
    taps = torch.arange(-radius, radius + 1, dtype=x.dtype, device=x.device)
    taps = torch.softmax(-taps.square() / (2 * SIGMA**2), 0).view(1, 1, 1, -1)
    return F.conv2d(F.conv2d(x, taps), taps.transpose(2, 3))


def _mirrored(x: Tensor, radius: int) -> Tensor:
    """(B, C, H, W) with `radius` more at each side, `1 0 | 0 1 2 ...`: the edge pixel counts twice."""
    for dim in (-2, -1):
        size = x.shape[dim]
        places = [min(max(i, -i - 1), 2 * size - 1 - max(i, -i - 1)) for i in range(-radius, size + radius)]
        x = x.index_select(dim, torch.tensor(places, device=x.device))
    return x


def _halved(x: Tensor) -> Tensor:
    """Mean of 2 x 2 pixels, (B, C, H, W) -> (B, C, ceil(H / 2), ceil(W / 2))."""
    height, width = x.shape[-2:]
    return F.avg_pool2d(F.pad(x, (0, width % 2, 0, height % 2), mode="replicate"), 2)
