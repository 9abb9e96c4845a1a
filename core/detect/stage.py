"""Blind: from a damaged photo alone to the hole that restores it."""

from typing import NamedTuple

import torch
from torch import Tensor

from ..damage_kinds import DAMAGE_KINDS, KIND_NAMES
from ..errors import InputError
from ..host.cancel import cancellable, check_cancelled
from ..host.memory import translates_oom
from ..host.progress import Progress
from ..image.checks import check_image, shape_of
from ..image.masks import binarize, dilate
from ..io.convert import Picture, to_image
from .detectors import DEFAULT, get_detector
from .guard import split_hole, wide_specks
from .margins import find_margins
from .marks import Kinds, marks_of, thresholds_of

GROWTH, MAX_GROWTH = 1 / 512, 4  # of the shorter side; pixels
EDGE = 1 / 256  # of the shorter side, two pixels at least: so soft the edge of a margin may be


class Detection(NamedTuple):
    """What was found in photos; K is one channel for each of `DAMAGE_KINDS`, or 1 if kinds are not told.

    hole: (B, 1, H, W) of 0 and 1, 1 = fill. probability: of damage, the highest of all kinds, (B, 1, H, W) in [0, 1].
    left: (B, 1, H, W) of 0 and 1, 1 = looked damaged and was left alone. margin: (B, 1, H, W) of 0 and 1, 1 = blank
    margin with its soft edge, which is never filled. kinds: of each kind the probability, (B, K, H, W) in [0, 1].
    marks: of each kind what looked damaged, filled or not, before it grows, uint8 (B, K, H, W) of 0 and 1.
    """

    hole: Tensor
    probability: Tensor
    left: Tensor
    margin: Tensor
    kinds: Tensor
    marks: Tensor


@translates_oom()
@cancellable
def predict_kinds(image: Tensor, method: str = DEFAULT, *, progress: Progress | None = None) -> Tensor:
    """Probability of each kind of damage in each pixel, from the photo alone.

    Args:
        image: float (B, 1 or 3, H, W) in [0, 1], each photo by itself.
        method: a name of `DETECTORS`: "learned" (our network, shipped), "classical" (filters for scratches and dust,
            without weights), "both" (the network, helped by the filters) or "vcnet" (the mask prediction network of
            Wang, Chen, Tao, Jia 2020, "VCNet: A Robust Approach to Blind Image Inpainting", ECCV, with weights you
            bring; it tells no kinds).
        progress: called as `progress(done, total)`.

    Returns:
        (B, K, H, W) in [0, 1] on the image's device and dtype: K = 5 in the order of `DAMAGE_KINDS`, or K = 1.

    Raises:
        InputError: for another shape or range.
        UnknownNameError: for another method.
        WeightsError: says which weights are missing and how to get them.
    """
    check_image(image)
    detector = get_detector(method)
    with torch.no_grad():
        found = detector.find(image, progress)
        check_cancelled()
        return found.clamp_(0, 1).to(image.dtype)


def predict_damage(image: Tensor, method: str = DEFAULT, *, progress: Progress | None = None) -> Tensor:
    """Probability that each pixel is damaged, by whatever kind, (B, 1, H, W); else as `predict_kinds`."""
    return predict_kinds(image, method, progress=progress).amax(1, keepdim=True)


