"""Luminance and chroma: YCbCr after ITU-R BT.601, full range, chroma centerd on 0.

    Y  = 0.299 R + 0.587 G + 0.114 B        in [0, 1]
    Cb = (B - Y) / 1.772                    in [-0.5, 0.5]
    Cr = (R - Y) / 1.402                    in [-0.5, 0.5]

This is the transform of JPEG files (JFIF), linear and invertible. It is written with differences of
channels, so that a gray pixel (R = G = B) has exactly Y = R, Cb = Cr = 0 and comes back bit for bit.
"""

import torch
from torch import Tensor

from .checks import check_image

KR, KG, KB = 0.299, 0.587, 0.114
CB_SCALE, CR_SCALE = 2 * (1 - KB), 2 * (1 - KR)


def luminance(image: Tensor) -> Tensor:
    """Y of `image`, (B, 1 or 3, H, W) in [0, 1] -> (B, 1, H, W) in [0, 1]; one channel is its own Y."""
    check_image(image)
    if image.shape[1] == 1:
        return image
    r, g, b = image.split(1, dim=1)
    return (g + KR * (r - g) + KB * (b - g)).clamp_(0, 1)


def chroma(image: Tensor) -> Tensor:
    """Cb and Cr of `image`, (B, 3, H, W) in [0, 1] -> (B, 2, H, W) in [-0.5, 0.5]."""
    check_image(image, channels=(3,))
    y = luminance(image)
    return torch.cat([(image[:, 2:] - y) / CB_SCALE, (image[:, :1] - y) / CR_SCALE], dim=1)


def to_rgb(y: Tensor, cbcr: Tensor) -> Tensor:
    """Inverse of `luminance` and `chroma`: (B, 1, H, W) and (B, 2, H, W) -> (B, 3, H, W), not clamped."""
    cb, cr = cbcr.split(1, dim=1)
    b, r = y + CB_SCALE * cb, y + CR_SCALE * cr
    g = y - (KB * CB_SCALE * cb + KR * CR_SCALE * cr) / KG
    return torch.cat([r, g, b], dim=1)


def to_rgb_in_gamut(y: Tensor, cbcr: Tensor) -> Tensor:
    """`to_rgb` kept within [0, 1] by paling the color, never by changing the luminance.

    Where a channel would leave [0, 1], both chroma values shrink by the one factor that brings it back:
    hue and Y stay, saturation gives way. Cutting the channels instead would change Y.
    """
    tint = to_rgb(torch.zeros_like(y), cbcr)
    room = torch.where(tint > 0, 1 - y, y) / tint.abs().clamp(min=1e-12)
    return (y + tint * room.amin(dim=1, keepdim=True).clamp(max=1)).clamp_(0, 1)
