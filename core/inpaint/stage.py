"""The gray stage: fill the hole in grayscale, where structure is all there is to learn.

This is the external stage of Wang, Ouyang, Chen, "Image Inpainting with External-Internal Learning and
Monochromic Bottleneck", CVPR 2021, with a backbone of your choice. The other two ways of the review are here
for comparison: the backbone sees the colors (`source="rgb"`), and its own colors are taken (`fill_rgb`).
"""

import logging
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..backbones import DEFAULT, get_backbone
from ..backbones.loaded import Model
from ..backbones.record import Backbone
from ..errors import InputError
from ..host.cancel import cancel_between_layers, cancellable
from ..host.memory import MIN_TILE, halving_sizes, out_of_memory, retry_smaller, translates_oom
from ..host.progress import Progress, part_of, silent
from ..image.boxes import hole_boxes
from ..image.checks import check_answer, check_hole
from ..image.color import to_y
from ..image.masks import composite
from ..io.convert import Hole, Picture, to_hole, to_image
from ..layers.explain import explained
from ..weights.select import load_model
from .texture import add_texture, check_texture
from .tiled import fill_large
from .wide import wide_parts

log = logging.getLogger(__name__)

CONTEXT, NETWORK_CONTEXT = 64, 128  # pixels around a part of the hole, without and with a network
SOURCES = ("gray", "rgb")


@translates_oom()
@cancellable
def fill(
    image: Picture,
    hole: Hole,
    backbone: str | Backbone | Model = DEFAULT,
    *,
    source: str = "gray",
    context: int = 0,
    max_side: int = 0,
    texture: float = 0.0,
    texture_by: str = "quilt",
    seed: int = 0,
    wide: str | Backbone | Model | None = None,
    progress: Progress | None = None,
) -> Tensor:
    """Reconstruct the gray image inside the hole.

    Args:
        image: float (B, 1 or 3, H, W) in [0, 1]; or a path, a Pillow image or a NumPy array. What lies under the hole
            is never looked at.
        hole: (B or 1, 1, H, W), 1 = fill; or a mask as such a picture of any size, white = fill; or what `find_hole`
            returns.
        backbone: by id, its weights found by the manifest, or a loaded one.
        source: "gray" shows the backbone the luminance, "rgb" the colors, of which the answer's luminance is taken.
        context: pixels around the hole that the backbone gets to see; 0 = 64, or 128 for a network.
        max_side: a larger part of the photo is filled small first, then in tiles; 0 = twice the side that the
            backbone was trained at. Backbones without weights take any size at once.
        texture: how much of the detail that the answer lacks is added from the known pixels, in [0, 1]; see
            `add_texture`. Scratches stay as they are filled.
        texture_by: "quilt" by blocks of them, "features" by optimization of the hole's pixels, see `add_texture`.
        seed: of the texture, 0 or more.
        wide: what fills the wide parts of the hole, see `wide_parts`, in place of the backbone, once the others are
            filled; None: the backbone.
        progress: called as `progress(done, total)`; what it raises cancels the work.

    Returns:
        (B, 1, H, W) in [0, 1] of the image's device and dtype: the luminance of the known pixels, bit for bit, and
        the backbone's answer in the hole.

    Raises:
        InputError: for an image, a hole or an option that does not fit.
        PictureError: for a file that cannot be read.
        UnknownNameError: for an id of no backbone, and another way to make texture.
        WeightsError: for weights that are missing or wrong.
        OutOfMemoryError: where smaller tiles do not help.
    """
    image, hole = _checked(image, hole, source, context, max_side)
    check_texture(texture, seed, texture_by)
    gray = to_y(image).clone()
    model = _loaded(backbone, image, rgb=False)

    def fill_parts(model: Model, seen: Tensor, unknown: Tensor, parts: Tensor, progress: Progress) -> None:
        for crop, part in _crops(seen, unknown, gray, model, context, progress, parts):
            answer = to_y(_fill_crop(model, crop, source, max_side, part))
            crop.result[:] = _textured(composite(answer, crop.result, crop.hole), crop.hole, texture, seed, texture_by)

    progress = progress or silent
    wider = None if wide is None else wide_parts(hole)
    if wide is None or wider is None or not wider.any():
        fill_parts(model, image, hole, hole, progress)
        return gray
    thin = hole & ~wider
    fill_parts(model, image, hole, thin, part_of(progress, 0, 2))
    seen = torch.where(thin, gray, image)
    fill_parts(_loaded(wide, image, rgb=False), seen, wider, wider, part_of(progress, 1, 2))
    return gray


@translates_oom()
@cancellable
def fill_rgb(
    image: Picture,
    hole: Hole,
    backbone: str | Backbone | Model,
    *,
    context: int = 0,
    max_side: int = 0,
    progress: Progress | None = None,
) -> Tensor:
    """Fill the hole in color by a backbone that was trained so: no bottleneck, for comparison.

    Args:
        image: float (B, 3, H, W) in [0, 1]; and more, as for `fill`.
        hole: as for `fill`.
        backbone: by id, its weights found by the manifest, or a loaded one.
        context: as for `fill`.
        max_side: as for `fill`.
        progress: as for `fill`.

    Returns:
        (B, 3, H, W) in [0, 1] of the image's device and dtype: the known pixels bit for bit, and the backbone's
        colors in the hole.

    Raises:
        InputError: as `fill`, and for a backbone that gives gray.
        PictureError: for a file that cannot be read.
        UnknownNameError: for an id of no backbone.
        WeightsError: for weights that are missing or wrong.
        OutOfMemoryError: where smaller tiles do not help.
    """
    image, hole = _checked(image, hole, "rgb", context, max_side, channels=(3,))
    model = _loaded(backbone, image, rgb=True)
    if model.network is None or model.network.channels[1] != 3:
        raise InputError(f"{model.backbone.id} gives gray only; use fill and colorize, or a backbone trained on RGB")
    result = image.clone()
    for crop, part in _crops(image, hole, result, model, context, progress or silent, hole):
        crop.result[:] = composite(_fill_crop(model, crop, "rgb", max_side, part), crop.result, crop.hole)
    return result


