"""Node: how close a result is to a reference."""

from typing import Any

from torch import Tensor

from ..core.metrics import METRICS, REGIONS, format_table, mean_scores, measure
from .inputs import menu, socket
from .tensors import hole_in, image_in


class Metrics:
    CATEGORY = "Monochromic"
    DESCRIPTION = "Compares a picture with a reference: PSNR, SSIM, L1, MSE, and the total variation of the picture."
    SEARCH_ALIASES = ("psnr", "ssim", "compare images", "quality", "score", "measure")
    RETURN_TYPES = ("STRING", *["FLOAT"] * len(METRICS))
    RETURN_NAMES = ("text", *METRICS)
    OUTPUT_TOOLTIPS = (
        "The table as text, means over the batch.",
        "Peak signal-to-noise ratio in dB, higher is closer.",
        "Structural similarity, 11 x 11 Gaussian window, 1 = equal.",
        "Mean absolute difference, 0 to 1.",
        "Mean squared difference, 0 to 1.",
        "Total variation a pixel of the image.",
    )
    FUNCTION = "measure"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        region = "Where the numbers are taken; without a mask in the full picture. The table shows every region."
        return {
            "required": {
                "image": socket("IMAGE", "The picture to judge."),
                "reference": socket("IMAGE", "What it should look like, of the same size."),
                "region": menu(REGIONS, "hole", region),
            },
            "optional": {
                "mask": socket("MASK", "The hole that was filled, 1 = filled. An empty one counts as none."),
            },
        }

    def measure(self, image: Tensor, reference: Tensor, region: str, mask: Tensor | None = None) -> dict[str, Any]:
        picture, wanted = image_in(image), image_in(reference, "reference")
        hole = None if mask is None else hole_in(mask, picture)
        regions = ["full"] if hole is None or not hole.any() else REGIONS
        rows = {name: mean_scores(measure(picture, wanted, hole, name)) for name in regions}
        chosen = rows[region if region in rows else "full"]
        table = format_table(rows)
        return {"ui": {"text": [table]}, "result": (table, *(chosen[name] for name in METRICS))}
