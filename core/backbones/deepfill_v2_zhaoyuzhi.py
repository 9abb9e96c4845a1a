"""DeepFill v2 without attention: two variants from a rewriting in PyTorch.

Paper: Yu, Lin, Yang, Shen, Lu, Huang, "Free-Form Image Inpainting with Gated Convolution", ICCV 2019.
Program: https://github.com/zhaoyuzhi/deepfillv2. It has no license file; this is our own program of its design.

`zhaoyuzhi`: RGB, a coarse and a refining stage of the same make, zero padding, tanh at the end of both although
photos are in [0, 1]. `zhaoyuzhi_gray`: gray, a single stage, reflection padding, sigmoid at the end.
In the input of both the hole is white, and is one more channel.

Their enlarging layers have a spectral norm of their own, which moves its vectors by one power iteration in
every pass, in evaluation too, so that their program answers a little differently each time. `convert` folds
the norm of the first pass after loading into plain weights.

Sides are multiples of `MULTIPLE` and at least `MINIMUM`: the gray stage reflects 16 pixels at a quarter of the size.
"""

import re

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..layers.explain import Explainable, Gates
from .record import InpaintNetwork, State, Variant, build_network

MULTIPLE, MINIMUM = 4, 68
SOURCE = "https://github.com/zhaoyuzhi/deepfillv2"
LICENSE = "none stated"


class GatedConv(Explainable, nn.Module):
    """A convolution times the sigmoid of another, instance norm, activation; keeps the size, or halves it.

    pad: how `F.pad` calls it. enlarge: doubles the size first, by repeating pixels.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int = 3,
        *,
        pad: str,
        stride: int = 1,
        dilation: int = 1,
        norm: bool = True,
        enlarge: bool = False,
    ) -> None:
        super().__init__()
        self.feature = nn.Conv2d(in_channels, out_channels, kernel, stride, dilation=dilation)
        self.gate = nn.Conv2d(in_channels, out_channels, kernel, stride, dilation=dilation)
        self.padding, self.pad = [dilation * (kernel - 1) // 2] * 4, pad
        self.norm, self.enlarge = norm, enlarge

    def gated(self, x: Tensor) -> Tensor:
        """The product, before norm and activation."""
        x = self.padded(x)
        return self.feature(x) * self.gate(x).sigmoid()

    def padded(self, x: Tensor) -> Tensor:
        """What the convolutions get."""
        if self.enlarge:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        return F.pad(x, self.padding, mode=self.pad)

    def explain(self, *inputs: Tensor) -> Gates:
        """What its gates let pass."""
        return Gates(self.gate(self.padded(inputs[0][:1])).sigmoid()[0].mean(0))

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H, W), at half or twice the size where it halves or enlarges."""
        x = self.gated(x)
        if self.norm:
            x = F.instance_norm(x)
        return F.leaky_relu(x, 0.2)


class LastGatedConv(GatedConv):
    """The layer that gives the photo: no norm, and the activation is left to the caller."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) -> (B, out_channels, H, W), unbounded."""
        return self.gated(x)


class Stage(nn.Sequential):
    """Encoder to a quarter of the size, dilated middle, decoder.

    (B, in_channels, H, W) -> (B, out_channels, H, W), unbounded.
    """

    def __init__(self, in_channels: int, out_channels: int, width: int, pad: str) -> None:
        w1, w2, w4 = width, 2 * width, 4 * width
        super().__init__(
            GatedConv(in_channels, w1, 7, norm=False, pad=pad),
            GatedConv(w1, w2, 4, stride=2, pad=pad),  # (B, 2w, H/2, W/2)
            GatedConv(w2, w4, pad=pad),
            GatedConv(w4, w4, 4, stride=2, pad=pad),  # (B, 4w, H/4, W/4)
            *(GatedConv(w4, w4, dilation=d, pad=pad) for d in (1, 1, 2, 4, 8, 16, 1, 1)),
            GatedConv(w4, w2, enlarge=True, pad=pad),  # (B, 2w, H/2, W/2)
            GatedConv(w2, w2, pad=pad),
            GatedConv(w2, w1, enlarge=True, pad=pad),  # (B, w, H, W)
            LastGatedConv(w1, out_channels, 7, pad=pad),
        )


class TwoStages(InpaintNetwork):
    """The color network: a coarse photo, then a better one, whose input has the coarse one in the hole."""

    def __init__(self, channels: tuple[int, int], width: int) -> None:
        super().__init__()
        in_channels, out_channels = self.channels = channels
        self.coarse = Stage(in_channels + 1, out_channels, width, "constant")
        self.refinement = Stage(in_channels + 1, out_channels, width, "constant")

    def forward(self, image: Tensor, hole: Tensor) -> tuple[Tensor, Tensor]:
        """image (B, in_channels, H, W) in [0, 1] and hole (B, 1, H, W), 1 = fill, to the coarse and the final photo.

        Both are (B, out_channels, H, W) in [-1, 1].
        """
        known = image * (1 - hole)
        coarse = self.coarse(torch.cat([known + hole, hole], 1)).tanh()
        return coarse, self.refinement(torch.cat([known + coarse * hole, hole], 1)).tanh()


