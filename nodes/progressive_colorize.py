"""Node: the color stage."""

import logging
from typing import Any

import torch
from torch import Tensor

from .. import core
from ..core import harmonize
from ..core.colorize.filled import filled_hole
from ..core.defaults import GRAIN
from ..core.host.host import current_host
from ..core.image.color import to_cbcr, to_y
from . import runtime
from .inputs import bool_input, combo_input, float_input, int_input, tensor_input, used_with
from .tensors import check_size, hole_in, image_in, image_out, matched, notes_on, soft_mask_in

log = logging.getLogger(__name__)

WIDER = (
    "mask marks less than was filled in gray, and all that was filled is colored; connect the output hole of Gray "
    "Inpaint to mask"
)


class ProgressiveColorize:
    CATEGORY = "Monochromic"
    DESCRIPTION = (
        "Colors the filled region from this photo alone, and from your hints. Pixels outside the mask stay "
        "unchanged. A gray photo stays gray unless a hint has color."
    )
    SEARCH_ALIASES = ("colorize", "colour", "color propagation", "restore", "inpaint color")
    RETURN_TYPES = ("IMAGE",)
    RETURN_NAMES = ("image",)
    OUTPUT_TOOLTIPS = ("The restored photo: unchanged outside the mask, colors of this photo inside it.",)
    FUNCTION = "colorize"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        methods = "; ".join(f"{m.id}: {m.title}" for m in core.METHODS.values()) + "."
        keep = "Keep the brightness of gray. Off: hints set the brightness too, and so does paper."
        trained = "For network and paper, which train on the photo. "
        schedule = "For paper: how fast it learns from the smallest scale to full size."
        steps = trained + "Steps, for paper at each scale; 0 = the method's own."
        stop = trained + "Stop early (paper: at each scale) when the squared error on known pixels is below; 0 = never."
        match = (
            "Where gray is another model's whole picture, of any size: brightness: how it differs from the photo "
            "outside the mask is taken off it inside. colors: off its colors too, which are used in place of this "
            "photo's. off: gray is taken as it is."
        )
        grain = "How much of the noise that the known pixels have and gray lacks in the hole is added; 0 = none."
        feather = (
            "Pixels around the mask that are blended with gray too, for a soft edge: those pixels of the photo change. "
            "0 = none does. Above 0 for another model's whole picture whose edge shows."
        )
        whole = [match for match in harmonize.MATCHES if match != "off"]
        training = [method.id for method in core.METHODS.values() if method.trains]
        return {
            "required": {
                "image": tensor_input(
                    "IMAGE", "The photo, the source of all color. What lies under the mask is not looked at."
                ),
                "gray": tensor_input(
                    "IMAGE", "The filled gray photo of Gray Inpaint, or any picture whose brightness is right."
                ),
                "mask": tensor_input("MASK", "The hole to color, 1 = fill: the hole output of Gray Inpaint."),
                "method": combo_input(core.METHODS, "propagate", methods),
            },
            "optional": {
                "guide": tensor_input(
                    "MONOCHROMIC_GUIDE", "Hints of Color Guide. A hint inside the hole sets its pixel's color."
                ),
                "keep_luminance": bool_input(True, keep),
                "seed": used_with(
                    int_input(0, 0, 2**63 - 1, trained + "Their randomness.", control_after_generate=False),
                    method=training,
                ),
                "scales": used_with(
                    int_input(3, 1, 5, "For paper: how many sizes of the photo, each half of the next."),
                    method=["paper"],
                ),
                "schedule": used_with(combo_input(core.SCHEDULES, "paper", schedule), method=["paper"]),
                "iterations": used_with(int_input(0, 0, 100_000, steps), method=training),
                "stop_loss": used_with(float_input(0.0, 0.0, 1.0, stop, step=0.0001), method=training),
                "match": combo_input(harmonize.MATCHES, "brightness", match),
                "grain": float_input(GRAIN, 0.0, 1.0, grain),
                "grain_seed": used_with(int_input(0, 0, 2**32 - 1, "Draws other grain."), grain=0.0),
                "feather": used_with(int_input(0, 0, harmonize.MAX_FEATHER, feather), match=whole),
            },
        }

    @runtime.hosted()
    def colorize(
        self,
        image: Tensor,
        gray: Tensor,
        mask: Tensor,
        method: str,
        guide: "core.Guide | None" = None,
        keep_luminance: bool = True,
        seed: int = 0,
        scales: int = 3,
        schedule: str = "paper",
        iterations: int = 0,
        stop_loss: float = 0.0,
        match: str = "off",  # of prompts saved before there was any
        grain: float = 0.0,  # the same
        grain_seed: int = 0,
        feather: int = 0,
    ) -> dict[str, Any]:
        photo, picture = image_in(image), image_in(gray, "gray")
        if match == "off":
            check_size(picture, photo, "gray")
        hole = hole_in(mask, photo)
        notes = notes_on(mask, hole)
        photo, picture, hole = matched(image=photo, gray=picture, mask=hole)
        report = runtime.progress()
        found = None
        if match != "off":  # short beside the color, which alone moves the bar
            found = harmonize.match_picture(photo, picture, hole, progress=lambda *_: report(0, 1))
        brightness, done = (found.gray, found.notes) if found else (to_y(picture), list[str]())
        notes += done
        if found and match == "colors" and picture.shape[1] == 3 and to_cbcr(picture).any():
            filled, result, edge = hole, harmonize.add_grain(found.image, hole, grain, grain_seed), found.around
        else:
            filled = filled_hole(photo, brightness, hole, soft_mask_in(mask, photo))
            if not torch.equal(filled, hole):
                notes = [*done, WIDER]
                log.warning(WIDER)
            result = core.colorize(
                photo,
                harmonize.add_grain(brightness, filled, grain, grain_seed),
                filled,
                method,
                guide,
                keep_luminance=keep_luminance,
                settings=core.Settings(seed, scales, schedule, iterations, stop_loss),
                progress=report,
                preview=current_host().preview,
            )
            edge = to_y(found.around) if found else photo
        soft = harmonize.feather(result, edge, filled, feather, grain=grain, seed=grain_seed)
        if feather and torch.equal(soft, result):
            notes.append(harmonize.UNCHANGED)
        return {"ui": {"text": notes}, "result": (image_out(soft),)}
