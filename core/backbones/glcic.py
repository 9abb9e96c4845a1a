"""GLCIC, globally and locally consistent image completion: two variants of the completion network.

Paper: Iizuka, Simo-Serra, Ishikawa, "Globally and Locally Consistent Image Completion", SIGGRAPH 2017
(ACM Transactions on Graphics 36(4)). The authors' own program is in Torch 7; these are two others' in PyTorch.

`otenim`: https://github.com/otenim/GLCIC-PyTorch (MIT). Photos in [0, 1], the hole painted in the mean color of its
training photos; convolution with bias, ReLU, batch norm; sigmoid at the end. Its program blends the answer in by
Poisson's equation afterwards, which is no part of this.
`mmagic`: https://github.com/open-mmlab/mmagic (Apache-2.0), Global&Local. BGR in [-1, 1], the hole 0; convolution
without bias, batch norm, ReLU; cut to [-1, 1] at the end. `convert` turns BGR into RGB.

Both have the hole as one more channel. This is our own program of their design.
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .record import Backbone, InpaintNetwork, State, Variant, build_network

MEAN_COLOR = (0.506, 0.425, 0.383, 0.444)  # of CelebA, about: red, green, blue and gray


class Block(nn.Module):
    """Convolution, batch norm and ReLU, or with `relu_first` the last two the other way round, and a bias.

    enlarge: doubles the size, by a transposed convolution; else stride 2 halves it.
    """

    conv: nn.Conv2d | nn.ConvTranspose2d

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int = 3,
        *,
        relu_first: bool,
        stride: int = 1,
        dilation: int = 1,
        enlarge: bool = False,
    ) -> None:
        super().__init__()
        if enlarge:
            self.conv = nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1, bias=relu_first)
        else:
            padding = dilation * (kernel // 2)
            self.conv = nn.Conv2d(in_channels, out_channels, kernel, stride, padding, dilation, bias=relu_first)
        self.norm = nn.BatchNorm2d(out_channels)
        self.relu_first = relu_first

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, O, H', W')."""
        x = self.conv(x)
        return self.norm(F.relu(x)) if self.relu_first else F.relu(self.norm(x))


class Completion(InpaintNetwork):
    """Encoder to a quarter of the size, dilated middle, decoder.

    channels: of the input and the output. width: of the last features, an eighth of the middle's.
    relu_first: as otenim has it, with a sigmoid at the end and a color for the hole.
    """

    hole_colour: Tensor  # only with `relu_first`

    def __init__(self, channels: tuple[int, int], width: int, *, relu_first: bool) -> None:
        super().__init__()
        in_channels, out_channels = self.channels = channels
        block = partial(Block, relu_first=relu_first)
        w1, w2, w4, w8 = (width * times for times in (1, 2, 4, 8))
        self.encoder = nn.Sequential(
            block(in_channels + 1, w2, 5),
            block(w2, w4, stride=2),  # (B, 4w, H/2, W/2)
            block(w4, w4),
            block(w4, w8, stride=2),  # (B, 8w, H/4, W/4)
            block(w8, w8),
            block(w8, w8),
        )
        self.middle = nn.Sequential(*(block(w8, w8, dilation=dilation) for dilation in (2, 4, 8, 16)))
        self.decoder = nn.Sequential(
            block(w8, w8),
            block(w8, w8),
            block(w8, w4, enlarge=True),  # (B, 4w, H/2, W/2)
            block(w4, w4),
            block(w4, w2, enlarge=True),  # (B, 2w, H, W)
            block(w2, w1),
        )
        self.last = nn.Conv2d(w1, out_channels, 3, padding=1)
        self.bound = nn.Sigmoid() if relu_first else nn.Hardtanh()
        if relu_first:
            self.register_buffer("hole_colour", mean_color(in_channels))

    def forward(self, x: Tensor, hole: Tensor) -> Tensor:
        """x (B, in_channels, H, W) and hole (B, 1, H, W), 1 = fill, to (B, out_channels, H, W).

        H and W are multiples of 4. x and the answer are in [0, 1] with `relu_first`, else in [-1, 1].
        """
        features = self.middle(self.encoder(torch.cat([x, hole], 1)))
        return self.bound(self.last(self.decoder(features)))


def fresh(channels: tuple[int, int], width: int, *, relu_first: bool) -> InpaintNetwork:
    """New weights, drawn after He et al. 2015: by torch's own choice 16 layers would let nothing through."""
    network = Completion(channels, width, relu_first=relu_first)
    for block in (*network.encoder, *network.middle, *network.decoder):
        nn.init.kaiming_normal_(block.conv.weight)
    return network


