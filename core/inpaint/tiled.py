"""Filling crops larger than a network was trained on: small first, then its detail anew, tile by tile.

A network sees structure over the side it was trained at and no further. So a large crop is filled once at
that side, which settles what goes where; enlarged, this is the first content of the hole. Then tiles of the
trained side are filled at full size: in each, the tile's middle is the hole, and what lies around it in the
hole counts as known. Tiles overlap and fade into each other within the hole; nothing else is touched.
"""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ..host.cancel import Progress, silent
from ..image.masks import Box, resize

Answer = Callable[[Tensor, Tensor], Tensor]
"""From a picture (1, C, H, W) that is zero in the hole and a hole (1, 1, H, W) to the filled picture."""

OVERLAP = 4  # a tile shares 1 / OVERLAP of its side with the next
FADE = 8  # of a tile's side, over which it fades out


def fill_large(answer: Answer, image: Tensor, hole: Tensor, side: int, progress: Progress = silent) -> Tensor:
    """Fill a crop of any size by a network that is at home at `side`; (1, C', H, W) as `answer` gives it."""
    coarse = _fill_small(answer, image, hole, side)
    mixed = torch.where(hole, coarse, _like(image, coarse))
    total, weight = torch.zeros_like(coarse), torch.zeros_like(coarse[:, :1])
    tiles = list(_tiles(*hole.shape[-2:], side))
    for done, box in enumerate(tiles, 1):
        progress(done, len(tiles) + 1)
        inside = box.crop(hole) & _middle(box, hole)
        if not inside.any():
            continue
        known = _like(box.crop(mixed), image)
        found = answer(known.masked_fill(inside, 0), inside)
        share = _fade(*inside.shape[-2:], like=found) * inside
        box.crop(total)[:] += found * share
        box.crop(weight)[:] += share
    return torch.where(weight > 0, total / weight.clamp(min=1e-6), mixed)


def _fill_small(answer: Answer, image: Tensor, hole: Tensor, side: int) -> Tensor:
    """The whole crop filled at a longer side of `side`, and enlarged."""
    h, w = hole.shape[-2:]
    shrink = max(h, w) / side
    size = max(1, round(h / shrink)), max(1, round(w / shrink))
    known = F.interpolate((~hole).to(image), size, mode="area")
    small = F.interpolate(image, size, mode="area") / known.clamp(min=1e-4)
    gone = resize(hole.float(), *size) > 0
    if gone.all():  # every reduced pixel has some hole in it: keep those that are mostly known
        gone = known <= known.amax() * 0.999
    found = answer(small.masked_fill(gone, 0).clamp(0, 1), gone)
    return F.interpolate(found, (h, w), mode="bicubic", antialias=False).clamp(0, 1)


def _like(picture: Tensor, other: Tensor) -> Tensor:
    """A picture with as many channels as another: gray repeated, colors as their luminance."""
    from ..image.color import luminance

    if picture.shape[1] == other.shape[1]:
        return picture
    return luminance(picture) if other.shape[1] == 1 else picture.expand(-1, other.shape[1], -1, -1)


def _tiles(h: int, w: int, side: int) -> Iterator[Box]:
    for top in _starts(h, side):
        for left in _starts(w, side):
            yield Box(top, left, min(top + side, h), min(left + side, w))


def _starts(length: int, side: int) -> list[int]:
    """Where tiles begin so that they cover `length` evenly and overlap by at least 1 / OVERLAP."""
    if length <= side:
        return [0]
    count = -(-(length - side) // (side - side // OVERLAP)) + 1
    return [round(i * (length - side) / (count - 1)) for i in range(count)]


def _middle(box: Box, hole: Tensor) -> Tensor:
    """The part of a tile that is filled anew: all but a rim where another tile goes on."""
    h, w = box.bottom - box.top, box.right - box.left
    inside = torch.zeros(1, 1, h, w, dtype=torch.bool, device=hole.device)
    rim = max(1, min(h, w) // (2 * OVERLAP))
    top, left = rim * (box.top > 0), rim * (box.left > 0)
    bottom, right = h - rim * (box.bottom < hole.shape[-2]), w - rim * (box.right < hole.shape[-1])
    inside[..., top:bottom, left:right] = True
    return inside


def _fade(h: int, w: int, like: Tensor) -> Tensor:
    """Weights of a tile's answer, falling towards its edges, (1, 1, H, W), above 0."""
    ramps = []
    for n in (h, w):
        at = torch.arange(n, dtype=like.dtype, device=like.device)
        ramps.append(((torch.minimum(at, n - 1 - at) + 1) / max(n / FADE, 1)).clamp(max=1))
    return (ramps[0][:, None] * ramps[1]).view(1, 1, h, w)
