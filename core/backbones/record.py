"""The records that every backbone fills in: what it is, how it fills, its limits, and the variants of its weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

State = Mapping[str, Tensor]
AnyModule = TypeVar("AnyModule", bound=nn.Module)


class InpaintNetwork(nn.Module):
    """A network that fills holes.

    Attributes:
        channels: Of its input and its output: (1, 1) gray, (3, 3) RGB, or (4, 1) RGB and gray to gray.
    """

    channels: tuple[int, int]


@dataclass(frozen=True)
class Variant:
    """One public form of a network: how its checkpoints are told from others, renamed, built and run.

    Attributes:
        id: Short, unique within the backbone.
        source: Where the authors' program is.
        license: Of that program.
        detect: `detect(state)` gets the tensors of one file of the authors', without nestings and prefixes like
            `module.`. It returns the prefix under which they belong to this variant (mostly ""), or None if they do
            not. It looks at names first, since shapes alone mislead.
        convert: `convert(state)` returns the authors' tensors by our names.
        build: `build(state)` returns the network of our tensors, in evaluation mode; sizes are read off the tensors.
        fill: `fill(network, image, hole)` takes an image, float (B, input channels, H, W) in [0, 1], zero inside the
            hole, and a hole, bool (B, 1, H, W), True = fill. It returns (B, output channels, H, W) in [0, 1]. Every
            oddity (range, polarity, channel order, what fills the hole) ends inside it.
        fresh: `fresh(channels, width)` returns the same network with new weights, `width` channels where it is
            narrowest; for training and tests.
        parts: All prefixes that `detect` returns, one for each file of a complete network.
    """

    id: str
    source: str
    license: str
    detect: Callable[[State], str | None]
    convert: Callable[[State], dict[str, Tensor]]
    build: Callable[[State], InpaintNetwork]
    fill: Callable[[Any, Tensor, Tensor], Tensor]  # of the class that `build` returns
    fresh: Callable[[tuple[int, int], int], InpaintNetwork]
    parts: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Backbone:
    """One way of filling a hole in grayscale: by `fill`, or by a network, one of `variants`.

    Attributes:
        id: What the user types.
        title: What menus show.
        paper: Authors, year and venue.
        license: Of the code.
        fill: Only without a network: `fill(image, hole)` takes float32 (1, 3, H, W) in [0, 1], zero inside the hole,
            and bool (1, 1, H, W), True = fill. It returns gray (1, 1, H, W).
        variants: Only with a network: the forms in which its weights were published.
        multiple: H and W are multiples of it.
        minimum: H and W are at least this.
        trained: The side in pixels at which the network was trained.
        half: Whether the network may run in 16 bits.
        channels_last: Whether that order of memory is faster for it on a CPU (benchmarks/backbones.py). On CUDA all
            networks have it.
    """

    id: str
    title: str
    paper: str
    license: str
    fill: Callable[[Tensor, Tensor], Tensor] | None = None
    variants: tuple[Variant, ...] = field(default=())
    multiple: int = 1
    minimum: int = 1
    trained: int = 0
    half: bool = False
    channels_last: bool = False


def build_network(make: Callable[[], AnyModule], state: State) -> AnyModule:
    """Build a network with these tensors.

    No random numbers are drawn, and nothing is allocated twice.

    Args:
        make: Makes the network.
        state: Its tensors by name.

    Returns:
        The network in evaluation mode, without gradients.

    Raises:
        RuntimeError: where names or shapes differ.
    """
    with torch.inference_mode(False), torch.device("meta"):
        network = make()
    network.load_state_dict(dict(state), strict=True, assign=True)
    return network.eval().requires_grad_(False)


@cache
def tensor_names(network: Callable[..., nn.Module], *sizes: Any) -> frozenset[str]:
    """The names of a network's tensors, by which its weights are told from others.

    It is built without values, once, and not before it is asked for: that takes longer than reading the module.

    Args:
        network: Its class.
        *sizes: What to make it of; those that change no name may be as small as they can be.
    """
    with torch.device("meta"):
        return frozenset(network(*sizes).state_dict())
