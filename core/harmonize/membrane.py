"""A soft membrane over the hole: values given at its rim, spread into it as smoothly as can be.

The screened Poisson equation of Bhat, Curless, Cohen, Zitnick, "Fourier Analysis of the 2D Screened Poisson Equation
for Gradient Domain Problems", ECCV 2008; without the screen it is the membrane of Perez, Gangnet, Blake, "Poisson
Image Editing", SIGGRAPH 2003: what is to be added to a picture so that its gradients stay and its rim fits.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..colorize.stencil import OFFSETS, Stencil, neighbor_index, solve

WEIGHTS = 1, 4, 1, 4, 4, 1, 4, 1  # / 20: of the nine-point Laplacian, in the order of OFFSETS


def spread_inside(values: Tensor, hole: Tensor, reach: float = 0.0) -> Tensor:
    """Spread what is known at the rim of a hole into the hole.

    Args:
        values: (C, H, W); what lies under the hole is not looked at.
        hole: bool (H, W), True = to be found. Neither all nor nothing of it may be True.
        reach: pixels at which a value has faded to 1 / e; 0: it never fades, and a linear ramp goes on as one.

    Returns:
        (C, H, W): the values themselves outside the hole.
    """
    h, w = hole.shape
    row, column = hole.nonzero(as_tuple=True)
    neighbor = neighbor_index(row, column, h, w)
    weights = (torch.tensor(WEIGHTS).to(values) / 20).expand(len(row), -1)
    inside = torch.stack(
        [(row + dy >= 0) & (row + dy < h) & (column + dx >= 0) & (column + dx < w) for dy, dx in OFFSETS], dim=1
    )
    weights = weights * inside
    outside = neighbor == len(row)
    padded = F.pad(values.masked_fill(hole, 0), (1, 1, 1, 1))
    rhs = values.new_zeros(len(row), len(values))
    for k, (dy, dx) in enumerate(OFFSETS):
        rhs += torch.where(outside[:, k], weights[:, k], 0)[:, None] * padded[:, row + 1 + dy, column + 1 + dx].T
    screen = 0.3 / reach**2 if reach > 0 else 1e-7  # the nine-point weights are 0.3 of the Laplacian
    system = Stencil(row, column, neighbor, weights.masked_fill(outside, 0), weights.sum(1) + screen)
    result = values.clone()
    result[:, row, column] = solve(system, rhs, torch.zeros_like(rhs), tolerance=1e-4).T
    return result
