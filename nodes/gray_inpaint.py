"""Node: the gray stage."""

from typing import Any

from torch import Tensor

from ..core import inpaint
from ..core.backbones import AUTO, BACKBONES, DEFAULT, WIDE
from ..core.defaults import TEXTURE
from ..core.io.sheet import mark_hole
from . import runtime
from .backbones import auto_menu
from .inputs import combo_input, float_input, int_input, tensor_input, used_with
from .tensors import hole_in, image_in, image_out, mask_out, matched, notes_on, preview_of


class GrayInpaint:
    CATEGORY = "Monochromic"
    DESCRIPTION = (
        "Fills the hole in gray, where shapes are easier to get right. Follow it with Progressive Colorize, which "
        "adds the color. The node shows what it filled."
    )
    SEARCH_ALIASES = ("inpaint", "restore", "remove object", "telea", "navier stokes", "monochromic bottleneck")
    RETURN_TYPES = ("IMAGE", "MASK")
    RETURN_NAMES = ("gray", "hole")
    OUTPUT_TOOLTIPS = (
        "The gray photo: its own luminance where it is known, the backbone's result in the hole.",
        "The hole that was filled, at the size of the photo, after threshold and grow.",
    )
    FUNCTION = "inpaint"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        source = "What the backbone sees: gray, or rgb: it sees colors, and only the brightness of its result is used."
        context = "Pixels around the hole that the backbone sees; 0 = 64, or 128 for a network."
        side = "Larger parts are filled at a small size first, then in tiles; 0 = twice the size it was trained at."
        texture = (
            "How much of the detail that a wide fill lacks is added from the known pixels; 0 = none. Scratches stay as "
            "they are filled."
        )
        seed = "Chooses among about equal pieces of texture."
        networks = [AUTO, *(name for name, backbone in BACKBONES.items() if backbone.variants)]
        return {
            "required": {
                "image": tensor_input("IMAGE", "The photo. What lies under the mask is never looked at."),
                "mask": tensor_input(
                    "MASK",
                    "1 (white) = fill. It is fitted to the photo; one serves a whole batch, and one photo with several "
                    "masks gives a result each.",
                ),
                "backbone": auto_menu(),
                "grow": int_input(0, 0, 256, "Widen the hole by this many pixels, to cover soft edges of the damage."),
                "threshold": float_input(0.5, 0.0, 0.99, "Mask values above this are filled."),
            },
            "optional": {
                "source": combo_input(inpaint.SOURCES, "gray", source),
                "context": int_input(0, 0, 2048, context),
                "max_side": used_with(int_input(0, 0, 8192, side), backbone=networks),
                "texture": float_input(TEXTURE, 0.0, 1.0, texture),
                "texture_seed": used_with(int_input(0, 0, 2**32 - 1, seed), texture=0.0),
            },
        }

    @classmethod
    def IS_CHANGED(cls, backbone: str | None = None, **_: object) -> str:
        return runtime.fingerprint(DEFAULT if backbone == AUTO else backbone or "")

    @runtime.hosted()
    def inpaint(
        self,
        image: Tensor,
        mask: Tensor,
        backbone: str,
        grow: int,
        threshold: float,
        source: str = "gray",
        context: int = 0,
        max_side: int = 0,
        texture: float = 0.0,  # of prompts saved before there was any
        texture_seed: int = 0,
    ) -> dict[str, Any]:
        photo = image_in(image)
        hole = hole_in(mask, photo, threshold, grow)
        notes = notes_on(mask, hole, threshold)
        photo = matched(image=photo, mask=hole)[0]
        wide = WIDE if backbone == AUTO else None
        model, progress = runtime.model(DEFAULT if wide else backbone), runtime.progress()
        options: dict[str, Any] = {
            "context": context,
            "max_side": max_side,
            "texture": texture,
            "seed": texture_seed,
            "wide": wide,
        }
        gray = inpaint.fill(photo, hole, model, source=source, **options, progress=progress)
        shown = preview_of(image_out(mark_hole(photo, hole)))
        return {"ui": {"images": shown, "text": notes}, "result": (image_out(gray), mask_out(hole))}
