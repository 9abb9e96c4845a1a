"""How close a picture is to its reference, how rough it is, and how well a hole was found, as numbers.

Pictures: `differences` (L1, MSE, PSNR, TV), `similarity` (SSIM, MS-SSIM), `color_difference` (CIEDE2000), `perceptual`
(LPIPS; its weights in `perceptual_weights`), `texture_statistics` (stru). `registry` lists them, one record each;
`scores` measures all of them at once, by region; `tables` prints them. Holes: `mask_scores` (BCE, IoU, F1, precision
and recall).

Pictures are (B, 1 or 3, H, W) in [0, 1]. Each metric counts the pixels of `where`, bool (B, 1, H, W), or all of them,
and returns (B,). Color counts as the mean over channels.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy

if TYPE_CHECKING:
    from .color_difference import ciede2000, to_lab
    from .differences import l1, mse, psnr, tv
    from .mask_scores import PrecisionRecall, balanced_bce, bce, f1, iou, precision_recall
    from .perceptual import NETS, Lpips, build_lpips, lpips
    from .perceptual_weights import add_lpips, load_lpips, lpips_weights
    from .regions import REGIONS
    from .registry import METRICS, Metric, Pair
    from .scores import mean_scores, measure
    from .similarity import MS_SSIM_MIN_SIDE, ms_ssim, ssim
    from .tables import format_csv, format_table, plain_numbers, table_cells
    from .texture_statistics import stru

__all__ = [
    "METRICS",
    "MS_SSIM_MIN_SIDE",
    "NETS",
    "REGIONS",
    "Lpips",
    "Metric",
    "Pair",
    "PrecisionRecall",
    "add_lpips",
    "balanced_bce",
    "bce",
    "build_lpips",
    "ciede2000",
    "f1",
    "format_csv",
    "format_table",
    "iou",
    "l1",
    "load_lpips",
    "lpips",
    "lpips_weights",
    "mean_scores",
    "measure",
    "ms_ssim",
    "mse",
    "plain_numbers",
    "precision_recall",
    "psnr",
    "ssim",
    "stru",
    "table_cells",
    "to_lab",
    "tv",
]

lazy(__name__)
