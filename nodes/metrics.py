"""Node: how close a result is to a reference."""

from typing import Any

from torch import Tensor

from ..core.host.cancel import part_of
from ..core.metrics import METRICS, REGIONS, format_table, load_lpips, lpips_weights, mean_scores, measure
from . import runtime
from .inputs import menu, socket
from .tensors import hole_in, image_in

NO_LPIPS = "none"


class Metrics:
    CATEGORY = "Monochromic"
    DESCRIPTION = (
        "Compares a picture with a reference: PSNR, SSIM, MS-SSIM, L1, MSE, CIEDE2000 and, if asked, LPIPS; and the "
        "total variation of the picture. What does not apply is a dash in the table and nan on its output."
    )
    SEARCH_ALIASES = ("psnr", "ssim", "lpips", "ciede2000", "compare images", "quality", "score", "measure")
    RETURN_TYPES = ("STRING", *["FLOAT"] * len(METRICS))
    RETURN_NAMES = ("text", *METRICS)
    OUTPUT_TOOLTIPS = (
        "The table as text, means over the batch.",
        "Peak signal-to-noise ratio in dB, higher is closer; infinite for equal pictures.",
        "Structural similarity, 11 x 11 Gaussian window, 1 = equal.",
        "Mean absolute difference, 0 to 1. Published tables often give 100 times this over the hole.",
        "Mean squared difference, 0 to 1.",
        "Total variation a pixel of the image.",
        "Structural similarity at five scales, 1 = equal; nan where the region's picture is under 176 pixels a side.",
        "Mean CIEDE2000 color difference, 0 = equal; about 1 is just visible.",
        "LPIPS, 0 = equal; nan unless a network is chosen and the picture is large enough for it.",
    )
    FUNCTION = "measure"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        region = "Where the numbers are taken; without a mask in the full picture. The table shows every region."
        network = "Network for LPIPS. vgg downloads about 553 MB the first time; alex needs weights of your own."
        return {
            "required": {
                "image": socket("IMAGE", "The picture to judge."),
                "reference": socket("IMAGE", "What it should look like, of the same size."),
                "region": menu(REGIONS, "hole", region),
            },
            "optional": {
                "mask": socket("MASK", "The hole that was filled, 1 = filled. An empty one counts as none."),
                "lpips": menu((NO_LPIPS, "vgg", "alex"), NO_LPIPS, network),
            },
        }

    @classmethod
    def IS_CHANGED(cls, lpips: str = NO_LPIPS, **_: object) -> str:
        return "" if lpips == NO_LPIPS else runtime.weights_fingerprint(*lpips_weights(lpips))

    @runtime.hosted()
    def measure(
        self, image: Tensor, reference: Tensor, region: str, mask: Tensor | None = None, lpips: str = NO_LPIPS
    ) -> dict[str, Any]:
        picture, wanted = image_in(image), image_in(reference, "reference")
        hole = None if mask is None else hole_in(mask, picture)
        progress = runtime.progress()
        network = None if lpips == NO_LPIPS else load_lpips(lpips, runtime.device(), progress=progress)
        regions = ["full"] if hole is None or not hole.any() else REGIONS
        rows = {}
        for place, name in enumerate(regions):
            part = part_of(progress, place, len(regions))
            rows[name] = mean_scores(measure(picture, wanted, hole, name, lpips=network, progress=part))
        chosen = rows[region if region in rows else "full"]
        table = format_table(rows)
        return {"ui": {"text": [table]}, "result": (table, *(chosen[name] for name in METRICS))}
