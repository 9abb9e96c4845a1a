"""The closed-form colour stage: keep the luminance, carry the photo's own chroma into the hole.

1. A prior for every hole pixel by attention to this photo's known pixels (`prior.py`), at a reduced
   size, because chroma is smooth.
2. The screened Levin system (`stencil.py`): chroma flows from the border of the hole along similar gray,
   and is drawn to the prior as strongly as the prior is sure of itself.

Hints are given pixels of that system like the known ones, so a hint wins at its place; and where a pixel
is nearer to a hint than to anything known (`geodesic.py`), the hint is its prior.

Nothing is random and nothing is trained: the same photo gives the same colours.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..color import chroma, to_rgb_in_gamut
from .geodesic import hint_influence
from .method import Method, Settings, Task, Watch
from .prior import attend, describe
from .stencil import OFFSETS, Stencil, number, solve

PRIOR_AREA = 256 * 256  # pixels at which the prior is made
KEYS = 4096  # known pixels that the prior looks at
CONTRAST = 0.01  # luminance step at which two neighbours' tie falls to 1/e
FLOOR = 1e-3  # least tie, so that no pixel stands alone
SCREENING = 3e-3  # pull of a prior that is sure
DOUBT = 0.05  # chroma spread at which a prior is half sure
HINT_PULL = 1.0  # pull of a hint on pixels that belong to it


def run(task: Task, settings: Settings, watch: Watch) -> Tensor:
    """RGB (1, 3, H, W) with the luminance of the gray image."""
    given = torch.where(task.hinted, chroma(task.hints), chroma(task.image))
    unknown = task.hole & ~task.hinted
    if unknown.any():
        guess, pull = _prior(task, given)
        row, column = unknown[0, 0].nonzero(as_tuple=True)
        guess, pull = guess[:, row, column].T, pull[row, column]
        given[0, :, row, column] = _solve(given[0], task.gray[0, 0], row, column, guess, pull).T
    return to_rgb_in_gamut(task.gray, given)


def _solve(given: Tensor, gray: Tensor, row: Tensor, column: Tensor, guess: Tensor, pull: Tensor) -> Tensor:
    """Chroma (N, 2) of the unknown pixels at (row, column), all others being given (2, H, W)."""
    ties = affinities(gray, row, column)
    neighbour = number(row, column, *gray.shape)
    outside = neighbour == len(row)
    edge = F.pad(given, (1, 1, 1, 1))
    right = pull[:, None] * guess
    for k, (dy, dx) in enumerate(OFFSETS):
        beside = edge[:, row + 1 + dy, column + 1 + dx].T
        right += torch.where(outside[:, k], ties[:, k], 0)[:, None] * beside
    system = Stencil(row, column, neighbour, ties.masked_fill(outside, 0), ties.sum(1) + pull)
    return solve(system, right, guess)


def affinities(gray: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Ties of each pixel to its eight neighbours, exp(-|dY| / CONTRAST) + FLOOR; 0 beyond the crop: (N, 8)."""
    padded = F.pad(gray, (1, 1, 1, 1), value=torch.inf)
    here = gray[row, column]
    beside = torch.stack([padded[row + 1 + dy, column + 1 + dx] for dy, dx in OFFSETS], dim=1)
    ties = torch.exp((beside - here[:, None]).abs() / -CONTRAST) + FLOOR
    return ties.masked_fill(beside.isinf(), 0)


def _prior(task: Task, given: Tensor) -> tuple[Tensor, Tensor]:
    """A guess at the chroma, (2, H, W), and how strongly to be drawn to it, (H, W).

    Made at no more than PRIOR_AREA pixels, each of which may be part hole and part known.
    """
    h, w = task.gray.shape[-2:]
    shrink = max(1.0, (h * w / PRIOR_AREA) ** 0.5)
    size = (max(1, round(h / shrink)), max(1, round(w / shrink)))
    share, mean = _reduce(given, ~task.hole, size)
    small = F.interpolate(task.gray, size, mode="area")
    guess, spread = _look_up(small, mean, share)
    pull = SCREENING / (1 + (spread / DOUBT) ** 2)
    if task.hinted.any() and task.strength > 0:
        part, hints = _reduce(given, task.hinted, size)
        near, colour = hint_influence(small[0, 0], share[0, 0] == 1, part[0, 0] > 0, hints[0], task.strength)
        guess, pull = torch.lerp(guess, colour, near), torch.lerp(pull, torch.full_like(pull, HINT_PULL), near)
    full = F.interpolate(torch.cat([guess, pull[None]])[None], (h, w), mode="bilinear", align_corners=False)
    return full[0, :2], full[0, 2]


def _reduce(values: Tensor, where: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Share of each smaller pixel that `where` holds, (1, 1, *size), and the mean of `values` over it."""
    share = F.interpolate(where.float(), size, mode="area")
    return share, F.interpolate(values * where, size, mode="area") / share.clamp(min=1e-6)


def _look_up(gray: Tensor, mean: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """Chroma (2, H, W) by attention to the known pixels, and its spread (H, W).

    gray: (1, 1, H, W). mean: (1, 2, H, W), chroma of what is known in each pixel. share: (1, 1, H, W) of
    each pixel that is known.
    """
    size = gray.shape[-2:]
    described = describe(gray).flatten(1).T
    share, mean = share.flatten(), mean.flatten(2)[0].T
    asking, telling = share < 1, share == 1
    if not telling.any():
        telling = share > 0
    pick = telling.nonzero().squeeze(1)
    pick = pick[:: -(-len(pick) // KEYS)]
    found = torch.cat([mean, torch.zeros_like(mean[:, :1])], dim=1)
    colour, spread = attend(described[asking], described[pick], mean[pick])
    found[asking] = torch.cat([colour, spread[:, None]], dim=1)
    found = found.T.reshape(3, *size)
    return found[:2], found[2]


PROPAGATE = Method("propagate", "closed form; the same photo always gives the same colours", run, context=64)
