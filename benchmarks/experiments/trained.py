"""The paper's color stage by the number of scales, and by how the learning rate goes from scale to scale."""

from functools import partial

from experiments.floors import NO_COLOR, no_color
from experiments.frame import Case, Experiment, Method, Plan, Setup
from monochromic.core import SCHEDULES, Settings, colorize, luminance
from torch import Tensor

ABOUT = (
    "The color stage `paper` alone: the true gray is given, its color in the hole is not; strokes over a fifth. The "
    "luminance is kept, so only color can be wrong; *true gray, no color* is what a method must be above to be of use. "
    "The published program runs 401 iterations at each scale (1001 of one); where there are fewer here, these numbers "
    "say how fast each choice learns, not how good it is in the end."
)


def colored(setup: Setup, case: Case, *, scales: int = 3, schedule: str = "paper") -> Tensor:
    """The photo with its hole colored by `paper`, from the true gray."""
    settings = Settings(case.seed, scales, schedule, setup.plan.iterations)
    return colorize(case.holed, luminance(case.image), case.hole, "paper", settings=settings)


def propagated(case: Case) -> Tensor:
    """The same by `propagate`, the pack's default."""
    return colorize(case.holed, luminance(case.image), case.hole)


def by_scales(setup: Setup) -> dict[str, Method]:
    """A row for each number of scales."""
    numbers = {f"{n} scale{'s' if n > 1 else ''}": partial(colored, setup, scales=n) for n in range(1, 6)}
    return {NO_COLOR: no_color, "propagate": propagated, **numbers}


def by_schedule(setup: Setup) -> dict[str, Method]:
    """A row for each schedule."""
    rows = {name: partial(colored, setup, schedule=name) for name in SCHEDULES if name != "constant"}
    return {NO_COLOR: no_color, "propagate": propagated, **rows}


SCALES = Experiment(
    id="scales",
    title="By the number of scales",
    about=ABOUT,
    quick=Plan(photos=2, side=128, iterations=20),
    full=Plan(photos=15, side=256),
    methods=by_scales,
    reference="3 scales",
)
SCHEDULES_TABLE = Experiment(
    id="schedules",
    title="By the learning rate across scales",
    about=f"{ABOUT} Three scales. All schedules go between the paper's highest and lowest rate for that height.",
    quick=Plan(photos=2, side=64, iterations=80),
    full=Plan(photos=15, side=256),
    methods=by_schedule,
    reference="paper",
)
