"""Node: several backbones on one photo, side by side."""

from typing import Any

import torch
from torch import Tensor

from .. import core
from ..core import metrics
from ..core.backbones import BACKBONES
from ..core.errors import InputError
from ..core.host.progress import part_of
from ..core.io.sheet import compare_sheet
from ..core.weights.select import readiness_of
from . import runtime
from .backbones import NamesBackbones, named_backbones
from .inputs import combo_input, int_input, string_input, tensor_input
from .tensors import hole_in, image_in, image_out, notes_on, preview_of


class CompareBackbones(NamesBackbones):
    CATEGORY = "Monochromic"
    DESCRIPTION = (
        "Restores one photo with several backbones, gray first and then color, and shows the results in a grid with "
        "their names and, if an undamaged photo is connected, their numbers. Most networks have slim weights, which "
        "we trained briefly: they say little about the published networks."
    )
    SEARCH_ALIASES = ("compare", "grid", "benchmark", "contact sheet", "xy plot", "which backbone")
    RETURN_TYPES = ("IMAGE", "IMAGE", "STRING")
    RETURN_NAMES = ("sheet", "images", "text")
    OUTPUT_TOOLTIPS = (
        "The grid: the marked photo, the reference if there is one, and each result under its name.",
        "The results at full size, a batch in the order of their names.",
        "The numbers as a table, or the names where there is no reference.",
    )
    FUNCTION = "compare"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        names = "Names separated by commas, such as mono, telea. Empty: all that can run now without a download."
        return {
            "required": {
                "image": tensor_input("IMAGE", "One photo. What lies under the mask is never looked at."),
                "mask": tensor_input("MASK", "1 (white) = fill. It is fitted to the photo."),
                "backbones": string_input("", names),
                "method": combo_input(core.METHODS, "propagate", "How to color, see Progressive Colorize."),
                "region": combo_input(metrics.REGIONS, "hole", "Where the numbers are taken."),
                "columns": int_input(4, 1, 8, "Pictures in a row of the grid."),
                "side": int_input(384, 64, 2048, "The longer side of a picture in the grid, in pixels."),
            },
            "optional": {"reference": tensor_input("IMAGE", "The undamaged photo, to measure against.")},
        }

    @runtime.hosted()
    def compare(
        self,
        image: Tensor,
        mask: Tensor,
        backbones: str,
        method: str,
        region: str,
        columns: int,
        side: int,
        reference: Tensor | None = None,
    ) -> dict[str, Any]:
        photo = image_in(image)
        if len(photo) != 1:
            raise InputError(f"backbones are compared on one photo, got {len(photo)}; choose one of the batch")
        hole = hole_in(mask, photo)
        notes = notes_on(mask, hole)
        if len(hole) != 1:
            raise InputError(f"backbones are compared with one mask, got {len(hole)}; choose one of the batch")
        wanted = None if reference is None else image_in(reference, "reference")
        results, report = {}, runtime.progress()
        options: dict[str, Any] = {"method": method, "texture": 0.0, "grain": 0.0}
        names = named_backbones(backbones) or tuple(_ready())
        for done, name in enumerate(names):
            part = part_of(report, done, len(names))
            results[name] = core.restore(photo, hole, backbone=name, **options, progress=part)
        where = region if hole.any() else "full"
        scores = {} if wanted is None else {n: metrics.measure(r, wanted, hole, where)[0] for n, r in results.items()}
        sheet = image_out(compare_sheet(photo, hole, results, scores, wanted, columns, side))
        text = metrics.format_table(scores) if scores else "\n".join(results)
        everything = image_out(torch.cat(list(results.values())))
        return {"ui": {"images": preview_of(sheet), "text": notes}, "result": (sheet, everything, text)}


def _ready() -> list[str]:
    with runtime.weight_folders():
        return [name for name, (missing, _) in readiness_of(BACKBONES.values()).items() if missing == 0]