class OneStage(InpaintNetwork):
    """The gray network: a single stage."""

    def __init__(self, channels: tuple[int, int], width: int) -> None:
        super().__init__()
        in_channels, out_channels = self.channels = channels
        self.stage = Stage(in_channels + 1, out_channels, width, "reflect")

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        """image (B, in_channels, H, W) in [0, 1] and hole (B, 1, H, W), 1 = fill, to the photo in [0, 1]."""
        return self.stage(torch.cat([image * (1 - hole) + hole, hole], 1)).sigmoid()


GRAY_LAYERS = [f"{part}{i}" for part, count in (("down", 4), ("b", 8), ("up", 4)) for i in range(1, count + 1)]
ENLARGING = (12, 14)
AUTHORS = re.compile(r"(?P<layer>.+?)\.(gated_conv2d\.)?(?P<conv>conv2d|mask_conv2d)\.(module\.)?(?P<tensor>\w+)")
CONVS = {"conv2d": "feature", "mask_conv2d": "gate"}
COLOR_KEYS = {f"{stage}.{i}": f"{stage}.{i}" for stage in ("coarse", "refinement") for i in range(16)}
GRAY_KEYS = {name: f"stage.{i}" for i, name in enumerate(GRAY_LAYERS)}


def normed(weight: Tensor, u: Tensor) -> Tensor:
    """`weight` (O, I, K, K) over its spectral norm as their next pass estimates it from the stored `u` (O,)."""

    def unit(x: Tensor) -> Tensor:
        return x / (x.norm() + 1e-12)

    matrix = weight.flatten(1)
    v = unit(matrix.T @ u)
    u = unit(matrix @ v)
    return weight / (u @ (matrix @ v))


def convert(state: State, layers: dict[str, str]) -> dict[str, Tensor]:
    """The authors' tensors under our names, `layers` from their layers to ours; spectral norms folded in."""
    ours = {}
    for name, value in state.items():
        match = AUTHORS.fullmatch(name)
        if match is None or match["layer"] not in layers or match["tensor"] in ("weight_u", "weight_v"):
            continue
        if match["tensor"] == "weight_bar":
            value = normed(value, state[name.removesuffix("bar") + "u"])
        tensor = "bias" if match["tensor"] == "bias" else "weight"
        ours[f"{layers[match['layer']]}.{CONVS[match['conv']]}.{tensor}"] = value
    return ours


def authors_names(layers: dict[str, str]) -> set[str]:
    """All names that a file of the authors' has."""
    names = set()
    for position, layer in enumerate(layers):
        enlarging = position % 16 in ENLARGING
        tensors = ("weight_bar", "weight_u", "weight_v", "bias") if enlarging else ("weight", "bias")
        form = "gated_conv2d.{}.module.{}" if enlarging else "{}.{}"
        names |= {f"{layer}.{form.format(conv, tensor)}" for conv in CONVS for tensor in tensors}
    return names


def detect(state: State, layers: dict[str, str]) -> str | None:
    return "" if authors_names(layers) <= set(state) else None


def sizes(state: State, stage: str) -> tuple[tuple[int, int], int]:
    """Channels and width, read off the first and the last layer of a stage of ours."""
    width, in_channels = state[f"{stage}.0.feature.weight"].shape[:2]
    return (in_channels - 1, len(state[f"{stage}.15.feature.weight"])), width


def fill_color(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    return network(image, hole.to(image.dtype))[1].clamp(0, 1)


def fill_gray(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    return network(image, hole.to(image.dtype))


VARIANTS: tuple[Variant, ...] = (
    Variant(
        id="zhaoyuzhi",
        source=SOURCE,
        license=LICENSE,
        detect=lambda state: detect(state, COLOR_KEYS),
        convert=lambda state: convert(state, COLOR_KEYS),
        build=lambda state: build_network(lambda: TwoStages(*sizes(state, "coarse")), state),
        fill=fill_color,
        fresh=TwoStages,
    ),
    Variant(
        id="zhaoyuzhi_gray",
        source=SOURCE,
        license=LICENSE,
        detect=lambda state: detect(state, GRAY_KEYS),
        convert=lambda state: convert(state, GRAY_KEYS),
        build=lambda state: build_network(lambda: OneStage(*sizes(state, "stage")), state),
        fill=fill_gray,
        fresh=OneStage,
    ),
)
