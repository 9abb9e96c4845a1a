"""The records that every backbone fills in: what it is, how it fills, its limits, and the forms of its weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

State = Mapping[str, Tensor]


@dataclass(frozen=True)
class Layout:
    """One public form of a network: how its weights are told from others, renamed, built and run.

    id: short, unique within the backbone. source: where the authors' program is. licence: of that program.
    recognize(state): given the tensors of one file of the authors', with nestings and prefixes like
    `module.` gone, the prefix under which they belong to this layout (mostly ""), or None if they are not
    of it; by names first, since shapes alone mislead. parts: all prefixes that make it complete.
    convert(state): the authors' names to ours.
    build(state): the network of our tensors, in evaluation mode; sizes are read off the tensors. It has
    `channels`, what it takes and gives: (1, 1) gray, (3, 3) RGB, or (4, 1) RGB and gray to gray.
    fill(network, image, hole): image float (B, channels taken, H, W) in [0, 1], zero inside the hole, and
    bool (B, 1, H, W), True = fill, to (B, channels given, H, W) in [0, 1]. Every oddity (range, polarity,
    channel order, what fills the hole) ends inside it.
    fresh(channels, width): the same network with new weights, `width` channels where it is narrowest;
    for training and tests.
    """

    id: str
    source: str
    licence: str
    recognize: Callable[[State], str | None]
    convert: Callable[[State], dict[str, Tensor]]
    build: Callable[[State], nn.Module]
    fill: Callable[[nn.Module, Tensor, Tensor], Tensor]
    fresh: Callable[[tuple[int, int], int], nn.Module]
    parts: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Backbone:
    """One way of filling a hole in grayscale.

    Without weights `fill(image, hole)` does it: float32 (1, 3, H, W) in [0, 1], zero inside the hole, and
    bool (1, 1, H, W), True = fill, to gray (1, 1, H, W). With weights one of `layouts` does.
    H and W are multiples of `multiple` and at least `minimum`; `trained` is the side it was trained at.
    half: whether it may run in 16 bits. channels_last: whether that order of memory is faster for it on a CPU
    (benchmarks/backbones.py); on CUDA all networks have it.
    """

    id: str
    title: str
    paper: str
    licence: str
    fill: Callable[[Tensor, Tensor], Tensor] | None = None
    layouts: tuple[Layout, ...] = field(default=())
    multiple: int = 1
    minimum: int = 1
    trained: int = 0
    half: bool = False
    channels_last: bool = False


def built(make: Callable[[], nn.Module], state: State) -> nn.Module:
    """The network that `make` makes, with the tensors of `state`, in evaluation mode.

    Draws no random numbers and allocates nothing twice. Raises `RuntimeError` where names or shapes differ.
    """
    with torch.inference_mode(False), torch.device("meta"):
        network = make()
    network.load_state_dict(dict(state), strict=True, assign=True)
    return network.eval().requires_grad_(False)
