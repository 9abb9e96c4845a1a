"""A network that finds damage, over photos of any size: the photo small and whole, larger, and in tiles.

A network sees damage as large as it was in training, and looks no further than it did there. So a photo is reduced
to the side of the training, where large stains are seen whole, and doubled again and again up to its own size, or to
`FINEST`, beyond which scratches of a pixel are of no account. What is larger than a tile is seen in tiles that fade
into each other.

What any size shows counts: the highest of all. But thin marks are not looked for where the photo is reduced to less
than `THIN_FROM`: there broad things of the scene look as thin as scratches.
"""

from collections.abc import Callable
from itertools import count

import torch
import torch.nn.functional as F
from torch import Tensor

from ..damage_kinds import KIND_NAMES
from ..host.cancel import check_cancelled
from ..host.progress import Progress, silent
from ..image.boxes import Box

Look = Callable[[Tensor], Tensor]
"""From a picture (1, 3, H, W) in [0, 1], sides multiples of `MULTIPLE`, to probabilities of damage (1, K, H, W)."""

MULTIPLE = 8  # of the sides of tiles, and of where they begin
TILE, SMALLEST = 1024, 256  # pixels a side; the smallest where memory is short
OVERLAP = 192  # pixels that neighbors share, at least
BLIND = 64  # pixels at a tile's edge that hardly count where a neighbor sees them from further inside
FACTOR = 2  # from a size to the next
FINEST = 1280  # pixels of the shorter side that are looked at, at most
THIN_FROM = 400  # pixels of the shorter side of a reduced photo in which thin marks are looked for, at least
THIN = [KIND_NAMES.index(name) for name in ("lines", "specks")]
STEP = 1.5  # a size is looked at if the photo is so many times larger, or more


def find_at_sizes(
    look: Look,
    image: Tensor,
    trained: int,
    progress: Progress = silent,
    tile: int = TILE,
) -> Tensor:
    """Probabilities of damage, (B, 1 or 3, H, W) in [0, 1] to float32 (B, K, H, W), each photo by itself.

    trained: the shorter side of the photos that `look` was trained on. tile: the side of the tiles it is shown.
    """
    sizes = sizes_of(*image.shape[-2:], trained)
    tick = _ticks(progress, len(image) * sum(len(tiles_of(*size, tile)) for size in sizes))
    return torch.cat([_found(look, photo.float().expand(-1, 3, -1, -1), sizes, tile, tick) for photo in image.split(1)])


def sizes_of(h: int, w: int, trained: int) -> list[tuple[int, int]]:
    """Heights and widths to look at. Shorter sides: `trained`, `FACTOR` times it, ..., the photo's own or `FINEST`."""
    shorter, side = min(h, w), trained
    last, sides = min(shorter, FINEST), []
    while side * STEP <= last:
        sides.append(side)
        side *= FACTOR
    return [(round(h * side / shorter), round(w * side / shorter)) for side in (*sides, last)]


def find_in_tiles(look: Look, image: Tensor, tile: int = TILE, tick: Callable[[], None] = lambda: None) -> Tensor:
    """Probabilities of damage in a picture at its own size, (1, 3, H, W) to (1, K, H, W)."""
    h, w = image.shape[-2:]
    image = F.pad(image, (0, -w % MULTIPLE, 0, -h % MULTIPLE), mode="replicate")
    total, weight = None, torch.zeros_like(image[:, :1])
    for box in tiles_of(h, w, tile):
        share = _share(box, *image.shape[-2:]).to(image)
        found = look(box.crop(image)) * share
        if total is None:
            total = image.new_zeros(1, found.shape[1], *image.shape[-2:])
        box.crop(total).add_(found)
        box.crop(weight).add_(share)
        tick()
    return total.div_(weight)[..., :h, :w]


def tiles_of(h: int, w: int, tile: int = TILE) -> list[Box]:
    """Tiles that cover a picture padded to multiples of `MULTIPLE`, as small as their number allows."""
    high, wide = (side + -side % MULTIPLE for side in (h, w))
    return [Box(top, left, bottom, right) for top, bottom in _spans(high, tile) for left, right in _spans(wide, tile)]


def _spans(length: int, tile: int) -> list[tuple[int, int]]:
    """Where tiles begin and end so that they cover `length` evenly; all multiples of `MULTIPLE`."""
    if length <= tile:
        return [(0, length)]
    steps = -(-(length - tile) // (tile - OVERLAP))
    side = -(-(length + steps * OVERLAP) // ((steps + 1) * MULTIPLE)) * MULTIPLE
    starts = (i * (length - side) // (steps * MULTIPLE) * MULTIPLE for i in range(steps + 1))
    return [(start, start + side) for start in starts]


def _share(box: Box, h: int, w: int) -> Tensor:
    """Weights of a tile's answer: 1, falling smoothly towards edges that are not the picture's; (H, W), above 0."""
    return _ramp(box.top, box.bottom, h)[:, None] * _ramp(box.left, box.right, w)


def _ramp(start: int, end: int, length: int) -> Tensor:
    at = torch.arange(start, end) + 0.5
    before = at - start if start else at.new_full(at.shape, torch.inf)
    after = end - at if end < length else before.new_full(at.shape, torch.inf)
    rise = ((torch.minimum(before, after) - BLIND) / (OVERLAP - 2 * BLIND)).clamp(0, 1)
    return (rise * rise * (3 - 2 * rise)).clamp(min=1e-4)


def _found(look: Look, photo: Tensor, sizes: list[tuple[int, int]], tile: int, tick: Callable[[], None]) -> Tensor:
    """One photo, (1, 3, H, W) to (1, K, H, W)."""
    found = None
    for size in sizes:
        here = find_in_tiles(look, _resized(photo, size), tile, tick)
        if here.shape[1] > 1 and min(size) < THIN_FROM and size != sizes[-1]:
            here[:, THIN] = 0
        found = here if found is None else torch.maximum(_resized(found, size), here, out=here)
    return _resized(found, photo.shape[-2:])


def _resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """Reduced by means over areas, enlarged by straight lines."""
    check_cancelled()
    if picture.shape[-2:] == size:
        return picture
    if size[0] < picture.shape[-2]:
        return F.interpolate(picture, size, mode="area")
    return F.interpolate(picture, size, mode="bilinear")


def _ticks(progress: Progress, total: int) -> Callable[[], None]:
    """What to call after each of `total` steps."""
    progress(0, total)
    done = count(1)
    return lambda: progress(next(done), total)
