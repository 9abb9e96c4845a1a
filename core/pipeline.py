"""The whole restoration: photo -> hole -> gray -> color, with one progress from 0 to 1.

Three pipelines, of which the first is the one of this package (Wang, Ouyang, Chen, "Image Inpainting with
External-Internal Learning and Monochromic Bottleneck", CVPR 2021) and the others are there to compare:

- `gray`: the backbone sees the gray photo; its gray is colored from the known pixels.
- `rgb_to_gray`: the backbone sees the colors; the luminance of its answer is colored from the known pixels.
- `rgb`: the backbone sees the colors and its own are kept; nothing is colored.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from itertools import accumulate, pairwise
from typing import Any

import torch
from torch import Tensor

from .backbones import AUTO, DEFAULT, WIDE, get_backbone
from .backbones.loaded import Model
from .backbones.record import Backbone
from .colorize import Guide, Settings, colorize, get_method
from .defaults import GRAIN, TEXTURE
from .detect import DEFAULT as DETECTOR
from .detect import Detection, find_hole
from .detect.kinds import Kinds
from .errors import InputError, UnknownNameError
from .harmonize import add_grain, check_grain
from .host.host import using_host
from .host.progress import Progress
from .image import masks
from .image.checks import check_hole
from .image.color import luminance
from .inpaint.stage import fill, fill_rgb
from .inpaint.texture import check_texture
from .io.convert import Hole, Picture, opened, to_alpha, to_hole, to_image
from .io.decode import Photo
from .weights.load import load_network
from .weights.select import check_weights_of, load_model

log = logging.getLogger(__name__)

PIPELINES = ("gray", "rgb_to_gray", "rgb")
STEPS = 1000  # of the progress
DETECT, LOAD, GRAY, COLOR, TRAINED_COLOR = 40, 5, 30, 25, 500  # about the time of each stage


@dataclass(frozen=True)
class Search:
    """How damage is looked for in a photo that comes without a hole.

    Attributes:
        method: a name of `DETECTORS`.
        threshold: damage is what is more probable than that; at least 0, below 1.
        min_area: connected parts of fewer pixels are dropped.
        protect: a mask, white or 1 = never fill.
        guard: leave blank margins and thick parts inside the photo, which often are faces or signs.
        kinds: the kinds of damage to fill, or a mapping from kinds to thresholds of their own; None: those that can
            hardly harm.
    """

    method: str = DETECTOR
    threshold: float = 0.5
    min_area: int = 4
    protect: Picture | None = None
    guard: bool = True
    kinds: Kinds = None


@dataclass(frozen=True)
class Restoration:
    """A restored photo and how it came about.

    Attributes:
        image: the restored photo, (B, C, H, W) in [0, 1].
        gray: the gray reconstruction, (B, 1, H, W) in [0, 1].
        hole: what was filled, (B, 1, H, W) of 0 and 1, 1 = filled.
        detection: what was found, where damage was looked for; else None.
        alpha: the opacity of the photo, (1, 1, H, W) in [0, 1], to write with the result; None for a photo without,
            and where what was transparent is what was filled.
        explanations: by title, pictures (1, 1 or 3, h, w) in [0, 1] of what the networks did in the largest part of the
            hole, where they were asked for: where attention looks, and what gates let pass.
    """

    image: Tensor
    gray: Tensor
    hole: Tensor
    detection: Detection | None = None
    alpha: Tensor | None = None
    explanations: dict[str, Tensor] = field(default_factory=dict)


def restore(image: Picture, hole: Hole | None = None, **options: Any) -> Tensor:
    """Restore a photo: fill its hole in gray, then color it from the photo itself.

    Args:
        image: the photo: a float tensor (B, 1 or 3, H, W) in [0, 1], a path, a Pillow image, or a NumPy array
            (H, W[, 1, 3 or 4]) of uint8, uint16 or floats in [0, 1], in the order R, G, B; or what `load_photo`
            returns.
        hole: what to fill: a tensor (B or 1, 1, H, W) of 0 and 1, 1 = fill; a mask as a path, a Pillow image or an
            array of any size, white = fill; or what `find_hole` returns. None: the transparent part of the photo, or
            what looks damaged where nothing is transparent.
        **options: `backbone`, `method`, `guide`, `settings`, `pipeline`, `search`, `device`, `progress` and more, see
            `restore_photo`.

    Returns:
        A tensor, whatever came in: the shape, dtype and device of the photo, the known pixels bit for bit. An empty
        hole returns the photo. `save_image` writes it to a file.

    Raises:
        InputError: for a type, shape or range that does not fit.
        UnknownNameError: for a name that is in no list.
        PictureError: for a file that cannot be read.
        WeightsError: for weights that are missing.
        OutOfMemoryError: where memory does not suffice, even for small parts.

    >>> import torch
    >>> from monochromic.core import restore
    >>> photo = torch.full((1, 3, 32, 32), 0.5)
    >>> hole = torch.zeros(1, 1, 32, 32)
    >>> hole[..., 10:20, 10:20] = 1
    >>> restored = restore(photo, hole)
    >>> restored.shape, bool((restored - photo).abs().max() < 0.01)
    (torch.Size([1, 3, 32, 32]), True)
    """
    return restore_photo(image, hole, **options).image


def restore_photo(
    image: Picture,
    hole: Hole | None = None,
    *,
    search: Search | None = None,
    invert: bool = False,
    threshold: float = 0.5,
    channel: str = "auto",
    dilate: int | None = None,
    pipeline: str = "gray",
    backbone: str | Backbone | Model | None = None,
    weights: str | None = None,
    context: int = 0,
    max_side: int = 0,
    texture: float = TEXTURE,
    texture_by: str = "quilt",
    grain: float = GRAIN,
    seed: int = 0,
    method: str = "propagate",
    guide: Guide | None = None,
    keep_luminance: bool = True,
    settings: Settings | None = None,
    device: torch.device | str | None = None,
    explain: bool = False,
    progress: Progress | None = None,
) -> Restoration:
    """Restore a photo, and return the gray reconstruction, the hole and what was found too.

    Args:
        image: the photo, see `restore`; and so is hole.
        hole: what to fill.
        search: how to look for damage where no hole is given, even in a photo with a transparent part.
        invert: the hole, or the opacity of the photo, marks what is known.
        threshold: what is brighter in a mask is filled; at least 0, below 1.
        channel: what marks the hole in a mask, see `load_hole`.
        dilate: pixels by which the hole is widened; None: 0, or as `find_hole` does it for damage that was looked for.
        pipeline: "gray", "rgb_to_gray" or "rgb".
        backbone: what fills the hole: a name of `BACKBONES`, its record, or a loaded model; None: that of the weights,
            or `mono`; "auto": `patchmatch` in the wide parts of the hole, as that of an object, and `mono` in the
            others and in the pipeline "rgb", where no weights are named.
        weights: the id of the weights to fill with; None: those of the backbone that are there.
        context: pixels around the hole that the backbone sees, see `fill`.
        max_side: larger parts of the photo are filled in tiles, see `fill`.
        texture: how much of the detail that wide fills lack is added from the known pixels, in [0, 1], see `fill`; not
            in the pipeline "rgb".
        texture_by: how: "quilt", or "features", see `fill`.
        grain: how much of the noise that the known pixels have and the fill lacks is added, in [0, 1], see `add_grain`;
            not in the pipeline "rgb".
        seed: of the texture and the grain.
        method: how to color, a name of `METHODS`.
        guide: color hints, see `load_guide`.
        keep_luminance: False lets hints, and the method `paper`, set the brightness too.
        settings: for the color methods that train on the photo.
        device: where to work; None: where the photo is, which is the CPU for all but a tensor.
        explain: also look inside the networks, see `Restoration.explanations`; takes a little longer.
        progress: called as `progress(done, total)`; `done / total` goes from 0 to 1 and never back. An exception
            raised in it cancels the work.

    Returns:
        The `Restoration`, its tensors on the device.

    Raises:
        InputError: and the other errors of `restore`.

    >>> import torch
    >>> from monochromic.core import restore_photo
    >>> photo = torch.full((1, 3, 32, 32), 0.5)
    >>> hole = torch.zeros(1, 1, 32, 32)
    >>> hole[..., 10:20, 10:20] = 1
    >>> found = restore_photo(photo, hole, backbone="telea")
    >>> found.gray.shape, int(found.hole.sum()), found.detection
    (torch.Size([1, 1, 32, 32]), 100, None)
    """
    wide = WIDE if backbone == AUTO and weights is None else None
    backbone = None if backbone == AUTO else backbone
    record = _backbone(backbone, weights)
    stages = _stages(pipeline, method)
    check_texture(texture, seed, texture_by)
    check_grain(grain, seed)
    image = opened(image)
    photo = to_image(image)
    photo = photo if device is None else photo.to(device)
    clear = None if hole is not None or search else _transparent(image, photo, invert)
    given = clear if hole is None else _hole_of(hole, photo, invert=invert, threshold=threshold, channel=channel)
    alpha = to_alpha(image) if clear is None else None
    detection = hole if isinstance(hole, Detection) else None
    overall = _Overall(progress, stages if given is not None else {"detect": DETECT, **stages})
    if given is None:
        detection = _detect(photo, search or Search(), dilate, overall.stage("detect"))
        inside = detection.hole
    else:
        inside = masks.dilate(given, dilate or 0)
    inside = check_hole(_with_missing(inside, image), photo)
    if inside.any():
        model = _model(record, weights, photo, pipeline, overall.stage("load"))
        sizes: dict[str, Any] = {"context": context, "max_side": max_side, "progress": overall.stage("gray")}
        coloring = {"method": method, "guide": guide, "keep_luminance": keep_luminance, "settings": settings}
        if pipeline != "rgb":
            sizes |= {"texture": texture, "texture_by": texture_by, "seed": seed, "wide": wide}
        seen = photo if alpha is None else masks.cover_unknown(photo, alpha.to(photo.device) < 0.5, inside)
        with _explaining(explain) as explanations:
            gray, result = _filled(
                seen, inside, model, pipeline, sizes, {**coloring, "progress": overall.stage("color")}, grain
            )
        result = result if seen is photo else torch.where(inside.bool(), result, photo.expand_as(result))
    else:
        gray, result, explanations = luminance(photo), photo.clone(), {}
    overall.end()
    return Restoration(result, gray, inside.float(), detection, alpha, explanations)


@contextmanager
def _explaining(wanted: bool) -> Iterator[dict[str, Tensor]]:
    """Pictures by title of what networks do within the context, each of the largest part of the hole."""
    pictures: dict[str, Tensor] = {}
    largest: dict[str, int] = {}

    def keep(title: str, picture: Tensor, pixels: int) -> None:
        if pixels >= largest.get(title, 0):
            pictures[title], largest[title] = picture, pixels

    if not wanted:
        yield pictures
        return
    with using_host(explain=keep):
        yield pictures


def _stages(pipeline: str, method: str) -> dict[str, int]:
    """About the time of each stage once the hole is known. Raises `UnknownNameError`."""
    if pipeline not in PIPELINES:
        raise UnknownNameError("pipeline", pipeline, PIPELINES)
    color = TRAINED_COLOR if get_method(method).trains else COLOR
    return {"load": LOAD, "gray": GRAY, "color": 0 if pipeline == "rgb" else color}


def _backbone(backbone: str | Backbone | Model | None, weights: str | None) -> Backbone | Model | None:
    """The record or the model; None where none is named. Refuses wrong names before the work."""
    if weights is not None and isinstance(backbone, Model):
        raise InputError(f"a loaded model of {backbone.backbone.id} has its weights; leave out weights={weights!r}")
    record = get_backbone(backbone) if isinstance(backbone, str) else backbone
    if weights is not None and isinstance(record, Backbone):
        check_weights_of(record, weights)
    return record


def _model(
    record: Backbone | Model | None, weights: str | None, photo: Tensor, pipeline: str, progress: Progress | None
) -> Model:
    """The backbone with the weights that were named, or those that are there."""
    if isinstance(record, Model):
        return record
    if weights is None:
        return load_model(record or get_backbone(DEFAULT), photo.device, rgb=pipeline == "rgb", progress=progress)
    return load_network(weights, photo.device, progress=progress)


def _transparent(image: Picture, photo: Tensor, invert: bool) -> Tensor | None:
    """The transparent part of a photo as a hole; None where there is none."""
    alpha = to_alpha(image)
    clear = None if alpha is None else masks.binarize(1 - alpha.to(photo.device), invert=invert)
    return clear if clear is not None and clear.any() else None


def _hole_of(hole: Hole, photo: Tensor, **reading: Any) -> Tensor:
    given = to_hole(hole, photo, **reading).to(photo.device)
    if isinstance(hole, Tensor) and not given.any():
        log.warning("the hole is empty: nothing is filled")
    return given


def _with_missing(hole: Tensor, image: Picture) -> Tensor:
    """The hole with what is missing of a file that ends early."""
    if not isinstance(image, Photo) or image.missing is None:
        return hole
    return torch.maximum(hole.float(), image.missing.to(hole.device))


def _detect(photo: Tensor, search: Search, pixels: int | None, progress: Progress | None) -> Detection:
    options = {field.name: getattr(search, field.name) for field in fields(search)}
    if search.protect is not None:
        options["protect"] = to_hole(search.protect, photo, name="protect")
    return find_hole(photo, dilate=pixels, progress=progress, **options)


def _filled(
    photo: Tensor,
    inside: Tensor,
    model: Model,
    pipeline: str,
    sizes: dict[str, Any],
    coloring: dict[str, Any],
    grain: float,
) -> tuple[Tensor, Tensor]:
    """The gray reconstruction and the result."""
    if pipeline == "rgb":
        if model.network is None or model.network.channels[1] != 3:
            name = model.backbone.id
            raise InputError(f"{name} gives gray only, for the pipeline gray; rgb needs weights trained on RGB")
        result = fill_rgb(photo.expand(-1, 3, -1, -1), inside, model, **sizes)
        return luminance(result), result
    gray = fill(photo, inside, model, source="gray" if pipeline == "gray" else "rgb", **sizes)
    gray = add_grain(gray, inside, grain, sizes["seed"])
    return gray, colorize(photo, gray, inside, **coloring)


class _Overall:
    """Progress through stages that take about so long each, as one from 0 to `STEPS` that never goes back."""

    def __init__(self, progress: Progress | None, stages: dict[str, int]) -> None:
        self.progress, self.reached = progress, 0
        ends = [0, *accumulate(stages.values())]
        self.spans = dict(zip(stages, ((a / ends[-1], b / ends[-1]) for a, b in pairwise(ends)), strict=True))
        self._report(0)

    def stage(self, name: str) -> Progress | None:
        """The progress of one stage; None where nobody asked for any, so that the work asks whom it asks anyway."""
        if self.progress is None:
            return None
        start, end = self.spans[name]
        return lambda done, total: self._report(start + (end - start) * min(done / max(total, 1), 1))

    def end(self) -> None:
        self._report(1)

    def _report(self, part: float) -> None:
        if self.progress is not None:
            self.reached = max(self.reached, round(STEPS * part))
            self.progress(self.reached, STEPS)
