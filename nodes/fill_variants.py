"""Node: several restorations of one photo, of which one is chosen."""

from typing import Any

import torch
from torch import Tensor

from .. import core
from ..core.backbones import VARIED
from ..core.defaults import MAX_VARIANTS, TEXTURE
from ..core.errors import InputError
from ..core.io.sheet import sheet_tensor
from ..core.variant_sheet import variants_sheet, variants_table, variants_text
from . import runtime
from .backbones import NamesBackbones, named_backbones
from .inputs import combo_input, float_input, int_input, string_input, tensor_input
from .tensors import hole_in, image_in, image_out, notes_on, preview_of

Key = tuple[Tensor, Tensor, tuple[Any, ...], "core.Guide | None"]
"""What variants are made of: photo, hole, what can be compared, hints."""


class FillVariants(NamesBackbones):
    UNNAMED = VARIED
    CATEGORY = "Monochromic"
    DESCRIPTION = (
        "Fills the hole in several ways, gray first and then color, and shows them in a grid by number, the one that "
        "goes on best at the rim first. Set choice to the number you like; choosing does not fill again."
    )
    SEARCH_ALIASES = ("variants", "several results", "remove object", "inpaint", "choose", "seed")
    RETURN_TYPES = ("IMAGE", "IMAGE", "IMAGE", "STRING")
    RETURN_NAMES = ("image", "sheet", "images", "text")
    OUTPUT_TOOLTIPS = (
        "The variant that was chosen: the restored photo.",
        "The grid: the marked photo, the reference if there is one, the variants by number, and their numbers.",
        "All variants at full size, a batch in the order of the grid.",
        "The numbers as a table.",
    )
    FUNCTION = "fill"
    OUTPUT_NODE = True

    def __init__(self) -> None:
        self.last: tuple[Key, core.Variants] | None = None

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        names = "Names separated by commas, which take turns. Empty: " + ", ".join(VARIED) + "."
        seed = "Another seed gives other variants; the same one gives the same."
        texture = "How much of the detail that a wide fill lacks is added from the known pixels; 0 = none."
        return {
            "required": {
                "image": tensor_input("IMAGE", "One photo. What lies under the mask is never looked at."),
                "mask": tensor_input("MASK", "1 (white) = fill. It is fitted to the photo."),
                "variants": int_input(4, 1, MAX_VARIANTS, "How many ways of filling to try."),
                "choice": int_input(1, 1, MAX_VARIANTS, "Which of them goes on, by its number in the grid."),
            },
            "optional": {
                "backbones": string_input("", names),
                "seed": int_input(0, 0, 2**32 - 1, seed, control_after_generate=False),
                "texture": float_input(TEXTURE, 0.0, 1.0, texture),
                "method": combo_input(core.METHODS, "propagate", "How to color, see Progressive Colorize."),
                "grow": int_input(0, 0, 256, "Widen the hole by this many pixels, to cover soft edges of the damage."),
                "threshold": float_input(0.5, 0.0, 0.99, "Mask values above this are filled."),
                "columns": int_input(3, 1, 8, "Pictures in a row of the grid."),
                "guide": tensor_input("MONOCHROMIC_GUIDE", "Hints of Color Guide, for all variants."),
                "reference": tensor_input("IMAGE", "The undamaged photo, to measure against."),
            },
        }

    @runtime.hosted()
    def fill(
        self,
        image: Tensor,
        mask: Tensor,
        variants: int,
        choice: int,
        backbones: str = "",
        seed: int = 0,
        texture: float = TEXTURE,
        method: str = "propagate",
        grow: int = 0,
        threshold: float = 0.5,
        columns: int = 3,
        guide: "core.Guide | None" = None,
        reference: Tensor | None = None,
    ) -> dict[str, Any]:
        photo = image_in(image)
        if len(photo) != 1:
            raise InputError(f"variants are made of one photo, got {len(photo)}; choose one of the batch")
        hole = hole_in(mask, photo, threshold, grow)
        notes = notes_on(mask, hole, threshold)
        if len(hole) != 1:
            raise InputError(f"variants are made with one mask, got {len(hole)}; choose one of the batch")
        if choice > variants:
            raise InputError(f"choice is {choice} and there are {variants} variants; set choice to 1 to {variants}")
        names = named_backbones(backbones) or VARIED
        options = {"count": variants, "seed": seed, "texture": texture, "method": method}
        found = self._made(photo, hole, names, options, guide)
        truth = None if reference is None else image_in(reference, "reference")
        table = variants_table(found, truth)
        sheet = image_out(sheet_tensor(variants_sheet(found, photo, table, truth, columns=columns)))
        chosen = min(choice, len(found)) - 1
        images, text = image_out(found.images), variants_text(table)
        result = (images[[chosen]], sheet, images, text)
        return {"ui": {"images": preview_of(sheet), "text": notes}, "result": result}

    def _made(
        self, photo: Tensor, hole: Tensor, names: tuple[str, ...], options: dict[str, Any], guide: "core.Guide | None"
    ) -> "core.Variants":
        """The variants: those of the last run where nothing but the choice has changed."""
        plain = names, options, [runtime.fingerprint(name) for name in names]
        key = photo, hole, plain, guide
        if self.last is None or not _same(self.last[0], key):
            models = [runtime.model(name) for name in names]
            progress = runtime.progress()
            found = core.restore_variants(photo, hole, backbones=models, guide=guide, progress=progress, **options)
            self.last = key, found
        return self.last[1]


def _same(one: Key, other: Key) -> bool:
    return torch.equal(one[0], other[0]) and torch.equal(one[1], other[1]) and one[2] == other[2] and one[3] is other[3]
