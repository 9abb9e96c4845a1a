"""A network that finds damage, run over photos of any size: at several scales, and in tiles.

A network knows damage of the size it was trained on, and has a limited field of view. So a photo is reduced to the
side of the training, where large stains fit into the view, and doubled again and again up to its own size, or to
`MAX_SIDE`: larger copies show no scratches that matter. A small photo is enlarged a little, for in it a scratch and the
edge of a roof are both a pixel wide. What is larger than a tile is cut into tiles that fade into each other.

The probability of a pixel is the highest of all scales. On copies whose shorter side is below `MIN_THIN_SIDE` broad
things of the scene look as thin as scratches. So specks are ignored there, and only very sure lines count: these are
wide folds, which no larger copy shows as lines.
"""

from collections.abc import Callable
from itertools import count
from math import exp, lcm

import torch
import torch.nn.functional as F
from torch import Tensor

from ..damage_kinds import KIND_NAMES
from ..host.progress import Progress, silent
from ..image.boxes import Box
from ..image.tiling import Blend, cover, edge_distance, tile_boxes
from .batch import join_photos

Predict = Callable[[Tensor], Tensor]
"""From a picture (1, 3, H, W) in [0, 1], whose sides suit it, to probabilities of damage (1, K, H, W)."""

GRID = 8  # pixels: sides of tiles, and where they begin, are multiples of it and of what the network asks for
TILE, MIN_TILE = 768, 256  # pixels a side: usually, and where memory is short
OVERLAP = 192  # pixels that neighbors share at least
INSET = 64  # pixels at a tile's edge that hardly count where a neighbor has them further inside
SCALE_FACTOR = 2  # from a scale to the next
MAX_SIDE = 1280  # pixels: the shorter side of the largest copy
MIN_THIN_SIDE = 400  # pixels: the shorter side of the smallest copy whose thin marks count as they are
WIDE_DOUBT = 4.0  # logits by which a line of a smaller copy is less probable than it looks; what is below even is none
LINES, SPECKS = (KIND_NAMES.index(name) for name in ("lines", "specks"))
MAX_ENLARGEMENT = 1.25  # of small photos
MIN_REDUCTION = 1.5  # a copy is used if the photo is so many times larger, or more
MIN_WEIGHT = 1e-4  # of a tile's edge, so that nothing is divided by 0


def predict_multiscale(
    predict: Predict,
    image: Tensor,
    trained: int,
    progress: Progress = silent,
    tile: int = TILE,
    min_side: int = 0,
    multiple: int = 1,
) -> Tensor:
    """Probabilities of damage in photos of any size, each photo by itself.

    Args:
        predict: the network, see `Predict`.
        image: (B, 1 or 3, H, W) in [0, 1].
        trained: pixels of the shorter side of the photos that `predict` was trained on.
        progress: called after each tile as `progress(done, total)`.
        tile: pixels of the side of the tiles.
        min_side: pixels of the shorter side up to which smaller photos are enlarged, by `MAX_ENLARGEMENT` at most.
        multiple: `predict` takes pictures whose sides are multiples of it; divides `tile`.

    Returns:
        float32 (B, K, H, W) in [0, 1].
    """
    h, w = image.shape[-2:]
    sizes = scale_sizes(h, w, trained, min_side)
    step_done = _counted(progress, len(image) * sum(len(tiles_of(*size, tile, multiple)) for size in sizes))

    def predict_one(part: Tensor) -> Tensor:
        return predict_tiled(predict, part, tile, step_done, multiple)

    photos = (photo.float().expand(-1, 3, -1, -1) for photo in image.split(1))
    return join_photos([_predict_photo(predict_one, photo, sizes) for photo in photos])


def scale_sizes(h: int, w: int, trained: int, min_side: int = 0) -> list[tuple[int, int]]:
    """Heights and widths of the copies of a photo, ascending.

    Their shorter sides are `trained`, `SCALE_FACTOR` times that, ..., and last the photo's own or `MAX_SIDE`, or what a
    small photo is enlarged to.
    """
    shorter, side = min(h, w), trained
    enlarged = min(round(shorter * MAX_ENLARGEMENT), min_side)
    last, sides = min(max(shorter, enlarged), MAX_SIDE), []
    while side * MIN_REDUCTION <= last:
        sides.append(side)
        side *= SCALE_FACTOR
    return [(round(h * side / shorter), round(w * side / shorter)) for side in (*sides, last)]


