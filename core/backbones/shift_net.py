"""Shift-Net: a U-Net that, at an eighth of the size, copies known features into the hole.

Paper: Yan, Li, Li, Zuo, Shan, "Shift-Net: Image Inpainting via Deep Feature Rearrangement", ECCV 2018.
Program: https://github.com/Zhaoyi-Yan/Shift-Net_pytorch, MIT.

One variant, the program's default (`unet_shift_triple`). The input is the photo in [-1, 1], 0 in the hole, and as one
more channel what is known: the opposite of the hole that the shift layer gets. Skips come after the decoder's features,
which are resized to theirs where a side is no multiple of 256. Instance norm sees one photo at a time.

The program stops with an error where no cell of the shift layer, or every one, is in the hole, and needs as many cells
in each photo of a batch; here nothing is shifted then, and each photo is done alone. In the program a known cell whose
features are all zero is copied everywhere; here it is like nothing.

The guidance loss of the training is in `training/guidance.py`.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..layers.explain import Explainable, Sources
from .record import Backbone, InpaintNetwork, State, Variant, build_network

WIDTHS = (1, 2, 4, 8, 8, 8, 8, 8)
"""Of each layer of the encoder, in units of the first one's."""
SHIFTED = 2
"""The layer of the decoder, counted from the photo, that also gets the shifted features."""
SCORES_AT_ONCE = 2**25


