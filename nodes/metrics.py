"""Node: how close a result is to a reference."""

from typing import Any

import torch
from torch import Tensor

from ..core.host.host import current_host
from ..core.host.progress import part_of
from ..core.metrics import METRICS, REGIONS, format_table, load_lpips, lpips_weights, mean_scores, measure
from . import runtime
from .inputs import combo_input, tensor_input
from .tensors import check_size, hole_in, image_in, matched, notes_on

NO_LPIPS = "none"
OUTPUTS = tuple(metric for metric in METRICS.values() if metric.tooltip)


class Metrics:
    CATEGORY = "Monochromic"
    DESCRIPTION = (
        "Compares a picture with a reference: PSNR, SSIM, MS-SSIM, L1, MSE, CIEDE2000 and, if asked, LPIPS; and the "
        "total variation of the picture. What does not apply is a dash in the table and nan on its output."
    )
    SEARCH_ALIASES = ("psnr", "ssim", "lpips", "ciede2000", "compare images", "quality", "score", "measure")
    RETURN_TYPES = ("STRING", *["FLOAT"] * len(OUTPUTS))
    RETURN_NAMES = ("text", *(metric.id for metric in OUTPUTS))
    OUTPUT_TOOLTIPS = ("The table as text, means over the batch.", *(metric.tooltip for metric in OUTPUTS))
    FUNCTION = "measure"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        region = "Where the numbers are taken; without a mask in the full picture. The table shows every region."
        network = "Network for LPIPS. vgg downloads about 553 MB the first time; alex needs weights of your own."
        return {
            "required": {
                "image": tensor_input("IMAGE", "The picture to judge."),
                "reference": tensor_input("IMAGE", "What it should look like, of the same size."),
                "region": combo_input(REGIONS, "hole", region),
            },
            "optional": {
                "mask": tensor_input("MASK", "The hole that was filled, 1 = filled. An empty one counts as none."),
                "lpips": combo_input((NO_LPIPS, "vgg", "alex"), NO_LPIPS, network),
            },
        }

    @classmethod
    def IS_CHANGED(cls, lpips: str = NO_LPIPS, **_: object) -> str:
        return "" if lpips == NO_LPIPS else runtime.weights_fingerprint(*lpips_weights(lpips))

    @runtime.hosted()
    def measure(
        self, image: Tensor, reference: Tensor, region: str, mask: Tensor | None = None, lpips: str = NO_LPIPS
    ) -> dict[str, Any]:
        picture, truth = image_in(image), image_in(reference, "reference")
        check_size(truth, picture, "reference")
        hole = None if mask is None else hole_in(mask, picture)
        notes = [] if mask is None or hole is None else notes_on(mask, hole)
        picture, truth, *holes = matched(image=picture, reference=truth, **({} if hole is None else {"mask": hole}))
        hole = holes[0] if holes else None
        progress = runtime.progress()
        network = None if lpips == NO_LPIPS else load_lpips(lpips, current_host().device, progress=progress)
        regions = ["full"] if hole is None or not hole.any() else REGIONS
        rows = {}
        for i, name in enumerate(regions):
            part = part_of(progress, i, len(regions))
            rows[name] = mean_scores(measure(picture, truth, hole, name, lpips=network, progress=part))
        chosen = rows[region if region in rows else "full"]
        if hole is not None and len(rows) == 1:
            notes.append("the numbers are of the full picture")
        if torch.equal(*torch.broadcast_tensors(picture, truth)):
            notes.append("image and reference are equal: nothing was changed, or one picture is connected twice")
        return {
            "ui": {"text": [*notes, format_table(rows, narrow=True)]},
            "result": (format_table(rows), *(chosen[metric.id] for metric in OUTPUTS)),
        }
