"""Node: the whole hole by a network trained on RGB, without the bottleneck, for comparison."""

from typing import Any

from torch import Tensor

from ..core import inpaint
from ..core.backbones import BACKBONES
from . import runtime
from .backbones import backbone_menu
from .inputs import float_input, int_input, tensor_input
from .tensors import hole_in, image_in, image_out, matched, notes_on

TRAINED = tuple(name for name, backbone in BACKBONES.items() if backbone.variants)


class RgbInpaint:
    CATEGORY = "Monochromic"
    DESCRIPTION = (
        "Fills the hole in color at once with a network trained on RGB, to compare with Gray Inpaint and Progressive "
        "Colorize. Pixels outside the mask stay unchanged."
    )
    SEARCH_ALIASES = ("inpaint", "lama", "mat", "remove object", "direct inpaint")
    RETURN_TYPES = ("IMAGE",)
    RETURN_NAMES = ("image",)
    OUTPUT_TOOLTIPS = ("The photo: unchanged outside the mask, the network's own colors inside it.",)
    FUNCTION = "inpaint"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {
                "image": tensor_input("IMAGE", "The photo. What lies under the mask is never looked at."),
                "mask": tensor_input(
                    "MASK",
                    "1 (white) = fill. It is fitted to the photo; one serves a whole batch, and one photo with several "
                    "masks gives a result each.",
                ),
                "backbone": backbone_menu(TRAINED, "mono", rgb=True),
                "grow": int_input(0, 0, 256, "Widen the hole by this many pixels, to cover soft edges of the damage."),
                "threshold": float_input(0.5, 0.0, 0.99, "Mask values above this are filled."),
            }
        }

    @classmethod
    def IS_CHANGED(cls, backbone: str | None = None, **_: object) -> str:
        return runtime.fingerprint(backbone or "", rgb=True)

    @runtime.hosted()
    def inpaint(self, image: Tensor, mask: Tensor, backbone: str, grow: int, threshold: float) -> dict[str, Any]:
        photo = image_in(image).expand(-1, 3, -1, -1)
        hole = hole_in(mask, photo, threshold, grow)
        notes = notes_on(mask, hole, threshold)
        photo = matched(image=photo, mask=hole)[0]
        result = inpaint.fill_rgb(photo, hole, runtime.model(backbone, rgb=True), progress=runtime.progress())
        return {"ui": {"text": notes}, "result": (image_out(result),)}
