"""Node: the user's colour hints."""

from typing import Any

import torch
from torch import Tensor

from ..core.colorize import Guide, parse_points, parse_strokes
from ..core.errors import InputError
from .inputs import number, socket, text
from .tensors import picture_in, soft_mask_in


class ColorGuide:
    CATEGORY = "Monochromic"
    DESCRIPTION = (
        "Says what colour something in the hole has where the photo cannot know: "
        "by points, by strokes, by a picture with hints painted on it, or all of them."
    )
    SEARCH_ALIASES = ("color hint", "colour hint", "guide", "palette", "recolor")
    RETURN_TYPES = ("MONOCHROMIC_GUIDE",)
    RETURN_NAMES = ("guide",)
    OUTPUT_TOOLTIPS = ("Hints for ProgressiveColorize.",)
    FUNCTION = "guide"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {
                "points": text("A hint a line: x,y,#rrggbb or x,y,#rrggbb,radius, in pixels from the top left corner."),
            },
            "optional": {
                "hint_image": socket(
                    "IMAGE", "A picture with hints painted on it. Another size is scaled to the photo."
                ),
                "transparency": socket(
                    "MASK", "Where hint_image says nothing, 1 = transparent: LoadImage's mask output."
                ),
                "strokes": text(
                    'Lines of colour as JSON: [{"points": [[x, y], ...], "color": "#rrggbb", "width": w}], from 0 to 1.'
                ),
                "strength": number(1.0, 0.0, 10.0, "How far hints reach; 0: their own pixels only."),
            },
        }

    @classmethod
    def VALIDATE_INPUTS(cls, points: str | None = None, strokes: str | None = None) -> bool | str:
        try:
            parse_points(points or "")
            parse_strokes(strokes or "")
        except InputError as error:
            return str(error)
        return True

    def guide(
        self,
        points: str,
        hint_image: Tensor | None = None,
        transparency: Tensor | None = None,
        strokes: str = "",
        strength: float = 1.0,
    ) -> tuple[Guide]:
        if hint_image is None and transparency is not None:
            raise InputError("transparency is connected without a hint_image; connect both or none")
        picture = None if hint_image is None else _picture(picture_in(hint_image, "hint_image"), transparency)
        return (Guide(picture, parse_points(points), parse_strokes(strokes), strength),)


def _picture(hints: Tensor, transparency: Tensor | None) -> Tensor:
    """Hints (B, 1, 3 or 4, H, W) as (B, 4, H, W); alpha is their own, less what `transparency` marks."""
    colors = hints[:, :3].expand(-1, 3, -1, -1)
    alpha = hints[:, 3:] if hints.shape[1] == 4 else torch.ones_like(hints[:, :1])
    if transparency is not None:
        alpha = alpha * (1 - soft_mask_in(transparency, hints))
    return torch.cat([colors, alpha], dim=1)
