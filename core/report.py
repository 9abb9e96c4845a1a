"""A sheet to look at: a photo, its damage, the gray reconstruction and the result, with numbers."""

from PIL import Image
from torch import Tensor

from .errors import InputError
from .image.checks import shape_of
from .io.sheet import mark_hole, report_sheet
from .metrics import REGIONS, measure, table_cells
from .pipeline import Restoration


def check_reference(reference: Tensor, photo: Tensor) -> None:
    """Check that the undamaged photo is of the size of the photo.

    Args:
        reference: (1, C, H, W).
        photo: (1, C, H, W).

    Raises:
        InputError: for another size.
    """
    if reference.shape[-2:] != photo.shape[-2:]:
        raise InputError(f"the reference must be the size of the photo, {shape_of(photo)}, got {shape_of(reference)}")


def restoration_sheet(photo: Tensor, found: Restoration, reference: Tensor | None = None) -> Image.Image:
    """The pictures of a restoration side by side.

    Args:
        photo: as it was, (1, C, H, W) in [0, 1].
        found: what became of it.
        reference: the undamaged photo, of which numbers are taken.

    Returns:
        The sheet in RGB.
    """
    hole, table = found.hole, []
    title = "photo, damage found" if found.detection else "photo, hole marked"
    marked = mark_hole(photo.to(hole.device), hole)
    panels = {title: marked, "gray reconstruction": found.gray, "result": found.image, **found.explanations}
    if reference is not None:
        panels["reference"] = wanted = reference.to(hole.device)
        if hole.any():
            table = table_cells({name: measure(found.image, wanted, hole, name)[0] for name in REGIONS})
    return report_sheet(panels, table)
