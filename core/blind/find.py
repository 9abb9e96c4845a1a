"""Blind: from a damaged photo alone to the hole that restores it."""

from typing import NamedTuple

import torch
from torch import Tensor

from ..checks import check_image, shape_of
from ..errors import InputError
from ..masks import binarize, grow
from ..memory import explained
from ..progress import Progress, every_call, patiently, stoppable
from .finders import DEFAULT, get_finder


class Found(NamedTuple):
    """hole: 0 and 1, 1 = fill. probability: of damage, in [0, 1]. Both float (B, 1, H, W)."""

    hole: Tensor
    probability: Tensor


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
    progress: Progress | None = None,
) -> Found:
    """The damage of each photo as a hole to fill, from the photo alone.

    image, method and progress: as `predict_damage`. threshold: a pixel more probable than that is damage; at least
    0, below 1. smallest: connected parts of fewer pixels are dropped. grow: then what is left is widened by so many
    pixels. protect: (B or 1, 1, H, W), 1 = never fill.

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
        return Found(hole_of(probability, threshold, grow, smallest, kept), probability)


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
