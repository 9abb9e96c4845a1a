"""LaMa: large masks by Fourier convolutions, each of which covers the full picture.

Paper: Suvorov, Logacheva, Mashikhin, Remizova, Ashukha, Silvestrov, Kong, Goka, Park, Lempitsky, "Resolution-robust
Large Mask Inpainting with Fourier Convolutions", WACV 2022.
Program: https://github.com/advimman/lama, Apache-2.0. The network is not ours: the package spandrel (MIT) has it,
of the size of the published `big-lama`, and is imported when a network is built.

Photos are RGB in [0, 1] with a black hole, and the hole is one more channel. Files differ in what stands before the
layers' numbers: the authors' `generator.model.`, or `model.`, `model.model.` or nothing in copies of it.
"""

import re
from typing import Any

from torch import Tensor

from .optional import load_frozen, optional_import
from .record import Backbone, InpaintNetwork, State, Variant

SPANDREL = "spandrel.architectures.LaMa"
AUTHORS = re.compile(r"(generator\.model\.|model\.model\.|model\.|)(?P<layer>\d+\..+)")
OURS = "model.model."
FIRST, LAST = "1.ffc.convl2l.weight", "34.weight"
LANDMARKS = (FIRST, "22.conv2.ffc.convg2g.fu.conv_layer.weight", LAST)


def renamed(state: State) -> dict[str, Tensor]:
    """The generator's tensors by our names; what else a training checkpoint holds is left out."""
    matches = ((AUTHORS.fullmatch(name), value) for name, value in state.items())
    ours = {OURS + match["layer"]: value for match, value in matches if match}
    return {name: value for name, value in ours.items() if not name.endswith("num_batches_tracked")}


def detect(state: State) -> str | None:
    return "" if {OURS + name for name in LANDMARKS} <= renamed(state).keys() else None


def with_channels(network: Any) -> InpaintNetwork:
    """Set `channels` of the network, read off its first and last layer."""
    network.channels = (network.get_parameter(OURS + FIRST).shape[1] - 1, len(network.get_parameter(OURS + LAST)))
    return network


def build(state: State) -> InpaintNetwork:
    spandrel = optional_import(SPANDREL, "lama")
    return with_channels(load_frozen(lambda: spandrel.LaMaArch().load(dict(state)).model))


def fresh(channels: tuple[int, int], width: int) -> InpaintNetwork:
    """The network with new weights. spandrel knows one width, 64: `width` is not used."""
    in_channels, out_channels = channels
    return with_channels(optional_import(SPANDREL, "lama").LaMa(in_nc=in_channels + 1, out_nc=out_channels))


def fill(network: Any, image: Tensor, hole: Tensor) -> Tensor:
    hole = hole.to(image.dtype)
    return network.model(image * (1 - hole), hole).to(image.dtype)


LAMA = Backbone(
    id="lama",
    title="LaMa",
    paper="Suvorov et al. 2022, WACV",
    license="Apache-2.0",
    variants=(
        Variant(
            id="spandrel",
            source="https://github.com/chaiNNer-org/spandrel",
            license="MIT",
            detect=detect,
            convert=renamed,
            build=build,
            fill=fill,
            fresh=fresh,
        ),
    ),
    multiple=8,
    minimum=16,
    trained=256,
    channels_last=True,
)
