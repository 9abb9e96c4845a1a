"""Node: a larger canvas around a photo, and the mask of what is new."""

from typing import Any

from torch import Tensor

from ..core.image.pad import pad_canvas
from . import runtime
from .inputs import int_input, tensor_input
from .tensors import image_in, image_out, mask_out, matched, soft_mask_in

SIDES = ("left", "top", "right", "bottom")
MAX_SIDE = 8192  # pixels to add at a side, as a widget takes them


class Pad:
    CATEGORY = "Monochromic/mask"
    DESCRIPTION = (
        "Puts the photo on a larger canvas, and gives the mask of what is new: to fill what lies beyond the border, or "
        "an edge that is torn off. Near the photo it is filled well, far from it ever less."
    )
    SEARCH_ALIASES = ("outpaint", "extend photo", "uncrop", "pad image", "larger canvas")
    RETURN_TYPES = ("IMAGE", "MASK")
    RETURN_NAMES = ("image", "mask")
    OUTPUT_TOOLTIPS = (
        "The photo on the larger canvas, its border repeated around it.",
        "What is new, 1 = fill, and what your mask marks.",
    )
    FUNCTION = "pad"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        sides = {side: int_input(0, 0, MAX_SIDE, f"Pixels to add at the {side}.") for side in SIDES}
        return {
            "required": {
                "image": tensor_input("IMAGE", "The photo."),
                **sides,
            },
            "optional": {
                "mask": tensor_input("MASK", "Damage of the photo, 1 = fill: it is put on the larger canvas too."),
            },
        }

    @runtime.hosted()
    def pad(
        self, image: Tensor, left: int, top: int, right: int, bottom: int, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        photo, sides = image_in(image), (left, top, right, bottom)
        if mask is None:
            canvas, hole = pad_canvas(photo, *sides)
            return image_out(canvas), mask_out(hole)
        photo, damage = matched(image=photo, mask=soft_mask_in(mask, photo))
        canvas, hole = pad_canvas(photo, *sides)
        return image_out(canvas), mask_out(pad_canvas(damage, *sides)[0].maximum(hole))
