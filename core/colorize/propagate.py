"""The default color stage: keep the luminance, carry the photo's own chroma into the hole.

1. A prior for every hole pixel by attention to this photo's known pixels (`prior.py`), at a reduced size,
   because chroma is smooth. Where to look was learned from other photos; the colors are this photo's.
2. The screened Levin system (`stencil.py`): chroma flows from the border of the hole along similar gray,
   and is drawn to the prior as strongly as the prior is sure of itself.

Hints are given pixels of that system like the known ones, so a hint wins at its place; and where a pixel
is nearer to a hint than to anything known (`geodesic.py`), the hint is its prior.

Nothing is random and nothing is trained on the photo: the same photo gives the same colors.

Tried and left out; mean PSNR over the 48 cases of benchmarks/color.py at 256 x 256, where this has 31.6 dB:
- ties by the local variance, as Levin et al. have them: alone 29.6, with the 8 nearest neighbors as the prior 29.6;
  the ties below alone: 30.0;
- a prior by attention with hand-made features of the gray image: 30.4 at best;
- training the prior's network on at 256 x 256, the size it works at: 31.6, and the same on other photos;
- the mean of priors of mirrored photos: +0.1 dB on some photos, less on others, at twice the time;
- 128 pixels of context in place of 64: +0.1 dB here, -0.1 dB on 60 other photos;
- carrying a hint's chroma in proportion to the luminance, as shading would: on workflows/color_hint.json one point
  mends 61 % of the CIEDE2000 in place of 69 %.
"""

from collections.abc import Callable
from itertools import count
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..host.cancel import cancel_between_calls
from ..image.color import chroma, to_rgb_in_gamut
from .geodesic import hint_influence
from .method import Method, Settings, Task, Watch
from .prior import colour_prior
from .stencil import OFFSETS, Stencil, Step, number, solve

Prior = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
"""From gray, mean chroma and known share to a guess and its expected squared error; see `colour_prior`."""

PRIOR_AREA = 256 * 256  # pixels at which the prior is made
CONTRAST = 0.01  # luminance step at which two neighbors' tie falls to 1/e
FLOOR = 1e-3  # least tie, so that no pixel stands alone
SCREENING = 0.03  # pull of a prior that is sure
DOUBT = 1e-3  # expected squared error of the chroma at which a prior is half sure
HINT_PULL = 1.0  # pull of a hint on pixels that belong to it
STEPS = 100  # of the progress
LARGE, PREVIEW_SIDE, PREVIEW_EVERY = 1 << 18, 512, 4  # pixels of a hole that is shown, pixels shown, iterations


def run(task: Task, settings: Settings, watch: Watch) -> Tensor:
    """RGB (1, 3, H, W) with the luminance of the gray image."""
    return propagate(task, colour_prior, watch)


def propagate(task: Task, prior: Prior, watch: Watch) -> Tensor:
    """RGB (1, 3, H, W) with the luminance of the gray image, drawn to what `prior` guesses."""
    with cancel_between_calls(task.gray.numel()):
        given = torch.where(task.hinted, chroma(task.hints), chroma(task.image))
        unknown = task.hole & ~task.hinted
    if unknown.any():
        with cancel_between_calls(task.gray.numel()):
            guess, pull = _guess(task, prior)
            row, column = unknown[0, 0].nonzero(as_tuple=True)
            guess, pull = guess[:, row, column].T, pull[row, column]
            system, right = _system(given[0], task.gray[0, 0], row, column, guess, pull)
        found = solve(system, right, guess, step=_told(task, given, row, column, watch))
        given[0, :, row, column] = found.T
    with cancel_between_calls(task.gray.numel()):
        return to_rgb_in_gamut(task.gray, given)


