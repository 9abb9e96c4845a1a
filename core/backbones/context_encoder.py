"""Context Encoder: from a photo of 128 x 128 to its middle of 64 x 64.

Paper: Pathak, Krähenbühl, Donahue, Darrell, Efros, "Context Encoders: Feature Learning by Inpainting", CVPR 2016.
Program: https://github.com/BoyuanJiang/context_encoder_pytorch, MIT.

One variant. The input is the photo in [-1, 1], without the hole, in whose place is a mean pixel. The program hides
56 x 56 pixels, so that the answer overlaps what is known by 4 pixels all around.

`fill` takes any size. It cuts a square window out of the photo, with the hole within its middle of 56 / 128 of
the side, reduced to 128 x 128 if the hole is longer than 56 pixels. Where the window leaves the photo, the photo's
border goes on. Pixels that are unknown, be it in part, are the mean pixel, inside and outside the middle.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..image.color import KB, KG, KR
from .record import Backbone, InpaintNetwork, State, Variant, build_network

SIDE = 128  # the network's input, twice its answer
HIDDEN = 56  # the part of it that the program hides
RGB_MEAN = (117 / 255, 104 / 255, 123 / 255)  # in this order in the program
GRAY_MEAN = KR * RGB_MEAN[0] + KG * RGB_MEAN[1] + KB * RGB_MEAN[2]
MEANS = {1: (GRAY_MEAN,), 3: RGB_MEAN, 4: (*RGB_MEAN, GRAY_MEAN)}


class Down(nn.Module):
    """A convolution that halves the size, batch norm if `norm`, leaky ReLU."""

    def __init__(
        self, in_channels: int, out_channels: int, stride: int = 2, padding: int = 1, norm: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 4, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(out_channels) if norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, H / 2, W / 2)."""
        return F.leaky_relu(self.norm(self.conv(x)), 0.2)


class Up(nn.Module):
    """A transposed convolution that doubles the size, batch norm, ReLU."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 2, padding: int = 1) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(in_channels, out_channels, 4, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, 2 H, 2 W)."""
        return self.norm(self.conv(x)).relu()


class Bottleneck(nn.Sequential):
    """The program's middle: all of (B, in_channels, 4, 4) to one vector and back to (B, out_channels, 4, 4)."""

    def __init__(self, in_channels: int, code: int, out_channels: int) -> None:
        super().__init__()
        self.squeeze = Down(in_channels, code, 1, 0)  # (B, code, 1, 1)
        self.expand = Up(code, out_channels, 1, 0)


class ChannelWise(nn.Module):
    """The paper's middle: each channel's 4 x 4 pixels fully connected, then the channels mixed in each pixel."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(in_channels, 16, 16))
        self.mix = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)
        nn.init.normal_(self.weight, std=16**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, 4, 4) to (B, out_channels, 4, 4)."""
        mixed = torch.einsum("bci,cio->bco", x.flatten(2), self.weight).view_as(x)
        return self.norm(self.mix(mixed)).relu()


class ContextEncoder(InpaintNetwork):
    """The whole network.

    widths: of the first layer and of the last but one, 64 both in the program. code: length of the vector in
    the middle, 4000 in the program; 0 for the paper's channel-wise middle.
    """

    def __init__(self, channels: tuple[int, int], widths: tuple[int, int], code: int) -> None:
        super().__init__()
        in_channels, out_channels = self.channels = channels
        w, v = widths
        self.down = nn.Sequential(
            Down(in_channels, w, norm=False), Down(w, w), Down(w, 2 * w), Down(2 * w, 4 * w), Down(4 * w, 8 * w)
        )
        self.middle = Bottleneck(8 * w, code, 8 * v) if code else ChannelWise(8 * w, 8 * v)
        self.up = nn.Sequential(Up(8 * v, 4 * v), Up(4 * v, 2 * v), Up(2 * v, v))
        self.photo = nn.ConvTranspose2d(v, out_channels, 4, 2, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels, 128, 128) in [-1, 1] to its middle, (B, out_channels, 64, 64) in [-1, 1]."""
        x = self.middle(self.down(x))  # (B, 8v, 4, 4)
        return self.photo(self.up(x)).tanh()


BLOCKS = ("down.1", "down.2", "down.3", "down.4", "middle.squeeze", "middle.expand", "up.0", "up.1", "up.2")
"""Our names of the authors' layers 2 and 3, 5 and 6, ... 26 and 27: a convolution and its batch norm."""
NAMES = {
    "main.0.weight": "down.0.conv.weight",
    **{f"main.{2 + 3 * i}.weight": f"{block}.conv.weight" for i, block in enumerate(BLOCKS)},
    **{
        f"main.{3 + 3 * i}.{part}": f"{block}.norm.{part}"
        for i, block in enumerate(BLOCKS)
        for part in ("weight", "bias", "running_mean", "running_var")
    },
    "main.29.weight": "photo.weight",
}


