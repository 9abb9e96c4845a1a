"""Node: where a photo is damaged, from the photo alone."""

from typing import Any

from torch import Tensor

from ..core.blind import FINDERS, find_hole, heat_map
from ..core.blind.finders import DEFAULT
from . import runtime
from .inputs import menu, number, socket, whole
from .tensors import hole_in, image_in, image_out, mask_out, preview_of


class BlindMaskPredict:
    CATEGORY = "Monochromic/mask"
    DESCRIPTION = (
        "Finds the damage of a photo without a mask: scratches, folds, dust, stains, lost parts, letters and more. "
        "Follow it by Gray Inpaint and Progressive Colorize. The node shows the photo under a heat map: the warmer, "
        "the more probable the damage."
    )
    SEARCH_ALIASES = ("find damage", "detect scratches", "auto mask", "blind inpainting", "vcnet", "damage mask")
    RETURN_TYPES = ("MASK", "MASK", "IMAGE")
    RETURN_NAMES = ("mask", "probability", "heat_map")
    OUTPUT_TOOLTIPS = (
        "What to fill, 1 = fill. Empty for a photo without damage: then all of it stays as it is.",
        "How probable damage is in each pixel, from 0 to 1.",
        "The photo in gray under the probabilities: blue for hardly any, red for a half, yellow for 1.",
    )
    FUNCTION = "predict"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        method = "; ".join(f"{name}: {finder.title}" for name, finder in FINDERS.items())
        return {
            "required": {
                "image": socket("IMAGE", "The damaged photos."),
                "method": menu(FINDERS, DEFAULT, f"What looks for the damage. {method}."),
                "threshold": number(0.5, 0.0, 0.99, "More probable than this is damage; lower finds more."),
                "grow": whole(2, 0, 256, "Widen what was found by this many pixels, to cover its soft edges."),
                "smallest": whole(4, 0, 2**20, "Drop connected parts of fewer pixels than this, before they grow."),
            },
            "optional": {"protect": socket("MASK", "1 = never fill, whatever is found there.")},
        }

    @classmethod
    def IS_CHANGED(cls, method: str | None = None, **_: object) -> str:
        return runtime.fingerprint("vcnet") if method == "vcnet" else ""

    @runtime.hosted()
    def predict(
        self, image: Tensor, method: str, threshold: float, grow: int, smallest: int, protect: Tensor | None = None
    ) -> dict[str, Any]:
        photo = image_in(image)
        options = {"threshold": threshold, "grow": grow, "smallest": smallest}
        kept = None if protect is None else hole_in(protect, photo)
        found = find_hole(photo, method, **options, protect=kept, progress=runtime.progress())
        heat = image_out(heat_map(photo, found.probability))
        result = (mask_out(found.hole), mask_out(found.probability), heat)
        return {"ui": {"images": preview_of(heat)}, "result": result}
