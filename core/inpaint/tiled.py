"""Filling crops larger than a network was trained on: small first, then its detail anew, tile by tile.

A network sees structure over the side it was trained at and no further. So a large crop is filled once at
that side, which settles what goes where; enlarged, this is the first content of the hole. Then tiles of the
trained side are filled at full size: in each, the tile's middle is the hole, and what lies around it in the
hole counts as known. Tiles overlap by half and fade into each other where both are filled; nothing else is touched.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ..host.progress import Progress, silent
from ..image.boxes import Box
from ..image.color import to_y
from ..image.masks import resize
from ..image.tiling import Blend, cover, edge_distance, tile_boxes

FillOnce = Callable[[Tensor, Tensor], Tensor]
"""From a picture (1, C, H, W) that is zero in the hole and a hole (1, 1, H, W) to the filled picture."""

OVERLAP = 2  # a tile shares 1 / OVERLAP of its side with the next,
RIM = 8  # and 1 / RIM of it, at an edge where another tile goes on, is not filled anew


def fill_large(fill: FillOnce, image: Tensor, hole: Tensor, side: int, progress: Progress = silent) -> Tensor:
    """Fill a crop of any size by a network that was trained at one side.

    Args:
        fill: what fills a crop of at most `side` pixels a side.
        image: float (1, C, H, W) in [0, 1], zero in the hole.
        hole: bool (1, 1, H, W), True = fill.
        side: that the network was trained at, in pixels.
        progress: called as `progress(done, total)` for each tile.

    Returns:
        The filled crop, (1, C', H, W) with as many channels as `fill` gives.
    """
    coarse = _fill_small(fill, image, hole, side)
    first = torch.where(hole, coarse, _with_channels_of(image, coarse))
    blend = Blend(torch.zeros_like(coarse), torch.zeros_like(coarse[:, :1]))
    tiles = _tiles(*hole.shape[-2:], side=side)
    for done, box in enumerate(tiles, 1):
        progress(done, len(tiles) + 1)
        middle = box.crop(hole) & _middle(box, hole)
        if not middle.any():
            continue
        known = _with_channels_of(box.crop(first), image)
        answer = fill(known.masked_fill(middle, 0), middle)
        blend.add(box, answer, _fade(box, *hole.shape[-2:], like=answer) * middle)
    return torch.where(blend.weight > 0, blend.total / blend.weight.clamp(min=1e-6), first)


def _fill_small(fill: FillOnce, image: Tensor, hole: Tensor, side: int) -> Tensor:
    """The whole crop filled at a longer side of `side`, and enlarged."""
    h, w = hole.shape[-2:]
    factor = max(h, w) / side
    size = max(1, round(h / factor)), max(1, round(w / factor))
    known = F.interpolate((~hole).to(image), size, mode="area")  # share of each pixel
    small = F.interpolate(image, size, mode="area") / known.clamp(min=1e-4)
    small_hole = resize(hole.float(), *size) > 0
    if small_hole.all():  # every reduced pixel has some hole in it: keep those that are mostly known
        small_hole = known <= known.amax() * 0.999
    answer = fill(small.masked_fill(small_hole, 0).clamp(0, 1), small_hole)
    return F.interpolate(answer, (h, w), mode="bicubic", antialias=False).clamp(0, 1)


def _with_channels_of(picture: Tensor, other: Tensor) -> Tensor:
    """A picture with as many channels as another: gray repeated, colors as their luminance."""
    if picture.shape[1] == other.shape[1]:
        return picture
    return to_y(picture) if other.shape[1] == 1 else picture.expand(-1, other.shape[1], -1, -1)


def _tiles(h: int, w: int, *, side: int) -> list[Box]:
    """Tiles of `side` that cover a picture; neighbors share at least 1 / OVERLAP of it."""
    rows, columns = (cover(length, side, side // OVERLAP) for length in (h, w))
    return tile_boxes(rows, columns)


def _middle(box: Box, hole: Tensor) -> Tensor:
    """The part of a tile that is filled anew: all but a rim where another tile goes on."""
    middle = torch.zeros(1, 1, box.bottom - box.top, box.right - box.left, dtype=torch.bool, device=hole.device)
    rows, columns = (
        slice(rim * (start > 0), end - start - rim * (end < length))
        for start, end, length in _spans(box, *hole.shape[-2:])
        for rim in [max(1, (end - start) // RIM)]
    )
    middle[..., rows, columns] = True
    return middle


def _fade(box: Box, h: int, w: int, *, like: Tensor) -> Tensor:
    """Weights of a tile's answer, falling smoothly to 0 at its rims, (1, 1, H, W)."""
    rows, columns = (_ramp(*span, like) for span in _spans(box, h, w))
    return (rows[:, None] * columns)[None, None]


def _ramp(start: int, end: int, length: int, like: Tensor) -> Tensor:
    """Weights along a tile: a smoothstep from its rim over what it shares with the filled part of the next."""
    side = end - start
    rim = side // RIM
    distance = edge_distance(side, before=start > 0, after=end < length, like=like)
    rise = ((distance - rim) / max(side / OVERLAP - 2 * rim, 1)).clamp(0, 1)
    return rise * rise * (3 - 2 * rise)


def _spans(box: Box, h: int, w: int) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """First and last row of a tile and the rows of the picture, and the same of columns."""
    return (box.top, box.bottom, h), (box.left, box.right, w)
