"""Node: a photo that comes with the pack, until the user connects one."""

from typing import Any

import torch
from torch import Tensor

from ..core import io
from . import runtime
from .inputs import combo_input, tensor_input
from .tensors import image_in, image_out, mask_out, preview_of, soft_mask_in


class SamplePhoto:
    CATEGORY = "Monochromic"
    DESCRIPTION = (
        "A damaged photo that comes with the pack, its mask, and the undamaged photo, to try a graph at once. "
        "Connect your own photo (and mask) to use them instead."
    )
    SEARCH_ALIASES = ("example photo", "sample image", "demo photo", "test photo")
    RETURN_TYPES = ("IMAGE", "MASK", "IMAGE")
    RETURN_NAMES = ("image", "mask", "original")
    OUTPUT_TOOLTIPS = (
        "The photo: yours where one is connected.",
        "What to fill, 1 = fill. With a photo of yours and no mask: nothing.",
        "The undamaged photo, to compare with; where there is none, the photo itself.",
    )
    FUNCTION = "choose"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {
                "sample": combo_input(io.SAMPLES, next(iter(io.SAMPLES)), "The photo to try, when none is connected.")
            },
            "optional": {
                "image": tensor_input("IMAGE", "Your own photo, in place of the sample."),
                "mask": tensor_input("MASK", "The mask of your own photo, or another for the sample, 1 = fill."),
                "painted": tensor_input(
                    "MASK", "What is painted on the photo in the mask editor: Load Image's mask. It is filled too."
                ),
            },
        }

    @runtime.hosted()
    def choose(
        self, sample: str, image: Tensor | None = None, mask: Tensor | None = None, painted: Tensor | None = None
    ) -> dict[str, Any]:
        if image is None:
            photo, sample_mask, original = io.load_sample(sample)
            image, original = image_out(photo), image_out(original)
            mask = mask_out(sample_mask) if mask is None else mask
        else:
            original, mask = image, torch.zeros(image.shape[:3]) if mask is None else mask
        if painted is not None:
            photo = image_in(image)
            mask = mask_out(soft_mask_in(mask, photo).maximum(soft_mask_in(painted, photo)))
        return {"ui": {"images": preview_of(image)}, "result": (image, mask, original)}
