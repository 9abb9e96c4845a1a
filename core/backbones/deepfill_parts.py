"""The two-stage generator of DeepFill: a coarse filling, then a finer one that may copy from afar.

Yu et al. 2018, "Generative Image Inpainting with Contextual Attention", and Yu et al. 2019, "Free-Form Image
Inpainting with Gated Convolution", share this wiring; `Form` says what differs. Written anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..layers.explain import Explainable, Gates
from .attention import ContextualAttention, Rules
from .record import InpaintNetwork, State, Variant, build_network

Activation = Callable[[Tensor], Tensor]

STRIDES = (1, 2, 1, 2, 1, 1)
DILATIONS = (2, 4, 8, 16)
UPSAMPLED = (2, 4)  # the layers of the decoder before which the size is doubled
GAIN = {False: 1.2, True: 2.2}  # of new weights, so that features keep their scale, without and with gates
BORROWED = "fine.borrowing"

# What the authors of the paper call the encoder and the neck of a stage; two of the PyTorch programs do too.
PAPER_ENCODER = ("conv1", "conv2_downsample", "conv3", "conv4_downsample", "conv5", "conv6")
PAPER_NECK = ("conv7_atrous", "conv8_atrous", "conv9_atrous", "conv10_atrous")


def clip(x: Tensor) -> Tensor:
    """The activation of the last layer: values of any shape cut off at -1 and 1."""
    return x.clamp(-1, 1)


@dataclass(frozen=True)
class Form:
    """What differs between the published forms of the generator.

    padding: beyond the border is `zero`, a reflection (`reflect`), or zero as in TensorFlow (`same`: where a
    convolution halves, only the bottom and the right are padded).
    gated: each convolution gives features and gates, the answer is ELU(features) sigmoid(gates).
    last_gated: so does the last one of each stage, without ELU.
    squash: what brings the image into [-1, 1].
    attention: the rules of the contextual attention; None leaves the branch out.
    matched: the activation of the features that the attention gets.
    marked: whether the second stage has ones and the hole as input channels, as the first does.
    widened: how much wider the decoder of the second stage is than that of the first, in new networks.
    """

    padding: str = "zero"
    gated: bool = False
    last_gated: bool = False
    squash: Activation = clip
    attention: Rules | None = None
    matched: Activation = F.elu
    marked: bool = True
    widened: float = 1


class Convolution(Explainable, nn.Conv2d):
    """A convolution with its padding, activation and gate: (B, in_channels, H, W) -> (B, out_channels, H/s, W/s)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        form: Form,
        *,
        side: int = 3,
        stride: int = 1,
        dilation: int = 1,
        activation: Activation | None = F.elu,
    ) -> None:
        gated = form.gated if activation else form.last_gated
        uneven = form.padding == "same" and stride == 2
        padding = 0 if uneven else dilation * (side // 2)
        mode: Literal["reflect", "zeros"] = "reflect" if form.padding == "reflect" else "zeros"
        super().__init__(in_channels, out_channels * (1 + gated), side, stride, padding, dilation, padding_mode=mode)
        self.activation, self.gated, self.uneven = activation, gated, uneven

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        x, gate = self._convolved(x)
        if self.activation:
            x = self.activation(x)
        return x if gate is None else x * gate.sigmoid()

    def explain(self, *inputs: Tensor) -> Gates | None:
        """What its gates let pass, if it has any."""
        gate = self._convolved(inputs[0][:1])[1]
        return None if gate is None else Gates(gate.sigmoid()[0].mean(0))

    def _convolved(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """The features, and what the gates are made of."""
        x = super().forward(F.pad(x, (0, 1, 0, 1)) if self.uneven else x)
        if not self.gated:
            return x, None
        features, gate = x.chunk(2, dim=1)
        return features, gate


class Decoder(nn.Sequential):
    """From a quarter of the size to an image in [-1, 1], (B, in_channels, H/4, W/4) -> (B, out_channels, H, W)."""

    def __init__(self, in_channels: int, out_channels: int, width: int, form: Form) -> None:
        widths = (4 * width, 4 * width, 2 * width, 2 * width, width, width // 2)
        pairs = zip((in_channels, *widths), widths, strict=False)
        super().__init__(*(Convolution(a, b, form) for a, b in pairs))
        self.append(Convolution(widths[-1], out_channels, form, activation=None))
        self.squash = form.squash

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        for index, layer in enumerate(self):
            x = layer(F.interpolate(x, scale_factor=2, mode="nearest") if index in UPSAMPLED else x)
        return self.squash(x)


def encoder(in_channels: int, widths: Sequence[int], form: Form, last: Activation = F.elu) -> nn.Sequential:
    """Six convolutions down to a quarter of the size, (B, in_channels, H, W) -> (B, widths[-1], H/4, W/4)."""
    layers = []
    for index, (width, stride) in enumerate(zip(widths, STRIDES, strict=True)):
        activation = last if index == len(widths) - 1 else F.elu
        side = 3 if index else 5
        layers.append(Convolution(in_channels, width, form, side=side, stride=stride, activation=activation))
        in_channels = width
    return nn.Sequential(*layers)


def neck(width: int, form: Form) -> nn.Sequential:
    """Four dilated convolutions: (B, width, H/4, W/4), shape unchanged."""
    return nn.Sequential(*(Convolution(width, width, form, dilation=dilation) for dilation in DILATIONS))


class Coarse(nn.Module):
    """The first stage: (B, in_channels, H, W) -> a first image (B, out_channels, H, W) in [-1, 1]."""

    def __init__(self, in_channels: int, out_channels: int, width: int, form: Form) -> None:
        super().__init__()
        self.encoder = encoder(in_channels, [m * width for m in (1, 2, 2, 4, 4, 4)], form)
        self.neck = neck(4 * width, form)
        self.decoder = Decoder(4 * width, out_channels, width, form)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.decoder(self.neck(self.encoder(x)))


class Borrowing(nn.Module):
    """The branch that rebuilds features from outside the hole: (B, in_channels, H, W) -> (B, 4 width, H/4, W/4)."""

    def __init__(self, in_channels: int, width: int, form: Form, rules: Rules) -> None:
        super().__init__()
        self.encoder = encoder(in_channels, [m * width for m in (1, 1, 2, 4, 4, 4)], form, form.matched)
        self.attention = ContextualAttention(rules)
        self.after = nn.Sequential(*(Convolution(4 * width, 4 * width, form) for _ in range(2)))

    def forward(self, x: Tensor, hole: Tensor) -> Tensor:  # noqa: D102
        return self.after(self.attention(self.encoder(x), hole))


class Fine(nn.Module):
    """The second stage: (B, in_channels, H, W) -> the image (B, out_channels, H, W) in [-1, 1]."""

    def __init__(self, in_channels: int, out_channels: int, width: int, decoder_width: int, form: Form) -> None:
        super().__init__()
        self.encoder = encoder(in_channels, [m * width for m in (1, 1, 2, 2, 4, 4)], form)
        self.neck = neck(4 * width, form)
        self.borrowing = Borrowing(in_channels, width, form, form.attention) if form.attention else None
        joined = 8 * width if form.attention else 4 * width
        self.decoder = Decoder(joined, out_channels, decoder_width, form)

    def forward(self, x: Tensor, hole: Tensor) -> Tensor:  # noqa: D102
        features = self.neck(self.encoder(x))
        if self.borrowing is not None:
            features = torch.cat([features, self.borrowing(x, hole)], dim=1)
        return self.decoder(features)


class TwoStages(InpaintNetwork):
    """Coarse, then fine: image (B, in_channels, H, W) in [-1, 1], 0 in the hole, and hole (B, 1, H, W), 1 = fill.

    Gives both images, (B, out_channels, H, W) in [-1, 1]. The second stage has the first one's image pasted into the
    hole. Where there are more input than output channels, the last ones are those that are filled.
    """

    def __init__(self, form: Form, channels: tuple[int, int], width: int, decoder_width: int) -> None:
        super().__init__()
        self.form, self.channels = form, channels
        in_channels, out_channels = channels
        self.coarse = Coarse(in_channels + 2, out_channels, width, form)
        self.fine = Fine(in_channels + 2 if form.marked else in_channels, out_channels, width, decoder_width, form)

    def forward(self, image: Tensor, hole: Tensor) -> tuple[Tensor, Tensor]:  # noqa: D102
        in_channels, out_channels = self.channels
        marks = torch.cat([torch.ones_like(hole), hole], dim=1)
        coarse = self.coarse(torch.cat([image, marks], dim=1))
        rest, to_fill = image.split([in_channels - out_channels, out_channels], dim=1)
        image = torch.cat([rest, coarse * hole + to_fill * (1 - hole)], dim=1)
        return coarse, self.fine(torch.cat([image, marks], dim=1) if self.form.marked else image, hole)


def fill(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    """As `Variant.fill`: the networks work in [-1, 1], with 0 in the hole."""
    dtype = next(network.parameters()).dtype
    inside = hole.to(dtype)
    _, output = network((image.to(dtype) * 2 - 1) * (1 - inside), inside)
    return ((output + 1) / 2).clamp(0, 1).to(image.dtype)


def names(attention: bool = True) -> list[str]:
    """Our names of the convolutions, in the order in which every list of names of a variant has them."""
    stage = [("encoder", 6), ("neck", 4)]
    borrowing = [("borrowing.encoder", 6), ("borrowing.after", 2)] if attention else []
    coarse = numbered("coarse.", [*stage, ("decoder", 7)])
    return [*coarse, *numbered("fine.", [*stage, *borrowing, ("decoder", 7)])]


def numbered(stage: str, runs: Sequence[tuple[str, int]]) -> list[str]:
    """Names of the layers of a stage: for each run of a stem and a count, the stem with 0 to below the count."""
    return [f"{stage}{stem}.{index}" for stem, count in runs for index in range(count)]


def mmagic_names(suffix: str) -> list[str]:
    """The names in mmagic's programs of DeepFill v1 and v2, which differ in `suffix`; in the order of `names`."""
    neck = [f"dilation_neck.dilation_convs.{index}" for index in range(4)]
    decoder = [f"decoder.dec{index}" for index in range(1, 8)]
    encoder, convolving, matching = (
        [f"{name}.enc{index}" for index in range(1, 7)] for name in ("encoder", "encoder_conv", "encoder_attention")
    )
    after = ["contextual_attention_neck.conv1", "contextual_attention_neck.conv2"]
    coarse = [f"stage1.{name}{suffix}" for name in (*encoder, *neck, *decoder)]
    return [*coarse, *(f"stage2.{name}{suffix}" for name in (*convolving, *neck, *matching, *after, *decoder))]


def has(state: State, convolutions: Sequence[str]) -> bool:
    """Whether all weights of these convolutions are there."""
    return all(f"{name}.{part}" in state for name in convolutions for part in ("weight", "bias"))


def renamed(state: State, theirs: Sequence[str], ours: Sequence[str]) -> dict[str, Tensor]:
    """The weights of the convolutions `theirs`, called `ours`; all else, which is constant, is left out."""
    pairs = zip(theirs, ours, strict=True)
    return {f"{b}.{part}": state[f"{a}.{part}"] for a, b in pairs for part in ("weight", "bias")}


def to_rgb(state: State, form: Form) -> dict[str, Tensor]:
    """The weights of a network for BGR as those of the same network for RGB; exact."""
    changed = dict(state)
    (in_channels, out_channels), *_ = sizes(state, form)
    for name in ("coarse.encoder.0", "fine.encoder.0", f"{BORROWED}.encoder.0"):
        image, marks = state[f"{name}.weight"].tensor_split([in_channels], dim=1)
        changed[f"{name}.weight"] = torch.cat([image.flip(1), marks], dim=1)
    for name in ("coarse.decoder.6.weight", "coarse.decoder.6.bias", "fine.decoder.6.weight", "fine.decoder.6.bias"):
        value = state[name]
        changed[name] = value.unflatten(0, (-1, out_channels)).flip(1).flatten(0, 1)
    return changed


def sizes(state: State, form: Form) -> tuple[tuple[int, int], int, int]:
    """Channels, width, and width of the second decoder, read off tensors with our names."""
    first, last = state["coarse.encoder.0.weight"], state["coarse.decoder.6.weight"]
    channels = first.shape[1] - 2, last.shape[0] // (1 + form.last_gated)
    wide = state["fine.decoder.0.weight"].shape[0] // 4
    return channels, first.shape[0] // (1 + form.gated), wide // (1 + form.gated)


def build(form: Form) -> Callable[[State], InpaintNetwork]:
    """As `Variant.build`, for one form."""
    return lambda state: build_network(lambda: TwoStages(form, *sizes(state, form)), state)


def fresh(form: Form) -> Callable[[tuple[int, int], int], InpaintNetwork]:
    """As `Variant.fresh`, for one form: the narrowest layer has half the width of the first."""

    def make(channels: tuple[int, int], width: int) -> InpaintNetwork:
        network = TwoStages(form, channels, 2 * width, 2 * round(width * form.widened))
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, std=GAIN[form.gated] / layer.weight[0].numel() ** 0.5)
                nn.init.zeros_(layer.get_parameter("bias"))
        return network

    return make


def variant(id: str, source: str, license: str, form: Form, theirs: Sequence[str], *, bgr: bool = False) -> Variant:
    """A variant whose convolutions are called `theirs`, in the order of `names`."""

    def detect(state: State) -> str | None:
        return "" if has(state, theirs) else None

    def convert(state: State) -> dict[str, Tensor]:
        ours = renamed(state, theirs, names())
        return to_rgb(ours, form) if bgr else ours

    return Variant(id, source, license, detect, convert, build(form), fill, fresh(form))
