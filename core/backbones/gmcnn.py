"""GMCNN: three columns of plain convolutions with large, middle and small kernels, merged into one photo.

Paper: Wang, Tao, Qi, Shen, Jia, "Image Inpainting via Generative Multi-column Convolutional Neural Networks",
NeurIPS 2018. Program: https://github.com/shepnerd/inpainting_gmcnn (its `pytorch` folder), MIT.

One variant. Photo in [-1, 1] with 0 in the hole, and as one more channel the hole; no normalization; ELU after
every layer but the last, whose answer is cut to [-1, 1]. The last enlarging of the first and second column is
bilinear from corner to corner (align_corners), all others repeat pixels.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .record import Backbone, InpaintNetwork, State, Variant, build_network

KERNELS = (7, 5, 3)
ENCODER = ((1, 1, 1), (2, 2, 1), (2, 1, 1), (4, 2, 1), *((4, 1, d) for d in (1, 1, 2, 4, 8, 16, 1, 1)))
"""Of each layer of a column's encoder: its width in units of the first layer's, stride, and dilation."""


def conv(in_channels: int, out_channels: int, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    """A convolution that reflects the borders and keeps the size, or halves it."""
    padding = dilation * (kernel // 2)
    return nn.Conv2d(in_channels, out_channels, kernel, stride, padding, dilation, padding_mode="reflect")


class Column(nn.Module):
    """Encoder to a quarter of the size, dilated middle, decoder.

    steps: how often the decoder doubles the size and halves the width; what is missing then is enlarged only.
    """

    def __init__(self, in_channels: int, width: int, kernel: int, steps: int) -> None:
        super().__init__()
        widths = [in_channels, *(times * width for times, _, _ in ENCODER)]
        self.encoder = nn.ModuleList(
            conv(widths[i], widths[i + 1], kernel, stride, dilation) for i, (_, stride, dilation) in enumerate(ENCODER)
        )
        self.decoder = nn.ModuleList()
        for out_channels in (2 * width, width)[:steps]:
            self.decoder += [conv(2 * out_channels, out_channels, kernel), conv(out_channels, out_channels, kernel)]
        self.missing = 4 >> steps

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, 4, 2 or 1 widths, H, W) for 0, 1 or 2 steps."""
        for layer in self.encoder:
            x = F.elu(layer(x))  # (B, 4w, H/4, W/4) at the end
        for first, second in zip(self.decoder[::2], self.decoder[1::2], strict=True):
            x = F.interpolate(x, scale_factor=2, mode="nearest")  # (B, 2w, H/2, W/2), (B, w, H, W)
            x = F.elu(second(F.elu(first(x))))
        if self.missing > 1:
            x = F.interpolate(x, scale_factor=self.missing, mode="bilinear", align_corners=True)
        return x


class MultiColumn(InpaintNetwork):
    """The whole network; width: of the columns' first layers, the authors have 32."""

    def __init__(self, channels: tuple[int, int], width: int) -> None:
        super().__init__()
        in_channels, out_channels = self.channels = channels
        self.columns = nn.ModuleList(
            Column(in_channels + 1, width, kernel, steps) for steps, kernel in enumerate(KERNELS)
        )
        self.merge = conv(7 * width, width // 2, 3)
        self.photo = conv(width // 2, out_channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, in_channels + 1, H, W), photo in [-1, 1] and hole, 1 = fill, to (B, out_channels, H, W) in [-1, 1]."""
        x = torch.cat([column(x) for column in self.columns], dim=1)  # (B, 7w, H, W)
        return self.photo(F.elu(self.merge(x))).clamp(-1, 1)


LAYERS = {
    **{f"EB{c + 1}.{i}": f"columns.{c}.encoder.{i}" for c in range(len(KERNELS)) for i in range(len(ENCODER))},
    "EB2.13": "columns.1.decoder.0",
    "EB2.14": "columns.1.decoder.1",
    "EB3.13": "columns.2.decoder.0",
    "EB3.14": "columns.2.decoder.1",
    "EB3.16": "columns.2.decoder.2",
    "EB3.17": "columns.2.decoder.3",
    "decoding_layers.0": "merge",
    "decoding_layers.1": "photo",
}
NAMES = {f"{theirs}.{part}": f"{ours}.{part}" for theirs, ours in LAYERS.items() for part in ("weight", "bias")}


def detect(state: State) -> str | None:
    return "" if NAMES.keys() <= state.keys() else None


def convert(state: State) -> dict[str, Tensor]:
    return {ours: state[theirs] for theirs, ours in NAMES.items()}


def build(state: State) -> InpaintNetwork:
    width, in_channels = state["columns.0.encoder.0.weight"].shape[:2]
    out_channels = state["photo.weight"].shape[0]
    return build_network(lambda: MultiColumn((in_channels - 1, out_channels), width), state)


def fill(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    known = (image * 2 - 1).masked_fill(hole, 0)
    answer = network(torch.cat([known, hole.to(image.dtype)], dim=1))
    return ((answer + 1) / 2).clamp(0, 1)


def fresh(channels: tuple[int, int], width: int) -> InpaintNetwork:
    """A network to train, `width` channels wide, with He's random weights and biases of 0."""
    network = MultiColumn(channels, 2 * width)  # narrowest is the merging layer, of half the width
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):  # torch's own start lets the photo fade out over fourteen layers
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
            nn.init.zeros_(layer.get_parameter("bias"))
    return network


GMCNN = Backbone(
    id="gmcnn",
    title="GMCNN (multi-column convolutions)",
    paper="Wang et al. 2018, NeurIPS",
    license="MIT",
    variants=(
        Variant(
            id="shepnerd",
            source="https://github.com/shepnerd/inpainting_gmcnn",
            license="MIT",
            detect=detect,
            convert=convert,
            build=build,
            fill=fill,
            fresh=fresh,
        ),
    ),
    multiple=4,
    minimum=196,  # the widest reflection is 48 pixels at a quarter of the size
    trained=256,
    half=True,  # in float16 half a level off at most, with the fixture's weights
    channels_last=True,
)
