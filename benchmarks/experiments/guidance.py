"""Color hints: none, one point, five points, a stroke; and the paper's network with their loss on and off."""

from functools import partial

import cv2
import numpy as np
from experiments.floors import NO_COLOR, no_color
from experiments.frame import PSNR_HOLE, Case, Experiment, Method, Plan, Setup, metric
from monochromic.core import Guide, Point, Settings, Stroke, colorize, luminance, random_hole
from torch import Tensor

OBJECT = 0.1  # share of the photo
POINTS = 5


def blob(side: int, seed: int) -> Tensor:
    """Irregular patches over a tenth, as whole objects have."""
    return random_hole("blob", side, side, OBJECT, seed=seed)


def deepest(hole: Tensor, count: int) -> list[tuple[int, int]]:
    """(x, y) of pixels far from what is known and from each other, the deepest first."""
    free, found = np.pad(hole[0, 0].numpy().astype(np.uint8), 1), []
    for _ in range(count):
        depth = cv2.distanceTransform(free, cv2.DIST_L2, 5)
        y, x = np.unravel_index(int(depth.argmax()), depth.shape)
        if not depth[y, x]:
            break
        found.append((int(x) - 1, int(y) - 1))
        cv2.circle(free, (int(x), int(y)), max(int(depth[y, x]), 1), 0, -1)
    return found


def color_at(case: Case, x: int, y: int) -> tuple[float, float, float]:
    """The true color, as somebody who knows the object would give it."""
    r, g, b = case.image[0, :, y, x].tolist()
    return r, g, b


def points(count: int, case: Case, strength: float = 1.0) -> Guide:
    """Points of true color in the middle of the widest parts of the hole."""
    found = deepest(case.hole, count)
    return Guide(points=tuple(Point(x, y, color_at(case, x, y)) for x, y in found), strength=strength)


def stroke(case: Case) -> Guide:
    """A stroke of one color across the widest part of the hole, half as long as that is wide."""
    ((x, y),), side = deepest(case.hole, 1), case.hole.shape[-1]
    row = case.hole[0, 0, y]
    left = right = x
    while left > 0 and row[left - 1]:
        left -= 1
    while right < side - 1 and row[right + 1]:
        right += 1
    ends = [((x + step + 0.5) / side, (y + 0.5) / side) for step in ((left - x) // 2, (right - x) // 2)]
    return Guide(strokes=(Stroke(tuple(ends), color_at(case, x, y), 0),))


def colored(case: Case, guide: Guide | None = None, method: str = "propagate", iterations: int = 0) -> Tensor:
    """The hole colored from the true gray and a guide."""
    settings = Settings(case.seed, iterations=iterations)
    return colorize(case.holed, luminance(case.image), case.hole, method, guide, settings=settings)


def methods(setup: Setup) -> dict[str, Method]:
    """Rows without a guide, with guides, and `paper` with five points whose loss is off and on."""
    paper = partial(colored, method="paper", iterations=setup.plan.iterations)
    return {
        NO_COLOR: no_color,
        "no guide": colored,
        "one point": lambda case: colored(case, points(1, case)),
        "five points": lambda case: colored(case, points(POINTS, case)),
        "a stroke": lambda case: colored(case, stroke(case)),
        "paper, no guide": paper,
        "paper, five points, loss off": lambda case: paper(case, points(POINTS, case, strength=0.0)),
        "paper, five points, loss on": lambda case: paper(case, points(POINTS, case)),
    }


GUIDANCE = Experiment(
    id="guidance",
    title="With and without color guidance",
    about=(
        "The true gray is given; patches over a tenth, as objects have, lose their color. Hints are true colors in the "
        "middle of the widest patches. The first rows are `propagate`, those named `paper` the paper's network. With "
        "the loss off a hint sets its own pixel only; with it on, its squared error is trained on at every scale. "
        "The cat whose eyes are green nowhere else is in `benchmarks/hint.py`."
    ),
    quick=Plan(photos=2, side=128, iterations=10),
    full=Plan(photos=15, side=256),
    columns=(metric("ciede2000", "hole"), PSNR_HOLE),
    holes={"": blob},
    methods=methods,
    reference="no guide",
)