@translates_oom()
@cancellable
def find_hole(
    image: Picture,
    method: str = DEFAULT,
    *,
    threshold: float = 0.5,
    grow: int | None = None,
    smallest: int = 4,
    protect: Tensor | None = None,
    guard: bool = True,
    kinds: Kinds = None,
    progress: Progress | None = None,
) -> Detection:
    """The damage of each photo as a hole to fill, from the photo alone.

    Args:
        image: as in `predict_kinds`, and so are method and progress; a path, a Pillow image or a NumPy array too.
        threshold: damage is what hangs together with a pixel more probable than that; at least 0, below 1.
        grow: pixels by which what was found is widened at last, to cover its soft edges; None: by the photo's size,
            see `usual_growth`.
        smallest: connected parts of fewer pixels are dropped.
        protect: (B or 1, 1, H, W), 1 = never fill.
        guard: leave blank margins (`find_margins`) and thick parts inside the photo that still show an image
            (`split_hole`): more often faces than damage. Areas and overlays that are asked for are filled anyway.
        kinds: names of `DAMAGE_KINDS` to fill, or a mapping from names to thresholds of their own; without, those that
            old photos need and that can hardly harm: lines, specks and lost parts.

    Returns:
        `Detection`. A photo without damage has an empty hole, with which `restore` gives it back bit for bit.

    Raises:
        InputError: also for a hole that would leave nothing of a photo, and for kinds of a method that tells none.
        UnknownNameError: for a method or a kind that is not there.
        WeightsError: as `predict_kinds`.

    >>> import torch
    >>> from monochromic.core import degrade, find_hole
    >>> photo = torch.linspace(0.2, 0.8, 96).expand(1, 3, 96, 96)
    >>> damaged = degrade(photo, "scratch", difficulty=0, seed=1)
    >>> found = find_hole(damaged.image, "classical", grow=1)
    >>> bool((found.hole * damaged.hole).sum() > 0.8 * damaged.hole.sum())
    True
    """
    image = to_image(image)
    detector = get_detector(method)
    if kinds is not None and not detector.tells_kinds:
        raise InputError(f"{method!r} does not tell kinds of damage apart; take another method, or leave kinds out")
    chosen = thresholds_of(kinds, threshold)
    grow = usual_growth(*image.shape[-2:]) if grow is None else grow
    hole_of(marks_of(image[:0, :1], threshold, smallest), grow)  # of no photo: refuses wrong numbers before the work
    kept = None if protect is None else _protected(protect, image)
    probability = predict_kinds(image, method, progress=progress)
    levels = [chosen.get(name, threshold) for name in KIND_NAMES[: probability.shape[1]]]
    planes = zip(probability.split(1, dim=1), levels, strict=True)
    marks = torch.cat([marks_of(plane, level, smallest, detector.slack).byte() for plane, level in planes], 1)
    check_cancelled()
    careful, asked, other = _by_care(marks, chosen)
    margin = left = torch.zeros_like(careful)
    if guard:
        careful, left, margin = _guarded(marks, careful.to(image.dtype), image)
    alone = (left > asked) | (margin > 0)
    hole = hole_of(torch.maximum(careful, asked), grow, alone if kept is None else alone | kept)
    check_cancelled()
    left = torch.maximum(left, other) * (1 - hole)
    left = left if kept is None else left.masked_fill(kept, 0)
    check_cancelled()
    masks = [mask.to(probability.dtype) for mask in (hole, left, margin)]
    return Detection(masks[0], probability.amax(1, keepdim=True), *masks[1:], probability, marks)


def usual_growth(h: int, w: int) -> int:
    """Pixels by which the hole of a photo is widened: the edges of damage are as soft as the scan is large."""
    return min(max(1, round(GROWTH * min(h, w))), MAX_GROWTH)


def _by_care(marks: Tensor, chosen: dict[str, float]) -> tuple[Tensor, Tensor, Tensor]:
    """The marks (B, K, H, W) to fill with care, those to fill because they were asked for, and all others.

    Each (B, 1, H, W) of 0 and 1, of 8 bits.
    """
    careful, asked, other = (torch.zeros_like(marks[:, :1]) for _ in range(3))
    for i, kind in enumerate(DAMAGE_KINDS[: marks.shape[1]]):
        group = other if kind.id not in chosen else careful if kind.restored else asked
        torch.maximum(group, marks[:, i : i + 1], out=group)
    return careful, asked, other


def _guarded(marks: Tensor, careful: Tensor, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What of the careful marks is filled and what is left, and the margins with their soft edges; all (B, 1, H, W).

    marks: of all kinds, (B, K, H, W).
    """
    margin = find_margins(image, beyond=max(2, round(EDGE * min(image.shape[-2:]))))
    filled, left = split_hole(careful, image, margin)
    if marks.shape[1] == len(KIND_NAMES):
        lines, specks, lost, *_ = marks.split(1, dim=1)
        wide = wide_specks(specks).to(filled) * filled * (1 - torch.maximum(lines, lost))
        filled, left = filled - wide, left + wide
    return filled, left, margin


def hole_of(marks: Tensor, pixels: int = 0, protect: Tensor | None = None) -> Tensor:
    """Marks (B, 1, H, W) of 0 and 1 widened by so many pixels, without what is protected: bool (B or 1, 1, H, W).

    Raises `InputError` where nothing of a photo would be left.
    """
    hole = dilate(marks, pixels)
    if protect is not None:
        hole = hole.masked_fill(protect, 0)
    for i, whole in enumerate(hole.flatten(1).all(1).tolist()):
        if whole:
            raise InputError(
                f"all of photo {i + 1} was taken for damage, so that nothing is known to restore it from; "
                "give a higher threshold, a smaller grow, another method, or protect what is good"
            )
    return hole


def _protected(protect: Tensor, image: Tensor) -> Tensor:
    b, _, h, w = image.shape
    if protect.shape not in ((b, 1, h, w), (1, 1, h, w)):
        raise InputError(f"protect must be ({b}, 1, {h}, {w}) like image {shape_of(image)}, got {shape_of(protect)}")
    return binarize(protect.to(image.device)) > 0
