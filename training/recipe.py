"""Recipes: what is trained, on what and how long, as TOML files in `recipes/`."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Phase:
    """A stretch of the training: samples of side x side pixels, `batch` of them a step, `samples` in all."""

    side: int
    batch: int
    samples: int


@dataclass(frozen=True)
class Recipe:
    """task: a module of this folder. network, data, losses: what the task takes.

    rate: of AdamW; grows over the first `warmup` samples, stays, and falls to 0 over the last `decay`.
    average: samples over which the shipped weights are averaged.
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

    @property
    def samples(self) -> int:
        """How many samples the training sees."""
        return sum(phase.samples for phase in self.phases)

    def phase_at(self, seen: int) -> tuple[Phase, int]:
        """The phase after so many samples, and how many there are up to its end."""
        end = 0
        for phase in self.phases:
            end += phase.samples
            if seen < end:
                break
        return phase, end

    def rate_at(self, seen: int) -> float:
        """The learning rate after so many samples."""
        up = (seen + 1) / max(self.warmup, 1)
        down = (self.samples - seen) / max(self.decay, 1)
        return self.rate * max(min(1, up, down), 0)


def load_recipe(path: Path) -> Recipe:
    """Raises `SystemExit` for a file that is no recipe."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        return Recipe(**{**told, "phases": tuple(Phase(**phase) for phase in told["phases"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SystemExit(f"{path} is no recipe: {error}; see the files in training/recipes") from error
