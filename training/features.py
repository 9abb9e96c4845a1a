"""Losses on features of VGG16 (Simonyan, Zisserman 2015), which need its weights: no shipped recipe has them.

Answer and truth (B, 1 or 3, H, W) in [0, 1], hole (B, 1, H, W) -> (B,). The composite is judged, as in Nazeri et al.
2019. The weights are fetched when a recipe first asks for them (`monochromic weights fetch vgg16`).
"""

from functools import cache, reduce
from operator import add

import torch
import torch.nn.functional as F
from losses import composite
from monochromic.core.metrics.perceptual import NETS, SCALE, SHIFT
from monochromic.core.weights import load_weights
from torch import Tensor, nn

STYLE_LAYERS = (1, 6, 11, 18, 25)  # relu1_1, relu2_1, ... relu5_1: perceptual and style, as Nazeri et al.
MRF_LAYERS = {13: 1, 20: 2}  # relu3_2 and relu4_2 by their weights: ID-MRF, as Wang et al. 2018
BANDWIDTH = 0.5  # h of ID-MRF
EPSILON = 1e-5
Net = nn.Sequential | None  # VGG16's convolutions; None: those of `vgg`


@cache
def vgg(device: torch.device) -> nn.Sequential:
    """VGG16's convolutions with their weights. Raises `WeightsError`."""
    state = load_weights("vgg16")
    network = NETS["vgg"].make()
    network.load_state_dict({k.removeprefix("features."): v for k, v in state.items() if k.startswith("features.")})
    return network.eval().requires_grad_(False).to(device)


def tapped_features(network: nn.Sequential, image: Tensor, layers: tuple[int, ...]) -> list[Tensor]:
    """The outputs of these layers for a picture, (B, C, h, w) each."""
    shift, scale = (image.new_tensor(v).view(1, 3, 1, 1) for v in (SHIFT, SCALE))
    x, outputs = (image.expand(-1, 3, -1, -1) * 2 - 1 - shift) / scale, []
    for index, layer in enumerate(list(network)[: max(layers) + 1]):
        x = layer(x)
        if index in layers:
            outputs.append(x)
    return outputs


def perceptual(answer: Tensor, truth: Tensor, hole: Tensor, network: Net = None) -> Tensor:
    """Mean absolute difference of features, summed over layers (Johnson et al. 2016)."""
    pairs = _pairs(answer, truth, hole, STYLE_LAYERS, network)
    return reduce(add, ((a - b).abs().flatten(1).mean(1) for a, b in pairs))


def style(answer: Tensor, truth: Tensor, hole: Tensor, network: Net = None) -> Tensor:
    """Mean absolute difference of Gram matrices, summed over layers (Gatys et al. 2016)."""
    pairs = _pairs(answer, truth, hole, STYLE_LAYERS, network)
    return reduce(add, ((gram(a) - gram(b)).abs().flatten(1).mean(1) for a, b in pairs))


def id_mrf(answer: Tensor, truth: Tensor, hole: Tensor, network: Net = None) -> Tensor:
    """How badly each feature of the truth is matched by one of the answer (Wang, Tao, Qi, Shen, Jia 2018)."""
    pairs = _pairs(answer, truth, hole, tuple(MRF_LAYERS), network)
    return reduce(add, (weight * mrf(a, b) for weight, (a, b) in zip(MRF_LAYERS.values(), pairs, strict=True)))


def gram(features: Tensor) -> Tensor:
    """Products of the channels (B, C, C), by C h w."""
    flat = features.flatten(2)
    return flat @ flat.transpose(1, 2) / flat[0].numel()


def mrf(answer: Tensor, truth: Tensor) -> Tensor:
    """-log of the mean, over positions of the truth, of the largest share that a position of the answer has in it.

    Features (B, C, h, w); patches of 1 x 1 as in the authors' program (https://github.com/shepnerd/inpainting_gmcnn,
    MIT), centered as in Mechrez et al. 2018.
    """
    mean = truth.mean((2, 3), keepdim=True)
    a, b = (F.normalize((x - mean).flatten(2), dim=1) for x in (answer, truth))
    distance = (1 - a.transpose(1, 2) @ b) / 2  # (B, positions of the answer, positions of the truth)
    relative = distance / (distance.amin(2, keepdim=True) + EPSILON)
    shares = torch.softmax((1 - relative) / BANDWIDTH, dim=2)
    return -torch.log(shares.amax(1).mean(1))


def _pairs(answer: Tensor, truth: Tensor, hole: Tensor, layers: tuple[int, ...], network: Net) -> zip:
    network = network or vgg(answer.device)
    return zip(
        tapped_features(network, composite(answer, truth, hole), layers),
        tapped_features(network, truth, layers),
        strict=True,
    )


FEATURES = {each.__name__: each for each in (perceptual, style, id_mrf)}
