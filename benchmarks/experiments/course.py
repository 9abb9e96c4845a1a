"""The course project's table: two classical methods and three networks, on holes and on mosaics."""

from functools import partial

import numpy as np
import torch
from cases import box_hole
from experiments.floors import ONE_COLOR, UNTOUCHED, one_color, untouched
from experiments.frame import COVERAGE, LPIPS_FULL, Case, Experiment, Method, Plan, Setup, metric
from experiments.networks import SLIM, fingerprints, lacking, loader, ready
from monochromic.core import restore
from torch import Tensor

BACKBONES = ("navier_stokes", "telea", "autoencoder", "glcic", "deepfill_v1")
TILES = 16  # in a row of the photo
COLUMNS = (
    metric("psnr", "hole"),
    metric("l1", "hole", "L1 %", format=".2f", factor=100),
    metric("mse", "hole", "MSE of 0 to 255", format=".0f", factor=255**2),
    LPIPS_FULL,
    metric("tv", "hole", "TV %", format=".2f", factor=100),
)


def mosaic(side: int, seed: int) -> Tensor:
    """Small squares at random places, over as much as a box covers."""
    random, tile = np.random.default_rng(seed), max(side // TILES, 1)
    across = -(-side // tile)
    chosen = random.permutation(across**2)[: round(COVERAGE * across**2)]
    tiles = np.zeros(across**2, np.float32)
    tiles[chosen] = 1
    grid = torch.from_numpy(tiles.reshape(across, across))
    return grid.repeat_interleave(tile, 0).repeat_interleave(tile, 1)[None, None, :side, :side]


def filled(name: str, case: Case) -> Tensor:
    """A restoration: gray by a backbone, color by `propagate` for all alike."""
    return restore(case.holed, case.hole, backbone=loader(name)(), texture=0.0, grain=0.0)


def methods(setup: Setup) -> dict[str, Method]:
    """A row for each backbone of the course, and for those asked for."""
    names = ready((*BACKBONES, *setup.backbones))
    return {UNTOUCHED: untouched, ONE_COLOR: one_color, **{name: partial(filled, name) for name in names}}


COURSE = Experiment(
    id="course",
    title="Two classical methods and three networks, on holes and on mosaics",
    about=(
        "Holes are one box of 45 % of each side; mosaics are small squares (a sixteenth of the side) at random places "
        "over as large a share. What the course called a mosaic is not written down; this is our reading. "
        "`deepfill_v1` is contextual attention. All are filled in gray and colored by `propagate`. L1, MSE, PSNR and "
        f"TV count the pixels of the hole. {SLIM}"
    ),
    quick=Plan(photos=4, side=256),
    full=Plan(photos=0, side=256, holes=3),
    columns=COLUMNS,
    holes={"holes": box_hole, "mosaics": mosaic},
    methods=methods,
    missing=lambda setup: [*lacking((*BACKBONES, *setup.backbones)), "the photos of ANIMALS"],
    weights=lambda setup: fingerprints(ready((*BACKBONES, *setup.backbones))),
    reference="telea",
)
