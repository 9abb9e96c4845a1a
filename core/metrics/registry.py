"""The list of metrics that judge a picture: one record each, which everything that measures or prints reads.

`measure`, the tables, CSV and JSON, the Metrics node and `monochromic score` follow this list and its order. A metric
that is added here is in all of them. Append only: workflows count on the order of the node's outputs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, cast

from torch import Tensor

from .color_difference import ciede2000
from .differences import l1, mse, psnr, tv
from .perceptual import Lpips, lpips
from .similarity import MS_SSIM_MIN_SIDE, ms_ssim, ssim
from .texture_statistics import TILE, stru


class Pair(NamedTuple):
    """What a metric judges: one picture and its reference, with as many channels.

    image, reference: float (1, C, H, W) in [0, 1]. where: the pixels that count, bool (1, 1, H, W); None = all.
    network: of LPIPS; None = none was chosen.
    """

    image: Tensor
    reference: Tensor
    where: Tensor | None = None
    network: Lpips | None = None

    @property
    def min_side(self) -> int:
        """The shorter side in pixels."""
        return min(self.image.shape[-2:])


@dataclass(frozen=True)
class Metric:
    """One way of judging a picture.

    Args:
        id: its name in Python, CSV and JSON, and of the node's output.
        title: its name in tables, with the unit if it has one.
        format: of a value in tables, as Python's `format` takes it.
        higher_is_better: None where neither is.
        run: from a pair to (1,), one number.
        tooltip: what the Metrics node says of its output; empty: it is in the node's table and has no output.
        applies: whether a pair can be judged; where not, the value is nan.
        needs_reference: False for what looks at the picture alone.
        full_picture: whether it is given the full picture with the hole as `where`, and not a crop around the hole.
    """

    id: str
    title: str
    format: str
    higher_is_better: bool | None
    run: Callable[[Pair], Tensor]
    tooltip: str = ""
    applies: Callable[[Pair], bool] = lambda pair: True
    needs_reference: bool = True
    full_picture: bool = False


METRICS: dict[str, Metric] = {
    metric.id: metric
    for metric in (
        Metric(
            "psnr",
            "PSNR dB",
            ".2f",
            higher_is_better=True,
            run=lambda pair: psnr(pair.image, pair.reference, pair.where),
            tooltip="Peak signal-to-noise ratio in dB, higher is closer; infinite for equal pictures.",
        ),
        Metric(
            "ssim",
            "SSIM",
            ".4f",
            higher_is_better=True,
            run=lambda pair: ssim(pair.image, pair.reference, pair.where),
            tooltip="Structural similarity, 11 x 11 Gaussian window, 1 = equal.",
        ),
        Metric(
            "l1",
            "L1",
            ".5f",
            higher_is_better=False,
            run=lambda pair: l1(pair.image, pair.reference, pair.where),
            tooltip="Mean absolute difference, 0 to 1. Published tables often give 100 times this over the hole.",
        ),
        Metric(
            "mse",
            "MSE",
            ".3e",
            higher_is_better=False,
            run=lambda pair: mse(pair.image, pair.reference, pair.where),
            tooltip="Mean squared difference, 0 to 1.",
        ),
        Metric(
            "tv",
            "TV",
            ".4f",
            higher_is_better=None,
            run=lambda pair: tv(pair.image, pair.where),
            tooltip="Total variation of the image, per pixel.",
            needs_reference=False,
        ),
        Metric(
            "ms_ssim",
            "MS-SSIM",
            ".4f",
            higher_is_better=True,
            run=lambda pair: ms_ssim(pair.image, pair.reference, pair.where),
            tooltip=(
                "Structural similarity at five scales, 1 = equal; "
                f"nan where the region's picture is under {MS_SSIM_MIN_SIDE} pixels a side."
            ),
            applies=lambda pair: pair.min_side >= MS_SSIM_MIN_SIDE,
            full_picture=True,
        ),
        Metric(
            "ciede2000",
            "CIEDE2000",
            ".3f",
            higher_is_better=False,
            run=lambda pair: ciede2000(pair.image, pair.reference, pair.where),
            tooltip="Mean CIEDE2000 color difference, 0 = equal; about 1 is just visible.",
        ),
        Metric(
            "lpips",
            "LPIPS",
            ".4f",
            higher_is_better=False,
            run=lambda pair: lpips(pair.image, pair.reference, cast(Lpips, pair.network), pair.where),
            tooltip="LPIPS, 0 = equal; nan unless a network is chosen and the picture is large enough for it.",
            applies=lambda pair: pair.network is not None and pair.min_side >= pair.network.min_side,
            full_picture=True,
        ),
        Metric(
            "stru",
            "stru",
            ".3f",
            higher_is_better=False,
            run=lambda pair: stru(pair.image, pair.reference, pair.where),
            applies=lambda pair: pair.min_side >= TILE,
            full_picture=True,
        ),
    )
}
"""Every metric by its id, in the order of tables and outputs."""
