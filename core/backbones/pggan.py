"""PGGAN: a residual generator with dilated convolutions, taught by a patch and a global discriminator.

Paper: Demir, Unal, "Patch-Based Image Inpainting with Generative Adversarial Networks", arXiv 1803.07422, 2018.
No program and no weights were ever published, so there is nothing to compare this with. It was written from what is
widely reported of the paper, without its figures and tables at hand.

What the paper says: a generator of the ResNet kind. It halves the size by strided convolutions, without pooling,
runs residual blocks that keep the size and have dilated convolutions in them, and doubles the size as often as it
halved it, each time by interpolating and then convolving, which leaves no checkerboard. The discriminators that
give it its name, one for the photo and one for patches, are used in training only.

What we chose: a convolution of 7 pixels first and last; two halvings, with w, 2w and 4w channels, w = 64 at full
width; eight blocks of two convolutions of 3 pixels, the first one dilated, by 2, 4, 8, 16 and the same again; batch
norm after every convolution but the last, and ReLU after it but where a block ends; zero padding; bilinear
doubling; a sigmoid at the end. Its input is the photo in [-1, 1], 0 in the hole, and the hole as one more channel.

Sides are multiples of 4.
"""

import torch
from torch import Tensor, nn

from .record import Backbone, InpaintNetwork, State, Variant, build_network, tensor_names

DILATIONS = (2, 4, 8, 16, 2, 4, 8, 16)
COUNTER = "num_batches_tracked"  # of batch norm, of no use once trained


def conv(in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """A convolution and batch norm; keeps the size, or halves it."""
    padding = dilation * (kernel - 1) // 2
    layer = nn.Conv2d(in_channels, out_channels, kernel, stride, padding, dilation, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(out_channels))


class ResidualBlock(nn.Module):
    """A dilated and a plain convolution, beside the identity."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.far, self.near = conv(width, width, dilation=dilation), conv(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        return x + self.near(self.far(x).relu())


class Double(nn.Upsample):
    """Twice the size, bilinear."""

    def __init__(self) -> None:
        super().__init__(scale_factor=2, mode="bilinear", align_corners=False)


class Pggan(InpaintNetwork):
    """The generator; `width` channels at full size."""

    def __init__(self, channels: tuple[int, int], width: int) -> None:
        super().__init__()
        in_channels, out_channels = self.channels = channels
        w1, w2, w4 = width, 2 * width, 4 * width
        self.encoder = nn.Sequential(
            conv(in_channels + 1, w1, 7),
            nn.ReLU(),
            conv(w1, w2, stride=2),  # (B, 2w, H/2, W/2)
            nn.ReLU(),
            conv(w2, w4, stride=2),  # (B, 4w, H/4, W/4)
            nn.ReLU(),
        )
        self.blocks = nn.Sequential(*(ResidualBlock(w4, dilation) for dilation in DILATIONS))
        self.decoder = nn.Sequential(
            Double(),
            conv(w4, w2),  # (B, 2w, H/2, W/2)
            nn.ReLU(),
            Double(),
            conv(w2, w1),  # (B, w, H, W)
            nn.ReLU(),
            nn.Conv2d(w1, out_channels, 7, padding=3),
        )

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        """image (B, in_channels, H, W) in [0, 1] and hole (B, 1, H, W), 1 = fill, to the photo in [0, 1]."""
        known = (image * 2 - 1) * (1 - hole)
        return self.decoder(self.blocks(self.encoder(torch.cat([known, hole], 1)))).sigmoid()


def kept(state: State) -> dict[str, Tensor]:
    """All but the counters of batch norm."""
    return {name: value for name, value in state.items() if not name.endswith(COUNTER)}


def detect(state: State) -> str | None:
    ours = {name for name in tensor_names(Pggan, (1, 1), 1) if not name.endswith(COUNTER)}
    return "" if kept(state).keys() == ours else None


def build(state: State) -> InpaintNetwork:
    width, in_channels = state["encoder.0.0.weight"].shape[:2]
    return build_network(lambda: Pggan((in_channels - 1, len(state["decoder.6.weight"])), width), state)


def fill(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    return network(image, hole.to(image.dtype))


PGGAN = Backbone(
    id="pggan",
    title="PGGAN",
    paper="Demir, Unal 2018 (arXiv 1803.07422)",
    license="MIT",
    variants=(
        Variant(
            id="monochromic",
            source="core/backbones/pggan.py",
            license="MIT",
            detect=detect,
            convert=kept,
            build=build,
            fill=fill,
            fresh=Pggan,
        ),
    ),
    multiple=4,
    minimum=4,
    trained=256,
    half=True,
    channels_last=True,
)
