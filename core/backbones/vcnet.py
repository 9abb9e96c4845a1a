"""VCNet: one network finds in the photo what does not belong there, another fills it.

Wang, Chen, Tao, Jia 2020, "VCNet: A Robust Approach to Blind Image Inpainting", ECCV (arXiv 2003.06816). The
code here is our own.

The input of both is the photo in [-1, 1]. The first (the paper's mask prediction network) predicts a soft hole. Its
bottleneck features go to the second (the robust inpainting network), whose blocks give the hole's features the
statistics of the known ones. Where the hole is known, only the features of the first are used.

Two variants of nearly one design:
- `birdortyedi`, github.com/birdortyedi/vcnet-blind-image-inpainting, PyTorch, no license given. The file
  holds two state dicts, `mpn` and `rin`; its batch norm is never applied, and we drop it. The answer is in [0, 1].
  The input of the second network is the photo times what is known. The authors' normalization sums the hole over the
  batch; ours sums it per item, which for one photo is the same and keeps items apart.
- `official`, github.com/shepnerd/blindinpainting_vcnet, TensorFlow, MIT, with the options of its test program.
  A file must hold its variables by name. The answer is in [-1, 1]; the input of the second network is the photo.

Neither program has an empty hole: another photo's pixels are there. We put 0 in [-1, 1], gray.
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import WeightsError
from .record import Backbone, InpaintNetwork, State, Variant, build_network
from .vcnet_parts import Block, Conv, FixedContext, LearnedContext, doubled

ENCODER = ((1, 5, 1, 1), (2, 3, 2, 1), (2, 3, 1, 1), (4, 3, 2, 1), *((4, 3, 1, d) for d in (1, 2, 2, 4, 4, 1)))
"""Of each block of the second network's encoder: width in units of the first's, kernel, stride, dilation."""
DECODER = (2, 2, 1, 1)  # widths, likewise; the size is doubled before the first and the third
PLAIN = (6, 7)  # of the official encoder, blocks without a shortcut

PARTS = {"mpn.": "predicting.", "rin.": "filling."}
BLOCK = {"conv1": "first", "conv2": "second", "projection": "shortcut"}
PC_BLOCK = BLOCK | {"pcn.sqex.linear1": "norm.squeeze", "pcn.sqex.linear2": "norm.excite"}
TF_BLOCK = {"c1": "first", "c2": "second", "c3": "shortcut"}
TF_SCOPE = "blind_inpaint_net/"


def in_blocks(names: dict[str, str], inner: dict[str, str], dot: str = ".") -> dict[str, str]:
    """Their layers to ours, of their blocks to ours and of what is inside a block."""
    return {f"{theirs}{dot}{a}": f"{ours}.{b}" for theirs, ours in names.items() for a, b in inner.items()}


def numbered(names: str, ours: str, first: int = 0) -> dict[str, str]:
    """Names separated by spaces, each with ours: `OURS.FIRST` and on."""
    return {theirs: f"{ours}.{i}" for i, theirs in enumerate(names.split(), first)}


LAYERS = {
    "mpn.": {
        **in_blocks(numbered("rb1 rb2 rb3", "encoder") | {"rb4": "neck"} | numbered("rb5 rb6 rb7", "decoder"), BLOCK),
        **{"cb1.conv1": "compress", "conv1": "leave"},
    },
    "rin.": {
        **in_blocks(numbered("pc1 pc2 pc3 pc4 pc5 pc6 pc7 pc8 pc9 pc10", "encoder"), PC_BLOCK),
        **in_blocks(numbered("pc11 pc12 pc13 pc14", "decoder"), PC_BLOCK),
        **{"conv1": "leave"},
    },
}
BATCH_NORM = {"mpn.": {*(f"rb{i}.n2" for i in range(1, 8)), "cb1.n1"}, "rin.": set()}

TF_BLOCKS = {
    **numbered("mask_conv2 mask_conv3 mask_conv4_atrous", "predicting.encoder"),
    **{"mask_conv5_atrous": "predicting.neck"},
    **numbered("mask_deconv9 mask_deconv10", "predicting.decoder", first=1),
    **numbered("cmp_conv1 cmp_conv2 cmp_conv21 cmp_conv3 cmp_conv31 cmp_conv4_atrous", "filling.encoder"),
    **numbered("cmp_conv5_atrous cmp_conv6_atrous cmp_conv7_atrous cmp_conv8", "filling.encoder", first=6),
    **numbered("cmp_deconv9 cmp_deconv91 cmp_deconv10 cmp_deconv101", "filling.decoder"),
}
TF_LAYERS = {
    **in_blocks(TF_BLOCKS, TF_BLOCK, "/"),
    **{"mask_conv8": "predicting.decoder.0", "mask_compress_conv": "predicting.compress"},
    **{"mask_output": "predicting.leave", "cmp_output": "filling.leave"},
    **numbered("cmp_compress_conv1 cmp_compress_conv2", "filling.mix"),
}
TF_NAMES = {
    f"{layer}/{theirs}": f"{ours}.{kind}"
    for layer, ours in TF_LAYERS.items()
    for theirs, kind in (("kernel", "weight"), ("bias", "bias"))
    if ours not in {f"filling.encoder.{i}.shortcut" for i in PLAIN}
}


def block(
    in_channels: int,
    out_channels: int,
    kernel: int = 3,
    stride: int = 1,
    dilation: int = 1,
    norm: nn.Module | None = None,
    official: bool = False,
) -> Block:
    """A residual block; the official one has a convolution in the shortcut even where the width stays."""
    first = Conv(in_channels, out_channels, kernel, stride, dilation, shifted=official)
    straight = in_channels == out_channels and stride == 1 and not official
    return Block(first, norm, nn.Identity() if straight else Conv(in_channels, out_channels, 1, stride))


class Predictor(nn.Module):
    """The first network: photo (B, in_channels, H, W) in [-1, 1] to the logits of the hole, (B, 1, H, W).

    width: of the first block. official: TensorFlow's padding, and a prediction that comes not from the
    bottleneck features but from those before them. finds: False for the bottleneck features alone.
    """

    def __init__(self, in_channels: int, width: int, official: bool, finds: bool) -> None:
        super().__init__()
        w, residual = width, partial(block, official=official)
        self.official, self.finds = official, finds
        halving = residual(in_channels, w, 5, 2), residual(w, 2 * w, 3, 2)
        self.encoder = nn.Sequential(*halving, residual(2 * w, 2 * w, dilation=2))
        self.neck = residual(2 * w, 2 * w, dilation=4)
        if not finds:
            return
        enter = Conv(2 * w, 2 * w) if official else residual(2 * w, 2 * w)
        self.decoder = nn.ModuleList([enter, residual(2 * w, w), residual(w, w // 2)])
        self.compress, self.leave = Conv(w // 2, w // 4), Conv(w // 4, 1)

    def bottleneck(self, photo: Tensor) -> Tensor:
        """The features for the second network, (B, 2 width, H / 4, W / 4)."""
        return self.neck(self.encoder(photo))

    def forward(self, photo: Tensor) -> Tensor:  # noqa: D102
        enter, middle, last = self.decoder
        x = F.elu(enter(self.encoder(photo))) if self.official else enter(self.bottleneck(photo))
        x = last(doubled(middle(doubled(x))))  # (B, width / 2, H, W)
        return self.leave(F.elu(self.compress(x)))


class Filler(nn.Module):
    """The second network: photo, hole and bottleneck features to the photo before its last activation.

    width: of the first block. joined: how many bottleneck features. official: TensorFlow's padding, a
    fixed beta, and bottleneck features that join at the full size.
    """

    def __init__(self, channels: tuple[int, int], width: int, joined: int, official: bool) -> None:
        super().__init__()
        w, (in_channels, out_channels) = width, channels
        self.official = official
        self.encoder = nn.ModuleList()
        for times, kernel, stride, dilation in ENCODER:
            self.encoder.append(self._block(in_channels, times * w, kernel, stride, dilation))
            in_channels = times * w
        self.decoder = nn.ModuleList()
        in_channels += 0 if official else joined
        for times in DECODER:
            self.decoder.append(self._block(in_channels, times * w))
            in_channels = times * w
        self.mix = nn.ModuleList([Conv(w + joined, w), Conv(w, w // 2)] if official else [])
        self.leave = Conv(w // 2 if official else w, out_channels)

    def _block(self, in_channels: int, out_channels: int, kernel: int = 3, stride: int = 1, dilation: int = 1) -> Block:
        norm = FixedContext() if self.official else LearnedContext(out_channels)
        if self.official and len(self.encoder) in PLAIN:
            return Block(Conv(in_channels, out_channels, kernel, stride, dilation), norm)
        return block(in_channels, out_channels, kernel, stride, dilation, norm, self.official)

    def forward(self, photo: Tensor, hole: Tensor, neck: Tensor) -> Tensor:
        """Photo (B, in_channels, H, W) and soft hole (B, 1, H, W) to (B, out_channels, H, W).

        neck: bottleneck features (B, joined, H / 4, W / 4).
        """
        x = photo
        for part in self.encoder:  # to (B, 4 width, H / 4, W / 4)
            x = part(x, hole)
        if not self.official:
            x = torch.cat([x, neck], dim=1)
        for i, part in enumerate(self.decoder):  # to (B, width, H, W)
            x = part(x if i % 2 else doubled(x), hole)
        if self.official:
            large = F.interpolate(neck, x.shape[-2:], mode="bilinear", align_corners=True)
            x = torch.cat([x, large], dim=1)
        for conv in self.mix:
            x = F.elu(conv(x))
        return self.leave(x)


class VCNet(InpaintNetwork):
    """Both networks: `predicting` and `filling`. `channels` are those of the input, and of the output of the second.

    finds: False where the first was trained for its features alone, which is all that filling takes of it.
    """

    def __init__(self, channels: tuple[int, int], widths: tuple[int, int], official: bool, finds: bool = True) -> None:
        super().__init__()
        self.channels, self.official = channels, official
        self.predicting = Predictor(channels[0], widths[0], official, finds)
        self.filling = Filler(channels, widths[1], 2 * widths[0], official)

    def predict(self, image: Tensor) -> Tensor:
        """What does not belong there, 0 to 1, (B, 1, H, W), of a photo (B, in_channels, H, W) in [0, 1].

        H and W are multiples of 4. Type and device are the network's. Raises `WeightsError` where it cannot find.
        """
        if not self.predicting.finds:
            raise WeightsError(
                "these weights of VCNet fill holes but do not find them; convert a file of both networks "
                "(`monochromic weights convert FILE --as vcnet`) or find damage another way"
            )
        logits = self.predicting(image * 2 - 1)
        return logits.clamp(0, 1) if self.official else logits.sigmoid()

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        """The photo filled, (B, out_channels, H, W) in [0, 1].

        image: (B, in_channels, H, W) in [0, 1]. hole: (B, 1, H, W), bool or soft in [0, 1], 1 = fill. Where it is 1
        nothing of the image is seen; where it is less the image counts as the programs do with a predicted hole.
        """
        photo = (image * 2 - 1).masked_fill(hole >= 1, 0)
        hole = hole.to(photo.dtype)
        neck = self.predicting.bottleneck(photo)
        if self.official:
            return (self.filling(photo, hole, neck).clamp(-1, 1) + 1) / 2
        return self.filling(photo * (1 - hole), hole, neck).tanh().clamp(0, 1)


def fill(network: VCNet, image: Tensor, hole: Tensor) -> Tensor:
    """As `Variant.fill`; the hole may also be soft, float in [0, 1], such as `network.predict` gives.

    Nothing of the image is seen where the hole is 1. Where it is softer, the image should hold its pixels.
    """
    dtype = network.filling.leave.weight.dtype
    return network(image.to(dtype), hole).to(image.dtype)


def detect(state: State) -> str | None:
    """Which of the two state dicts of a file one is."""
    layers = {name.rpartition(".")[0] for name in state}
    for part, names in LAYERS.items():
        needed = {layer for layer in names if not layer.endswith("projection")}
        complete = all(f"{layer}.{kind}" in state for layer in needed for kind in ("weight", "bias"))
        if complete and layers <= {*names, *BATCH_NORM[part]}:
            return part
    return None


def convert(state: State) -> dict[str, Tensor]:
    ours = {}
    for name, value in state.items():
        path, _, kind = name.rpartition(".")
        part, dot, layer = path.partition(".")
        if layer in LAYERS[part + dot]:
            ours[f"{PARTS[part + dot]}{LAYERS[part + dot][layer]}.{kind}"] = value
    return ours


def tf_variables(state: State) -> dict[str, Tensor]:
    """Kernels and biases of the official graph by their name within it; an optimizer's and others are left out."""
    inside = {k.removeprefix(TF_SCOPE).removesuffix(":0"): v for k, v in state.items() if k.startswith(TF_SCOPE)}
    return {k: v for k, v in inside.items() if k.endswith(("/kernel", "/bias"))}


