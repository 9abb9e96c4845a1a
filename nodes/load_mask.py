"""Node: a mask from a picture file."""

import hashlib
import logging
from pathlib import Path
from typing import Any

from ..core import io
from ..core.image.masks import binarize, dilate
from ..core.io.mask_picture import CHANNELS, describe_hole
from . import runtime
from .inputs import bool_input, combo_input, file_input, float_input, int_input
from .tensors import mask_out

log = logging.getLogger(__name__)


class LoadMask:
    CATEGORY = "Monochromic/mask"
    DESCRIPTION = "Reads a mask file: which pixels of the photo to fill. White is filled unless you invert the mask."
    SEARCH_ALIASES = ("load mask", "hole", "inpaint mask", "mask file", "scratch mask")
    RETURN_TYPES = ("MASK",)
    RETURN_NAMES = ("mask",)
    OUTPUT_TOOLTIPS = ("The mask at the file's own size, 1 = fill. It is fitted to the photo where it is used.",)
    FUNCTION = "load"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {
                "image": file_input(runtime.list_pictures(), "The mask file, in ComfyUI's input folder."),
                "channel": combo_input(
                    CHANNELS,
                    "auto",
                    "What marks the hole: brightness or one color (white = fill), alpha (transparent = fill), or auto: "
                    "what the file most probably marks, such as strokes of any color; the node says what it took.",
                ),
                "invert": bool_input(False, "Invert the mask: for masks that mark in white what to keep."),
                "threshold": float_input(0.5, 0.0, 0.99, "Pixels brighter than this are filled."),
                "grow": int_input(0, 0, 256, "Widen the hole by this many pixels of the mask file."),
            }
        }

    @classmethod
    def VALIDATE_INPUTS(cls, image: str | None = None) -> bool | str:
        if image is not None and runtime.find_picture(image) is None:
            return f"there is no mask file {runtime.missing(image)}; upload it or choose another"
        return True

    @classmethod
    def IS_CHANGED(cls, image: str, **_: object) -> str:
        path = runtime.find_picture(image)
        return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else ""

    @runtime.hosted()
    def load(self, image: str, channel: str, invert: bool, threshold: float, grow: int) -> dict[str, Any]:
        soft, words = io.read_mask(runtime.find_picture(image) or image, channel, accept_truncated=True)
        hole = binarize(soft, threshold, invert)
        notes = [f"the mask {text}" for text in (words, describe_hole(soft, hole, threshold, invert)) if text]
        for text in notes:
            log.warning("%s: %s", image, text)
        return {"ui": {"text": notes}, "result": (mask_out(dilate(hole, grow)),)}
