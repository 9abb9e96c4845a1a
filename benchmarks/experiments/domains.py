"""Kinds of photos: city, nature, painting, satellite, x-ray, colored by each method (the student report's table)."""

from functools import partial

from experiments.floors import ONE_COLOR, UNTOUCHED, one_color, untouched
from experiments.frame import Case, Experiment, Method, Plan, Setup
from experiments.networks import SLIM, fingerprints
from monochromic.core import Settings, restore
from torch import Tensor

GROUPS = ("city", "nature", "painting", "satellite", "xray")


def restored(method: str, setup: Setup, case: Case) -> Tensor:
    """The whole restoration: gray by `mono`, color by a method."""
    settings = Settings(seed=case.seed, iterations=setup.plan.iterations)
    return restore(case.holed, case.hole, backbone="mono", method=method, settings=settings, texture=0.0, grain=0.0)


def methods(setup: Setup) -> dict[str, Method]:
    """Each color method on the gray of `mono`, and two rows to read the table by."""
    colors = {name: partial(restored, name, setup) for name in ("propagate", "network", "paper")}
    return {UNTOUCHED: untouched, ONE_COLOR: one_color, **colors}


DOMAINS = Experiment(
    id="domains",
    title="By the kind of photo",
    about=(
        "The whole restoration: gray by `mono`, then color by each method; strokes over a fifth. Gray photos "
        f"(x-ray) have no color to give, so all color methods must agree there. {SLIM}"
    ),
    quick=Plan(photos=2, side=128, iterations=20),
    full=Plan(photos=0, side=256),
    groups=GROUPS,
    methods=methods,
    weights=lambda setup: fingerprints(["mono"]),
    reference="propagate",
)
