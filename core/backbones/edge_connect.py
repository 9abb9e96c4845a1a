"""EdgeConnect: draw the missing edges first, then paint between them.

Nazeri, Ng, Joseph, Qureshi, Ebrahimi 2019, "EdgeConnect: Generative Image Inpainting with Adversarial Edge
Learning", ICCV workshops. The authors' program is github.com/knazeri/edge-connect, CC BY-NC 4.0: their
weights are not for commercial use. The code here is our own.

Two networks of one shape in two files. The input of the first is the gray photo, its Canny edges and the hole; its
output is edges everywhere, from 0 to 1. The input of the second is the photo and these edges, as they are. Holes are
white. The first is spectrally normalized: its weights are divided by u . (W v), with the u and v that are in the
file. We divide once, on conversion, and leave out every bias that the instance normalization after it takes away.
"""

import re
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..image.canny import canny
from .record import Backbone, InpaintNetwork, State, Variant, build_network

SIGMA = 2.0  # of the Canny edges, from the authors' configuration
RGB_TO_GRAY = (0.2125, 0.7154, 0.0721)  # scikit-image's, which they trained with
PARTS = ("edge.", "inpaint.")
EDGE_INPUTS = 3  # gray, edges, hole: for every photo

NAMES = {
    "encoder.1": "enter",
    "encoder.4": "down.0",
    "encoder.7": "down.1",
    "decoder.0": "up.0",
    "decoder.3": "up.1",
    "decoder.7": "leave",
}
BLOCK_NAMES = {"conv_block.1": "wide", "conv_block.5": "near"}
BLOCK = re.compile(r"middle\.(\d+)\.(conv_block\.[15])")
NORMALIZED = ("weight_orig", "weight_u", "weight_v")


def normalized(x: Tensor) -> Tensor:
    """Instance norm without weights, then ReLU; (B, C, H, W)."""
    return F.relu(F.instance_norm(x))


class Block(nn.Module):
    """A residual block: a dilated and a plain convolution, reflected at the border."""

    def __init__(self, width: int) -> None:
        super().__init__()
        conv = partial(nn.Conv2d, width, width, 3, padding_mode="reflect", bias=False)
        self.wide = conv(padding=2, dilation=2)
        self.near = conv(padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Features (B, width, H, W) of any range to such."""
        return x + F.instance_norm(self.near(normalized(self.wide(x))))


class Generator(nn.Module):
    """From (B, in_channels, H, W) to (B, out_channels, H, W) before any activation; H and W are multiples of 4."""

    def __init__(self, in_channels: int, out_channels: int, width: int, blocks: int) -> None:
        super().__init__()
        w = width
        ends = partial(nn.Conv2d, kernel_size=7, padding=3, padding_mode="reflect")
        halve = partial(nn.Conv2d, kernel_size=4, stride=2, padding=1, bias=False)
        double = partial(nn.ConvTranspose2d, kernel_size=4, stride=2, padding=1, bias=False)
        self.enter = ends(in_channels, w, bias=False)
        self.down = nn.ModuleList([halve(w, 2 * w), halve(2 * w, 4 * w)])
        self.blocks = nn.Sequential(*(Block(4 * w) for _ in range(blocks)))
        self.up = nn.ModuleList([double(4 * w, 2 * w), double(2 * w, w)])
        self.leave = ends(w, out_channels)

    def encode(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to features (B, 4 width, H / 4, W / 4)."""
        x = normalized(self.enter(x))
        for conv in self.down:
            x = normalized(conv(x))
        return x

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, H, W), before the last activation."""
        x = self.blocks(self.encode(x))
        for conv in self.up:  # back to (B, width, H, W)
            x = normalized(conv(x))
        return self.leave(x)


class EdgeConnect(InpaintNetwork):
    """Both networks. `channels` are those of the second's photo, without the edges."""

    def __init__(self, channels: tuple[int, int], widths: tuple[int, int], blocks: tuple[int, int]) -> None:
        super().__init__()
        in_channels, out_channels = self.channels = channels
        self.edge = Generator(EDGE_INPUTS, 1, widths[0], blocks[0])
        self.inpaint = Generator(in_channels + 1, out_channels, widths[1], blocks[1])

    def draw(self, gray: Tensor, edges: Tensor, hole: Tensor) -> Tensor:
        """All edges, (B, 1, H, W) in [0, 1].

        gray: (B, 1, H, W) in [0, 1], white in the hole. edges: those of the known part. hole: 1 = fill.
        """
        return self.edge(torch.cat([gray, edges, hole], dim=1)).sigmoid()

    def paint(self, photo: Tensor, edges: Tensor) -> Tensor:
        """The photo, (B, out_channels, H, W) in [0, 1].

        photo: (B, in_channels, H, W) in [0, 1], white in the hole. edges: (B, 1, H, W) in [0, 1], in the hole too.
        """
        return (self.inpaint(torch.cat([photo, edges], dim=1)).tanh() + 1) / 2


