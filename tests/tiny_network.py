"""A backbone of a few numbers, in two variants of made-up authors: one file, and a file for each of two parts."""

import torch
from monochromic.core import BACKBONES, Backbone
from monochromic.core.backbones.record import Variant, build_network
from monochromic.core.weights import load as models
from safetensors import safe_open
from torch import nn


class Tiny(nn.Module):
    """A network of a few numbers: one convolution for each of its parts."""

    def __init__(self, channels, parts):
        super().__init__()
        self.channels = channels
        self.layers = nn.ModuleDict({part: nn.Conv2d(*channels, 3, padding=1) for part in parts})

    def forward(self, image):
        return sum(layer(image) for layer in self.layers.values())


def tiny_variant(name, *parts):
    """Their names: `<name>.conv.weight`, or `<part>_conv.weight` in a file for each part."""
    files = {f"{part}_conv": f"{part}." for part in parts if part} or {f"{name}.conv": ""}

    def detect(state):
        found = [prefix for file, prefix in files.items() if f"{file}.weight" in state]
        return found[0] if len(found) == 1 else None

    def convert(state):
        return {f"layers.{part}.{kind}": state[f"{part}.{part}_conv.{kind}"] for part in parts for kind in KINDS}

    def convert_one(state):
        return {f"layers.one.{kind}": state[f"{name}.conv.{kind}"] for kind in KINDS}

    def build(state):
        weight = next(v for k, v in state.items() if k.endswith("weight"))
        return build_network(lambda: Tiny((weight.shape[1], weight.shape[0]), parts or ("one",)), state)

    return Variant(
        id=name,
        source=f"https://example.org/{name}",
        license="CC0",
        detect=detect,
        convert=convert if parts else convert_one,
        build=build,
        fill=lambda network, image, hole: network(image),
        fresh=lambda channels, width: Tiny(channels, parts or ("one",)),
        parts=tuple(files.values()),
    )


KINDS = ("weight", "bias")


def their_weights(name="lab", channels=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(channels, channels, 3, 3, generator=generator)
    return {f"{name}.weight": weight, f"{name}.bias": torch.randn(channels, generator=generator)}


def tiny_state(seed=0, channels=3):
    return their_weights("lab.conv", channels, seed)


def at_home(folder, monkeypatch):
    """Put it among the backbones, and an empty home at `folder`."""
    monkeypatch.setenv("MONOCHROMIC_HOME", str(folder))
    variants = tiny_variant("lab"), tiny_variant("pair", "edge", "paint")
    monkeypatch.setitem(BACKBONES, "tiny", Backbone("tiny", "Tiny", "none", "CC0", variants=variants))
    models.clear()


def saved(path, content, **options):
    torch.save(content, path, **options)
    return path


def inside(path):
    with safe_open(path, "pt") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
