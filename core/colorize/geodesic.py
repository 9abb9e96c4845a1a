"""How far a hint reaches: to where it is nearer than the known pixels, walking along similar gray.

After Yatziv, Sapiro, "Fast Image and Video Colorization using Chrominance Blending", IEEE Transactions on
Image Processing 2006: a step from pixel to pixel costs by how much the luminance changes, so an edge is a
long way and a flat region a short one.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..host.cancel import check_cancelled
from .stencil import OFFSETS

STEP = 1e-5  # cost of a pixel's way where the luminance does not change
FAR = 1e6


def hint_influence(
    gray: Tensor, known: Tensor, hinted: Tensor, hints: Tensor, strength: float = 1.0
) -> tuple[Tensor, Tensor]:
    """How much each pixel belongs to a hint, (H, W) in [0, 1], and to which color, (C, H, W).

    gray: (H, W) in [0, 1]. known, hinted: bool (H, W), apart, each true somewhere. hints: (C, H, W).
    strength: above 0; twice of it makes the way from a hint half as long.
    """
    way = torch.full((2, *gray.shape), FAR, dtype=gray.dtype, device=gray.device)
    way[0, known] = 0
    way[1, hinted] = 0
    carried = hints.clone()
    costs = [_cost(gray, dy, dx) for dy, dx in OFFSETS]
    moved = True
    while moved:
        before = way.sum(dtype=torch.float64)
        check_cancelled()
        for (dy, dx), cost in zip(OFFSETS, costs, strict=True):
            longer = _shift(way, dy, dx, FAR) + cost
            carried = torch.where(longer[1] < way[1], _shift(carried, dy, dx, 0.0), carried)
            way = torch.minimum(way, longer)
        moved = bool(way.sum(dtype=torch.float64) < before)
    from_known, from_hint = way[0].square(), (way[1] / strength).square()
    return from_known / (from_known + from_hint).clamp(min=1e-20), carried


def _cost(gray: Tensor, dy: int, dx: int) -> Tensor:
    """Cost of coming to each pixel from its neighbor at (dy, dx)."""
    return (gray - _shift(gray, dy, dx, torch.inf)).square() + STEP * (dy * dy + dx * dx) ** 0.5


def _shift(values: Tensor, dy: int, dx: int, beyond: float) -> Tensor:
    """The neighbor at (dy, dx) of every pixel of (..., H, W); `beyond` past the border."""
    h, w = values.shape[-2:]
    return F.pad(values, (1, 1, 1, 1), value=beyond)[..., 1 + dy : 1 + dy + h, 1 + dx : 1 + dx + w]