def gray_of(image: Tensor) -> Tensor:
    """The channel for the edges: scikit-image's gray of RGB, gray itself, the gray of RGB and gray."""
    if image.shape[1] != 3:
        return image[:, -1:]
    return sum(k * channel for k, channel in zip(RGB_TO_GRAY, image.split(1, dim=1), strict=True))


def fill(network: EdgeConnect, image: Tensor, hole: Tensor) -> Tensor:
    dtype = network.inpaint.leave.weight.dtype
    gray = gray_of(image.masked_fill(hole, 0))
    known_edges = canny(gray, ~hole, sigma=SIGMA)
    edges = network.draw(gray.masked_fill(hole, 1).to(dtype), known_edges.to(dtype), hole.to(dtype))
    return network.paint(image.masked_fill(hole, 1).to(dtype), edges).clamp(0, 1).to(image.dtype)


def our_name(name: str) -> str | None:
    """Our name of one tensor of a generator of theirs, or None if they have none such."""
    layer, _, kind = name.rpartition(".")
    block = BLOCK.fullmatch(layer)
    if block:
        return f"blocks.{block[1]}.{BLOCK_NAMES[block[2]]}.{kind}"
    return f"{NAMES[layer]}.{kind}" if layer in NAMES else None


def detect(state: State) -> str | None:
    """Which of the two a file is: every layer but the last is spectrally normalized, or none is."""
    layers = {name.rpartition(".")[0] for name in state}
    if None in map(our_name, state) or not {*NAMES, "middle.0.conv_block.1"} <= layers:
        return None
    last = "decoder.7"
    if all(f"{layer}.{kind}" in state for layer in layers - {last} for kind in NORMALIZED):
        return "edge."
    plain = all(f"{layer}.weight" in state for layer in layers)
    return "inpaint." if plain and not any(name.endswith(NORMALIZED) for name in state) else None


def divide_by_norm(state: State, layer: str) -> Tensor:
    """A weight divided by its spectral norm by the vectors of the file, in double precision."""
    weight, u, v = (state[f"{layer}.{kind}"].double() for kind in NORMALIZED)
    rows = weight.transpose(0, 1) if ".decoder." in layer else weight  # output channels first
    norm = u @ (rows.flatten(1) @ v)
    return (weight / norm).to(state[f"{layer}.weight_orig"].dtype)


def convert(state: State) -> dict[str, Tensor]:
    ours = {}
    for name, value in state.items():
        part, _, rest = name.partition(".")
        layer, _, kind = name.rpartition(".")
        if kind == "weight_orig":
            rest, value = rest.removesuffix("_orig"), divide_by_norm(state, layer)
        if rest.endswith(".weight") or rest == "decoder.7.bias":
            ours[f"{part}.{our_name(rest)}"] = value
    return ours


def build(state: State) -> EdgeConnect:
    edge, inpaint = (state[f"{part}enter.weight"] for part in PARTS)
    edge_blocks, blocks = (sum(name.startswith(f"{part}blocks.") for name in state) // 2 for part in PARTS)
    channels = inpaint.shape[1] - 1, state["inpaint.leave.weight"].shape[0]
    return build_network(partial(EdgeConnect, channels, (len(edge), len(inpaint)), (edge_blocks, blocks)), state)


def fresh(channels: tuple[int, int], width: int) -> EdgeConnect:
    """New weights drawn like the authors': normal, of 0.02, without bias."""
    network = EdgeConnect(channels, (width, width), (8, 8))
    for name, value in network.named_parameters():
        if name.endswith("weight"):
            nn.init.normal_(value, 0, 0.02)
        else:
            nn.init.zeros_(value)
    return network


EDGE_CONNECT = Backbone(
    id="edge_connect",
    title="EdgeConnect (edges, then colors)",
    paper="Nazeri, Ng, Joseph, Qureshi, Ebrahimi 2019, ICCV workshops",
    license="CC BY-NC 4.0",
    variants=(
        Variant(
            id="knazeri",
            source="https://github.com/knazeri/edge-connect",
            license="CC BY-NC 4.0",
            detect=detect,
            convert=convert,
            build=build,
            fill=fill,
            fresh=fresh,
            parts=PARTS,
        ),
    ),
    multiple=4,
    minimum=12,
    trained=256,
)
