"""MAT: a mask-aware transformer, then a convolutional refinement steered by a style.

Paper: Li, Lin, Zhou, Qi, Wang, Jia, "MAT: Mask-Aware Transformer for Large Hole Image Inpainting", CVPR 2022.
Program: https://github.com/fenglinglwb/MAT; code and weights CC BY-NC 4.0, so for non-commercial use. The network is
not ours: the package spandrel_extra_arches has it, apart from spandrel because of that license, and is imported
when a network is built.

Photos are RGB, and the package takes them in [0, 1]. It draws a style when it makes the network, and a noise in
every pass by dropout, in use too, both from global generators. Here both come from `SEED`, so that a photo has one
answer, on every device. It takes squares, by multiples of 512 and one at a time, and float32 only.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from .optional import load_frozen, optional_import
from .record import Backbone, InpaintNetwork, State, Variant

PACKAGE = "spandrel_extra_arches.architectures.MAT"
SEED = 0
PARTS = ("synthesis.", "mapping.")
LANDMARKS = ("synthesis.first_stage.conv_first.conv.resample_filter", "mapping.fc0.weight")


class FixedDropout(TorchFunctionMode):
    """While it is entered, active dropout draws from `SEED` instead of the global generator; for this thread only."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = torch.Generator().manual_seed(SEED)

    def __torch_function__(
        self, func: Callable, types: Iterable[type], args: tuple = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func is F.dropout and kwargs["training"]:
            return self.drop(args[0], kwargs["p"])
        return func(*args, **kwargs)

    def drop(self, x: Tensor, p: float) -> Tensor:
        """`x` with a share `p` of it zero and the rest scaled up by 1 / (1 - p)."""
        kept = torch.rand(x.shape, generator=self.generator).to(x.device) >= p
        return x * kept / (1 - p)


def renamed(state: State) -> dict[str, Tensor]:
    """The generator's tensors by the package's names, which begin with `model.`; others are left out."""
    plain = {name.removeprefix("model."): value for name, value in state.items()}
    return {f"model.{name}": value for name, value in plain.items() if name.startswith(PARTS)}


def detect(state: State) -> str | None:
    return "" if {f"model.{name}" for name in LANDMARKS} <= renamed(state).keys() else None


def with_style(network: Any) -> InpaintNetwork:
    """Replace the style that the package drew by the one of `SEED`, as a buffer, so that it moves along."""
    style = torch.randn(network.z.shape, generator=torch.Generator().manual_seed(SEED))
    del network.z
    network.register_buffer("z", style, persistent=False)
    network.channels = (3, 3)
    return network


def build(state: State) -> InpaintNetwork:
    extra = optional_import(PACKAGE, "mat")
    return load_frozen(lambda: with_style(extra.MATArch().load(dict(state)).model))


def fresh(channels: tuple[int, int], width: int) -> InpaintNetwork:
    """The network with new weights. The package knows one size of it, for RGB: both arguments are not used."""
    return with_style(optional_import(PACKAGE, "mat").MAT())


def fill(network: InpaintNetwork, image: Tensor, hole: Tensor) -> Tensor:
    h, w = image.shape[-2:]
    pads = (0, max(h, w) - w, 0, max(h, w) - h)
    square, inside = (F.pad(t, pads, mode="replicate") for t in (image, hole.to(image.dtype)))
    answers = []
    for photo, mask in zip(square.split(1), inside.split(1), strict=True):
        with FixedDropout():
            answers.append(network(photo, mask))
    return torch.cat(answers)[..., :h, :w].clamp(0, 1)


MAT = Backbone(
    id="mat",
    title="MAT",
    paper="Li et al. 2022, CVPR",
    license="CC BY-NC 4.0",
    variants=(
        Variant(
            id="spandrel",
            source="https://github.com/chaiNNer-org/spandrel",
            license="MIT; the network's CC BY-NC 4.0",
            detect=detect,
            convert=renamed,
            build=build,
            fill=fill,
            fresh=fresh,
        ),
    ),
    multiple=512,
    minimum=512,
    trained=512,
)
