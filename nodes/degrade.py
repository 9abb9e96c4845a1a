"""Node: damage for trying out a graph, with the true mask."""

from typing import Any

from torch import Tensor

from .. import core
from . import runtime
from .inputs import combo_input, float_input, int_input, tensor_input
from .tensors import image_in, image_out, mask_out


class Degrade:
    CATEGORY = "Monochromic/mask"
    DESCRIPTION = (
        "Damages clean photos as age and misuse do: scratches, folds, dust, stains, torn corners, letters, mosaic "
        "blocks, lost parts. It also outputs the true mask, to see how well a graph finds and repairs the damage."
    )
    SEARCH_ALIASES = ("degrade", "damage photo", "scratches", "old photo effect", "test damage")
    RETURN_TYPES = ("IMAGE", "MASK", "MASK")
    RETURN_NAMES = ("image", "mask", "soft_mask")
    OUTPUT_TOOLTIPS = (
        "The damaged photos.",
        "Where they are damaged, 1 = fill: all that has visibly changed.",
        "The share of the damage in each pixel; where it is 0 the photo is untouched.",
    )
    FUNCTION = "degrade"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        kind = "What happened to the photo; any: chosen by the seed. free_form: brush strokes that show another photo."
        other = "Photos to show inside free_form strokes; if none, other parts of the same photo are used."
        return {
            "required": {
                "image": tensor_input("IMAGE", "The clean photos."),
                "kind": combo_input((core.ANY_DAMAGE, *core.DAMAGES), core.ANY_DAMAGE, kind),
                "difficulty": float_input(0.5, 0, 1, "0: easy to see, 1: hardly visible."),
                "seed": int_input(
                    0,
                    0,
                    2**64 - 1,
                    "The same seed gives the same damage; each photo of a batch uses the next.",
                    control_after_generate=True,
                ),
            },
            "optional": {"other": tensor_input("IMAGE", other)},
        }

    @runtime.hosted()
    def degrade(
        self, image: Tensor, kind: str, difficulty: float, seed: int, other: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        foreign = None if other is None else image_in(other, "other")
        found = core.degrade(image_in(image), kind, difficulty, seed, foreign, progress=runtime.progress())
        return image_out(found.image), mask_out(found.hole), mask_out(found.alpha)
