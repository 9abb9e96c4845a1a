"""All metrics of a picture at once, by region; means over photos."""

import math
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from ..errors import InputError, UnknownNameError
from ..host.cancel import cancellable
from ..host.memory import translates_oom
from ..host.progress import Progress, part_of, silent
from ..image.checks import check_hole, check_image, shape_of
from .perceptual import Lpips
from .regions import REGIONS, box_around
from .registry import METRICS, Pair
from .similarity import WINDOW


@translates_oom()
@cancellable
def measure(
    image: Tensor,
    reference: Tensor,
    hole: Tensor | None = None,
    region: str = "full",
    *,
    lpips: Lpips | None = None,
    progress: Progress | None = None,
) -> list[dict[str, float]]:
    """Judge every photo of a batch by every metric of `METRICS`.

    mmagic's tables: 100 times "l1" of "hole", and "psnr" and "ssim" of "full".

    Args:
        image: float (B, 1 or 3, H, W) in [0, 1].
        reference: what it should look like, (B, 1 or 3, H, W) in [0, 1]. A gray picture is compared with each channel
            of a color one.
        hole: (B or 1, 1, H, W), 1 = fill; not looked at for the full picture.
        region: "full" picture; "hole", its pixels alone; "box", the smallest box around the hole, at least 11 pixels
            a side for the sake of SSIM.
        lpips: a network of `load_lpips`, on the device of the pictures; without one nothing is looked for or fetched.
        progress: called as `progress(done, total)` for each metric.

    Returns:
        For each photo its values by the ids of the metrics. Equal pictures have PSNR infinity, SSIM and MS-SSIM 1, all
        else but TV 0. What does not apply is nan, and nothing else is: LPIPS without a network, and it and MS-SSIM
        where the region lies in too small a picture.

    Raises:
        InputError: for shapes that differ, a missing or an empty hole.
        UnknownNameError: for another region.
    """
    check_image(image)
    check_image(reference, "reference")
    if image.shape[0] != reference.shape[0] or image.shape[-2:] != reference.shape[-2:]:
        raise InputError(f"image and reference must match, got {shape_of(image)} and {shape_of(reference)}")
    if region not in REGIONS:
        raise UnknownNameError("region", region, REGIONS)
    if region != "full" and hole is None:
        raise InputError(f"region {region!r} needs the hole; give one, or ask for 'full'")
    image, reference = torch.broadcast_tensors(image, reference)
    hole = None if hole is None or region == "full" else check_hole(hole, image)
    return [
        _measure_one(Pair(image[[i]], reference[[i]], None if hole is None else hole[[i]], lpips), region, part)
        for i in range(len(image))
        for part in [part_of(progress or silent, i, len(image))]
    ]


def mean_scores(scores: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Mean of each metric over photos.

    Args:
        scores: of each photo, by the ids of the metrics.

    Returns:
        The means, by the same ids, over the photos that a metric applies to; nan where it applies to none.
    """
    scores = list(scores)
    return {name: _mean([s[name] for s in scores if not math.isnan(s[name])]) for name in scores[0]}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _measure_one(pair: Pair, region: str, progress: Progress) -> dict[str, float]:
    """Every metric of one photo. pair.where: its hole, whatever the region."""
    full, near = _in_region(pair, region)
    scores = {}
    for done, metric in enumerate(METRICS.values()):
        progress(done, len(METRICS))
        judged = full if metric.full_picture else near
        scores[metric.id] = metric.run(judged).item() if metric.applies(judged) else math.nan
    progress(len(METRICS), len(METRICS))
    return scores


def _in_region(pair: Pair, region: str) -> tuple[Pair, Pair]:
    """The pair for metrics that need the full picture, and for those that need a crop around the hole only."""
    if pair.where is None:
        return pair, pair
    if region == "box":
        box = box_around(pair.where, WINDOW)
        cropped = pair._replace(image=box.crop(pair.image), reference=box.crop(pair.reference), where=None)
        return cropped, cropped
    box = box_around(pair.where, WINDOW, margin=WINDOW)  # beyond it nothing counts, except at coarser scales
    image, reference, where = (box.crop(t) for t in (pair.image, pair.reference, pair.where))
    return pair, pair._replace(image=image, reference=reference, where=where)
