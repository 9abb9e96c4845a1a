"""VCNet's tables: a mask predictor in front of networks that fill holes, and what its parts are worth."""

from functools import lru_cache, partial
from typing import NamedTuple, cast

import torch
from cases import PHOTOS, photo
from experiments.frame import PSNR_FULL, SSIM_FULL, Case, Column, Experiment, Method, Plan, Setup, compare
from experiments.networks import SLIM, fingerprints, lacking, loader, ready
from monochromic.core import Degraded, bce, colorize, degrade, f1, fill, find_hole, luminance
from monochromic.core.backbones.vcnet import VCNet
from monochromic.core.damage_kinds import DAMAGE_KINDS
from monochromic.core.image.masks import composite
from torch import Tensor

ORDER = ("deepfill_v1", "gmcnn", "partial_conv", "deepfill_v2", "vcnet", "mono")
KINDS = [kind.id for kind in DAMAGE_KINDS]
COLUMNS = (PSNR_FULL, SSIM_FULL, Column("bce", "BCE of the mask", ".3f"), Column("f1", "F1 of the mask", ".3f"))
DIFFICULTY = 0.25
KEPT = 16  # cases whose damage stays in memory for the next row


class Blind(NamedTuple):
    """A picture, and the probability of damage that it was made with; None without one."""

    picture: Tensor
    probability: Tensor | None = None


@lru_cache(KEPT)
def damaged(case: Case) -> Degraded:
    """The photo with strokes that show another photo, as VCNet makes them."""
    names = [name for name in PHOTOS if name != case.photo]
    other = photo(names[case.seed % len(names)], case.image.shape[-1])
    return degrade(case.image, "free_form", DIFFICULTY, case.seed, other)


@lru_cache(KEPT)
def predicted(case: Case) -> tuple[Tensor, Tensor, Tensor]:
    """The damaged photo, the probability that our network gives each pixel, and the hole."""
    image = damaged(case).image
    found = find_hole(image, "learned", kinds=KINDS, guard=False)
    return image, found.probability, found.hole


def restored(name: str, case: Case) -> Blind:
    """Filled where damage was predicted, then colored."""
    image, probability, hole = predicted(case)
    return Blind(colored(name, image, hole), probability)


def restored_with_truth(name: str, case: Case) -> Blind:
    """Filled where the damage is."""
    damage = damaged(case)
    return Blind(colored(name, damage.image, damage.hole), damage.hole)


def colored(name: str, image: Tensor, hole: Tensor) -> Tensor:
    """The gray stage by a backbone, and the color stage."""
    return colorize(image, fill(image, hole, loader(name)()), hole)


def judge(setup: Setup, case: Case, answer: Blind) -> dict[str, float]:
    """The picture and the mask; a gray picture against the gray photo."""
    truth = case._replace(image=luminance(case.image)) if answer.picture.shape[1] == 1 else case
    scores = compare(COLUMNS, truth, answer.picture)
    if answer.probability is not None:
        hole = damaged(case).hole
        scores["bce"] = bce(answer.probability, hole).item()
        scores["f1"] = f1((answer.probability > 0.5).float(), hole).item()
    return scores


def methods(setup: Setup) -> dict[str, Method]:
    """The damaged photo; each network behind our predictor; one with the true mask."""
    rows: dict[str, Method] = {"damaged": lambda case: Blind(damaged(case).image)}
    rows |= {f"{name}, predicted mask": partial(restored, name) for name in ready((*ORDER, *setup.backbones))}
    return {**rows, "mono, true mask": partial(restored_with_truth, "mono")}


def ablated(part: str, case: Case) -> Blind:
    """VCNet's filling network in gray, with one part of its way left out."""
    model = loader("vcnet")()
    network = cast(VCNet, model.network)
    image, probability, hole = predicted(case)
    if part == "true mask":
        hole = probability = damaged(case).hole
    gray = luminance(image)
    photo_in = model.network_input(image, "gray") * 2 - 1
    if part == "contamination kept":
        seen, soft = photo_in, probability
    elif part == "no mask":
        seen, soft = photo_in, torch.zeros_like(hole)
    elif part == "soft mask":
        seen, soft = photo_in * (1 - probability), probability
    else:
        seen, soft = photo_in * (1 - hole), hole
    with torch.no_grad():
        features = network.predicting.bottleneck(seen)
        features = torch.zeros_like(features) if part == "no fusion" else features
        filled = network.filling(seen, soft, features)
    answer = luminance((filled.clamp(-1, 1) + 1) / 2 if network.official else filled.tanh().clamp(0, 1))
    if part == "no mask":
        return Blind(answer)
    return Blind(composite(answer, gray, hole > 0), probability)


def ablation(setup: Setup) -> dict[str, Method]:
    """A row for each part that is left out; none without the network."""
    rows: dict[str, Method] = {"damaged": lambda case: Blind(luminance(damaged(case).image))}
    if not ready(["vcnet"]):
        return rows
    parts = ("true mask", "all parts", "soft mask", "contamination kept", "no fusion", "no mask")
    return rows | {name: partial(ablated, name) for name in parts}


OWN = "VCNet's own mask predictor (the slim weights only fill), and its training with a predicted mask"
PHOTO_SETS = "the photos of FFHQ, Places2 and ImageNet"
BLIND = Experiment(
    id="blind",
    title="Blind inpainting: our mask predictor before five networks",
    about=(
        "Strokes show another photo, as VCNet makes them (`degrade free_form`). Our network `learned` predicts the "
        "mask, all kinds of damage on and the guard off, and the same mask goes to every network, so BCE and F1 are "
        "equal. PSNR and SSIM are of the full picture, since what is falsely found counts too. `deepfill_v1` is "
        f"contextual attention, `deepfill_v2` gated convolution. {SLIM}"
    ),
    quick=Plan(photos=4, side=256),
    full=Plan(photos=0, side=256),
    columns=COLUMNS,
    methods=methods,
    judge=judge,
    picture=lambda answer: answer.picture,
    before=lambda case: damaged(case).image,
    missing=lambda setup: [*lacking((*ORDER, *setup.backbones)), OWN, PHOTO_SETS],
    weights=lambda setup: fingerprints(ready((*ORDER, *setup.backbones))),
    reference="vcnet, predicted mask",
)
ABLATION = Experiment(
    id="blind_ablation",
    title="VCNet with parts left out",
    about=(
        "VCNet's filling network in gray, with our mask. *All parts*: what was found is removed from the picture and "
        "marked. *Soft mask*: removed and marked by the probability. *Contamination kept*: only marked. *No fusion*: "
        "the features of the first network are zero. *No mask*: nothing is marked and nothing is pasted back. The "
        "parts are left out of one trained network; the paper trained one without each. It was trained on true masks "
        f"of empty holes, so that only *all parts* and *true mask* show it what it knows. {SLIM}"
    ),
    quick=Plan(photos=4, side=256),
    full=Plan(photos=0, side=256),
    columns=COLUMNS,
    methods=ablation,
    judge=judge,
    picture=lambda answer: answer.picture,
    before=lambda case: damaged(case).image,
    missing=lambda setup: [*lacking(["vcnet"]), OWN],
    weights=lambda setup: fingerprints(ready(["vcnet"])),
    reference="all parts",
)
