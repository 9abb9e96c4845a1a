"""Recipes that train in a second."""

from dataclasses import replace

from recipe import DiscriminatorConfig, Phase, Recipe

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
