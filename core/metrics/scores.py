"""All that judges a picture at once, by region; means over photos."""

import math
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor

from ..errors import InputError, UnknownNameError
from ..host.cancel import Progress, cancel_between_calls, cancellable, part_of
from ..host.memory import translates_oom
from ..image.checks import check_hole, check_image, shape_of
from .color_difference import ciede2000
from .differences import l1, mse, psnr, tv
from .perceptual import Lpips
from .perceptual import lpips as perceptual
from .regions import REGIONS, box_around
from .similarity import MS_SSIM_LEAST, WINDOW, ms_ssim, ssim

METRICS = ("psnr", "ssim", "l1", "mse", "tv", "ms_ssim", "ciede2000", "lpips")


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
    """Every metric of `METRICS` for every photo of a batch, a dict each; (B, 1 or 3, H, W) in [0, 1].

    region: "full" picture; "hole", its pixels alone; "box", the smallest box around the hole, at least 11
    pixels a side for the sake of SSIM. A gray picture is compared with each channel of a color one.
    lpips: a network of `load_lpips`, on the device of the pictures; without one nothing is looked for or fetched.
    progress: called as `progress(done, total)` for each metric.
    Equal pictures have PSNR infinity, SSIM and MS-SSIM 1, all else but TV 0. What does not apply is nan, and
    nothing else is: LPIPS without a network, and it and MS-SSIM where the region lies in too small a picture.

    mmagic's tables: 100 times "l1" of "hole", and "psnr" and "ssim" of "full".
    Raises `InputError` for shapes that differ or an empty hole, and `UnknownNameError`.
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
    if hole is not None and region != "full":
        hole = check_hole(hole, image)
    with cancel_between_calls(image.numel()):
        return [
            _measure_one(image[[i]], reference[[i]], hole if hole is None else hole[[i]], region, lpips, part)
            for i in range(len(image))
            for part in [part_of(progress, i, len(image))]
        ]


def mean_scores(scores: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Mean of each metric over photos, over those that it applies to; nan where it applies to none."""
    scores = list(scores)
    return {name: _mean([s[name] for s in scores if not math.isnan(s[name])]) for name in scores[0]}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _measure_one(
    image: Tensor, reference: Tensor, hole: Tensor | None, region: str, network: Lpips | None, progress: Progress
) -> dict[str, float]:
    whole = near = image, reference, None
    if region == "box":
        box = box_around(hole, WINDOW)
        whole = near = box.crop(image), box.crop(reference), None
    elif region == "hole":
        box = box_around(hole, WINDOW, margin=WINDOW)  # beyond it nothing counts, except at coarser scales
        whole, near = (image, reference, hole), (box.crop(image), box.crop(reference), box.crop(hole))
    side = min(whole[0].shape[-2:])
    ways: dict[str, Callable[[], Tensor] | None] = {
        "psnr": lambda: psnr(*near),
        "ssim": lambda: ssim(*near),
        "l1": lambda: l1(*near),
        "mse": lambda: mse(*near),
        "tv": lambda: tv(near[0], near[2]),
        "ms_ssim": (lambda: ms_ssim(*whole)) if side >= MS_SSIM_LEAST else None,
        "ciede2000": lambda: ciede2000(*near),
        "lpips": (lambda: perceptual(*whole[:2], network, whole[2])) if network and side >= network.least else None,
    }
    found = {}
    for done, (name, way) in enumerate(ways.items()):
        progress(done, len(ways))
        found[name] = way().item() if way else math.nan
    progress(len(ways), len(ways))
    return found
