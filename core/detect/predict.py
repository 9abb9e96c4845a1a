"""Probabilities of damage, from the photo alone."""

import torch
from torch import Tensor

from ..damage_kinds import KIND_NAMES
from ..host.cancel import cancellable
from ..host.memory import translates_oom
from ..host.progress import Progress, part_of, silent
from ..image.checks import check_image
from .detectors import DEFAULT, get_detector


@translates_oom()
@cancellable
def predict_kinds(
    image: Tensor, method: str = DEFAULT, *, overlays: bool = False, progress: Progress | None = None
) -> Tensor:
    """Probability of each kind of damage in each pixel.

    Args:
        image: float (B, 1 or 3, H, W) in [0, 1]; each photo by itself.
        method: a name of `DETECTORS`: "learned" (our network, shipped), "classical" (filters for scratches and dust,
            without weights), "both" (the network, helped by the filters) or "vcnet" (the mask prediction network of
            Wang, Chen, Tao, Jia 2020, "VCNet: A Robust Approach to Blind Image Inpainting", ECCV, with weights you
            bring; it has one channel for all kinds).
        overlays: find overlays (lettering, watermarks, covers) by a network of their own where the method has one: it
            finds more of them, and takes as long again as the network for all kinds.
        progress: called as `progress(done, total)`.

    Returns:
        (B, K, H, W) in [0, 1] on the image's device and dtype: K = 5 in the order of `DAMAGE_KINDS`, or K = 1.

    Raises:
        InputError: another shape or range.
        UnknownNameError: another method.
        WeightsError: weights are missing; says which, and how to get them.
    """
    check_image(image)
    detector = get_detector(method)
    report = progress or silent
    extra = detector.predict_overlays if overlays else None
    with torch.no_grad():
        probability = detector.predict(image, part_of(report, 0, 2) if extra else report)
        if extra:
            probability[:, [KIND_NAMES.index("overlays")]] = extra(image, part_of(report, 1, 2))
        return probability.clamp_(0, 1).to(image.dtype)


def predict_damage(image: Tensor, method: str = DEFAULT, *, progress: Progress | None = None) -> Tensor:
    """Probability that each pixel is damaged, by whatever kind: the highest of `predict_kinds`.

    Args:
        image: float (B, 1 or 3, H, W) in [0, 1]; each photo by itself.
        method: a name of `DETECTORS`.
        progress: called as `progress(done, total)`.

    Returns:
        (B, 1, H, W) in [0, 1] on the image's device and dtype.

    Raises:
        InputError, UnknownNameError, WeightsError: as `predict_kinds`.
    """
    return predict_kinds(image, method, progress=progress).amax(1, keepdim=True)
