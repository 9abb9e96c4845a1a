"""Gray first against RGB: the review's three pipelines, and the shape of EII's Table 1."""

from functools import partial

from experiments.floors import ONE_COLOR, UNTOUCHED, one_color, untouched
from experiments.frame import Case, Experiment, Method, Plan, Setup
from experiments.networks import SLIM, fingerprints, lacking, loader, ready
from monochromic.core import restore
from torch import Tensor

PIPELINES = {"gray": "gray to RGB", "rgb_to_gray": "RGB to gray to RGB", "rgb": "RGB at once"}
REVIEW = ("mono", "gmcnn", "edge_connect", "deepfill_v2")
EII = ("mono", "gmcnn", "edge_connect", "deepfill_v2", "partial_conv", "aot_gan")
KINDS = ("city", "general", "nature", "satellite")
HAVE_RGB = (
    "Only `mono` is shipped both ways, and not alike: from RGB to RGB with 1.4 million parameters and 130 000 samples, "
    "to gray with 6.3 million and 1.2 million samples. So its rows compare trainings as well as pipelines."
)


def restored(name: str, pipeline: str, case: Case) -> Tensor:
    """A restoration by a backbone in a pipeline."""
    model = loader(name, rgb=pipeline != "gray")()
    return restore(case.holed, case.hole, backbone=model, pipeline=pipeline, texture=0.0, grain=0.0)


def rows(backbones: tuple[str, ...], pipelines: tuple[str, ...], setup: Setup) -> dict[str, Method]:
    """A row for each backbone and pipeline that its weights allow."""
    found: dict[str, Method] = {UNTOUCHED: untouched, ONE_COLOR: one_color}
    names = dict.fromkeys((*backbones, *setup.backbones))
    for pipeline in pipelines:
        for name in ready(names, rgb=pipeline != "gray"):
            found[f"{name}, {PIPELINES[pipeline]}"] = partial(restored, name, pipeline)
    return found


def missing(backbones: tuple[str, ...], setup: Setup) -> list[str]:
    """Which weights were not at hand, gray ones and RGB ones."""
    names = (*backbones, *setup.backbones)
    return lacking(names) + lacking(names, rgb=True)


def weights(backbones: tuple[str, ...], setup: Setup) -> dict[str, str]:
    """What these rows depend on."""
    names = dict.fromkeys((*backbones, *setup.backbones))
    return fingerprints(ready(names), ready(names, rgb=True))


REVIEW_TABLE = Experiment(
    id="pipelines",
    title="Gray to RGB, RGB to gray to RGB, RGB at once",
    about=f"The review's three pipelines; strokes over a fifth, color by `propagate`. {HAVE_RGB} {SLIM}",
    quick=Plan(photos=4, side=256),
    full=Plan(photos=15, side=256),
    methods=partial(rows, REVIEW, tuple(PIPELINES)),
    missing=partial(missing, REVIEW),
    weights=partial(weights, REVIEW),
    reference="mono, gray to RGB",
    each_photo=True,
)
BOTTLENECK = Experiment(
    id="bottleneck",
    title="Each backbone alone and with the gray bottleneck",
    about=(
        "The shape of EII's Table 1: a backbone that fills in RGB at once, and one that fills in gray with color by "
        f"`propagate` after it. {HAVE_RGB} {SLIM}"
    ),
    quick=Plan(photos=3, side=256),
    full=Plan(photos=0, side=256),
    groups=KINDS,
    methods=partial(rows, EII, ("rgb", "gray")),
    missing=lambda setup: [
        *missing(EII, setup),
        "`hifill`: not in the list of backbones",
        "photos of Places2, Paris StreetView, CelebA-HQ and DTD: other photos take their place",
    ],
    weights=partial(weights, EII),
    reference="mono, RGB at once",
)
