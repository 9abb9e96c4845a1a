"""The record that every backbone fills in: what it is, how it fills, and its limits as plain data."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Backbone:
    """One way of filling a hole in grayscale.

    `fill(image, hole)` takes float32 (1, 3, H, W) in [0, 1], zero inside the hole, and bool (1, 1, H, W),
    True = fill; it returns gray (1, 1, H, W). H and W are multiples of `multiple` and at least `minimum`.
    Every oddity of a method (range, polarity, channel order) ends inside its `fill`.
    """

    id: str
    title: str
    paper: str
    licence: str
    fill: Callable[[Tensor, Tensor], Tensor]
    multiple: int = 1
    minimum: int = 1
