"""Node: the colour stage."""

from typing import Any

from torch import Tensor

from ..core.colorize import METHODS, Guide, colorize
from . import runtime
from .inputs import menu, socket
from .tensors import gray_in, hole_in, image_in, image_out


class ProgressiveColorize:
    CATEGORY = "Monochromic"
    DESCRIPTION = "Gives the filled region its colour from this photo alone. Known pixels come back unchanged."
    SEARCH_ALIASES = ("colorize", "colour", "color propagation", "restore", "inpaint color")
    RETURN_TYPES = ("IMAGE",)
    RETURN_NAMES = ("image",)
    OUTPUT_TOOLTIPS = ("The restored photo: known pixels bit for bit, in the hole this photo's colours on the gray.",)
    FUNCTION = "colorize"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        methods = "propagate: closed form; the same photo always gives the same colours."
        return {
            "required": {
                "image": socket(
                    "IMAGE", "The photo, the source of all colour. What lies under the mask is not looked at."
                ),
                "gray": socket(
                    "IMAGE", "The filled gray photo of GrayInpaint, or any picture whose brightness is right."
                ),
                "mask": socket("MASK", "The hole to colour, 1 = fill: the hole output of GrayInpaint."),
                "method": menu(METHODS, "propagate", methods),
            },
            "optional": {
                "guide": socket("MONOCHROMIC_GUIDE", "Hints of ColorGuide. A hint inside the hole wins at its pixel."),
            },
        }

    def colorize(
        self, image: Tensor, gray: Tensor, mask: Tensor, method: str, guide: Guide | None = None
    ) -> tuple[Tensor]:
        photo = image_in(image)
        hole = hole_in(mask, photo)
        return (image_out(colorize(photo, gray_in(gray), hole, method, guide, progress=runtime.progress())),)
