"""A plain convolutional encoder-decoder, the baseline that every other network has to beat.

Our own design, after the context encoders of Pathak et al. 2016 and the completion network of Iizuka et al. 2017:
two halvings by strided convolutions, a middle at a quarter of the size whose dilations grow to 16, so that a pixel's
answer depends on about 290 x 290 pixels, and two doublings that repeat pixels and convolve. No skips, no norms, no
gates, no second stage. ELU everywhere, a sigmoid at the end. Its input is the photo in [-1, 1], 0 in the hole,
and the hole as one more channel.

Our license, and our weights where there are any. Sides are multiples of 4.
"""

import torch
from torch import Tensor, nn

from .record import Backbone, InpaintNetwork, State, Variant, build_network, tensor_names

DILATIONS = (1, 2, 4, 8, 16, 1)


def conv(in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """A convolution and ELU; keeps the size, or halves it."""
    padding = dilation * (kernel - 1) // 2
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, kernel, stride, padding, dilation), nn.ELU())


class Autoencoder(InpaintNetwork):
    """Encoder, dilated middle, decoder; `width` channels at full size."""

    def __init__(self, channels: tuple[int, int], width: int) -> None:
        super().__init__()
        in_channels, out_channels = self.channels = channels
        w1, w2, w4 = width, 2 * width, 4 * width
        self.encoder = nn.Sequential(
            conv(in_channels + 1, w1, 5),
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
            nn.Conv2d(w1, out_channels, 3, padding=1),
        )

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        """image (B, in_channels, H, W) in [0, 1] and hole (B, 1, H, W), 1 = fill, to the photo in [0, 1]."""
        known = (image * 2 - 1) * (1 - hole)
        return self.decoder(self.middle(self.encoder(torch.cat([known, hole], 1)))).sigmoid()


def detect(state: State) -> str | None:
    return "" if set(state) == tensor_names(Autoencoder, (1, 1), 1) else None


def build(state: State) -> InpaintNetwork:
    width, in_channels = state["encoder.0.0.weight"].shape[:2]
    return build_network(lambda: Autoencoder((in_channels - 1, len(state["decoder.5.weight"])), width), state)


def fill(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    return network(image, hole.to(image.dtype))


AUTOENCODER = Backbone(
    id="autoencoder",
    title="Autoencoder",
    paper="our own baseline, after Pathak et al. 2016 and Iizuka et al. 2017",
    license="MIT",
    variants=(
        Variant(
            id="monochromic",
            source="core/backbones/autoencoder.py",
            license="MIT",
            detect=detect,
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
