"""Diversity of fills: how far apart answers of several seeds are, and what the best of them is worth."""

from functools import partial
from itertools import combinations

import torch
from experiments.frame import Case, Column, Experiment, Method, Plan, Scores, Setup
from experiments.networks import SLIM, fingerprints, loader, ready
from monochromic.core import fill, l1, lpips, luminance, psnr, ssim
from torch import Tensor

SEEDS = 6
COLUMNS = (
    Column("psnr_best", f"PSNR dB, best of {SEEDS}", ".2f"),
    Column("psnr_mean", "PSNR dB, mean", ".2f"),
    Column("ssim_best", f"SSIM, best of {SEEDS}", ".4f"),
    Column("ssim_mean", "SSIM, mean", ".4f"),
    Column("distance", "distance of two, L1 %", ".3f"),
    Column("lpips", "distance of two, LPIPS", ".4f"),
)


def fills(name: str, texture: float, case: Case) -> Tensor:
    """Answers of several seeds, (SEEDS, 1, S, S)."""
    model = loader(name)()
    return torch.cat([fill(case.holed, case.hole, model, texture=texture, seed=seed) for seed in range(SEEDS)])


def judge(setup: Setup, case: Case, answers: Tensor) -> Scores:
    """Best and mean against the photo, and the mean distance of two answers, over the hole."""
    truth, hole = luminance(case.image).expand(len(answers), -1, -1, -1), case.hole.expand(len(answers), -1, -1, -1) > 0
    decibels, likeness = psnr(answers, truth, hole), ssim(answers, truth, hole)
    pairs = list(combinations(answers.split(1), 2))
    scores = {"psnr_best": decibels.max().item(), "psnr_mean": decibels.mean().item()}
    scores |= {"ssim_best": likeness.max().item(), "ssim_mean": likeness.mean().item()}
    scores["distance"] = 100 * sum(l1(a, b, hole[:1]).item() for a, b in pairs) / len(pairs)
    if setup.lpips:
        scores["lpips"] = sum(lpips(a, b, setup.lpips).item() for a, b in pairs) / len(pairs)
    return scores


def methods(setup: Setup) -> dict[str, Method]:
    """The default backbone with more and more texture, and others that were asked for."""
    rows = {f"mono, texture {amount:g}": partial(fills, "mono", amount) for amount in (0, 0.5, 1)}
    return rows | {f"{name}, texture 0.5": partial(fills, name, 0.5) for name in ready(setup.backbones)}


DIVERSITY = Experiment(
    id="diversity",
    title="Diversity of fills",
    about=(
        f"Gray in the hole, strokes over a fifth, {SEEDS} seeds. No network of the pack draws random numbers when it "
        "fills: what differs between seeds is the texture that is added from the known part, and without it all "
        f"answers are one. Only the truth can tell which answer is best. {SLIM}"
    ),
    quick=Plan(photos=4, side=256),
    full=Plan(photos=0, side=256),
    columns=COLUMNS,
    methods=methods,
    judge=judge,
    picture=lambda answers: answers[:1],
    weights=lambda setup: fingerprints(ready(("mono", *setup.backbones))),
    reference="mono, texture 0",
)
