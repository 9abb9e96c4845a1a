"""Recipes: what is trained, on what and how long, as TOML files in `recipes/`."""

import importlib
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from task import TASKS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PRECISIONS = ("bf16", "no")
KINDS = ("hinge", "wgan_gp")
NETWORKS = ("sn_patch", "patch", "global_local")


@dataclass(frozen=True)
class Phase:
    """A part of the training.

    Attributes:
        side: Of the samples, in pixels.
        batch: Samples a step.
        samples: Of the phase, in all, or at most where it has `until`.
        losses: In place of the recipe's.
        data: Options of the samples, in place of those of the recipe with the same names.
        until: Figures of the task by name, higher is better: the phase ends when all are reached, see `levels.py`.
        window: Samples over which these figures are averaged.
    """

    side: int
    batch: int
    samples: int
    losses: dict[str, float] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    until: dict[str, float] = field(default_factory=dict)
    window: int = 500

    def __post_init__(self) -> None:
        if min(self.side, self.batch, self.samples, self.window) < 1:
            raise ValueError(f"side, batch, samples and window must be at least 1, got {self}")
        figures = self.until.values() if isinstance(self.until, dict) else [None]
        if not all(isinstance(value, int | float) for value in figures):
            raise ValueError(f"until must be figures by name, as {{ psnr = 20 }}, got {self.until!r}")


@dataclass(frozen=True)
class DiscriminatorConfig:
    """An adversary (`adversary.py`): the table `[adversary]` of a recipe.

    Attributes:
        kind: "hinge" or "wgan_gp".
        network: A name in `discriminators.py`.
        width: Channels of its first layer.
        rate: Learning rate of its AdamW.
        weight: Of its loss beside the task's.
        matching: Weight of feature matching.
        contrast: How many times its pictures differ more from middle gray than those it judges. Where the layers are
            spectrally normalized, faint texture hardly moves its scores otherwise.
        penalty: Weight of the gradient penalty, in "wgan_gp".
        start: Samples after which it acts.
    """

    kind: str
    network: str = "sn_patch"
    width: int = 32
    rate: float = 4e-4
    weight: float = 0.01
    matching: float = 0.0
    contrast: float = 1.0
    penalty: float = 10.0
    start: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.network not in NETWORKS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, network one of {', '.join(NETWORKS)}")


@dataclass(frozen=True)
class Recipe:
    """What is trained, on what and how long.

    Attributes:
        task: A module of this folder.
        phases: In turn.
        rate: Learning rate of AdamW. It grows over the first `warmup` samples and falls to 0 over the last `decay`.
        warmup: Samples.
        decay: Samples.
        average: Samples over which the shipped weights are averaged.
        clip: Largest norm of the gradient.
        weight_decay: Of AdamW.
        precision: "bf16" or "no".
        seed: Of the weights and the samples.
        network: Options of the task's network, see its `TAKES`.
        data: Options of its samples.
        losses: Its losses by name, with their weights.
        adversary: A discriminator to train against, or None.
    """

    task: str
    phases: tuple[Phase, ...]
    rate: float = 1e-3
    warmup: int = 2_000
    decay: int = 40_000
    average: int = 8_000
    clip: float = 1.0
    weight_decay: float = 1e-4
    precision: str = "bf16"
    seed: int = 0
    network: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)
    adversary: DiscriminatorConfig | None = None

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ValueError(f"no task {self.task!r}; there are: {', '.join(TASKS)}")
        if not self.phases:
            raise ValueError("phases are missing")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, got {self.precision!r}")
        for table, names in self.module.TAKES.items():
            keys = set(getattr(self, table)).union(*(getattr(phase, table, ()) for phase in self.phases))
            if unknown := sorted(keys - set(names)):
                raise ValueError(f"[{table}] of {self.task} takes {', '.join(sorted(names))}, not {unknown[0]!r}")

    @property
    def module(self) -> ModuleType:
        """The task."""
        return importlib.import_module(self.task)

    def check_sides(self) -> None:
        """Compare the sides of the samples with those that the network takes.

        Raises:
            ValueError: for a phase whose side the network does not take.
        """
        with torch.device("meta"):
            network = self.module.make(self.network)
        multiple, minimum = network.multiple, getattr(network, "minimum", 1)
        for phase in self.phases:
            if phase.side % multiple or phase.side < minimum:
                least = -(-minimum // multiple) * multiple
                takes = f"a multiple of {multiple}" + (f", at least {least}" if least > multiple else "")
                raise ValueError(f"side must be {takes}, for this network, got {phase.side}")

    @property
    def samples(self) -> int:
        """How many samples the training sees."""
        return sum(phase.samples for phase in self.phases)

    def losses_at(self, seen: int) -> dict[str, float]:
        """The losses after so many samples."""
        return self.phase_at(seen)[0].losses or self.losses

    def data_at(self, seen: int) -> dict[str, Any]:
        """The options of the sample of this number."""
        return {**self.data, **self.phase_at(seen)[0].data}

    def phase_at(self, seen: int) -> tuple[Phase, int]:
        """The phase after so many samples, and how many there are up to its end."""
        end = 0
        for phase in self.phases:
            end += phase.samples
            if seen < end:
                break
        return phase, end

    def rate_factor(self, seen: int) -> float:
        """Factor of a learning rate after so many samples, in [0, 1]."""
        up = (seen + 1) / max(self.warmup, 1)
        down = (self.samples - seen) / max(self.decay, 1)
        return max(min(1, up, down), 0)


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        SystemExit: for a file that is no recipe; says why.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        known = {each.name for each in fields(Recipe)}
        if unknown := sorted(set(table) - known):
            raise ValueError(f"no setting {unknown[0]!r}; there are: {', '.join(sorted(known))}")
        if "adversary" in table:
            table["adversary"] = DiscriminatorConfig(**table["adversary"])
        recipe = Recipe(**{**table, "phases": tuple(Phase(**phase) for phase in table["phases"])})
        recipe.check_sides()
        return recipe
    except KeyError as error:
        raise SystemExit(f"{path} is no recipe: {error} is missing; see the files in training/recipes") from error
    except (OSError, ValueError, TypeError) as error:
        raise SystemExit(f"{path} is no recipe: {error}; see the files in training/recipes") from error
