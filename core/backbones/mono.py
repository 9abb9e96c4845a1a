"""Mono: our own network for the gray stage, small enough to ship.

The external stage of Wang, Ouyang, Chen 2021: it sees the photo in color and in gray, and gives gray. It starts
from the tones around the hole, spread into it by pull-push (Gortler et al. 1996), and a U-Net (`core/layers/unet.py`)
says what is to be added; so it never does worse than smooth, and learns structure from its first step.

Our licence and weights (weights/mono.md). Sides are multiples of 8.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..layers.unet import MULTIPLE, UNet, widths_of
from .record import Backbone, Layout, State, built

HEADS = 2


class Mono(nn.Module):
    """`channels`: (4, 1) RGB and gray to gray; (1, 1) and (3, 3) for comparisons. widths: as of `UNet`."""

    def __init__(self, channels: tuple[int, int], widths: tuple[int, int, int]) -> None:
        super().__init__()
        taken, self.given = self.channels = channels
        self.body = UNet(taken + 1 + self.given, self.given, widths, HEADS)

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        """image (B, taken, H, W) in [0, 1] and hole (B, 1, H, W), 1 = fill, to the photo, not cut to [0, 1]."""
        known = 1 - hole
        smooth = pull_push(image[:, -self.given :], known)
        seen = (image - 0.5) * known
        return smooth + self.body(torch.cat([seen, hole, smooth - 0.5], 1))


def pull_push(image: Tensor, known: Tensor) -> Tensor:
    """Means of the known pixels at ever larger scales where nothing nearer is known, (B, C, H, W)."""
    if known.shape[-2:] == (1, 1):
        return image
    share = F.avg_pool2d(known, 2, ceil_mode=True, count_include_pad=False)
    mean = F.avg_pool2d(image * known, 2, ceil_mode=True, count_include_pad=False) / share.clamp(min=1e-4)
    coarse = pull_push(mean, (2 * share).clamp(max=1))
    return image * known + F.interpolate(coarse, image.shape[-2:], mode="bilinear") * (1 - known)


with torch.device("meta"):
    NAMES = frozenset(Mono((1, 1), (HEADS, HEADS, HEADS)).state_dict())


def recognize(state: State) -> str | None:
    return "" if set(state) == NAMES else None


def build(state: State) -> nn.Module:
    body = {name.removeprefix("body."): value for name, value in state.items()}
    widths, given = widths_of(body), len(body["leave.bias"]) // 4
    taken = body["enter.weight"].shape[1] // 4 - 1 - given
    return built(lambda: Mono((taken, given), widths), state)


def fresh(channels: tuple[int, int], width: int) -> Mono:
    """New weights; widths in the proportion of the shipped ones, 1 : 2 : 4."""
    return Mono(channels, (width, 2 * width, 4 * width))


def fill(network: nn.Module, image: Tensor, hole: Tensor) -> Tensor:
    return network(image, hole.to(image.dtype)).clamp(0, 1)


MONO = Backbone(
    id="mono",
    title="Mono (ours)",
    paper="our own design, after the external stage of Wang, Ouyang, Chen 2021, CVPR",
    licence="MIT",
    layouts=(
        Layout(
            id="monochromic",
            source="core/backbones/mono.py",
            licence="MIT",
            recognize=recognize,
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
