"""Neural patch synthesis: a content network's fill, and texture by optimization of its pixels, beside other ways."""

from functools import partial

import torch
from cases import wide_hole
from experiments.frame import Case, Column, Experiment, Method, Plan, Scores, Setup
from experiments.networks import SLIM, fingerprints, loader, ready
from monochromic.core import fill, l1, luminance, mse, psnr, stru
from monochromic.core.inpaint.patches.features import VGG
from monochromic.core.weights import all_entries, cached_path
from monochromic.core.weights.select import fingerprint_of
from torch import Tensor

CONTENT = "mono"
COLUMNS = (
    Column("psnr", "PSNR dB, hole", ".2f"),
    Column("l1", "L1 %, hole", ".2f"),
    Column("mse", "L2 %, hole", ".2f"),
    Column("stru", "stru, hole", ".3f"),
)


def filled(name: str, texture: float, by: str, case: Case) -> Tensor:
    """The gray, filled by a backbone, with texture."""
    return fill(case.holed, case.hole, loader(name)(), texture=texture, texture_by=by)


def one_gray(case: Case) -> Tensor:
    """The hole in the mean gray of what it hides."""
    gray = luminance(case.image)
    return torch.where(case.hole > 0, (gray * case.hole).sum() / case.hole.sum(), gray)


def methods(setup: Setup) -> dict[str, Method]:
    """The content network alone, with each way to make texture, and filling by example; others asked for alike."""
    rows: dict[str, Method] = {"one gray, the true mean": one_gray}
    for name in ready((CONTENT, *setup.backbones)):
        rows[name] = partial(filled, name, 0.0, "quilt")
        rows |= {f"{name}, {by}": partial(filled, name, 1.0, by) for by in ("quilt", "features")}
    return rows | {"patchmatch": partial(filled, "patchmatch", 0.0, "quilt")}


def judge(setup: Setup, case: Case, answer: Tensor) -> Scores:
    """Against the gray of the photo, in the hole."""
    truth, where = luminance(case.image), case.hole > 0
    found = {
        "psnr": psnr(answer, truth, where),
        "l1": 100 * l1(answer, truth, where),
        "mse": 100 * mse(answer, truth, where),
        "stru": stru(answer, truth, where),
    }
    return {name: value.item() for name, value in found.items()}


def missing(setup: Setup) -> list[str]:
    """VGG19, where it is not here."""
    entry = all_entries().get(VGG)
    return [] if entry and cached_path(entry) else ["VGG19 (own weights as `vgg19`: features of ours instead)"]


PATCHES = Experiment(
    id="patches",
    title="Neural patch synthesis: texture by optimization of features",
    about=(
        "Gray in holes over 31 to 43 % of the photo (boxes and blobs). *features* is the texture optimization of Yang "
        "et al. 2017 on what the backbone filled, *quilt* the pack's own texture, both in full. stru is the distance "
        "of texture statistics, lower is better, about 1 between unrelated photos; PSNR, L1 and L2 reward a blur. "
        f"{SLIM}"
    ),
    quick=Plan(photos=4, side=256),
    full=Plan(photos=0, side=256),
    columns=COLUMNS,
    holes={"": wide_hole},
    methods=methods,
    judge=judge,
    missing=missing,
    weights=lambda setup: (
        fingerprints(ready((CONTENT, *setup.backbones)))
        | {"features": fingerprint_of("autoencoder") if missing(setup) else all_entries()[VGG].sha256 or ""}
    ),
    reference=CONTENT,
)
