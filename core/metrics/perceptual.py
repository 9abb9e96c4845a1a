"""LPIPS v0.1, how far apart two pictures look to a network (Zhang, Isola, Efros, Shechtman, Wang, CVPR 2018).

Authors' program: https://github.com/richzhang/PerceptualSimilarity, BSD-2-Clause. The three networks are those of
torchvision (AlexNet, VGG16, SqueezeNet 1.1), whose names of weights are kept, up to the last layer that is compared.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import InputError, UnknownNameError, WeightsError
from ..host.cancel import check_cancelled
from ..host.device import on_device
from ..host.memory import retry_smaller
from ..host.thread import run_in_thread
from ..image.checks import shape_of
from ..layers.vgg import VGG16, vgg_layers
from .regions import mean_over

SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of pixels in [-1, 1]
HEAD = re.compile(r"(?:lin)?(\d+)(?:\.model\.1)?\.weight")  # ours and the Hub's "0.weight", the authors' "lin0.model.1"


class Fire(nn.Module):
    """SqueezeNet's block: few channels, then many from 1 x 1 and 3 x 3 windows side by side."""

    def __init__(self, in_channels: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(in_channels, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, 2 expand, H, W)."""
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x), self.expand3x3(x)], dim=1).relu()


class Lpips(nn.Module):
    """The layers of a network up to the last that is compared, and a weight for each channel of those compared.

    Args:
        net: "vgg", "alex" or "squeeze".
    """

    def __init__(self, net: str) -> None:
        super().__init__()
        make, self.taps, widths, self.min_side = NETS[net]
        self.net = net
        self.features = make()
        self.heads = nn.ModuleList(nn.Conv2d(width, 1, 1, bias=False) for width in widths)

    def tapped_features(self, image: Tensor) -> list[Tensor]:
        """The output of each layer that is compared.

        Args:
            image: (B, 1 or 3, H, W) in [0, 1].

        Returns:
            (B, C, h, w) for each layer, the first one first.
        """
        shift, scale = (image.new_tensor(v).view(1, 3, 1, 1) for v in (SHIFT, SCALE))
        x, features = (image * 2 - 1 - shift) / scale, []
        for i, layer in enumerate(self.features):
            x = run_in_thread(x.numel(), layer, x)
            if i in self.taps:
                features.append(x)
        return features

    def forward(self, image: Tensor, reference: Tensor) -> list[Tensor]:
        """The weighted squared difference at each layer that is compared, (B, 1, h, w) each."""
        pairs = zip(self.heads, self.tapped_features(image), self.tapped_features(reference), strict=True)
        return [head((_unit(a) - _unit(b)).square()) for head, a, b in pairs]


def lpips(image: Tensor, reference: Tensor, network: Lpips, where: Tensor | None = None) -> Tensor:
    """LPIPS v0.1 (Zhang et al. 2018).

    Papers seldom say which network they have, and values of different networks do not compare: the authors advise
    "alex" for measuring, LaMa's evaluation program takes "vgg" by default. Published values are of the full picture.

    Args:
        image: (B, 1 or 3, H, W) in [0, 1]; a gray picture counts as three equal channels.
        reference: (B, 1 or 3, H, W) in [0, 1].
        network: from `load_lpips`, on the device of the pictures.
        where: bool (B, 1, H, W): the maps of the layers are enlarged to the picture (bilinear, as the authors'
            `spatial=True`) and averaged over those pixels; no paper that we know reports that. None: the full picture.

    Returns:
        (B,) of 0 or more, 0 = equal, seldom above 1.

    Raises:
        InputError: for pictures with a side below `network.min_side`, and for an empty `where`.
        OutOfMemoryError: where memory does not suffice, not even on the CPU.
    """
    if min(image.shape[-2:]) < network.min_side:
        size = f"{network.min_side} x {network.min_side}"
        raise InputError(f"LPIPS ({network.net}) needs pictures of at least {size} pixels, got {shape_of(image)}")

    def compare(device: torch.device) -> Tensor:
        region = None if where is None else where.to(device)
        layers = on_device(network, device, image[0, 0].numel())(image.to(device), reference.to(device))
        if region is None:
            return sum((mean_over(layer, None) for layer in layers), torch.zeros(())).to(image.device)
        return mean_over(enlarged(layers, image.shape[-2:]), region).to(image.device)

    failed = f"not enough memory for LPIPS ({network.net}) of pictures {shape_of(image)}"
    advice = "close other programs, or measure smaller pictures, or by another network"
    return retry_smaller(compare, (image.device, torch.device("cpu")), f"{failed}; {advice}")


def enlarged(layers: list[Tensor], size: Sequence[int]) -> Tensor:
    """The sum of the layers' maps at the size of the picture.

    Args:
        layers: (B, 1, h, w) each.
        size: H and W.

    Returns:
        (B, 1, H, W).
    """
    maps = (F.interpolate(layer, tuple(size), mode="bilinear", align_corners=False) for layer in layers)
    return sum(maps, torch.zeros(()))


def build_lpips(net: str, backbone: Mapping[str, Tensor], heads: Mapping[str, Tensor]) -> Lpips:
    """Build a network of LPIPS from its weights.

    Args:
        net: "vgg", "alex" or "squeeze".
        backbone: weights by torchvision's or timm's names, of which `features.N...` are taken.
        heads: `linN.model.1.weight` (the authors') or `N.weight`, (1, C, 1, 1) each.

    Returns:
        The network on the CPU, for measuring: it does not train.

    Raises:
        UnknownNameError: for another network.
        WeightsError: for weights that do not fit.
    """
    if net not in NETS:
        raise UnknownNameError("LPIPS network", net, NETS)
    with torch.device("meta"):  # no values are drawn only to be replaced
        network = Lpips(net)
    names = network.state_dict().keys()
    state = {name: value for name, value in backbone.items() if name in names}
    state |= {f"heads.{m[1]}.weight": value for name, value in heads.items() if (m := HEAD.fullmatch(name))}
    try:
        network.load_state_dict({name: value.float() for name, value in state.items()}, assign=True)
    except RuntimeError as error:
        raise WeightsError(
            f"these are not the weights of LPIPS ({net}): {' '.join(str(error).split())[:300]}"
        ) from error
    return network.eval().requires_grad_(False)


def _unit(x: Tensor) -> Tensor:
    """Every pixel's channels as a vector of length 1."""
    check_cancelled()
    return x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10)


def _alexnet() -> nn.Sequential:
    layers = [nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    layers += [nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    for in_channels, out_channels in ((192, 384), (384, 256), (256, 256)):
        layers += [nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers)


def _squeezenet() -> nn.Sequential:
    def pool() -> nn.Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    layers = [nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool(), Fire(64, 16, 64), Fire(128, 16, 64)]
    layers += [pool(), Fire(128, 32, 128), Fire(256, 32, 128), pool()]
    layers += [Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256)]
    return nn.Sequential(*layers)


class Net(NamedTuple):
    """How a network of LPIPS is made, the indices of its layers that are compared, their channels, the least side."""

    make: Callable[[], nn.Sequential]
    taps: tuple[int, ...]
    widths: tuple[int, ...]
    min_side: int


NETS = {
    "vgg": Net(partial(vgg_layers, VGG16), (3, 8, 15, 22, 29), (64, 128, 256, 512, 512), 16),
    "alex": Net(_alexnet, (1, 4, 7, 9, 11), (64, 192, 384, 256, 256), 31),
    "squeeze": Net(_squeezenet, (1, 4, 7, 9, 10, 11, 12), (64, 128, 256, 384, 384, 512, 512), 17),
}
