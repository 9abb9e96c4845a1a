"""RGB to gray and back, for the whole package: Y, Cb and Cr after ITU-R BT.601, full range, chroma centered on 0.

    Y  = 0.299 R + 0.587 G + 0.114 B        in [0, 1]
    Cb = (B - Y) / 1.772                    in [-0.5, 0.5]
    Cr = (R - Y) / 1.402                    in [-0.5, 0.5]

Sources: Recommendation ITU-R BT.601-7, sections 2.5.1 and 2.5.2 (the weights and the scales of the differences), and
ITU-T T.871 (JFIF, the full range of JPEG files). The transform is linear and invertible. It is written with
differences of channels, so that a gray pixel (R = G = B) has exactly Y = R and Cb = Cr = 0 and comes back bit for bit.

`luminance` and `chroma` check what they get. `to_y`, `to_cbcr` and the way back check nothing: they are for tensors
that were checked already.
"""

import torch
from torch import Tensor

from ..host.cancel import check_cancelled
from .checks import check_image

KR, KG, KB = 0.299, 0.587, 0.114
CB_SCALE, CR_SCALE = 2 * (1 - KB), 2 * (1 - KR)


def luminance(image: Tensor) -> Tensor:
    """The luminance Y of an image, which is its gray image.

    Args:
        image: float (B, 1 or 3, H, W) in [0, 1].

    Returns:
        (B, 1, H, W) in [0, 1], of the image's dtype and device. One channel is its own luminance.

    Raises:
        InputError: for another shape, type or range.
    """
    check_image(image)
    return to_y(image)


def chroma(image: Tensor) -> Tensor:
    """The chroma of an image: Cb and Cr.

    Args:
        image: float (B, 3, H, W) in [0, 1].

    Returns:
        (B, 2, H, W) in [-0.5, 0.5], 0 where the image is gray.

    Raises:
        InputError: for another shape, type or range.
    """
    check_image(image, channels=(3,))
    return to_cbcr(image)


def to_y(image: Tensor) -> Tensor:
    """`luminance` without its checks.

    Args:
        image: float (B, 1 or 3, H, W) in [0, 1].

    Returns:
        (B, 1, H, W) in [0, 1]. One channel comes back as it is, not copied.
    """
    if image.shape[1] == 1:
        return image
    check_cancelled()
    r, g, b = image.split(1, dim=1)
    return (g + KR * (r - g) + KB * (b - g)).clamp_(0, 1)


def to_cbcr(image: Tensor) -> Tensor:
    """`chroma` without its checks.

    Args:
        image: float (B, 3, H, W) in [0, 1].

    Returns:
        (B, 2, H, W) in [-0.5, 0.5].
    """
    y = to_y(image)
    return torch.cat([(image[:, 2:] - y) / CB_SCALE, (image[:, :1] - y) / CR_SCALE], dim=1)


def to_rgb(y: Tensor, cbcr: Tensor) -> Tensor:
    """RGB of luminance and chroma, the inverse of `to_y` and `to_cbcr`.

    Args:
        y: luminance, (B, 1, H, W) in [0, 1].
        cbcr: chroma, (B, 2, H, W).

    Returns:
        (B, 3, H, W), not clamped: colors out of gamut lie outside [0, 1].
    """
    cb, cr = cbcr.split(1, dim=1)
    b, r = y + CB_SCALE * cb, y + CR_SCALE * cr
    g = y - (KB * CB_SCALE * cb + KR * CR_SCALE * cr) / KG
    return torch.cat([r, g, b], dim=1)


def to_rgb_in_gamut(y: Tensor, cbcr: Tensor) -> Tensor:
    """`to_rgb` within [0, 1], by paling the color and never by changing the luminance.

    Where a channel would leave [0, 1], both chroma values shrink by the one factor that brings it back: hue and Y
    stay, saturation gives way. Clamping the channels would change Y.

    Args:
        y: luminance, (B, 1, H, W) in [0, 1].
        cbcr: chroma, (B, 2, H, W).

    Returns:
        (B, 3, H, W) in [0, 1], of luminance `y`.
    """
    tint = to_rgb(torch.zeros_like(y), cbcr)  # what the chroma adds to each channel
    check_cancelled()
    room = torch.where(tint > 0, 1 - y, y) / tint.abs().clamp(min=1e-12)
    check_cancelled()
    return (y + tint * room.amin(dim=1, keepdim=True).clamp(max=1)).clamp_(0, 1)
