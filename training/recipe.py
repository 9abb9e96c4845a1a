"""Recipes: what is trained, on what and how long, as TOML files in `recipes/`."""

import importlib
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import ModuleType
from typing import Any

from task import TASKS

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

PRECISIONS = ("bf16", "no")
KINDS = ("hinge", "wgan_gp")
NETWORKS = ("sn_patch", "patch", "global_local")


@dataclass(frozen=True)
class Phase:
    """A stretch of the training: samples of side x side pixels, `batch` of them a step, `samples` in all.

    losses: other ones than the recipe's, for this stretch.
    """

    side: int
    batch: int
    samples: int
    losses: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if min(self.side, self.batch, self.samples) < 1 or self.side % 8:
            raise ValueError(f"side must be a multiple of 8, batch and samples at least 1, got {self}")


@dataclass(frozen=True)
class Opponent:
    """An adversary (`adversary.py`): kind is "hinge" or "wgan_gp", network a name in `discriminators.py`.

    width: channels of its first layer. rate: of its AdamW. weight: of its loss beside the task's. matching: of
    feature matching. penalty: of the gradients, in "wgan_gp". start: samples after which it acts.
    """

    kind: str
    network: str = "sn_patch"
    width: int = 32
    rate: float = 4e-4
    weight: float = 0.01
    matching: float = 0.0
    penalty: float = 10.0
    start: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.network not in NETWORKS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, network one of {', '.join(NETWORKS)}")


@dataclass(frozen=True)
class Recipe:
    """task: a module of this folder. network, data, losses: what the task takes.

    rate: of AdamW; grows over the first `warmup` samples, stays, and falls to 0 over the last `decay`.
    average: samples over which the shipped weights are averaged. precision: "bf16" or "no".
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
    adversary: Opponent | None = None

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ValueError(f"no task {self.task!r}; there are: {', '.join(TASKS)}")
        if not self.phases:
            raise ValueError("phases are missing")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, got {self.precision!r}")
        for table, names in self.module.TAKES.items():
            given = set(getattr(self, table)).union(*(p.losses for p in self.phases if table == "losses"))
            if unknown := sorted(given - set(names)):
                raise ValueError(f"[{table}] of {self.task} takes {', '.join(sorted(names))}, not {unknown[0]!r}")

    @property
    def module(self) -> ModuleType:
        """The task."""
        return importlib.import_module(self.task)

    @property
    def samples(self) -> int:
        """How many samples the training sees."""
        return sum(phase.samples for phase in self.phases)

    def losses_at(self, seen: int) -> dict[str, float]:
        """The losses after so many samples."""
        return self.phase_at(seen)[0].losses or self.losses

    def phase_at(self, seen: int) -> tuple[Phase, int]:
        """The phase after so many samples, and how many there are up to its end."""
        end = 0
        for phase in self.phases:
            end += phase.samples
            if seen < end:
                break
        return phase, end

    def share_at(self, seen: int) -> float:
        """The share of its highest that a learning rate has after so many samples."""
        up = (seen + 1) / max(self.warmup, 1)
        down = (self.samples - seen) / max(self.decay, 1)
        return max(min(1, up, down), 0)


def load_recipe(path: Path) -> Recipe:
    """Raises `SystemExit` for a file that is no recipe, and says why."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        known = {each.name for each in fields(Recipe)}
        if unknown := sorted(set(told) - known):
            raise ValueError(f"no setting {unknown[0]!r}; there are: {', '.join(sorted(known))}")
        if "adversary" in told:
            told["adversary"] = Opponent(**told["adversary"])
        return Recipe(**{**told, "phases": tuple(Phase(**phase) for phase in told["phases"])})
    except KeyError as error:
        raise SystemExit(f"{path} is no recipe: {error} is missing; see the files in training/recipes") from error
    except (OSError, ValueError, TypeError) as error:
        raise SystemExit(f"{path} is no recipe: {error}; see the files in training/recipes") from error