def detect(state: State) -> str | None:
    layers = {name for name in state if name.startswith("main.") and not name.endswith("num_batches_tracked")}
    return "" if layers == NAMES.keys() else None


def convert(state: State) -> dict[str, Tensor]:
    return {ours: state[theirs] for theirs, ours in NAMES.items()}


def build(state: State) -> InpaintNetwork:
    width, in_channels = state["down.0.conv.weight"].shape[:2]
    last, out_channels = state["photo.weight"].shape[:2]
    squeeze = "middle.squeeze.conv.weight"
    code = state[squeeze].shape[0] if squeeze in state else 0
    return build_network(lambda: ContextEncoder((in_channels, out_channels), (width, last), code), state)


class Window(NamedTuple):
    """A square of a photo, which may leave it; in pixels. `side` is a multiple of 4 and at least 128."""

    top: int
    left: int
    side: int


def extent(marked: Tensor) -> tuple[int, int]:
    """The first and one past the last true element of (N,), or all where none is."""
    positions = marked.nonzero()
    return (int(positions[0]), int(positions[-1]) + 1) if len(positions) else (0, len(marked))


def start(first: int, end: int, side: int, length: int) -> int:
    """Where a window begins: the hole in its middle, but within the photo as far as the hole stays hidden."""
    rim = side * (SIDE - HIDDEN) // (2 * SIDE)
    within = sorted((0, length - side))
    middle = min(max((first + end - side) // 2, within[0]), within[1])
    return min(max(middle, end - side + rim), first - rim)


def window_around(hole: Tensor) -> Window:
    """The window for a hole, bool (1, H, W)."""
    rows, columns = extent(hole[0].any(1)), extent(hole[0].any(0))
    longest = max(rows[1] - rows[0], columns[1] - columns[0])
    side = max(SIDE, 4 * -(-longest * SIDE // (4 * HIDDEN)))
    return Window(start(*rows, side, hole.shape[1]), start(*columns, side, hole.shape[2]), side)


def cut(photo: Tensor, window: Window) -> Tensor:
    """(C, H, W) to (C, side, side), its border going on outside."""
    steps = torch.arange(window.side, device=photo.device)
    rows, columns = ((at + steps).clamp(0, n - 1) for at, n in zip(window[:2], photo.shape[1:], strict=True))
    return photo[:, rows[:, None], columns]


def network_input(image: Tensor, hole: Tensor, window: Window) -> Tensor:
    """The window of an image (C, H, W) with a hole (1, H, W), for the network: (C, 128, 128) in [-1, 1]."""
    small = F.adaptive_avg_pool2d(cut(image, window), SIDE)
    unknown = F.adaptive_max_pool2d(cut(hole, window).to(image.dtype), SIDE) > 0
    mean = image.new_tensor(MEANS[len(image)]).view(-1, 1, 1)
    return torch.where(unknown, mean, small) * 2 - 1


def pasted(image: Tensor, answer: Tensor, window: Window) -> Tensor:
    """An image (C, H, W) with an answer (C, 64, 64) in the middle of the window, as far as the image goes."""
    side, (h, w) = window.side // 2, image.shape[1:]
    top, left = window.top + side // 2, window.left + side // 2
    y0, y1, x0, x1 = max(top, 0), min(top + side, h), max(left, 0), min(left + side, w)
    square = F.interpolate(answer[None], (side, side), mode="bilinear")[0]
    result = image.clone()
    result[:, y0:y1, x0:x1] = square[:, y0 - top : y1 - top, x0 - left : x1 - left]
    return result


def fill(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    windows = [window_around(item) for item in hole]
    answers = (network(torch.stack([network_input(*each) for each in zip(image, hole, windows, strict=True)])) + 1) / 2
    known = image[:, -network.channels[1] :]  # the gray of RGB and gray is last
    return torch.stack([pasted(*each) for each in zip(known, answers, windows, strict=True)]).clamp(0, 1)


def fresh(channels: tuple[int, int], width: int, *, channel_wise: bool = False) -> InpaintNetwork:
    """A new network with as long a vector for its width as the program's, or with the paper's middle."""
    network = ContextEncoder(channels, (width, width), 0 if channel_wise else width * 4000 // 64)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):  # torch's own start is faint until batch norm has learned
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return network


CONTEXT_ENCODER = Backbone(
    id="context_encoder",
    title="Context Encoder",
    paper="Pathak et al. 2016, CVPR",
    license="MIT",
    variants=(
        Variant(
            id="boyuanjiang",
            source="https://github.com/BoyuanJiang/context_encoder_pytorch",
            license="MIT",
            detect=detect,
            convert=convert,
            build=build,
            fill=fill,
            fresh=fresh,
        ),
    ),
    minimum=SIDE,
    trained=SIDE,
    half=True,  # in float16 a quarter of a level off at most, with the fixture's weights
    channels_last=True,
)