class Shift(Explainable, nn.Module):
    """For each cell of the hole, the encoder's features at the known cell that the decoder's features there are like.

    No weights. `at_once`: about how many similarities are in memory.
    """

    def __init__(self, at_once: int = SCORES_AT_ONCE) -> None:
        super().__init__()
        self.at_once = at_once

    def forward(self, features: Tensor, cells: Tensor) -> Tensor:
        """features (B, 2 C, h, w), decoder's then encoder's, and cells, bool (B, 1, h, w), True = hole.

        Returns:
            (B, 3 C, h, w): the features, and the encoder's as shifted into the hole, 0 outside it.
        """
        latter = features.chunk(2, dim=1)[1].flatten(2)  # (B, C, h w)
        shifted = torch.zeros_like(latter)
        for i, source in enumerate(self.sources(features, cells).flatten(1)):
            (into,) = (source >= 0).nonzero(as_tuple=True)
            shifted[i, :, into] = latter[i][:, source[into]]
        return torch.cat([features, shifted.view_as(features[:, : latter.shape[1]])], dim=1)

    def explain(self, *inputs: Tensor) -> Sources:
        """Which cell is copied to each cell of the hole."""
        features, cells = inputs
        return Sources(self.sources(features[:1], cells[:1])[0])

    @torch.no_grad()
    def sources(self, features: Tensor, cells: Tensor) -> Tensor:
        """Which cell is copied to each cell of the hole: its number in rows, -1 outside the hole, int (B, h, w)."""
        former, latter = features.flatten(2).transpose(1, 2).chunk(2, dim=2)  # (B, h w, C) each
        flat = cells.flatten(1)
        found = torch.full(flat.shape, -1, device=flat.device)
        for i, hole in enumerate(flat):
            (into,), (known,) = hole.nonzero(as_tuple=True), (~hole).nonzero(as_tuple=True)
            if len(into) and len(known):
                found[i, into] = known[torch.cat(list(self._nearest(former[i, into], latter[i, known])))]
        return found.view(cells[:, 0].shape)

    def _nearest(self, queries: Tensor, keys: Tensor) -> Iterator[Tensor]:
        """The first of the keys (K, C) of largest cosine with each query (Q, C), a part of the queries at a time."""
        keys = F.normalize(keys, dim=1)
        for part in queries.split(max(1, self.at_once // len(keys))):
            yield (F.normalize(part, dim=1) @ keys.T).argmax(dim=1)


class Down(nn.Module):
    """A convolution that halves the size, and instance norm if `norm`."""

    def __init__(self, in_channels: int, out_channels: int, norm: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 4, 2, 1)
        self.norm = nn.InstanceNorm2d(out_channels, affine=True) if norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, H / 2, W / 2)."""
        return self.norm(self.conv(x))


class Up(nn.Module):
    """A transposed convolution that doubles the size, and instance norm if `norm`."""

    def __init__(self, in_channels: int, out_channels: int, norm: bool) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(in_channels, out_channels, 4, 2, 1)
        self.norm = nn.InstanceNorm2d(out_channels, affine=True) if norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, 2 H, 2 W)."""
        return self.norm(self.conv(x))


class ShiftNet(InpaintNetwork):
    """The whole network; width: of the first layer, the authors have 64."""

    def __init__(self, channels: tuple[int, int], width: int) -> None:
        super().__init__()
        in_channels, out_channels = self.channels = channels
        widths = [times * width for times in WIDTHS]
        last = len(widths) - 1
        pairs = list(zip([in_channels + 1, *widths], widths, strict=False))
        self.encoder = nn.ModuleList(Down(*pair, norm=0 < i < last) for i, pair in enumerate(pairs))
        self.decoder = nn.ModuleList()
        for i, (out, given) in enumerate([(out_channels, width), *pairs[1:]]):
            parts = 1 if i == last else 3 if i == SHIFTED else 2
            self.decoder.append(Up(parts * given, out, norm=i > 0))
        self.shift = Shift()

    def forward(self, x: Tensor, cells: Tensor) -> Tensor:
        """x (B, in_channels + 1, H, W), photo in [-1, 1] and what is known, and cells, bool (B, 1, H / 8, W / 8).

        Returns:
            (B, out_channels, H, W) in [-1, 1].
        """
        skips: list[Tensor] = []
        for i, down in enumerate(self.encoder):
            x = down(F.leaky_relu(x, 0.2) if i else x)
            skips.append(x)
        for i in reversed(range(len(skips))):
            x = F.relu(x)
            x = self.decoder[i](self.shift(x, cells) if i == SHIFTED else x)
            if i:
                x = torch.cat([resized(x, skips[i - 1]), skips[i - 1]], dim=1)
        return x.tanh()


def resized(x: Tensor, like: Tensor) -> Tensor:
    """(B, C, h, w) at the height and width of `like`, which are those it has or a pixel more."""
    size = like.shape[-2:]
    return x if x.shape[-2:] == size else F.interpolate(x, size, mode="bilinear", align_corners=False)


def hole_cells(hole: Tensor) -> Tensor:
    """The hole of the shift layer, bool (B, 1, H // 8, W // 8): where the first pixel of a cell is in the hole."""
    size = [side // 2 ** (SHIFTED + 1) for side in hole.shape[-2:]]
    return F.interpolate(hole.float(), size, mode="nearest") > 0


def level(i: int) -> str:
    """Where the authors nest the layers of this depth."""
    return "model." + "model.1." * (i > 0) + "model.3." * max(i - 1, 0) + "model."


def layers() -> Iterator[tuple[str, str]]:
    """The authors' names of the layers, and ours. A level has its activations in between, and the next level."""
    last = len(WIDTHS) - 1
    for i in range(last + 1):
        up = 3 if i in (0, last) else 7 if i == SHIFTED else 5
        yield f"{level(i)}{int(i > 0)}", f"encoder.{i}.conv"
        yield f"{level(i)}{up}", f"decoder.{i}.conv"
        if 0 < i < last:
            yield f"{level(i)}2", f"encoder.{i}.norm"
        if i:
            yield f"{level(i)}{up + 1}", f"decoder.{i}.norm"


NAMES = {f"{theirs}.{part}": f"{ours}.{part}" for theirs, ours in layers() for part in ("weight", "bias")}


def detect(state: State) -> str | None:
    statistics = ("running_mean", "running_var", "num_batches_tracked")  # of older files, which the program drops
    return "" if {name for name in state if not name.endswith(statistics)} == NAMES.keys() else None


def convert(state: State) -> dict[str, Tensor]:
    return {ours: state[theirs] for theirs, ours in NAMES.items()}


def build(state: State) -> InpaintNetwork:
    width, in_channels = state["encoder.0.conv.weight"].shape[:2]
    out_channels = state["decoder.0.conv.weight"].shape[1]
    return build_network(lambda: ShiftNet((in_channels - 1, out_channels), width), state)


def fill(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    known = (image * 2 - 1).masked_fill(hole, 0)
    answer = network(torch.cat([known, (~hole).to(image.dtype)], dim=1), hole_cells(hole))
    return (answer + 1) / 2


def fresh(channels: tuple[int, int], width: int) -> InpaintNetwork:
    """A network to train, with the program's random weights and biases of 0."""
    network = ShiftNet(channels, width)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.get_parameter("bias"))
    return network


SHIFT_NET = Backbone(
    id="shift_net",
    title="Shift-Net (copies known features)",
    paper="Yan et al. 2018, ECCV",
    license="MIT",
    variants=(
        Variant(
            id="zhaoyi_yan",
            source="https://github.com/Zhaoyi-Yan/Shift-Net_pytorch",
            license="MIT",
            detect=detect,
            convert=convert,
            build=build,
            fill=fill,
            fresh=fresh,
        ),
    ),
    multiple=8,
    minimum=256,  # eight halvings
    trained=256,
)
