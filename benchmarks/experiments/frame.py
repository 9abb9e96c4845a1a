"""What every experiment is made of: cases, methods, columns, and one record that says which of them make its table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from monochromic.core import Lpips, measure, random_hole
from monochromic.core.io.sheet import mark_hole
from monochromic.core.metrics.registry import METRICS
from torch import Tensor

COVERAGE = 0.2


class Case(NamedTuple):
    """A photo with a hole.

    group: the kind of photo or of hole, a column of tables. image: (1, 3, S, S) in [0, 1]. hole: (1, 1, S, S) of 0 and
    1, 1 = fill. seed: of the hole, and of whatever else is random. counted: False for one that is only shown.
    """

    group: str
    photo: str
    image: Tensor
    hole: Tensor
    seed: int
    counted: bool = True

    @property
    def key(self) -> str:
        """What tells it from the others of the experiment."""
        return f"{self.group}/{self.photo}/{self.seed}{'' if self.counted else '/shown'}"

    @property
    def holed(self) -> Tensor:
        """The photo, black in the hole: what a method may see."""
        return self.image * (1 - self.hole)


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    photos: of each kind at most; 0 = all. side: of the photos in pixels. holes: for each photo. iterations: of each
    scale, for methods that train on the photo; 0 = their own.
    """

    photos: int
    side: int
    holes: int = 1
    iterations: int = 0


@dataclass(frozen=True)
class Setup:
    """What an experiment is run with: the plan, the user's own choice of backbones, LPIPS where its weights are."""

    plan: Plan
    backbones: tuple[str, ...] = ()
    lpips: Lpips | None = None


@dataclass(frozen=True)
class Column:
    """A number of the table: a metric of the registry in a region, times a factor, or one of the experiment's own."""

    id: str
    title: str
    format: str = ".2f"
    metric: str = ""
    region: str = "hole"
    factor: float = 1.0


def metric(name: str, region: str, title: str = "", *, format: str = "", factor: float = 1.0) -> Column:
    """A column of the registry's metric of that name."""
    record = METRICS[name]
    return Column(
        f"{name}_{region}",
        f"{title or record.title}, {'full picture' if region == 'full' else region}",
        format or record.format,
        name,
        region,
        factor,
    )


PSNR_HOLE, PSNR_FULL = metric("psnr", "hole"), metric("psnr", "full")
SSIM_FULL, LPIPS_FULL = metric("ssim", "full"), metric("lpips", "full")
PICTURE_COLUMNS = (PSNR_HOLE, PSNR_FULL, SSIM_FULL, LPIPS_FULL)

Method = Callable[[Case], Any]
Scores = Mapping[str, float]
HoleMaker = Callable[[int, int], Tensor]


def strokes(side: int, seed: int) -> Tensor:
    """Brush strokes over a fifth of the photo, (1, 1, side, side)."""
    return random_hole("free_form", side, side, COVERAGE, seed=seed)


@dataclass(frozen=True)
class Experiment:
    """A table.

    about: what is compared and how, and what to mind in reading it. methods: its rows, by their names in it. groups:
    names of the folders of photos that are its columns; none: any. holes: how they are drawn, by the names of kinds.
    judge: what a method's answer is worth, by the ids of the columns; None: the answer is a picture, compared with the
    photo. picture: of an answer, to show. before: what a method gets, to show. missing: lines on what was not at hand.
    weights: fingerprints of all that the rows run with. reference: the row that the others are compared with, photo by
    photo, in the first column. each_photo: whether the table has a part for each photo too.
    """

    id: str
    title: str
    about: str
    quick: Plan
    full: Plan
    methods: Callable[[Setup], dict[str, Method]]
    columns: tuple[Column, ...] = PICTURE_COLUMNS
    groups: tuple[str, ...] = ()
    holes: Mapping[str, HoleMaker] = field(default_factory=lambda: {"": strokes})
    judge: Callable[[Setup, Case, Any], Scores] | None = None
    picture: Callable[[Any], Tensor] = lambda answer: answer
    before: Callable[[Case], Tensor] = lambda case: mark_hole(case.image, case.hole)
    missing: Callable[[Setup], list[str]] = lambda setup: []
    weights: Callable[[Setup], dict[str, str]] = lambda setup: {}
    reference: str = ""
    each_photo: bool = False

    def scores(self, setup: Setup, case: Case, answer: Any) -> dict[str, float]:
        """What an answer is worth, by the ids of the columns."""
        if self.judge:
            return dict(self.judge(setup, case, answer))
        return compare(self.columns, case, answer, setup.lpips)


def compare(columns: tuple[Column, ...], case: Case, picture: Tensor, lpips: Lpips | None = None) -> dict[str, float]:
    """A picture (1, 3, S, S) against the photo of its case, in every column that is of the registry."""
    found = {}
    for region in dict.fromkeys(column.region for column in columns if column.metric):
        network = lpips if any(c.metric == "lpips" and c.region == region for c in columns) else None
        (scores,) = measure(picture, case.image, case.hole, region, lpips=network)
        for column in columns:
            if column.metric and column.region == region:
                found[column.id] = scores[column.metric] * column.factor
    return found
