"""A plain convolutional encoder-decoder, the baseline that every other network has to beat.

Our own design, after the context encoders of Pathak et al. 2016 and the completion network of Iizuka et al. 2017:
two halvings by strided convolutions, a middle at a quarter of the size whose dilations grow to 16, so that a pixel's
answer looks at about 290 x 290 pixels, and two doublings that repeat pixels and convolve. No skips, no norms, no
gates, no second stage. ELU everywhere, a sigmoid at the end. It sees the photo in [-1, 1], 0 in the hole, and the
hole as one more channel.

Our licence, and our weights where there are any. Sides are multiples of 4.
"""

import torch
from torch import Tensor, nn

from .record import Backbone, Layout, State, built

DILATIONS = (1, 2, 4, 8, 16, 1)


def conv(taken: int, given: int, kernel: int = 3, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """A convolution and ELU; keeps the size, or halves it."""
    return nn.Sequential(nn.Conv2d(taken, given, kernel, stride, dilation * (kernel - 1) // 2, dilation), nn.ELU())


class Autoencoder(nn.Module):
    """Encoder, dilated middle, decoder; `width` channels at full size."""

    def __init__(self, channels: tuple[int, int], width: int) -> None:
        super().__init__()
        taken, given = self.channels = channels
        w1, w2, w4 = width, 2 * width, 4 * width
        self.encoder = nn.Sequential(
            conv(taken + 1, w1, 5),
            conv(w1, w2, stride=2),  # (B, 2w, H/2, W/2)
            conv(w2, w2),
            conv(w2, w4, stride=2),  # (B, 4w, H/4, W/4)
            conv(w4, w4),
        )
        self.middle = nn.Sequential(*(conv(w4, w4, dilation=d) for d in DILATIONS))
        self.decoder = nn.Sequential(
            nn.Upsample(scale_factor=2),
            conv(w4, w2),  # (B, 2w, H/2, W/2)
            conv(w2, w2),
            nn.Upsample(scale_factor=2),
            conv(w2, w1),  # (B, w, H, W)
            nn.Conv2d(w1, given, 3, padding=1),
        )

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        """image (B, taken, H, W) in [0, 1] and hole (B, 1, H, W), 1 = fill, to the photo in [0, 1]."""
        known = (image * 2 - 1) * (1 - hole)
        return self.decoder(self.middle(self.encoder(torch.cat([known, hole], 1)))).sigmoid()


with torch.device("meta"):
    NAMES = frozenset(Autoencoder((1, 1), 1).state_dict())


def recognize(state: State) -> str | None:
    return "" if set(state) == NAMES else None


def build(state: State) -> nn.Module:
    width, taken = state["encoder.0.0.weight"].shape[:2]
    return built(lambda: Autoencoder((taken - 1, len(state["decoder.5.weight"])), width), state)


def fill(network: nn.Module, image: Tensor, hole: Tensor) -> Tensor:
    return network(image, hole.to(image.dtype))


AUTOENCODER = Backbone(
    id="autoencoder",
    title="Autoencoder",
    paper="our own baseline, after Pathak et al. 2016 and Iizuka et al. 2017",
    licence="MIT",
    layouts=(
        Layout(
            id="monochromic",
            source="core/backbones/autoencoder.py",
            licence="MIT",
            recognize=recognize,
            convert=dict,
            build=build,
            fill=fill,
            fresh=Autoencoder,
        ),
    ),
    multiple=4,
    minimum=4,
    trained=256,
    half=True,
    channels_last=True,
)