def predict_tiled(
    predict: Predict,
    image: Tensor,
    tile: int = TILE,
    step_done: Callable[[], None] = lambda: None,
    multiple: int = 1,
) -> Tensor:
    """Probabilities of damage in a picture at its own size, (1, 3, H, W) to (1, K, H, W)."""
    h, w = image.shape[-2:]
    grid = lcm(GRID, multiple)
    image = F.pad(image, (0, -w % grid, 0, -h % grid), mode="replicate")
    for i, box in enumerate(tiles_of(h, w, tile, multiple)):
        probability = predict(box.crop(image))
        if i == 0:
            channels = probability.shape[1]
            blend = Blend(image.new_zeros(1, channels, *image.shape[-2:]), torch.zeros_like(image[:, :1]))
        blend.add(box, probability, _tile_weight(box, *image.shape[-2:]).to(image))
        step_done()
    return blend.total.div_(blend.weight)[..., :h, :w]


def tiles_of(h: int, w: int, tile: int = TILE, multiple: int = 1) -> list[Box]:
    """Tiles that cover a picture padded to multiples of `GRID` and `multiple`, as small as their number allows."""
    grid = lcm(GRID, multiple)
    rows, columns = (cover(side + -side % grid, tile, OVERLAP, grid) for side in (h, w))
    return tile_boxes(rows, columns)


def _tile_weight(box: Box, h: int, w: int) -> Tensor:
    """Weights of a tile's pixels: 1, falling smoothly towards edges that are not the picture's; (H, W), above 0."""
    return _fade(box.top, box.bottom, h)[:, None] * _fade(box.left, box.right, w)


def _fade(start: int, end: int, length: int) -> Tensor:
    """Weights along a span of a picture of `length` pixels: a smoothstep at edges inside the picture."""
    distance = edge_distance(end - start, before=start > 0, after=end < length)
    rise = ((distance - INSET) / (OVERLAP - 2 * INSET)).clamp(0, 1)
    return (rise * rise * (3 - 2 * rise)).clamp(min=MIN_WEIGHT)


def _predict_photo(predict: Predict, photo: Tensor, sizes: list[tuple[int, int]]) -> Tensor:
    """The highest probabilities of all scales of one photo, (1, 3, H, W) to (1, K, H, W)."""
    highest = None
    for size in sizes:
        probability = predict(_resized(photo, size, "bicubic"))
        if probability.shape[1] > 1 and min(size) < MIN_THIN_SIDE and size != sizes[-1]:
            probability[:, SPECKS] = 0
            probability[:, LINES] = _wide_lines(probability[:, LINES])
        if highest is not None:
            torch.maximum(_resized(highest, size), probability, out=probability)
        highest = probability
    return _resized(probability, (photo.shape[-2], photo.shape[-1]))


def _wide_lines(probability: Tensor) -> Tensor:
    """Probabilities of lines (B, H, W) in a small copy, lower by `WIDE_DOUBT`, and 0 where they are then below even.

    Fainter ones would join what is sure with what is not, and the filters would raise them.
    """
    lower = probability / (probability + (1 - probability) * exp(WIDE_DOUBT))
    return torch.where(lower > 0.5, lower, 0.0)


def _resized(picture: Tensor, size: tuple[int, int], enlarge: str = "bilinear") -> Tensor:
    """Reduced by means over areas, or enlarged by this interpolation."""
    if picture.shape[-2:] == size:
        return picture
    if size[0] < picture.shape[-2]:
        return F.interpolate(picture, size, mode="area")
    return F.interpolate(picture, size, mode=enlarge).clamp_(0, 1)


def _counted(progress: Progress, total: int) -> Callable[[], None]:
    """Progress as a function to call after each of `total` steps."""
    progress(0, total)
    done = count(1)
    return lambda: progress(next(done), total)
