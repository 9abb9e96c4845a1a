"""Prior knowledge: EdgeConnect with true edges, with its own, and with none."""

import math
from functools import partial
from typing import NamedTuple, cast

import torch
from experiments.frame import Case, Column, Experiment, Method, Plan, Scores, Setup, compare, metric
from experiments.networks import SLIM, fingerprints, lacking, loader, ready
from monochromic.core import luminance
from monochromic.core.backbones.edge_connect import SIGMA, EdgeConnect, gray_of
from monochromic.core.image.canny import canny
from monochromic.core.image.masks import composite
from torch import Tensor

SOURCES = {
    "predicted": "edges predicted",
    "true": "edges true",
    "mixed": "edges true in the hole, predicted elsewhere",
    "none": "edges none",
}
COLUMNS = (
    metric("psnr", "hole"),
    metric("ssim", "hole"),
    Column("likeness", "correlation of the edges with true ones, hole", ".3f"),
)


class Painted(NamedTuple):
    """A gray picture, the edges that it was painted between, and the true ones; (1, 1, S, S) each."""

    picture: Tensor
    edges: Tensor
    true: Tensor


def painted(source: str, case: Case) -> Painted:
    """The gray hole painted between edges from one source, see `SOURCES`."""
    model = loader("edge_connect")()
    network, hole = cast(EdgeConnect, model.network), case.hole > 0
    image, truth = (gray_of(model.network_input(x, "gray")) for x in (case.holed, case.image))
    known = canny(image, ~hole, sigma=SIGMA).float()
    true = canny(truth, torch.ones_like(hole), sigma=SIGMA).float()
    with torch.no_grad():
        drawn = network.draw(image.masked_fill(hole, 1), known, case.hole)
        edges = {"predicted": drawn, "true": true, "none": known, "mixed": torch.where(hole, true, drawn)}[source]
        photo = model.network_input(case.holed, "gray").masked_fill(hole, 1)
        answer = luminance(network.paint(photo, edges).clamp(0, 1))
    return Painted(composite(answer, luminance(case.image), hole), edges, true)


def likeness(edges: Tensor, true: Tensor, hole: Tensor) -> float:
    """Correlation of edges with the true ones in the hole, -1 to 1; nan where one is the same everywhere."""
    a, b = (x[hole > 0] - x[hole > 0].mean() for x in (edges, true))
    norms = (a.norm() * b.norm()).item()
    return (a @ b).item() / norms if norms > 0 else math.nan


def judge(setup: Setup, case: Case, answer: Painted) -> Scores:
    """Gray against gray, and edges against edges."""
    scores = compare(COLUMNS, case._replace(image=luminance(case.image)), answer.picture)
    return scores | {"likeness": likeness(answer.edges, answer.true, case.hole)}


def methods(setup: Setup) -> dict[str, Method]:
    """A row for each source of edges; none without the network."""
    sources = SOURCES if ready(["edge_connect"]) else {}
    return {title: partial(painted, source) for source, title in sources.items()}


EDGES = Experiment(
    id="edges",
    title="Prior knowledge: EdgeConnect with true edges, its own, and none",
    about=(
        "Gray in the hole, strokes over a fifth. *True*: Canny's edges of the undamaged photo. *Predicted*: by its own "
        f"first network, as it works. *None*: edges of the known part only, nothing drawn in the hole. {SLIM}"
    ),
    quick=Plan(photos=4, side=256),
    full=Plan(photos=0, side=256),
    columns=COLUMNS,
    methods=methods,
    judge=judge,
    picture=lambda answer: answer.picture,
    missing=lambda setup: lacking(["edge_connect"]),
    weights=lambda setup: fingerprints(ready(["edge_connect"])),
    reference="edges predicted",
)