def detect_official(state: State) -> str | None:
    return "" if tf_variables(state).keys() == TF_NAMES.keys() else None


def convert_official(state: State) -> dict[str, Tensor]:
    """A kernel is height x width x in x out there."""
    return {TF_NAMES[k]: v.permute(3, 2, 0, 1) if v.ndim == 4 else v for k, v in tf_variables(state).items()}


def build(state: State, official: bool) -> VCNet:
    predicting, filling = (state[f"{part}encoder.0.first.weight"] for part in PARTS.values())
    channels, widths = (filling.shape[1], len(state["filling.leave.weight"])), (len(predicting), len(filling))
    return build_network(partial(VCNet, channels, widths, official, "predicting.leave.weight" in state), state)


def fresh(channels: tuple[int, int], width: int, official: bool, finds: bool = False) -> VCNet:
    """New weights drawn as TensorFlow does by default (Glorot, without bias), in both variants.

    The other program's, normal of 0.02, vanish in narrow networks, which no batch norm makes up for. finds: to be
    trained for finding damage too, not for filling alone.
    """
    network = VCNet(channels, (4 * width, 2 * width), official, finds)
    for value in network.parameters():
        if value.ndim > 1:
            nn.init.xavier_uniform_(value)
        else:
            nn.init.zeros_(value)
    return network


VCNET = Backbone(
    id="vcnet",
    title="VCNet (finds the hole itself, and fills it)",
    paper="Wang, Chen, Tao, Jia 2020, ECCV",
    license="MIT (official); none given (birdortyedi)",
    variants=(
        Variant(
            id="birdortyedi",
            source="https://github.com/birdortyedi/vcnet-blind-image-inpainting",
            license="none given",
            detect=detect,
            convert=convert,
            build=partial(build, official=False),
            fill=fill,
            fresh=partial(fresh, official=False),
            parts=tuple(PARTS),
        ),
        Variant(
            id="official",
            source="https://github.com/shepnerd/blindinpainting_vcnet",
            license="MIT",
            detect=detect_official,
            convert=convert_official,
            build=partial(build, official=True),
            fill=fill,
            fresh=partial(fresh, official=True),
        ),
    ),
    multiple=4,
    minimum=4,
    trained=256,
)
