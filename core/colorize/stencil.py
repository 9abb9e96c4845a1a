"""The screened Levin system on the pixels of a hole, and a solver whose cost follows the hole.

Levin, Lischinski, Weiss, "Colorization using Optimization", SIGGRAPH 2004: neighbors of similar
luminance have similar color. With c the chroma, w the affinities and p a prior of weight s,

    minimize  sum_{i~j} w_ij (c_i - c_j)^2 + sum_i s_i (c_i - p_i)^2     over the hole,

where the chroma of neighbors outside the hole is known (boundary values). The matrix is symmetric and positive
definite: it is solved by conjugate gradients, preconditioned with one multigrid V-cycle on 2 x 2 aggregates (Notay,
"An aggregation-based algebraic multigrid method", ETNA 37, 2010).
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..host.cancel import check_cancelled

Step = Callable[[Tensor, float], None]
"""Called with the solution as it stands, (N, C), and how far it is, from 0 to 1."""

OFFSETS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
MIN_REPORTED = 1 << 16  # pixels: on fewer it is soon done, and how far it is would cost more than it tells
DAMPING = 0.8  # of the Jacobi smoother


class Stencil(NamedTuple):
    """A symmetric system on N pixels of a grid, each coupled to its eight neighbors.

    row, column: (N,) position on the grid. neighbor: (N, 8) int32 index into the list, N = not in it.
    weight: (N, 8) >= 0, 0 where there is no neighbor. diagonal: (N,) >= the sum of the weights.
    """

    row: Tensor
    column: Tensor
    neighbor: Tensor
    weight: Tensor
    diagonal: Tensor

    def neighbor_sum(self, x: Tensor) -> Tensor:
        """Weighted sum over the neighbors.

        Args:
            x: (N, C), a value for each pixel.

        Returns:
            (N, C).
        """
        check_cancelled()
        padded = F.pad(x, (0, 0, 0, 1))
        return F.embedding_bag(self.neighbor, padded, per_sample_weights=self.weight, mode="sum")

    def apply(self, x: Tensor) -> Tensor:
        """The matrix times x.

        Args:
            x: (N, C).

        Returns:
            (N, C).
        """
        return self.diagonal[:, None] * x - self.neighbor_sum(x)


def neighbor_index(row: Tensor, column: Tensor, height: int, width: int) -> Tensor:
    """Where in the list each pixel's eight neighbors are.

    Args:
        row: (N,) of the listed pixels.
        column: (N,) of the listed pixels.
        height: of the grid.
        width: of the grid.

    Returns:
        int32 (N, 8) in the order of `OFFSETS`; N = not in the list.
    """
    n = len(row)
    check_cancelled()
    index = torch.full((height + 2, width + 2), n, dtype=torch.int32, device=row.device)
    index[row + 1, column + 1] = torch.arange(n, dtype=torch.int32, device=row.device)
    return torch.stack([index[row + 1 + dy, column + 1 + dx] for dy, dx in OFFSETS], dim=1)


def coarsen(fine: Stencil) -> tuple[Stencil, Tensor]:
    """The system on aggregates of 2 x 2 pixels (Galerkin with piecewise constant interpolation).

    Args:
        fine: the system on N pixels.

    Returns:
        The system on M aggregates, and the aggregate (N,) that each pixel belongs to.
    """
    width = int(fine.column.max()) // 2 + 1
    key, parent = torch.unique(fine.row // 2 * width + fine.column // 2, return_inverse=True)
    check_cancelled()
    m, row, column = len(key), key // width, key % width
    other = F.pad(parent, (0, 1), value=m)[fine.neighbor.long()]  # (N, 8) aggregate of each neighbor
    down, right = (F.pad(t, (0, 1))[other] - t[parent][:, None] + 1 for t in (row, column))
    slot = torch.where(other < m, down * 3 + right, 4)  # 4: within the aggregate, or nowhere
    index = (parent[:, None] * 9 + slot).flatten()
    sums = summed(fine.weight.flatten(), index, m * 9).view(m, 9)
    diagonal = summed(fine.diagonal, parent, m) - sums[:, 4]
    weight = sums[:, [0, 1, 2, 3, 5, 6, 7, 8]].contiguous()
    neighbor = neighbor_index(row, column, int(row.max()) + 1, width)
    return Stencil(row, column, neighbor, weight, diagonal), parent


def solve(
    system: Stencil,
    rhs: Tensor,
    start: Tensor,
    tolerance: float = 1e-3,
    max_steps: int = 200,
    step: Step | None = None,
) -> Tensor:
    """Solve `system.apply(x) = rhs` by preconditioned conjugate gradients. Deterministic.

    Letters are those of Hestenes, Stiefel, "Methods of Conjugate Gradients for Solving Linear Systems", 1952, and of
    Saad, "Iterative Methods for Sparse Linear Systems", 2003, algorithm 9.1.

    Args:
        system: on N pixels.
        rhs: float32 (N, C), the right-hand side.
        start: (N, C), where to begin.
        tolerance: stop when the energy norm of the estimated error has fallen to this share of the solution's.
        max_steps: stop after so many steps.
        step: called at each step of a system that takes its time.

    Returns:
        x, (N, C), on the device of the inputs.
    """
    precondition = multigrid(system)
    x, residual = start, rhs - system.apply(start)
    goal = tolerance**2 * (rhs * precondition(rhs)).sum(0).clamp(min=1e-20)
    p, rz = torch.zeros_like(x), torch.ones_like(goal)
    report = _reporter(step, len(start))
    for _ in range(max_steps):
        z = precondition(residual)
        previous, rz = rz, (residual * z).sum(0)
        if (rz <= goal).all():
            break
        report(x, rz, goal)
        p = z + rz / previous * p
        Ap = system.apply(p)  # noqa: N806
        alpha = rz / (p * Ap).sum(0).clamp(min=1e-30)
        x = x + alpha * p
        residual = residual - alpha * Ap
    return x


def _reporter(step: Step | None, pixels: int) -> Callable[[Tensor, Tensor, Tensor], None]:
    """Reports a step of the solver: how far the error has come on the way to its goal, on a logarithmic scale."""
    if step is None or pixels < MIN_REPORTED:
        return lambda x, error, goal: None
    first = least = math.inf  # ratios of error and goal

    def report(x: Tensor, error: Tensor, goal: Tensor) -> None:
        nonlocal first, least
        least = min(least, float((error / goal).max()))
        first = least if math.isinf(first) else first
        step(x, 1 - math.log(max(least, 1.0)) / math.log(max(first, 1.001)))

    return report


def multigrid(system: Stencil, coarsest: int = 256) -> Callable[[Tensor], Tensor]:
    """An approximate inverse of the matrix: one symmetric V-cycle.

    Args:
        system: on N pixels.
        coarsest: a system of so many pixels is solved directly.

    Returns:
        A function (N, C) -> (N, C).
    """
    levels = []
    while len(system.row) > coarsest:
        coarse, parent = coarsen(system)
        levels.append((system, parent, len(coarse.row)))
        system = coarse
    factor = torch.linalg.cholesky(dense(system))

    def cycle(rhs: Tensor, level: int = 0) -> Tensor:
        if level == len(levels):
            return torch.cholesky_solve(rhs.double(), factor).to(rhs.dtype)
        fine, parent, count = levels[level]
        damping = DAMPING / fine.diagonal[:, None]
        x = damping * rhs
        residual = rhs - fine.apply(x)
        coarse_rhs = summed(residual, parent, count)
        x = x + cycle(coarse_rhs, level + 1)[parent]
        return x + damping * (rhs - fine.apply(x))

    return cycle


def summed(values: Tensor, index: Tensor, count: int) -> Tensor:
    """The sums of the values that have the same index, always in the same order.

    Args:
        values: (N, ...).
        index: (N,), each below `count`.
        count: Of the sums.

    Returns:
        (count, ...).
    """
    sums = values.new_zeros(count, *values.shape[1:])
    if sums.is_cuda:  # where index_add_ adds in the order in which its threads come
        return sums.index_put_((index,), values, accumulate=True)
    return sums.index_add_(0, index, values)


def dense(system: Stencil) -> Tensor:
    """The matrix itself, for the coarsest grid.

    Args:
        system: on N pixels.

    Returns:
        float64 (N, N).
    """
    n = len(system.row)
    matrix = torch.diag(F.pad(system.diagonal.double(), (0, 1)))
    rows = torch.arange(n, device=matrix.device)[:, None].expand(-1, 8)
    matrix.index_put_((rows, system.neighbor.long()), -system.weight.double(), accumulate=True)
    return matrix[:n, :n]
