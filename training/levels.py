"""Levels of difficulty: a phase of a recipe that ends when its figures are reached, so that harder samples follow.

A figure is averaged over about `window` samples, and compared once so many are averaged. Where a phase ends early the
numbers of its other samples are passed over: rates and samples are those of that number, stopped in between or not.
"""

from collections.abc import Mapping

import torch
from recipe import Recipe
from torch import Tensor, nn


class Levels(nn.Module):
    """What the levels of a training remember, as tensors of its checkpoint."""

    skipped: Tensor
    counted: Tensor
    means: Tensor

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.names = sorted({name for phase in recipe.phases for name in phase.until})
        self.register_buffer("skipped", torch.zeros((), dtype=torch.int64))  # samples, in all
        self.register_buffer("counted", torch.zeros((), dtype=torch.int64))  # samples that the means are of
        self.register_buffer("means", torch.zeros(len(self.names), dtype=torch.float64))

    def after(self, seen: int, count: int, figures: Mapping[str, Tensor]) -> int:
        """Note a batch.

        Args:
            seen: Number of the samples up to its end.
            count: Samples of the batch.
            figures: Of the task, the same in all processes.

        Returns:
            The number to go on with: `seen`, or that of the next phase where this one has reached its figures.

        Raises:
            SystemExit: where the task has no such figure.
        """
        phase, end = self.recipe.phase_at(seen - count)
        if not phase.until or seen >= end:
            self._forget()
            return seen
        if unknown := sorted(set(phase.until) - set(figures)):
            raise SystemExit(f"until must name figures of {self.recipe.task}: {', '.join(figures)}, not {unknown[0]!r}")
        self.counted += count
        share = max(count / phase.window, count / int(self.counted))
        now = torch.tensor([float(figures.get(name, 0)) for name in self.names], dtype=torch.float64)
        self.means.lerp_(now.to(self.means), share)
        means = dict(zip(self.names, self.means.tolist(), strict=True))
        if self.counted < phase.window or any(means[name] < figure for name, figure in phase.until.items()):
            return seen
        print(f"reached {', '.join(f'{n} {means[n]:.2f}' for n in phase.until)} after {seen}", flush=True)
        self.skipped += end - seen
        self._forget()
        return end

    def _forget(self) -> None:
        self.counted.zero_()
        self.means.zero_()


def levels_of(recipe: Recipe) -> Levels | None:
    """The levels of a recipe; None where no phase ends by a figure."""
    return Levels(recipe) if any(phase.until for phase in recipe.phases) else None


def refuse_on_device(recipe: Recipe) -> None:
    """Refuse a recipe whose samples a GPU cannot make (`on_device.py`). Raises `SystemExit`."""
    if "photos" in recipe.data or any(phase.data for phase in recipe.phases):
        raise SystemExit("samples made on the device are the same in all phases; train without --on-device")
