"""Node: where a photo is damaged, from the photo alone."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from ..core import detect
from ..core.damage_kinds import DAMAGE_KINDS
from . import runtime
from .inputs import bool_input, combo_input, float_input, int_input, string_input, tensor_input, used_with
from .tensors import hole_in, image_in, image_out, mask_out, preview_of


class BlindMaskPredict:
    CATEGORY = "Monochromic/mask"
    DESCRIPTION = (
        "Finds the damage of a photo without a mask, by kind: lines, specks, lost parts, areas and overlays. It "
        "makes mistakes, so check what it marks: the node shows the photo under the colors of what was found, and "
        "says what is filled and what is not. Follow it with Gray Inpaint and Progressive Colorize."
    )
    SEARCH_ALIASES = ("find damage", "detect scratches", "auto mask", "blind inpainting", "vcnet", "damage mask")
    RETURN_TYPES = ("MASK", "MASK", "IMAGE", "STRING")
    RETURN_NAMES = ("mask", "probability", "heat_map", "summary")
    OUTPUT_TOOLTIPS = (
        "What to fill, 1 = fill. Empty if no damage is found: the photo then stays as it is.",
        "How probable damage is in each pixel, from 0 to 1.",
        "The photo in gray under what was found: lines are yellow, specks orange, lost parts pink, areas blue and "
        "overlays green.",
        "What is filled, and what looks damaged but is not filled; one line per photo.",
    )
    FUNCTION = "predict"
    OUTPUT_NODE = True

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        guard = (
            "Leave blank margins, thick parts inside the photo that show an image, dark lines, wide specks, specks "
            "in rows, in a texture, amid sharp edges or on the ground, lettering, lines and strong specks where little "
            "else is found, and what would fill an eye: more often content than damage. "
            "Off: fill everything that looks damaged."
        )
        method = "; ".join(f"{name}: {detector.title}" for name, detector in detect.DETECTORS.items())
        nouns = detect.NOUNS
        return {
            "required": {
                "image": tensor_input("IMAGE", "The damaged photos."),
                "method": combo_input(detect.DETECTORS, detect.DEFAULT, f"What looks for the damage. {method}."),
                "threshold": float_input(
                    0.5,
                    0.0,
                    0.99,
                    "Pixels more probable than this are damage, and connected ones almost as probable.",
                ),
                "grow": int_input(
                    -1,
                    -1,
                    256,
                    "Widen what was found by this many pixels, to cover its soft edges; -1: by the photo's size.",
                ),
                "smallest": int_input(4, 0, 2**20, "Drop connected parts with fewer pixels than this, before growing."),
            },
            "optional": {
                "protect": tensor_input("MASK", "1 = never fill, whatever is found there."),
                "guard": bool_input(True, guard),
                **{
                    kind.id: used_with(
                        bool_input(kind.restored, f"Fill {nouns[kind.id][1]}: {kind.title}. Off: only show them."),
                        method=[name for name, detector in detect.DETECTORS.items() if kind.id in detector.finds],
                    )
                    for kind in DAMAGE_KINDS
                },
                "thresholds": used_with(
                    string_input("", "Separate thresholds for kinds that are on, such as lines=0.4, areas=0.7."),
                    method=[name for name, detector in detect.DETECTORS.items() if detector.finds],
                ),
            },
        }

    @classmethod
    def IS_CHANGED(cls, method: str | None = None, **_: object) -> str:
        return runtime.fingerprint("vcnet") if method == "vcnet" else ""

    @runtime.hosted()
    def predict(
        self,
        image: Tensor,
        method: str,
        threshold: float,
        grow: int,
        smallest: int,
        protect: Tensor | None = None,
        guard: bool = True,
        lines: bool = True,
        specks: bool = True,
        lost: bool = True,
        areas: bool = False,
        overlays: bool = False,
        thresholds: str = "",
    ) -> dict[str, Any]:
        photo = image_in(image)
        switches = {"lines": lines, "specks": specks, "lost": lost, "areas": areas, "overlays": overlays}
        kinds = detect.choose_kinds(switches, thresholds) if detect.DETECTORS[method].finds else None
        detection = detect.find_hole(
            photo,
            method,
            threshold=threshold,
            dilate=None if grow < 0 else grow,
            min_area=smallest,
            guard=guard,
            kinds=kinds,
            protect=None if protect is None else hole_in(protect, photo, name="protect"),
            progress=runtime.progress(),
        )
        heat, text = image_out(detect.heat_map(photo, detection.kinds)), detect.summary(detection)
        result = (mask_out(detection.hole), mask_out(detection.probability), heat, "\n".join(text))
        return {"ui": {"images": preview_of(heat), "text": text + _advice(detection, kinds)}, "result": result}


def _advice(detection: detect.Detection, kinds: Mapping[str, float | None] | None) -> list[str]:
    """How to fill what was left, as a line, where nothing is filled; kinds: those that were asked for."""
    left = detect.kinds_left(detection, kinds)
    if left is None:
        return []
    some = f"switch on only {' and '.join(left)} to fill more of it, or " if left else ""
    return [f"if that is damage: {some}switch guard off to fill {'all of ' if left else ''}it"]
