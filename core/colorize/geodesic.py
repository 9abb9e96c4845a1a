"""How far a hint reaches: to where it is nearer than the known pixels, by geodesic distance over the gray image.

After Yatziv, Sapiro, "Fast Image and Video Colorization using Chrominance Blending", IEEE Transactions on
Image Processing 15(5), 2006: a step from pixel to pixel costs by how much the luminance changes, so an edge is a
long way and a flat region a short one.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..host.cancel import check_cancelled
from .stencil import OFFSETS

STEP_COST = 1e-5  # of a pixel where the luminance does not change
FAR = 1e6  # more than any distance


def hint_influence(
    gray: Tensor, known: Tensor, hinted: Tensor, hints: Tensor, strength: float = 1.0
) -> tuple[Tensor, Tensor]:
    """How much each pixel belongs to a hint, and to which color.

    Args:
        gray: (H, W) in [0, 1].
        known: bool (H, W), True somewhere.
        hinted: bool (H, W), True somewhere, nowhere where `known` is.
        hints: (C, H, W), colors where hinted.
        strength: above 0; twice of it makes the distance from a hint half as long.

    Returns:
        The influence of hints (H, W) in [0, 1], and the color of the nearest hint (C, H, W).
    """
    distance = torch.full((2, *gray.shape), FAR, dtype=gray.dtype, device=gray.device)  # from known, from hints
    distance[0, known] = 0
    distance[1, hinted] = 0
    nearest = hints.clone()
    costs = [_cost(gray, dy, dx) for dy, dx in OFFSETS]
    changed = True
    while changed:
        before = distance.sum(dtype=torch.float64)
        check_cancelled()
        for (dy, dx), cost in zip(OFFSETS, costs, strict=True):
            through = _shift(distance, dy, dx, FAR) + cost
            nearest = torch.where(through[1] < distance[1], _shift(nearest, dy, dx, 0.0), nearest)
            distance = torch.minimum(distance, through)
        changed = bool(distance.sum(dtype=torch.float64) < before)
    from_known, from_hint = distance[0].square(), (distance[1] / strength).square()
    return from_known / (from_known + from_hint).clamp(min=1e-20), nearest


def _cost(gray: Tensor, dy: int, dx: int) -> Tensor:
    """Cost of coming to each pixel from its neighbor at (dy, dx)."""
    return (gray - _shift(gray, dy, dx, torch.inf)).square() + STEP_COST * (dy * dy + dx * dx) ** 0.5


def _shift(values: Tensor, dy: int, dx: int, fill: float) -> Tensor:
    """The neighbor at (dy, dx) of every pixel of (..., H, W); `fill` past the border."""
    h, w = values.shape[-2:]
    return F.pad(values, (1, 1, 1, 1), value=fill)[..., 1 + dy : 1 + dy + h, 1 + dx : 1 + dx + w]
