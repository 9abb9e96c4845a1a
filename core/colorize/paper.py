"""The paper's own color stage: a fresh network for each scale, trained on the known pixels of this photo.

Wang, Ouyang, Chen, "Image Inpainting with External-Internal Learning and Monochromic Bottleneck", CVPR 2021,
section 3.3, with the presets of its program (github.com/Tengfei-Wang/external-internal-inpainting, which has
no license: nothing of it is copied). `Settings()` is the program's default. It differs in three ways only:

- the hole of the picture is painted over before it is reduced, so that no known pixel of a smaller scale
  holds what lies under the hole (the program reduces the picture as it is);
- the first weights come from a seed;
- hints, if there are any, add their own squared error, at every scale.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..host.thread import run_in_thread
from .adam import Adam
from .method import Callbacks, Method, Settings, Task
from .pyramid import enlarge, hint_pyramid, image_pyramid, known_pyramid
from .residual import build
from .schedules import PAPER_ITERATIONS, rates

MIN_SIDE = 8  # of the smallest scale; the pyramid is lower for smaller photos
PREVIEW_EVERY = 25  # iterations


def run(task: Task, settings: Settings, callbacks: Callbacks) -> Tensor:
    """Color one task scale by scale, by a network for each.

    Args:
        task: the photo, its gray image, the hole and the hints.
        settings: all of them.
        callbacks: called at each iteration.

    Returns:
        RGB (1, 3, H, W) as the last network gives it.
    """
    h, w = task.gray.shape[-2:]
    levels = _levels(task, settings)
    steps = settings.iterations or PAPER_ITERATIONS[len(levels)]
    result: Tensor | None = None
    for scale, level in enumerate(levels):
        source = level.gray
        if result is not None:
            source = torch.cat([source, enlarge(result, *source.shape[-2:])], dim=1)
        net = build(source.shape[1], source, (settings.seed + scale) % 2**64)
        optimizer = Adam(net.parameters(), level.rate)
        for step in range(steps):
            callbacks.progress(scale * steps + step, len(levels) * steps)
            arguments = net, optimizer, source, level.target, level.known, level.hints, level.hint_weight
            out, loss = run_in_thread(level.gray.numel(), train_step, *arguments)
            if not math.isfinite(loss):  # the batch statistics of a flat picture have no spread
                break
            result = out
            if callbacks.preview and step % PREVIEW_EVERY == 0:
                callbacks.preview(result)
            if loss < settings.stop_loss:
                break
    return task.gray.expand(-1, 3, -1, -1) if result is None else result[..., :h, :w]


class Level(NamedTuple):
    """One scale of the pyramid: RGB to learn, gray, what is known (1 = known), hints, and how it is trained."""

    target: Tensor
    gray: Tensor
    known: Tensor
    hints: tuple[Tensor, Tensor]
    rate: float
    hint_weight: float


def _levels(task: Task, settings: Settings) -> list[Level]:
    """The scales of a task, the smallest first; fewer for small photos, which are padded to `MIN_SIDE`."""
    h, w = task.gray.shape[-2:]
    pads = (0, max(MIN_SIDE - w, 0), 0, max(MIN_SIDE - h, 0))
    image, gray, hole, hinted, hints = (F.pad(t.float(), pads, mode="replicate") for t in task[:5])
    side = min(gray.shape[-2:])
    scales = max(s for s in range(1, settings.scales + 1) if s == 1 or side >> (s - 1) >= MIN_SIDE)
    levels = zip(
        image_pyramid(_painted_over(image, hole), scales),
        image_pyramid(gray, scales),
        known_pyramid(hole, scales),
        hint_pyramid(hinted, hints, scales),
        rates(settings.schedule, scales),
        strict=True,
    )
    return [Level(*level, task.strength if level[3][0].any() else 0.0) for level in levels]


def train_step(
    net: nn.Module,
    optimizer: Adam,
    source: Tensor,
    target: Tensor,
    known: Tensor,
    hints: tuple[Tensor, Tensor] | None = None,
    hint_weight: float = 0.0,
) -> tuple[Tensor, float]:
    """Train a network for one step on the known pixels.

    Args:
        net: from gray, or gray and RGB, to RGB.
        optimizer: of its parameters.
        source: what the network gets, (1, 1 or 4, H, W).
        target: RGB to learn, (1, 3, H, W).
        known: (1, 1, H, W), 1 = known: where to learn it.
        hints: where hints are (1, 1, H, W), and their colors (1, 3, H, W).
        hint_weight: of their squared error; 0 = hints are left out.

    Returns:
        The network's output before the step (1, 3, H, W), and its mean squared error on the known pixels.
    """
    out = net(source)
    loss = F.mse_loss(out * known, target * known)
    total = loss
    if hints and hint_weight:
        where, colors = hints
        total = loss + hint_weight * ((out - colors) * where).square().sum() / (3 * where.sum())
    optimizer.step(total)
    return out.detach(), loss.item()


def _painted_over(image: Tensor, hole: Tensor) -> Tensor:
    """The picture with colors from around the hole in it, nearer ones first: halves, then back."""
    known = 1 - hole
    levels: list[tuple[Tensor, ...]] = [(image * known, known)]
    while min(levels[-1][0].shape[-2:]) > 1:
        levels.append(tuple(F.avg_pool2d(t, 2, ceil_mode=True) for t in levels[-1]))
    share = F.adaptive_avg_pool2d(known, 1)
    filled = F.adaptive_avg_pool2d(image * known, 1) / share
    for colors, weight in reversed(levels):
        filled = F.interpolate(filled, colors.shape[-2:], mode="nearest-exact")
        filled = torch.where(weight > 0, colors / weight.clamp(min=1e-6), filled)
    return torch.where(hole > 0, filled, image)


PAPER = Method("paper", "EII: a network trained on this photo (minutes)", run, context=None, trains=True)
