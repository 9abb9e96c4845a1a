"""Our own detectors' networks with their shipped weights, each read once."""

from collections.abc import Sequence

import torch

from ..host.device import on_device
from ..weights import load_weights
from ..weights.load import cached_network
from .multiscale import TILE
from .network import DamageNetwork, build

LOGIT_BIAS = {"lines": -3.0, "specks": -3.0, "lost": -3.0, "areas": -1.0, "overlays": 0.0}
"""Added to the network's logits of each kind, because it is surer of real photos than it is right."""


def damage_network(device: torch.device) -> DamageNetwork:
    """The network for all kinds of damage, on a device: (B, 3, H, W) to logits (B, 5, H, W)."""
    return _network("damage", [*LOGIT_BIAS.values()], device)


def overlays_network(device: torch.device) -> DamageNetwork:
    """The network for overlays alone, on a device: (B, 3, H, W) to logits (B, 1, H, W)."""
    return _network("overlays", [0.0], device)


def eyes_network(device: torch.device) -> DamageNetwork:
    """The network for eyes, on a device: (B, 3, H, W) to logits (B, 1, H, W)."""
    return _network("eyes", [0.0], device)


def _network(weights: str, biases: Sequence[float], device: torch.device) -> DamageNetwork:
    """The network of shipped weights, with a bias added to the logits of each of its kinds."""

    def build_it() -> DamageNetwork:
        state = {name: value.float() for name, value in load_weights(weights).items()}
        bias = state["body.leave.bias"].view(len(biases), -1) + torch.tensor(biases)[:, None]
        network = build({**state, "body.leave.bias": bias.flatten()})
        return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # its stubs lack it

    return on_device(cached_network(weights, device, build_it, keep=4), device, TILE * TILE)
