"""Node: the user's color hints."""

from typing import Any

import torch
from torch import Tensor

from .. import core
from ..core.errors import InputError
from . import runtime
from .inputs import float_input, strokes_input, tensor_input, text_input
from .tensors import hole_in, image_in, image_out, matched, picture_in, preview_of, soft_mask_in


class ColorGuide:
    CATEGORY = "Monochromic"
    DESCRIPTION = (
        "Sets the color of things in the hole that the photo itself cannot tell. Paint over the photo here, list "
        "points, connect a picture with hints painted on it, or combine them."
    )
    SEARCH_ALIASES = ("color hint", "colour hint", "guide", "palette", "recolor")
    RETURN_TYPES = ("MONOCHROMIC_GUIDE",)
    RETURN_NAMES = ("guide",)
    OUTPUT_TOOLTIPS = ("Hints for Progressive Colorize.",)
    FUNCTION = "guide"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {
                "points": text_input(
                    "One hint per line: x,y,#rrggbb or x,y,#rrggbb,radius, in pixels from the top left corner."
                ),
            },
            "optional": {
                "hint_image": tensor_input(
                    "IMAGE", "A picture with hints painted on it. Another size is scaled to the photo."
                ),
                "transparency": tensor_input(
                    "MASK", "Where hint_image says nothing, 1 = transparent: Load Image's mask output."
                ),
                "strokes": strokes_input(
                    "Hints painted over the photo. As text: a JSON list of lines with points, color and width, "
                    "relative to the photo's size."
                ),
                "strength": float_input(1.0, 0.0, 10.0, "How far hints reach; 0: their own pixels only."),
                "image": tensor_input("IMAGE", "The photo, to paint over. It changes nothing in the hints."),
                "mask": tensor_input("MASK", "The hole, to see where hints count. It changes nothing in the hints."),
            },
        }

    @classmethod
    def VALIDATE_INPUTS(cls, points: str | None = None, strokes: str | None = None) -> bool | str:
        try:
            core.parse_points(points or "")
            core.parse_strokes(strokes or "")
        except InputError as error:
            return str(error)
        return True

    @runtime.hosted()
    def guide(
        self,
        points: str,
        hint_image: Tensor | None = None,
        transparency: Tensor | None = None,
        strokes: str = "",
        strength: float = 1.0,
        image: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> dict[str, Any]:
        if hint_image is None and transparency is not None:
            raise InputError("transparency is connected without a hint_image; connect both or none")
        picture = None if hint_image is None else _picture(picture_in(hint_image, "hint_image"), transparency)
        guide = core.Guide(picture, core.parse_points(points), core.parse_strokes(strokes), strength)
        return {"ui": {} if image is None else _behind(image, mask), "result": (guide,)}


def _behind(image: Tensor, mask: Tensor | None) -> dict[str, Any]:
    """What the painter shows behind the strokes: the photo, and the hole in white."""
    shown = {"monochromic_background": preview_of(image[:1])}
    if mask is not None:
        shown["monochromic_hole"] = preview_of(
            image_out(hole_in(mask[:1] if mask.ndim == 3 else mask, image_in(image[:1])))
        )
    return shown


def _picture(hints: Tensor, transparency: Tensor | None) -> Tensor:
    """Hints (B, 1, 3 or 4, H, W) as (B, 4, H, W); alpha is their own, less what `transparency` marks."""
    colors = hints[:, :3].expand(-1, 3, -1, -1)
    alpha = hints[:, 3:] if hints.shape[1] == 4 else torch.ones_like(hints[:, :1])
    if transparency is not None:
        clear = soft_mask_in(transparency, hints, "transparency")
        colors, alpha, clear = matched(hint_image=colors, alpha=alpha, transparency=clear)
        alpha = alpha * (1 - clear)
    return torch.cat([colors, alpha], dim=1)
