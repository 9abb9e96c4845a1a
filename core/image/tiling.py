"""Tiles: where they lie so that they cover a picture, and how what was computed in each is blended.

Both users cut pictures that are larger than a network can take. Filling (`core/inpaint/tiled.py`) keeps the side that
its network was trained at. Finding damage (`core/detect/multiscale.py`) takes tiles as small as their number allows, on
a grid that the network needs.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from .boxes import Box

Span = tuple[int, int]  # first pixel, and the one after the last


def cover(length: int, tile: int, overlap: int, multiple: int | None = None) -> list[Span]:
    """Spans that cover `length` pixels at even distances, as few as their overlap allows.

    Args:
        length: pixels to cover.
        tile: pixels of a span; at most that many with `multiple`.
        overlap: pixels that neighbors share at least; less than `tile`.
        multiple: None keeps all spans at `tile` pixels. A number makes them as short as their count allows, with
            starts and lengths that are multiples of it; `length` and `tile` have to be multiples of it too.

    Returns:
        First and end of each span, in order; one span of all where `length` is at most `tile`.

    >>> cover(250, 128, overlap=32)
    [(0, 128), (61, 189), (122, 250)]
    >>> cover(256, 128, overlap=32, multiple=8)
    [(0, 112), (72, 184), (144, 256)]
    """
    if length <= tile:
        return [(0, length)]
    steps = -(-(length - tile) // (tile - overlap))
    if multiple is None:
        starts = (round(i * (length - tile) / steps) for i in range(steps + 1))
        return [(start, start + tile) for start in starts]
    side = -(-(length + steps * overlap) // ((steps + 1) * multiple)) * multiple
    starts = (i * (length - side) // (steps * multiple) * multiple for i in range(steps + 1))
    return [(start, start + side) for start in starts]


def tile_boxes(rows: list[Span], columns: list[Span]) -> list[Box]:
    """The tiles of all rows and columns of spans, row by row."""
    return [Box(top, left, bottom, right) for top, bottom in rows for left, right in columns]


def edge_distance(length: int, before: bool = True, after: bool = True, like: Tensor | None = None) -> Tensor:
    """How far the middle of each pixel of a span is from the nearer edge.

    Args:
        length: pixels of the span.
        before: whether the first edge counts; one that does not is infinitely far.
        after: whether the last edge counts.
        like: gives device and dtype; float32 on the CPU without.

    Returns:
        (length,): 0.5, 1.5, ... from each edge that counts.
    """
    like = torch.zeros(()) if like is None else like
    middle = torch.arange(length, dtype=like.dtype, device=like.device) + 0.5
    far = torch.full_like(middle, torch.inf)
    return torch.minimum(middle if before else far, length - middle if after else far)


class Blend(NamedTuple):
    """A weighted mean of overlapping tiles: `total` / `weight`.

    total: (..., C, H, W), the sum of values times weights. weight: (..., 1, H, W), the sum of weights.
    """

    total: Tensor
    weight: Tensor

    def add(self, box: Box, values: Tensor, weight: Tensor) -> None:
        """Add the values of a tile, with a weight for each of its pixels."""
        box.crop(self.total).add_(values * weight)
        box.crop(self.weight).add_(weight)