def _told(task: Task, given: Tensor, row: Tensor, column: Tensor, watch: Watch) -> Step:
    """How the solver tells how far it is, and shows the colors of a large hole as they come, reduced."""
    if watch.preview is None or len(row) < LARGE:
        return lambda found, share: watch.progress(round(share * STEPS), STEPS)
    every = -(-max(task.gray.shape[-2:]) // PREVIEW_SIDE)
    shown = (row % every == 0) & (column % every == 0)
    gray, colors = task.gray[..., ::every, ::every], given[..., ::every, ::every].clone()
    row, column = row[shown] // every, column[shown] // every
    step = count()

    def tell(found: Tensor, share: float) -> None:
        watch.progress(round(share * STEPS), STEPS)
        if next(step) % PREVIEW_EVERY == 0:
            colors[0, :, row, column] = found[shown].T
            watch.preview(to_rgb_in_gamut(gray, colors))

    return tell


def _system(
    given: Tensor, gray: Tensor, row: Tensor, column: Tensor, guess: Tensor, pull: Tensor
) -> tuple[Stencil, Tensor]:
    """What the chroma (N, 2) of the unknown pixels at (row, column) solves, all others being given (2, H, W)."""
    ties = affinities(gray, row, column)
    neighbor = number(row, column, *gray.shape)
    outside = neighbor == len(row)
    edge = F.pad(given, (1, 1, 1, 1))
    right = pull[:, None] * guess
    for k, (dy, dx) in enumerate(OFFSETS):
        beside = edge[:, row + 1 + dy, column + 1 + dx].T
        right += torch.where(outside[:, k], ties[:, k], 0)[:, None] * beside
    return Stencil(row, column, neighbor, ties.masked_fill(outside, 0), ties.sum(1) + pull), right


def affinities(gray: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Ties of each pixel to its eight neighbors, exp(-|dY| / CONTRAST) + FLOOR; 0 beyond the crop: (N, 8)."""
    padded = F.pad(gray, (1, 1, 1, 1), value=torch.inf)
    here = gray[row, column]
    beside = torch.stack([padded[row + 1 + dy, column + 1 + dx] for dy, dx in OFFSETS], dim=1)
    ties = torch.exp((beside - here[:, None]).abs() / -CONTRAST) + FLOOR
    return ties.masked_fill(beside.isinf(), 0)


def _guess(task: Task, prior: Prior) -> tuple[Tensor, Tensor]:
    """A guess at the chroma, (2, H, W), and how strongly to be drawn to it, (H, W)."""
    small = reduce_task(task)
    guess, error = prior(small.gray, small.mean, small.share)
    pull = SCREENING / (1 + error / DOUBT)
    if task.hinted.any() and task.strength > 0:
        outside, hinted = _share(~task.hole, small.gray)[0, 0] == 1, small.hinted[0, 0] > 0
        near, color = hint_influence(small.gray[0, 0], outside, hinted, small.hints[0], task.strength)
        guess, pull = torch.lerp(guess, color, near), torch.lerp(pull, torch.full_like(pull, HINT_PULL), near)
    size = task.gray.shape[-2:]
    full = F.interpolate(torch.cat([guess, pull[None]])[None], size, mode="bilinear", align_corners=False)
    return full[0, :2], full[0, 2]


class Reduced(NamedTuple):
    """A task at no more than PRIOR_AREA pixels, each of which may be part hole and part known.

    gray: (1, 1, h, w). mean: (1, 2, h, w), chroma of what is known in each pixel. share: (1, 1, h, w), how
    much of it is known, hints included. hints: (1, 2, h, w), chroma of the hints in each pixel; hinted:
    (1, 1, h, w), how much of it they are.
    """

    gray: Tensor
    mean: Tensor
    share: Tensor
    hints: Tensor
    hinted: Tensor


def reduce_task(task: Task) -> Reduced:
    """The task at the size that the prior works at."""
    h, w = task.gray.shape[-2:]
    shrink = max(1.0, (h * w / PRIOR_AREA) ** 0.5)
    size = (max(1, round(h / shrink)), max(1, round(w / shrink)))
    gray = F.interpolate(task.gray, size, mode="area")
    hints = chroma(task.hints)
    given, known = torch.where(task.hinted, hints, chroma(task.image)), task.hinted | ~task.hole
    mean, mean_hint = (
        F.interpolate(c * where, size, mode="area") / _share(where, gray).clamp(min=1e-6)
        for c, where in ((given, known), (hints, task.hinted))
    )
    return Reduced(gray, mean, _share(known, gray), mean_hint, _share(task.hinted, gray))


def _share(where: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(where.float(), like.shape[-2:], mode="area")


PROPAGATE = Method("propagate", "closed form, quick, the same photo always gives the same colors", run, context=64)
