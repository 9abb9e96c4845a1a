"""The default color stage: keep the luminance, carry the photo's own chroma into the hole.

1. A prior for every hole pixel by attention to this photo's known pixels (`prior.py`), at a reduced size,
   because chroma is smooth. Where to look was learned from other photos; the colors are this photo's.
2. The screened Levin system (`stencil.py`): chroma flows from the border of the hole along similar gray,
   and is drawn to the prior as strongly as the prior is sure of itself.

Hints are boundary values of that system like the known pixels, so a hint wins where it is; and where a pixel
is nearer to a hint than to anything known (`geodesic.py`), the hint is its prior.

Nothing is random and nothing is trained on the photo: the same photo gives the same colors.

Tried and left out; mean PSNR over the 48 cases of benchmarks/color.py at 256 x 256, where this has 31.6 dB:
- affinities by the local variance, as Levin et al. have them: alone 29.6, with the 8 nearest neighbors as the prior
  29.6; the affinities below alone: 30.0;
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

from ..host.cancel import check_cancelled
from ..image.color import to_cbcr, to_rgb_in_gamut
from .geodesic import hint_influence
from .method import Callbacks, Method, Settings, Task
from .prior import color_prior
from .stencil import OFFSETS, Stencil, Step, neighbor_index, solve

Prior = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
"""From gray, mean chroma and known share to a guess and its expected squared error; see `color_prior`."""

PRIOR_AREA = 256 * 256  # pixels at which the prior is made
CONTRAST = 0.01  # luminance step at which two neighbors' affinity falls to 1/e
MIN_AFFINITY = 1e-3  # so that no pixel stands alone
PRIOR_CONFIDENCE = 0.03  # in a prior without error
HALF_CONFIDENCE_ERROR = 1e-3  # expected squared error of the chroma at which the confidence is half of that
HINT_CONFIDENCE = 1.0  # in a hint, on pixels that belong to it
STEPS = 100  # of the progress
MIN_PREVIEW_PIXELS = 1 << 18  # of a hole, for previews to be worth their time
PREVIEW_SIDE, PREVIEW_EVERY = 512, 4  # pixels, iterations


def run(task: Task, settings: Settings, callbacks: Callbacks) -> Tensor:
    """Color one task by the shipped prior.

    Args:
        task: the photo, its gray image, the hole and the hints.
        settings: not used: nothing is trained on the photo.
        callbacks: called at each step of the solver.

    Returns:
        RGB (1, 3, H, W) in [0, 1] with the luminance of the gray image.
    """
    return propagate(task, color_prior, callbacks)


def propagate(task: Task, prior: Prior, callbacks: Callbacks) -> Tensor:
    """Color one task, drawn to what a prior guesses.

    Args:
        task: the photo, its gray image, the hole and the hints.
        prior: gives the guess and its expected error, see `Prior`.
        callbacks: called at each step of the solver.

    Returns:
        RGB (1, 3, H, W) in [0, 1] with the luminance of the gray image.
    """
    cbcr = torch.where(task.hinted, to_cbcr(task.hints), to_cbcr(task.image))
    unknown = task.hole & ~task.hinted
    if unknown.any():
        guess, confidence = _guess(task, prior)
        row, column = unknown[0, 0].nonzero(as_tuple=True)  # (N,) each
        guess, confidence = guess[:, row, column].T, confidence[row, column]
        system, rhs = _system(cbcr[0], task.gray[0, 0], row, column, guess, confidence)
        solution = solve(system, rhs, guess, step=_step_reporter(task, cbcr, row, column, callbacks))
        cbcr[0, :, row, column] = solution.T
    return to_rgb_in_gamut(task.gray, cbcr)


def _step_reporter(task: Task, cbcr: Tensor, row: Tensor, column: Tensor, callbacks: Callbacks) -> Step:
    """Reports the solver's progress, and shows the colors of a large hole as they come, reduced."""
    preview = callbacks.preview
    if preview is None or len(row) < MIN_PREVIEW_PIXELS:
        return lambda solution, share: callbacks.progress(round(share * STEPS), STEPS)
    every = -(-max(task.gray.shape[-2:]) // PREVIEW_SIDE)
    visible = (row % every == 0) & (column % every == 0)
    gray, colors = task.gray[..., ::every, ::every], cbcr[..., ::every, ::every].clone()
    row, column = row[visible] // every, column[visible] // every
    step = count()

    def report(solution: Tensor, share: float) -> None:
        callbacks.progress(round(share * STEPS), STEPS)
        if next(step) % PREVIEW_EVERY == 0:
            colors[0, :, row, column] = solution[visible].T
            preview(to_rgb_in_gamut(gray, colors))

    return report


def _system(
    boundary: Tensor, gray: Tensor, row: Tensor, column: Tensor, guess: Tensor, confidence: Tensor
) -> tuple[Stencil, Tensor]:
    """The system, and its right-hand side, that the chroma (N, 2) of the unknown pixels at (row, column) solves.

    boundary: chroma (2, H, W), right wherever a pixel is not unknown. guess (N, 2), confidence (N,): of the prior.
    """
    weights = affinities(gray, row, column)
    neighbor = neighbor_index(row, column, *gray.shape)
    outside = neighbor == len(row)
    padded = F.pad(boundary, (1, 1, 1, 1))
    rhs = confidence[:, None] * guess
    for k, (dy, dx) in enumerate(OFFSETS):
        value = padded[:, row + 1 + dy, column + 1 + dx].T
        rhs += torch.where(outside[:, k], weights[:, k], 0)[:, None] * value
    return Stencil(row, column, neighbor, weights.masked_fill(outside, 0), weights.sum(1) + confidence), rhs


def affinities(gray: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Weights between each pixel and its eight neighbors: exp(-|dY| / CONTRAST) + MIN_AFFINITY.

    Args:
        gray: (H, W) in [0, 1].
        row: (N,) of the pixels.
        column: (N,) of the pixels.

    Returns:
        (N, 8) in the order of `OFFSETS`, 0 for neighbors beyond the crop.
    """
    padded = F.pad(gray, (1, 1, 1, 1), value=torch.inf)
    center = gray[row, column]
    neighbors = torch.stack([padded[row + 1 + dy, column + 1 + dx] for dy, dx in OFFSETS], dim=1)
    weights = torch.exp((neighbors - center[:, None]).abs() / -CONTRAST) + MIN_AFFINITY
    return weights.masked_fill(neighbors.isinf(), 0)


def _guess(task: Task, prior: Prior) -> tuple[Tensor, Tensor]:
    """A guess at the chroma, (2, H, W), and the confidence in it, (H, W)."""
    small = reduce_task(task)
    guess, error = prior(small.gray, small.mean, small.share)
    confidence = PRIOR_CONFIDENCE / (1 + error / HALF_CONFIDENCE_ERROR)
    if task.hinted.any() and task.strength > 0:
        outside, hinted = _share(~task.hole, small.gray)[0, 0] == 1, small.hinted[0, 0] > 0
        influence, color = hint_influence(small.gray[0, 0], outside, hinted, small.hints[0], task.strength)
        guess = torch.lerp(guess, color, influence)
        confidence = torch.lerp(confidence, torch.full_like(confidence, HINT_CONFIDENCE), influence)
    size = task.gray.shape[-2:]
    full = F.interpolate(torch.cat([guess, confidence[None]])[None], size, mode="bilinear", align_corners=False)
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
    """Reduce a task to the size that the prior works at.

    Args:
        task: the photo, its gray image, the hole and the hints.

    Returns:
        The task at no more than about `PRIOR_AREA` pixels; a small one at its own size.
    """
    h, w = task.gray.shape[-2:]
    factor = max(1.0, (h * w / PRIOR_AREA) ** 0.5)
    size = (max(1, round(h / factor)), max(1, round(w / factor)))
    gray = F.interpolate(task.gray, size, mode="area")
    hints = to_cbcr(task.hints)
    cbcr, known = torch.where(task.hinted, hints, to_cbcr(task.image)), task.hinted | ~task.hole
    mean, mean_hint = (
        F.interpolate(c * where, size, mode="area") / _share(where, gray).clamp(min=1e-6)
        for c, where in ((cbcr, known), (hints, task.hinted))
    )
    return Reduced(gray, mean, _share(known, gray), mean_hint, _share(task.hinted, gray))


def _share(where: Tensor, like: Tensor) -> Tensor:
    """How much of each reduced pixel is marked, (1, 1, h, w) in [0, 1]."""
    check_cancelled()
    return F.interpolate(where.float(), like.shape[-2:], mode="area")


PROPAGATE = Method("propagate", "closed form, quick, the same photo always gives the same colors", run, context=64)
