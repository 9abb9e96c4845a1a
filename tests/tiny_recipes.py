"""Recipes that train in a second, and trainings that are stopped and compared."""

from dataclasses import replace

import torch
from checkpoint import read, save_state
from recipe import DiscriminatorConfig, Phase, Recipe
from trainer import Training

TINY = Recipe(
    "gray",
    (Phase(side=32, batch=4, samples=120),),
    rate=3e-3,
    warmup=8,
    decay=80,
    average=40,
    network={"backbone": "autoencoder", "layout": "monochromic", "width": 4, "channels": [4, 1]},
    losses={"l1": 1.0, "gradient": 0.5},
)
MONO = {"backbone": "mono", "layout": "monochromic", "widths": [4, 8, 16]}
RECIPES = {
    "mono": replace(TINY, network=MONO, losses={"psnr": 1.0, "valid": 0.1}),
    "autoencoder": TINY,
    "rgb": replace(TINY, network={**TINY.network, "channels": [3, 3]}, losses={}),
    "damage": replace(TINY, task="damage", network={"widths": [4, 8, 16]}, losses={}),
    "colour_prior": replace(TINY, task="colour_prior", network={"widths": [8, 8, 8]}, losses={}),
    "hinge": replace(TINY, adversary=DiscriminatorConfig("hinge", "patch", width=4, matching=0.1, start=8)),
    "wgan_gp": replace(TINY, adversary=DiscriminatorConfig("wgan_gp", "global_local", width=4)),
}


def go_on(recipe, photos, out, limit):
    run = Training(recipe, out)
    while run.seen < limit:
        for batch in run.batches(photos, workers=0):
            run.step(batch)
            if run.seen >= limit:
                break
    save_state(run.state, run.parts, run.seen)


def assert_equal(one, other, seen):
    (a, seen_a), (b, seen_b) = (read(folder / "state.safetensors") for folder in (one, other))
    assert seen_a == seen_b == seen
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)
