"""Partial convolutions: two variants of the same U-Net, whose convolutions use known pixels only.

Paper: Liu, Reda, Shih, Wang, Tao, Catanzaro, "Image Inpainting for Irregular Holes Using Partial Convolutions",
ECCV 2018. The layer is that of the authors' https://github.com/NVIDIA/partialconv (BSD-3-Clause); they published
no weights of the U-Net. This is our own program of both.

`naoto0804`: https://github.com/naoto0804/pytorch-inpainting-with-partial-conv (MIT). RGB in ImageNet's normalized
units. Its layer divides by the number of known values in the window and leaves out the factor of the window's
size; its weights are that much larger. `convert` divides them, so that one layer serves all.
`mmagic`: https://github.com/open-mmlab/mmagic (Apache-2.0), PConv stage 2. BGR in [-1, 1], and a bias in the first
layer. `convert` turns BGR into RGB.

What is known is tracked from layer to layer; what is not counts as zero, in the units of the layer it enters.
"""

import re
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .record import Backbone, InpaintNetwork, State, Variant, build_network


class PartialConv2d(nn.Conv2d):
    """A convolution of the known values, scaled up for the unknown ones of its window; padding is unknown too.

    Keywords as `nn.Conv2d`, without groups and with zero padding.
    """

    def count(self, known: Tensor) -> Tensor:
        """How many known values each window holds: (B, C, H, W) of 0 and 1 to (B, 1, H', W')."""
        ones = known.new_ones(1, 1, *self.kernel_size)
        return F.conv2d(known.sum(1, keepdim=True), ones, None, self.stride, self.padding, self.dilation)

    def forward(  # type: ignore[override]  # what is known goes along
        self, x: Tensor, known: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The scaled convolution (B, O, H', W') and where its window held anything known (B or 1, 1, H', W').

        x: (B, C, H, W). known: (B or 1, 1 or C, H, W) of 0 and 1, 1 = known; one channel stands for all;
        None = everything but the padding. Where a window holds nothing known the answer is 0, bias included.
        """
        if known is None:
            known = x.new_ones(1, 1, *x.shape[-2:])
        count = self.count(known)
        anything = (count > 0).to(x.dtype)
        window = known.shape[1] * self.weight[0, 0].numel()
        y = F.conv2d(x * known, self.weight, None, self.stride, self.padding, self.dilation)
        y = y * (anything * window / count.clamp(min=1))
        return (y if self.bias is None else y + self.bias.view(-1, 1, 1) * anything), anything


class Block(nn.Module):
    """Partial convolution, batch norm, activation; carries along what is known."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        activation: nn.Module,
        *,
        stride: int = 1,
        bias: bool = False,
        norm: bool = True,
    ) -> None:
        super().__init__()
        self.conv = PartialConv2d(in_channels, out_channels, kernel, stride, kernel // 2, bias=bias)
        self.norm = nn.BatchNorm2d(out_channels) if norm else nn.Identity()
        self.activation = activation

    def forward(self, x: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, C, H, W) and known (B, 1 or C, H, W) to (B, O, H', W') and (B, 1, H', W')."""
        x, known = self.conv(x, known)
        return self.activation(self.norm(x)), known


def doubled(x: Tensor) -> Tensor:
    """Twice the height and width, by repeating pixels."""
    return F.interpolate(x, scale_factor=2, mode="nearest")


def joined(x: Tensor, known: Tensor, skip: Tensor, skip_known: Tensor) -> tuple[Tensor, Tensor]:
    """Features of two sources side by side, and for each channel what is known of its source."""
    channels_known = [k.expand_as(v) for v, k in ((x, known), (skip, skip_known))]
    return torch.cat([x, skip], 1), torch.cat(channels_known, 1)


class PartialConvUNet(InpaintNetwork):
    """Seven levels down and up again with skips; a level is named by its number, "1" the outermost.

    channels: of the input and the output. width: of the first level. first_bias: a bias in the first layer.
    """

    kernels = (7, 5, 5, 3, 3, 3, 3)
    wider = (1, 2, 4, 8, 8, 8, 8)

    def __init__(self, channels: tuple[int, int], width: int, *, first_bias: bool = False) -> None:
        super().__init__()
        self.channels = channels
        sizes = [channels[0], *(width * times for times in self.wider)]
        self.down, self.up = nn.ModuleDict(), nn.ModuleDict()
        for level, kernel in enumerate(self.kernels, 1):
            outer, inner, first = sizes[level - 1], sizes[level], level == 1
            self.down[str(level)] = Block(
                outer, inner, kernel, nn.ReLU(), stride=2, norm=not first, bias=first and first_bias
            )
        for level in range(len(self.kernels), 1, -1):
            outer, inner = sizes[level - 1], sizes[level]
            self.up[str(level)] = Block(inner + outer, outer, 3, nn.LeakyReLU(0.2))
        self.up["1"] = Block(width + channels[0], channels[1], 3, nn.Identity(), bias=True, norm=False)

    def forward(self, x: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, in_channels, H, W) in the variant's units, known (B, 1, H, W), 1 = known; H and W multiples of 128.

        Gives the photo (B, out_channels, H, W) in the same units, unbounded, and what became known (B, 1, H, W).
        """
        skips = []
        for block in self.down.values():
            skips.append((x, known))
            x, known = block(x, known)  # (B, C, H/2, W/2) at each level
        for block in self.up.values():
            x, known = block(*joined(doubled(x), doubled(known), *skips.pop()))
        return x, known


CONSTANT = re.compile(r"(mask_conv\.weight|weight_mask_updater|num_batches_tracked)$")
NAOTO0804 = {
    r"^enc_(\d)\.": r"down.\1.",
    r"^dec_(\d)\.": r"up.\1.",
    r"\.input_conv\.": ".",
    r"\.bn\.": ".norm.",
}
MMAGIC = {
    r"^encoder\.enc(\d)\.": r"down.\1.",
    r"^decoder\.dec(\d)\.": r"up.\1.",
    r"\.bn\.": ".norm.",
}


def renamed(state: State, names: dict[str, str]) -> dict[str, Tensor]:
    """The authors' tensors under our names, without those that no training moves."""
    ours = {}
    for name, value in state.items():
        if CONSTANT.search(name):
            continue
        for theirs, our in names.items():
            name = re.sub(theirs, our, name)
        ours[name] = value
    return ours


def convert_naoto0804(state: State) -> dict[str, Tensor]:
    """Our tensors; the window's size, which their layer leaves out, is taken out of the weights."""
    ours = renamed(state, NAOTO0804)
    return {name: value / value[0].numel() if value.ndim == 4 else value for name, value in ours.items()}


def convert_mmagic(state: State) -> dict[str, Tensor]:
    """Our tensors, BGR turned into RGB: in the first layer, and in the last one's skip and answer."""
    ours = renamed(state, MMAGIC)
    first, last = ours["down.1.conv.weight"], ours["up.1.conv.weight"]
    features, skip = last.split([len(first), first.shape[1]], dim=1)
    ours["down.1.conv.weight"] = first.flip(1)
    ours["up.1.conv.weight"] = torch.cat([features, skip.flip(1)], dim=1).flip(0)
    ours["up.1.conv.bias"] = ours["up.1.conv.bias"].flip(0)
    return ours


def detect_naoto0804(state: State) -> str | None:
    landmarks = {"enc_1.conv.input_conv.weight", "enc_7.bn.running_mean", "dec_1.conv.input_conv.bias"}
    return "" if landmarks <= set(state) else None


def detect_mmagic(state: State) -> str | None:
    landmarks = {"encoder.enc1.conv.bias", "encoder.enc7.bn.running_mean", "decoder.dec1.conv.bias"}
    return "" if landmarks <= set(state) else None


def build(state: State) -> InpaintNetwork:
    width, in_channels = state["down.1.conv.weight"].shape[:2]
    channels = in_channels, len(state["up.1.conv.weight"])
    return build_network(partial(PartialConvUNet, channels, width, first_bias="down.1.conv.bias" in state), state)


MEAN, STD = (0.485, 0.456, 0.406, 0.459), (0.229, 0.224, 0.225, 0.226)  # of red, green, blue and gray


def normal_units(channels: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """ImageNet's mean and standard deviation of gray (1), RGB (3) or both (4), as (channels, 1, 1)."""
    selected = slice(3, 4) if channels == 1 else slice(channels)
    return like.new_tensor(MEAN[selected]).view(-1, 1, 1), like.new_tensor(STD[selected]).view(-1, 1, 1)


def fill_naoto0804(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    in_channels, out_channels = network.channels
    known = (~hole).to(image.dtype)
    mean, std = normal_units(in_channels, image)
    answer = network((image - mean) / std, known)[0]
    mean, std = normal_units(out_channels, image)
    return (answer * std + mean).clamp(0, 1)


def fill_mmagic(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    known = (~hole).to(image.dtype)
    answer = network(image * 2 - 1, known)[0]
    return ((answer + 1) / 2).clamp(0, 1)


PARTIAL_CONV = Backbone(
    id="partial_conv",
    title="Partial convolutions",
    paper="Liu et al. 2018, ECCV",
    license="MIT (naoto0804), Apache-2.0 (mmagic)",
    variants=(
        Variant(
            id="naoto0804",
            source="https://github.com/naoto0804/pytorch-inpainting-with-partial-conv",
            license="MIT",
            detect=detect_naoto0804,
            convert=convert_naoto0804,
            build=build,
            fill=fill_naoto0804,
            fresh=PartialConvUNet,
        ),
        Variant(
            id="mmagic",
            source="https://github.com/open-mmlab/mmagic",
            license="Apache-2.0",
            detect=detect_mmagic,
            convert=convert_mmagic,
            build=build,
            fill=fill_mmagic,
            fresh=partial(PartialConvUNet, first_bias=True),
        ),
    ),
    multiple=128,
    minimum=128,
    trained=256,
    half=True,
)
