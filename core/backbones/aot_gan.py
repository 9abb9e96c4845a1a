"""AOT-GAN: aggregated contextual transformations.

Paper: Zeng, Fu, Chao, Guo, "Aggregated Contextual Transformations for High-Resolution Image Inpainting",
IEEE TVCG 2023 (arXiv 2104.01431, 2021).
Program: https://github.com/researchmm/AOT-GAN-for-Inpainting, and again in open-mmlab/mmagic; both Apache-2.0.
This is our own program of its design.

`mmagic` and `researchmm` are one network under two sets of names; pictures are prepared alike: RGB in [-1, 1],
a white hole, and the hole as one more channel. They differ only in how the answer is rounded to 8 bits.

The gate's mean and deviation are taken over the whole picture, so that an answer depends on all of it, and 16 bits
are too few for its steep slope. Sides are multiples of 4 and at least 36: a branch reflects 8 pixels at a quarter
of the size.
"""

import torch
from torch import Tensor, nn

from ..layers.explain import Explainable, Gates
from .record import Backbone, InpaintNetwork, State, Variant, build_network

DILATIONS = (1, 2, 4, 8)
BLOCKS = 8


class AotBlock(Explainable, nn.Module):
    """Convolutions of several dilations side by side; a gate mixes their answer with the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        part = width // len(DILATIONS)
        self.branches = nn.ModuleList(
            nn.Conv2d(width, part, 3, padding=d, dilation=d, padding_mode="reflect") for d in DILATIONS
        )
        self.fuse = nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect")
        self.gate = nn.Conv2d(width, width, 3, padding=1, padding_mode="reflect")

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        fused = self.fuse(torch.cat([branch(x).relu() for branch in self.branches], 1))
        return torch.lerp(x, fused, self.gate_weight(x))

    def explain(self, *inputs: Tensor) -> Gates:
        """How much of the answer is mixed in."""
        return Gates(self.gate_weight(inputs[0][:1])[0].mean(0))

    def gate_weight(self, x: Tensor) -> Tensor:
        """Weight of the answer, (B, C, H, W) in [0, 1]."""
        gate = self.gate(x)
        deviation, mean = torch.std_mean(gate, (2, 3), keepdim=True)
        return (5 * (2 * (gate - mean) / (deviation + 1e-9) - 1)).sigmoid()


class Double(nn.Upsample):
    """Twice the size, bilinear, corners on corners."""

    def __init__(self) -> None:
        super().__init__(scale_factor=2, mode="bilinear", align_corners=True)


class AotGan(InpaintNetwork):
    """The generator: two halvings, the blocks, two doublings."""

    def __init__(self, channels: tuple[int, int], width: int, blocks: int = BLOCKS) -> None:
        super().__init__()
        in_channels, out_channels = self.channels = channels
        self.encoder = nn.Sequential(
            nn.Conv2d(in_channels + 1, width, 7, padding=3, padding_mode="reflect"),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),  # (B, 2w, H/2, W/2)
            nn.ReLU(),
            nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1),  # (B, 4w, H/4, W/4)
            nn.ReLU(),
        )
        self.blocks = nn.Sequential(*(AotBlock(4 * width) for _ in range(blocks)))
        self.decoder = nn.Sequential(
            Double(),
            nn.Conv2d(4 * width, 2 * width, 3, padding=1),  # (B, 2w, H/2, W/2)
            nn.ReLU(),
            Double(),
            nn.Conv2d(2 * width, width, 3, padding=1),  # (B, w, H, W)
            nn.ReLU(),
            nn.Conv2d(width, out_channels, 3, padding=1),
        )

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        """image (B, in_channels, H, W) in [-1, 1] and hole (B, 1, H, W), 1 = fill, to the photo in [-1, 1]."""
        white = image * (1 - hole) + hole
        return self.decoder(self.blocks(self.encoder(torch.cat([white, hole], 1)))).tanh()


MMAGIC = {
    "encoder.encoder.1.conv": "encoder.0",
    "encoder.encoder.2.conv": "encoder.2",
    "encoder.encoder.3.conv": "encoder.4",
    "dilation_neck.model.{i}.blocks.{j}.1.conv": "blocks.{i}.branches.{j}",
    "dilation_neck.model.{i}.fuse.1.conv": "blocks.{i}.fuse",
    "dilation_neck.model.{i}.gate.1.conv": "blocks.{i}.gate",
    "decoder.decoder.0.conv": "decoder.1",
    "decoder.decoder.1.conv": "decoder.4",
    "decoder.decoder.2.conv": "decoder.6",
}
RESEARCHMM = {
    "encoder.1": "encoder.0",
    "encoder.3": "encoder.2",
    "encoder.5": "encoder.4",
    "middle.{i}.block0{j}.1": "blocks.{i}.branches.{j}",
    "middle.{i}.fuse.1": "blocks.{i}.fuse",
    "middle.{i}.gate.1": "blocks.{i}.gate",
    "decoder.0.conv": "decoder.1",
    "decoder.2.conv": "decoder.4",
    "decoder.4": "decoder.6",
}


def names(table: dict[str, str], state: State) -> dict[str, str]:
    """The authors' tensors to ours, for as many blocks as `state` has."""
    block = next(name for name in table if "gate" in name).split("gate")[0]
    blocks = 0
    while any(name.startswith(block.format(i=blocks)) for name in state):
        blocks += 1
    return {
        f"{theirs.format(i=i, j=j)}.{tensor}": f"{ours.format(i=i, j=j)}.{tensor}"
        for theirs, ours in table.items()
        for i in range(blocks)
        for j in range(len(DILATIONS))
        for tensor in ("weight", "bias")
    }


def detect(state: State, table: dict[str, str]) -> str | None:
    expected = names(table, state).keys()
    return "" if expected and expected <= state.keys() else None


def convert(state: State, table: dict[str, str]) -> dict[str, Tensor]:
    return {ours: state[theirs] for theirs, ours in names(table, state).items()}


def build(state: State) -> InpaintNetwork:
    width, in_channels = state["encoder.0.weight"].shape[:2]
    blocks = sum(name.endswith("gate.weight") for name in state)
    return build_network(lambda: AotGan((in_channels - 1, len(state["decoder.6.weight"])), width, blocks), state)


def fill(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    return (network(image * 2 - 1, hole.to(image.dtype)) + 1) / 2


def variant(name: str, source: str, table: dict[str, str]) -> Variant:
    """The variant of checkpoints whose names `table` maps to ours."""
    return Variant(
        id=name,
        source=source,
        license="Apache-2.0",
        detect=lambda state: detect(state, table),
        convert=lambda state: convert(state, table),
        build=build,
        fill=fill,
        fresh=AotGan,
    )


AOT_GAN = Backbone(
    id="aot_gan",
    title="AOT-GAN",
    paper="Zeng, Fu, Chao, Guo 2021, IEEE TVCG (arXiv 2104.01431)",
    license="Apache-2.0",
    variants=(
        variant("mmagic", "https://github.com/open-mmlab/mmagic", MMAGIC),
        variant("researchmm", "https://github.com/researchmm/AOT-GAN-for-Inpainting", RESEARCHMM),
    ),
    multiple=4,
    minimum=36,
    trained=512,
    channels_last=True,
)
