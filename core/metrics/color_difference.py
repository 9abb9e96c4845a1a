"""CIEDE2000, how far apart two colors look (Sharma, Wu, Dalal 2005, "The CIEDE2000 color-difference formula")."""

import math

import torch
from torch import Tensor

from ..host.cancel import check_cancelled
from .regions import mean_over

RGB_TO_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
WHITE = (0.95047, 1.0, 1.08883)  # D65, 2 degrees
ROWS = 256  # at once, to bound the memory that a large photo takes


def ciede2000(image: Tensor, reference: Tensor, where: Tensor | None = None) -> Tensor:
    """Mean CIEDE2000 of sRGB pictures (Sharma, Wu, Dalal 2005).

    Lightness, chroma and hue weigh 1 each (k_L = k_C = k_H = 1), white is D65; the same as scikit-image's
    `deltaE_ciede2000` of `rgb2lab` with their defaults.

    Args:
        image: (B, 1 or 3, H, W) in [0, 1]; a gray picture counts as three equal channels.
        reference: (B, 1 or 3, H, W) in [0, 1].
        where: bool (B, 1, H, W), pixels that count; None = all.

    Returns:
        (B,), 0 = equal; about 1 is the least that people see between patches side by side, black to white is 100.

    Raises:
        InputError: for an empty `where`.
    """
    pairs = zip(image.split(ROWS, dim=2), reference.split(ROWS, dim=2), strict=True)
    return mean_over(torch.cat([lab_difference(to_lab(a), to_lab(b)) for a, b in pairs], dim=2), where)


def to_lab(image: Tensor) -> Tensor:
    """CIE L*a*b* (CIE 15:2004) of sRGB (IEC 61966-2-1), for white D65 and 2 degrees.

    Args:
        image: (B, 1 or 3, H, W) in [0, 1]; a gray picture counts as three equal channels.

    Returns:
        (B, 3, H, W): L in [0, 100], a and b about -110 to 110.
    """
    check_cancelled()
    rgb = image.expand(-1, 3, -1, -1)
    linear = torch.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    scaled = [[c / white for c in row] for row, white in zip(RGB_TO_XYZ, WHITE, strict=True)]
    xyz = torch.einsum("ij,bjhw->bihw", image.new_tensor(scaled), linear)
    x, y, z = torch.where(xyz > 0.008856, xyz ** (1 / 3), 7.787 * xyz + 16 / 116).split(1, dim=1)
    return torch.cat([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def lab_difference(lab1: Tensor, lab2: Tensor) -> Tensor:
    """CIEDE2000 at every pixel. Letters are those of Sharma, Wu, Dalal 2005.

    Args:
        lab1: (B, 3, H, W), L*a*b*.
        lab2: (B, 3, H, W), L*a*b*.

    Returns:
        (B, 1, H, W), 0 or more.
    """
    (l1, a1, b1), (l2, a2, b2) = lab1.split(1, dim=1), lab2.split(1, dim=1)
    stretch = 1.5 - 0.5 * _saturation((torch.hypot(a1, b1) + torch.hypot(a2, b2)) / 2)  # 1 + G
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = torch.hypot(a1, b1), torch.hypot(a2, b2)
    turn, hue = _hues(torch.atan2(b1, a1), torch.atan2(b2, a2))
    light, chroma = (l1 + l2) / 2 - 50, (c1 + c2) / 2
    d_light = (l2 - l1) / (1 + 0.015 * light**2 / (20 + light**2).sqrt())
    d_chroma = (c2 - c1) / (1 + 0.045 * chroma)
    d_hue = 2 * (c1 * c2).sqrt() * (turn / 2).sin() / (1 + 0.015 * chroma * _hue_weight(hue))
    rotation = -2 * _saturation(chroma) * (2 * _blueness(hue)).sin()  # R_T
    return (d_light**2 + d_chroma**2 + d_hue**2 + rotation * d_chroma * d_hue).clamp(min=0).sqrt()


def _saturation(chroma: Tensor) -> Tensor:
    """0 for gray, towards 1 for strong colors: sqrt(C^7 / (C^7 + 25^7))."""
    power = (chroma / 25) ** 7
    return (power / (power + 1)).sqrt()


def _hues(h1: Tensor, h2: Tensor) -> tuple[Tensor, Tensor]:
    """The shorter turn from one hue to the other, and the hue in its middle, in radians."""
    turn = torch.remainder(h2 - h1 + math.pi, 2 * math.pi) - math.pi
    return turn, torch.remainder(h1 + turn / 2, 2 * math.pi)


def _hue_weight(hue: Tensor) -> Tensor:
    """T."""
    rad = math.radians
    return (
        1
        - 0.17 * (hue - rad(30)).cos()
        + 0.24 * (2 * hue).cos()
        + 0.32 * (3 * hue + rad(6)).cos()
        - 0.20 * (4 * hue - rad(63)).cos()
    )


def _blueness(hue: Tensor) -> Tensor:
    """Delta theta, at most 30 degrees, around the blue of 275 degrees."""
    return math.radians(30) * (-(((hue - math.radians(275)) / math.radians(25)) ** 2)).exp()
