"""Blind: from a damaged photo alone to the hole that restores it."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..checks import check_image, shape_of
from ..errors import InputError
from ..masks import binarize, grow
from ..memory import explained
from ..progress import Progress, every_call, patiently, stoppable
from .finders import DEFAULT, get_finder
from .guard import split_hole
from .margins import find_margins

EDGE = 1 / 256  # of the shorter side, two pixels at least: so soft the edge of a margin may be
APART = 1 / 24  # of the shorter side: areas that are closer are counted as one
MUCH = 0.08  # of a photo: if more would be filled, the summary warns


class Found(NamedTuple):
    """What was found in photos, each float (B, 1, H, W).

    hole: 0 and 1, 1 = fill. probability: of damage, in [0, 1]. left: 0 and 1, 1 = looked damaged and was left alone.
    margin: 0 and 1, 1 = blank margin with its soft edge, which is never filled.
    """

    hole: Tensor
    probability: Tensor
    left: Tensor
    margin: Tensor


@explained()
@stoppable
def predict_damage(image: Tensor, method: str = DEFAULT, *, progress: Progress | None = None) -> Tensor:
    """Probability that each pixel is damaged, from the photo alone.

    image: float (B, 1 or 3, H, W) in [0, 1], each photo by itself. method: a name of `FINDERS`: "learned" (our
    network, shipped), "classical" (filters for scratches and dust, without weights), "both" (the network, helped by
    the filters) or "vcnet" (the mask prediction network of Wang, Chen, Tao, Jia 2020, "VCNet: A Robust Approach to
    Blind Image Inpainting", ECCV, with weights you bring).
    progress: called as `progress(done, total)`.

    Returns (B, 1, H, W) in [0, 1] on the image's device and dtype. Raises `InputError`, `UnknownNameError`, and
    `WeightsError`, which says what is missing and how to get it.
    """
    check_image(image)
    finder = get_finder(method)
    with torch.no_grad(), every_call(image.numel()):
        return finder.find(image, progress).clamp(0, 1).to(image.dtype)


@explained()
@stoppable
def find_hole(
    image: Tensor,
    method: str = DEFAULT,
    *,
    threshold: float = 0.5,
    grow: int = 2,
    smallest: int = 4,
    protect: Tensor | None = None,
    guard: bool = True,
    progress: Progress | None = None,
) -> Found:
    """The damage of each photo as a hole to fill, from the photo alone.

    image, method and progress: as `predict_damage`. threshold: a pixel more probable than that is damage; at least
    0, below 1. smallest: connected parts of fewer pixels are dropped. grow: then what is left is widened by so many
    pixels. protect: (B or 1, 1, H, W), 1 = never fill. guard: leave blank margins (`find_margins`) and thick parts
    inside the photo that still show an image (`split_hole`): more often faces than damage.

    A photo without damage gives an empty hole, with which `restore` gives it back bit for bit. Raises as
    `predict_damage` does, and `InputError` for a hole that would leave nothing of a photo.

    >>> import torch
    >>> from monochromic.core import degrade, find_hole
    >>> photo = torch.linspace(0.2, 0.8, 96).expand(1, 3, 96, 96)
    >>> damaged = degrade(photo, "scratch", difficulty=0, seed=1)
    >>> found = find_hole(damaged.image, "classical", grow=1)
    >>> bool((found.hole * damaged.hole).sum() > 0.8 * damaged.hole.sum())
    True
    """
    check_image(image)
    hole_of(image[:0, :1], threshold, grow, smallest)  # of no photo: refuses wrong numbers before the work
    kept = None if protect is None else _protected(protect, image)
    probability = predict_damage(image, method, progress=progress)
    with every_call(image.numel()):
        marks = without_small(binarize(probability, threshold), smallest)
        filled, left, margin = _guarded(marks, image) if guard else (marks, *torch.zeros(2, *marks.shape).to(marks))
        alone = (left + margin) > 0
        hole = hole_of(filled, 0.5, grow, 0, alone if kept is None else alone | kept)
        left = left if kept is None else left.masked_fill(kept, 0)
        return Found(*(each.to(probability.dtype) for each in (hole, probability, left, margin)))


def _guarded(marks: Tensor, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What of the marks is filled and what is left, and the margins with their soft edges; all (B, 1, H, W)."""
    margin = find_margins(image, beyond=max(2, round(EDGE * min(image.shape[-2:]))))
    return *split_hole(marks, image, margin), margin


def summary(found: Found) -> list[str]:
    """What was filled and what was left, a line a photo in plain words, with a warning where that is much.

    >>> import torch
    >>> hole, left = torch.zeros(2, 1, 1, 10, 10)
    >>> hole[..., 2, 2:4] = left[..., 6:9, 6:9] = 1
    >>> summary(Found(hole, hole, left, torch.zeros_like(hole)))
    ['filled: 1 mark, 2.0 % of the photo; left: 1 thick area of 9.0 %, see the heat map']
    """
    lines = [_summary_of(*masks) for masks in zip(found.hole, found.left, found.margin, strict=True)]
    if len(lines) == 1:
        return lines
    return [f"photo {i}: {line}" for i, line in enumerate(lines, 1)]


def _summary_of(hole: Tensor, left: Tensor, margin: Tensor) -> str:
    """The line of one photo; all (1, H, W)."""
    marks, filled = count_parts(hole)
    areas, thick = count_parts(left * (1 - margin), apart=round(APART * min(left.shape[-2:])))
    _, rim = count_parts(left * margin)
    line = f"filled: {_counted(marks, 'mark')}, {_percent(filled)} of the photo" if marks else "filled: nothing"
    kept = [f"{_counted(areas, 'thick area')} of {_percent(thick)}"] if areas else []
    kept += [f"{_percent(rim)} of blank margin"] if rim else []
    if kept:
        line += f"; left: {' and '.join(kept)}, see the heat map"
    if filled > MUCH:
        line += f"; warning: more than {100 * MUCH:g} % of the photo, look at the mask before you trust it"
    return line


def count_parts(mask: Tensor, apart: int = 0) -> tuple[int, float]:
    """How many connected parts a mask (1, H, W) of 0 and 1 has, and its share of the pixels.

    Corners connect, and so do gaps of up to `apart` pixels.
    """
    import cv2

    plane = mask[0].byte().cpu().numpy()
    share = float(np.count_nonzero(plane)) / plane.size
    if apart:
        plane = cv2.dilate(plane, np.ones((apart + 1, apart + 1), np.uint8))
    count, _ = patiently(plane.size, cv2.connectedComponents, plane, connectivity=8)
    return count - 1, share


def _counted(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.0005 else "under 0.1 %"


def hole_of(
    probability: Tensor, threshold: float = 0.5, pixels: int = 0, smallest: int = 0, protect: Tensor | None = None
) -> Tensor:
    """The hole of probabilities (B, 1, H, W); see `find_hole`. protect: bool (B or 1, 1, H, W)."""
    hole = grow(without_small(binarize(probability, threshold), smallest), pixels)
    if protect is not None:
        hole = hole.masked_fill(protect, 0)
    for i, whole in enumerate(hole.flatten(1).all(1).tolist()):
        if whole:
            raise InputError(
                f"all of photo {i + 1} was taken for damage, so that nothing is known to restore it from; "
                "give a higher threshold, a smaller grow, another method, or protect what is good"
            )
    return hole.to(probability.dtype)


def without_small(hole: Tensor, smallest: int) -> Tensor:
    """A hole (B, 1, H, W) without its connected parts of fewer than `smallest` pixels; corners connect."""
    import cv2

    if smallest < 0:
        raise InputError(f"the smallest part must have 0 pixels or more, got {smallest}")
    if smallest <= 1:
        return hole
    kept = torch.zeros_like(hole)
    for here, plane in zip(kept, hole.byte().cpu().numpy(), strict=True):
        _, part, stats, _ = patiently(plane.size, cv2.connectedComponentsWithStats, plane[0], connectivity=8)
        large = stats[:, cv2.CC_STAT_AREA] >= smallest
        large[0] = False
        here[0] = torch.from_numpy(large[part])
    return kept


def _protected(protect: Tensor, image: Tensor) -> Tensor:
    b, _, h, w = image.shape
    if protect.shape not in ((b, 1, h, w), (1, 1, h, w)):
        raise InputError(f"protect must be ({b}, 1, {h}, {w}) like image {shape_of(image)}, got {shape_of(protect)}")
    return binarize(protect.to(image.device)) > 0