class Crop(NamedTuple):
    """Views of one part of the hole and what is around it: the photo (1, C, H, W), the hole, the result so far."""

    image: Tensor
    hole: Tensor
    result: Tensor


def _checked(
    image: Picture, hole: Hole, source: str, context: int, max_side: int, channels: tuple[int, ...] = (1, 3)
) -> tuple[Tensor, Tensor]:
    """The image as a tensor, and the hole, bool (B, 1, H, W)."""
    photo = to_image(image, channels=channels)
    inside = check_hole(to_hole(hole, photo), photo)
    if context < 0 or max_side < 0:
        raise InputError(f"context and max_side must be 0 or more pixels, got {context} and {max_side}")
    if source not in SOURCES:
        raise InputError(f"source must be one of {', '.join(SOURCES)}, got {source!r}")
    return photo, inside


def _loaded(backbone: str | Backbone | Model, image: Tensor, rgb: bool) -> Model:
    if isinstance(backbone, Model):
        return backbone
    record = get_backbone(backbone) if isinstance(backbone, str) else backbone
    return load_model(record, image.device, rgb=rgb)


def _crops(
    image: Tensor, hole: Tensor, result: Tensor, model: Model, context: int, progress: Progress, parts: Tensor
) -> Iterator[tuple[Crop, Progress]]:
    """Each part of the hole that has pixels of `parts`, and the progress of its work as a part of all."""
    context = context or (CONTEXT if model.network is None else NETWORK_CONTEXT)
    boxes = [(i, box) for i in range(len(image)) for box in hole_boxes(hole[i, 0], context)]
    work = [(i, box) for i, box in boxes if box.crop(parts[i]).any()]
    for done, (i, box) in enumerate(work):
        progress(done, len(work))
        yield Crop(*(box.crop(t[i : i + 1]) for t in (image, hole, result))), part_of(progress, done, len(work))
    progress(len(work), len(work))


def _fill_crop(model: Model, crop: Crop, source: str, max_side: int, progress: Progress) -> Tensor:
    """The model's picture of one crop, at once or small first, (1, 1 or 3, H, W) in [0, 1]."""
    h, w = crop.hole.shape[-2:]
    sides = _sides(model, max(h, w), max_side)

    def fill_at(side: int) -> Tensor:
        known = crop.image.float().expand(-1, 3, -1, -1).masked_fill(crop.hole, 0)
        model.on_device(min(side, h) * min(side, w))
        if side >= max(h, w):
            return _fill_padded(model, known, crop.hole, source)
        return fill_large(partial(_fill_padded, model, source=source), known, crop.hole, side, progress)

    tiles = f", even in tiles of {sides[-1]}" if sides[-1] < max(h, w) else ""
    failed = f"not enough memory to fill a part of {w} x {h} pixels by {model.backbone.id}{tiles}"
    return retry_smaller(fill_at, sides, f"{failed}; close other programs, use a smaller photo, or less context")


def _textured(filled: Tensor, hole: Tensor, amount: float, seed: int, by: str) -> Tensor:
    """A filled crop with texture, or as it is where memory does not suffice for that."""
    try:
        return add_texture(filled, hole, amount, seed, by)
    except Exception as error:
        if not out_of_memory(error):
            raise
        h, w = hole.shape[-2:]
        log.warning("not enough memory for the texture of a part of %d x %d pixels; it is filled without", w, h)
        return filled


def _sides(model: Model, side: int, max_side: int) -> list[int]:
    """Sides at which to fill a crop whose longer one is `side`: the one to take, and those for when memory runs out."""
    trained = model.backbone.trained
    if model.network is None or not trained:
        return [side, side]
    tile = min(trained, max_side or trained)
    smaller = halving_sizes(tile, max(MIN_TILE, model.backbone.minimum))
    return [side, *(s for s in smaller if s < side)] if side <= (max_side or 2 * trained) else smaller


def _fill_padded(model: Model, known: Tensor, hole: Tensor, source: str) -> Tensor:
    """The model's picture of a crop that is padded to the sides the backbone takes; the padding is cut off again."""
    h, w = known.shape[-2:]
    pads = _padding(model.backbone, h, w)
    known, hole = F.pad(known, pads, mode="replicate"), F.pad(hole.float(), pads, mode="replicate").bool()
    with torch.no_grad(), cancel_between_layers(model.network), explained(model.network, known, hole, (h, w)):
        answer = model.fill(known, hole, source)[..., :h, :w].clamp(0, 1)
    return check_answer(answer, model.backbone.id)


def _padding(backbone: Backbone, h: int, w: int) -> tuple[int, int, int, int]:
    """Pixels to add at the right and below, as `F.pad` takes them."""

    def extra(side: int) -> int:
        least = max(side, backbone.minimum)
        return least + (-least) % backbone.multiple - side

    return 0, extra(w), 0, extra(h)
