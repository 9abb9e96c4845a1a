"""Node: random holes for trying out a graph."""

from typing import Any

import torch
from torch import Tensor

from ..core.image.random_masks import KINDS, random_hole
from . import runtime
from .inputs import combo_input, float_input, int_input
from .tensors import mask_out


class RandomMask:
    CATEGORY = "Monochromic/mask"
    DESCRIPTION = "Draws random holes: brush strokes, boxes or blobs. The same seed gives the same holes."
    SEARCH_ALIASES = ("random mask", "free form mask", "irregular mask", "test mask")
    RETURN_TYPES = ("MASK",)
    RETURN_NAMES = ("mask",)
    OUTPUT_TOOLTIPS = ("The masks, 1 = fill.",)
    FUNCTION = "draw"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        kinds = "free_form: brush strokes as in DeepFill v2; box: rectangles; blob: irregular patches."
        share = "Share of the photo to cover; strokes and boxes stop once they reach it."
        seed = "The same seed gives the same holes."
        return {
            "required": {
                "kind": combo_input(KINDS, "free_form", kinds),
                "width": int_input(512, 1, 16384, "In pixels. A mask of another size than the photo is fitted to it."),
                "height": int_input(512, 1, 16384, "In pixels."),
                "coverage": float_input(0.2, 0.01, 0.9, share),
                "count": int_input(1, 1, 256, "How many masks; each uses the next seed."),
                "seed": int_input(0, 0, 2**64 - 1, seed, control_after_generate=True),
            }
        }

    @runtime.hosted()
    def draw(self, kind: str, width: int, height: int, coverage: float, count: int, seed: int) -> tuple[Tensor]:
        holes, progress = [], runtime.progress()
        for i in range(count):
            progress(i, count)
            holes.append(random_hole(kind, height, width, coverage, seed + i))
        progress(count, count)
        return (mask_out(torch.cat(holes)),)
