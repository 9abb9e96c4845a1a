"""The screened Levin system on the pixels of a hole, and a solver whose cost follows the hole.

Levin, Lischinski, Weiss, "Colorization using Optimization", SIGGRAPH 2004: neighbors of similar
luminance have similar color. With c the chroma, w the affinities and p a prior of weight s,

    minimise  sum_{i~j} w_ij (c_i - c_j)^2 + sum_i s_i (c_i - p_i)^2     over the hole,

where neighbors outside the hole are given. The matrix is symmetric and positive definite: it is solved
by conjugate gradients, preconditioned with one multigrid V-cycle on 2 x 2 aggregates (Notay 2010).
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..host.cancel import QUICK, cancel_between_calls, check_cancelled

Step = Callable[[Tensor, float], None]
"""Called with the solution as it stands, (N, C), and how far it is, from 0 to 1."""

OFFSETS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
DAMPING = 0.8  # of the Jacobi smoother


class Stencil(NamedTuple):
    """A symmetric system on N pixels of a grid, each tied to its eight neighbors.

    row, column: (N,) place on the grid. neighbor: (N, 8) int32 place in the list, N = not in it.
    weight: (N, 8) >= 0, 0 where there is no neighbor. diagonal: (N,) >= the sum of the weights.
    """

    row: Tensor
    column: Tensor
    neighbor: Tensor
    weight: Tensor
    diagonal: Tensor

    def spread(self, x: Tensor) -> Tensor:
        """Weighted sum over the neighbors, (N, C) -> (N, C)."""
        if len(x) >= QUICK:
            check_cancelled()
        padded = F.pad(x, (0, 0, 0, 1))
        return F.embedding_bag(self.neighbor, padded, per_sample_weights=self.weight, mode="sum")

    def apply(self, x: Tensor) -> Tensor:
        """The matrix times x, (N, C) -> (N, C)."""
        return self.diagonal[:, None] * x - self.spread(x)


def number(row: Tensor, column: Tensor, height: int, width: int) -> Tensor:
    """Places in the list of each pixel's eight neighbors, (N,) and (N,) -> int32 (N, 8); N = not in it."""
    n = len(row)
    index = torch.full((height + 2, width + 2), n, dtype=torch.int32, device=row.device)
    index[row + 1, column + 1] = torch.arange(n, dtype=torch.int32, device=row.device)
    return torch.stack([index[row + 1 + dy, column + 1 + dx] for dy, dx in OFFSETS], dim=1)


def coarsen(fine: Stencil) -> tuple[Stencil, Tensor]:
    """The system on 2 x 2 aggregates (Galerkin), and the aggregate (N,) that each pixel belongs to."""
    width = int(fine.column.max()) // 2 + 1
    key, parent = torch.unique(fine.row // 2 * width + fine.column // 2, return_inverse=True)
    m, row, column = len(key), key // width, key % width
    other = F.pad(parent, (0, 1), value=m)[fine.neighbor.long()]
    down, right = (F.pad(t, (0, 1))[other] - t[parent][:, None] + 1 for t in (row, column))
    slot = torch.where(other < m, down * 3 + right, 4)  # 4: within the aggregate, or nowhere
    place = (parent[:, None] * 9 + slot).flatten()
    sums = fine.weight.new_zeros(m * 9).index_add_(0, place, fine.weight.flatten()).view(m, 9)
    diagonal = fine.diagonal.new_zeros(m).index_add_(0, parent, fine.diagonal) - sums[:, 4]
    weight = sums[:, [0, 1, 2, 3, 5, 6, 7, 8]].contiguous()
    neighbor = number(row, column, int(row.max()) + 1, width)
    return Stencil(row, column, neighbor, weight, diagonal), parent


def solve(
    system: Stencil, right: Tensor, start: Tensor, tolerance: float = 1e-3, most: int = 200, step: Step | None = None
) -> Tensor:
    """x with `system.apply(x) = right`, all (N, C), by preconditioned conjugate gradients from `start`.

    Stops when the energy norm of the estimated error has fallen to `tolerance` of that of the solution,
    or after `most` steps. step: called at each, where they take their time. Deterministic; float32;
    on the device of its inputs.
    """
    with cancel_between_calls(len(start)):
        precondition = multigrid(system)
    x, residual = start, right - system.apply(start)
    goal = tolerance**2 * (right * precondition(right)).sum(0).clamp(min=1e-20)
    direction, energy = torch.zeros_like(x), torch.ones_like(goal)
    first = left = math.inf
    for _ in range(most):
        better = precondition(residual)
        previous, energy = energy, (residual * better).sum(0)
        if (energy <= goal).all():
            break
        if step is None or len(start) < QUICK:
            check_cancelled()
        else:
            left = min(left, float((energy / goal).max()))
            first = left if math.isinf(first) else first
            step(x, 1 - math.log(max(left, 1.0)) / math.log(max(first, 1.001)))
        direction = better + energy / previous * direction
        pushed = system.apply(direction)
        length = energy / (direction * pushed).sum(0).clamp(min=1e-30)
        x = x + length * direction
        residual = residual - length * pushed
    return x


def multigrid(system: Stencil, coarsest: int = 256) -> Callable[[Tensor], Tensor]:
    """One symmetric V-cycle as an approximate inverse: a function (N, C) -> (N, C)."""
    levels = []
    while len(system.row) > coarsest:
        smaller, parent = coarsen(system)
        levels.append((system, parent, len(smaller.row)))
        system = smaller
    factor = torch.linalg.cholesky(dense(system))

    def cycle(right: Tensor, level: int = 0) -> Tensor:
        if level == len(levels):
            return torch.cholesky_solve(right.double(), factor).to(right.dtype)
        fine, parent, count = levels[level]
        damped = DAMPING / fine.diagonal[:, None]
        x = damped * right
        left = right - fine.apply(x)
        x = x + cycle(left.new_zeros(count, left.shape[1]).index_add_(0, parent, left), level + 1)[parent]
        return x + damped * (right - fine.apply(x))

    return cycle


def dense(system: Stencil) -> Tensor:
    """The matrix itself, float64 (N, N); for the coarsest grid."""
    n = len(system.row)
    matrix = torch.diag(F.pad(system.diagonal.double(), (0, 1)))
    rows = torch.arange(n, device=matrix.device)[:, None].expand(-1, 8)
    matrix.index_put_((rows, system.neighbor.long()), -system.weight.double(), accumulate=True)
    return matrix[:n, :n]
