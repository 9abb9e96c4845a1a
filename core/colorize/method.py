"""The record that every color method fills in, and its arguments: the task, the settings, the callbacks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from torch import Tensor

from ..errors import InputError, UnknownNameError
from ..host.progress import Preview, Progress, silent
from .schedules import SCHEDULES

MAX_SEED = 2**64 - 1
MAX_ITERATIONS = 10**9


class Task(NamedTuple):
    """One photo, or a crop of one, to color; float32.

    image: (1, 3, H, W), zero in the hole. gray: (1, 1, H, W), the luminance everywhere. hole, hinted: bool
    (1, 1, H, W), hinted within the hole. hints: (1, 3, H, W), colors where hinted. strength: of the hints.
    """

    image: Tensor
    gray: Tensor
    hole: Tensor
    hinted: Tensor
    hints: Tensor
    strength: float


@dataclass(frozen=True)
class Settings:
    """Choices of the methods that train a network on the photo; `propagate` needs none.

    Args:
        seed: of the network's first weights and of what is random in training, 0 to 2^64 - 1.
        scales: levels of the pyramid, 1 to 5.
        schedule: how the learning rate goes from scale to scale, a name of `SCHEDULES`.
        iterations: at each scale; 0 = the method's own.
        stop_loss: a scale ends early once its mean squared error on the known pixels is below; 0 = never.

    Raises:
        InputError: for a number out of range.
        UnknownNameError: for another schedule.
    """

    seed: int = 0
    scales: int = 3
    schedule: str = "paper"
    iterations: int = 0
    stop_loss: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.scales <= 5:
            raise InputError(f"scales must be from 1 to 5, got {self.scales}")
        if self.schedule not in SCHEDULES:
            raise UnknownNameError("rate schedule", self.schedule, SCHEDULES)
        if self.seed < 0 or self.iterations < 0 or not self.stop_loss >= 0:
            raise InputError("seed, iterations and stop_loss must not be negative")
        if self.seed > MAX_SEED or self.iterations > MAX_ITERATIONS:
            raise InputError(f"seed must be at most {MAX_SEED}, and iterations at most {MAX_ITERATIONS}")


@dataclass(frozen=True)
class Callbacks:
    """What a method calls while it works: `progress(done, total)` at each iteration, `preview(image)` now and then."""

    progress: Progress = field(default=silent)
    preview: Preview | None = None


@dataclass(frozen=True)
class Method:
    """One way of coloring.

    Args:
        id: what users call it.
        title: what it does, in a few words.
        run: `run(task, settings, callbacks)` returns RGB (1, 3, H, W), of which the pixels of the hole are used.
        context: pixels around a part of the hole to work with, at least; None = the whole photo.
        trains: whether it needs gradients.
    """

    id: str
    title: str
    run: Callable[[Task, Settings, Callbacks], Tensor]
    context: int | None
    trains: bool = False
