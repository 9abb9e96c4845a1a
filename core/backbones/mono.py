"""Mono: our own network for the gray stage, small enough to ship.

The external stage of Wang, Ouyang, Chen 2021: from the photo in color and in gray to gray. It starts from the tones
around the hole, spread into it by pull-push (Gortler et al. 1996), and adds what a U-Net (`core/layers/unet.py`)
predicts. So it begins with a smooth filling, and learns structure from its first step. On a CPU that has instructions
for bfloat16 the U-Net computes in it, as what it adds is small: a level of 255 off at most, about.

Our license and weights (weights/mono.md). Sides are multiples of 16.
"""

from contextlib import nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor

from ..host.precision import cpu_computes_bf16
from ..layers.unet import MULTIPLE, UNet, widths_of
from .record import Backbone, InpaintNetwork, State, Variant, build_network, tensor_names

HEADS = 2


class Mono(InpaintNetwork):
    """`channels`: (4, 1) RGB and gray to gray; (1, 1) and (3, 3) for comparisons. widths: as of `UNet`."""

    def __init__(self, channels: tuple[int, int], widths: tuple[int, ...]) -> None:
        super().__init__()
        in_channels, self.out_channels = self.channels = channels
        self.body = UNet(in_channels + 1 + self.out_channels, self.out_channels, widths, HEADS)
        self.multiple = self.body.multiple

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        """image (B, in_channels, H, W) in [0, 1] and hole (B, 1, H, W), 1 = fill, to the photo, not cut to [0, 1]."""
        known = 1 - hole
        smooth = pull_push(image[:, -self.out_channels :], known)
        visible = (image - 0.5) * known
        exact = image.device.type != "cpu" or image.dtype != torch.float32 or torch.is_grad_enabled()
        with nullcontext() if exact or not cpu_computes_bf16() else torch.autocast("cpu", torch.bfloat16):
            return smooth + self.body(torch.cat([visible, hole, smooth - 0.5], 1)).to(smooth)


def pull_push(image: Tensor, known: Tensor) -> Tensor:
    """Fill the unknown by means of the known pixels at ever larger scales (Gortler et al. 1996).

    Args:
        image: (B, C, H, W).
        known: (B, 1, H, W) in [0, 1], 1 = known.

    Returns:
        (B, C, H, W), with the known pixels of `image`.
    """
    if known.shape[-2:] == (1, 1):
        return image
    share = F.avg_pool2d(known, 2, ceil_mode=True, count_include_pad=False)
    mean = F.avg_pool2d(image * known, 2, ceil_mode=True, count_include_pad=False) / share.clamp(min=1e-4)
    coarse = pull_push(mean, (2 * share).clamp(max=1))
    return image * known + F.interpolate(coarse, image.shape[-2:], mode="bilinear") * (1 - known)


def detect(state: State) -> str | None:
    return "" if set(state) in [tensor_names(Mono, (1, 1), (HEADS,) * levels) for levels in (3, 4)] else None


def build(state: State) -> InpaintNetwork:
    body = {name.removeprefix("body."): value for name, value in state.items()}
    widths, out_channels = widths_of(body), len(body["leave.bias"]) // 4
    in_channels = body["enter.weight"].shape[1] // 4 - 1 - out_channels
    return build_network(lambda: Mono((in_channels, out_channels), widths), state)


def fresh(channels: tuple[int, int], width: int) -> Mono:
    """New weights; widths in the proportion of the shipped ones, 1 : 2 : 3 : 6."""
    return Mono(channels, (width, 2 * width, 3 * width, 6 * width))


def fill(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    return network(image, hole.to(image.dtype)).clamp(0, 1)


MONO = Backbone(
    id="mono",
    title="Mono (ours)",
    paper="our own design, after the external stage of Wang, Ouyang, Chen 2021, CVPR",
    license="MIT",
    variants=(
        Variant(
            id="monochromic",
            source="core/backbones/mono.py",
            license="MIT",
            detect=detect,
            convert=dict,
            build=build,
            fill=fill,
            fresh=fresh,
        ),
    ),
    multiple=MULTIPLE,
    minimum=MULTIPLE,
    trained=256,
    half=True,
    channels_last=True,
)