def mean_color(channels: int) -> Tensor:
    """The color that stands for a hole in gray (1), RGB (3) or both (4): (channels,) in [0, 1]."""
    return torch.tensor(MEAN_COLOR[3:] if channels == 1 else MEAN_COLOR[:channels])


LAYERS = [f"{part}.{i}" for part, count in (("encoder", 6), ("middle", 4), ("decoder", 6)) for i in range(count)]
OTENIM = {f"{'deconv' if n in (13, 15) else 'conv'}{n}": f"{our}.conv" for n, our in enumerate(LAYERS, 1)}
OTENIM |= {f"bn{n}": f"{our}.norm" for n, our in enumerate(LAYERS, 1)} | {"conv17": "last"}
MMAGIC_PARTS = (("encoder.enc", 1, 6), ("dilation_neck.dilation_convs.", 0, 4), ("decoder.dec", 1, 6))
MMAGIC_LAYERS = [f"{part}{i + start}" for part, start, count in MMAGIC_PARTS for i in range(count)]
MMAGIC = {f"{theirs}.conv": f"{our}.conv" for theirs, our in zip(MMAGIC_LAYERS, LAYERS, strict=True)}
MMAGIC |= {f"{theirs}.bn": f"{our}.norm" for theirs, our in zip(MMAGIC_LAYERS, LAYERS, strict=True)}
MMAGIC |= {"decoder.dec7.conv": "last"}


def renamed(state: State, layers: dict[str, str]) -> dict[str, Tensor]:
    """The authors' tensors under our names, `layers` from their layers to ours; without the batch norms' counters."""
    ours = {}
    for name, value in state.items():
        layer, _, tensor = name.rpartition(".")
        if tensor not in ("num_batches_tracked", "mpv"):
            ours[f"{layers.get(layer, layer)}.{tensor}"] = value
    return ours


def detect(state: State, layers: dict[str, str]) -> str | None:
    return "" if {f"{layer}.weight" for layer in layers} <= set(state) else None


def convert_otenim(state: State) -> dict[str, Tensor]:
    """Our tensors. A tensor `mpv`, the list of that name in the authors' config.json, is the hole's color."""
    ours = renamed(state, OTENIM)
    in_channels = ours["encoder.0.conv.weight"].shape[1] - 1
    return ours | {"hole_colour": state.get("mpv", mean_color(in_channels)).flatten()}


def convert_mmagic(state: State) -> dict[str, Tensor]:
    """Our tensors, BGR turned into RGB in the first and the last layer."""
    ours = renamed(state, MMAGIC)
    photo, hole = ours["encoder.0.conv.weight"].tensor_split([-1], dim=1)
    ours["encoder.0.conv.weight"] = torch.cat([photo.flip(1), hole], dim=1)
    return ours | {name: ours[name].flip(0) for name in ("last.weight", "last.bias")}


def build(state: State, *, relu_first: bool) -> InpaintNetwork:
    in_channels = state["encoder.0.conv.weight"].shape[1] - 1
    out_channels, width = state["last.weight"].shape[:2]
    return build_network(partial(Completion, (in_channels, out_channels), width, relu_first=relu_first), state)


def fill_otenim(network: Completion, image: Tensor, hole: Tensor) -> Tensor:
    hole = hole.to(image.dtype)
    return network(image * (1 - hole) + network.hole_colour.view(-1, 1, 1) * hole, hole)


def fill_mmagic(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    hole = hole.to(image.dtype)
    return (network((image * 2 - 1) * (1 - hole), hole) + 1) / 2


GLCIC = Backbone(
    id="glcic",
    title="GLCIC (globally and locally consistent)",
    paper="Iizuka et al. 2017, SIGGRAPH",
    license="MIT (otenim), Apache-2.0 (mmagic)",
    variants=(
        Variant(
            id="otenim",
            source="https://github.com/otenim/GLCIC-PyTorch",
            license="MIT",
            detect=partial(detect, layers=OTENIM),
            convert=convert_otenim,
            build=partial(build, relu_first=True),
            fill=fill_otenim,
            fresh=partial(fresh, relu_first=True),
        ),
        Variant(
            id="mmagic",
            source="https://github.com/open-mmlab/mmagic",
            license="Apache-2.0",
            detect=partial(detect, layers=MMAGIC),
            convert=convert_mmagic,
            build=partial(build, relu_first=False),
            fill=fill_mmagic,
            fresh=partial(fresh, relu_first=False),
        ),
    ),
    multiple=4,
    minimum=8,
    trained=256,
    half=True,
    channels_last=True,
)
