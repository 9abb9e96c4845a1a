"""The mid-level features that patches are compared by: VGG19's where its weights are here, else an encoder of ours.

Ours is that of `autoencoder_slim`, plain convolutions like VGG's. The U-Net of `mono` puts pixels into channels first,
and pictures that are made to have its features get a grid of two pixels.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ...backbones.autoencoder import Autoencoder
from ...backbones.record import build_network
from ...layers.vgg import VGG19_TO_RELU4_1, vgg_layers
from ...weights import all_entries, cached_path, load_weights
from ...weights.load import cached_network, load_network

VGG, OURS = "vgg19", "autoencoder_slim"  # ids of weights: the user's, and shipped ones
FINE = 3  # layers of the encoder before the second halving
TAPS = (11, 20)  # relu3_1 and relu4_1
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of the photos that VGG19 was trained on


class Features(NamedTuple):
    """A way to describe a picture.

    Attributes:
        strides: Pixels between the positions of each map, the largest last, a multiple of the others.
        maps: Of a picture (1, 1, H, W) in [0, 1], H and W multiples of the last stride: (1, C, H / stride,
            W / stride) for each stride.
    """

    strides: tuple[int, ...]
    maps: Callable[[Tensor], list[Tensor]]


def load_features() -> Features:
    """Those of VGG19 if the user has its weights as `vgg19`, else those of `autoencoder_slim`; on the CPU."""
    entry = all_entries().get(VGG)
    if entry is not None and cached_path(entry):
        return vgg_features(cached_network("patches", entry.sha256, lambda: build_vgg(load_weights(VGG))))
    return encoder_features(cached_network("patches", OURS, _autoencoder))


def _autoencoder() -> Autoencoder:
    network = load_network(OURS).network
    assert isinstance(network, Autoencoder)
    return network


def encoder_features(network: Autoencoder) -> Features:
    """What the encoder makes of a photo without a hole at 1/2 and 1/4 of its size."""

    def maps(picture: Tensor) -> list[Tensor]:
        known = (picture * 2 - 1).expand(-1, network.channels[0], -1, -1)
        fine = network.encoder[:FINE](torch.cat([known, torch.zeros_like(picture)], 1))
        return [fine, network.encoder[FINE:](fine)]

    return Features((2, 4), maps)


def vgg_features(layers: nn.Sequential) -> Features:
    """The outputs of relu3_1 and relu4_1 (Simonyan, Zisserman 2015), as in the paper."""

    def maps(picture: Tensor) -> list[Tensor]:
        mean, deviation = (picture.new_tensor(values).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
        x, tapped = (picture - mean) / deviation, []
        for i, layer in enumerate(layers):
            x = layer(x)
            if i in TAPS:
                tapped.append(x)
        return tapped

    return Features((4, 8), maps)


def build_vgg(state: Mapping[str, Tensor]) -> nn.Sequential:
    """VGG19 up to relu4_1.

    Args:
        state: Its tensors by torchvision's names, of which `features.N...` up to there are taken.

    Returns:
        The network, frozen.

    Raises:
        RuntimeError: for tensors that do not fit.
    """
    make = partial(vgg_layers, VGG19_TO_RELU4_1)
    names = {f"features.{name}": name for name in make().state_dict()}
    return build_network(make, {ours: state[theirs].float() for theirs, ours in names.items() if theirs in state})
