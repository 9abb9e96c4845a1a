"""Variants to look at and to choose from: a sheet with their numbers, and the numbers as text."""

from typing import TYPE_CHECKING

from PIL import Image
from torch import Tensor

from .io.sheet import mark_hole, report_sheet
from .metrics import METRICS, measure

if TYPE_CHECKING:
    from .variants import Variants

MEASURED = ("psnr", "ssim", "ciede2000", "stru")  # where there is a reference


def variants_table(variants: "Variants", reference: Tensor | None = None) -> list[list[str]]:
    """The numbers of variants as the cells of a table.

    Args:
        variants: of a photo.
        reference: the undamaged photo, (1, 1 or 3, H, W) in [0, 1], to measure against in the hole.

    Returns:
        Rows of cells, the heading first: number, name, disagreement with the rim, mean distance to the others, and
        with a reference some metrics; last the mean distance of two variants.
    """
    measured = [METRICS[name] for name in MEASURED] if reference is not None and variants.hole.any() else []
    rows = [["", "filled by", "rim", "apart", *(metric.title for metric in measured)]]
    for i, name in enumerate(variants.names):
        cells = [str(i + 1), name, f"{variants.rims[i]:.3f}", f"{variants.apart[i]:.2f}"]
        if measured and reference is not None:
            scores = measure(variants.images[[i]], reference.to(variants.images), variants.hole, "hole")[0]
            cells += [format(scores[metric.id], metric.format) for metric in measured]
        rows.append(cells)
    mean = ["", "mean of two", "", f"{variants.diversity:.2f}"]
    return [*rows, mean + [""] * len(measured)] if len(variants) > 1 else rows


def variants_sheet(
    variants: "Variants",
    photo: Tensor,
    table: list[list[str]],
    reference: Tensor | None = None,
    *,
    columns: int = 3,
    side: int = 384,
) -> Image.Image:
    """The variants side by side with their numbers, best first.

    Args:
        variants: of a photo.
        photo: it, (1, 1 or 3, H, W) in [0, 1].
        table: what `variants_table` gives.
        reference: the undamaged photo, as `photo`.
        columns: pictures in a row.
        side: the longer side of a picture in pixels, at most.

    Returns:
        The sheet in RGB: the photo with its hole marked, the reference, the variants by number, and the table.
    """
    hole = variants.hole
    panels = {"hole marked": mark_hole(photo.to(hole.device), hole)}
    if reference is not None:
        panels["reference"] = reference.to(hole.device)
    panels |= {f"{i + 1}  {name}": variants.images[[i]] for i, name in enumerate(variants.names)}
    return report_sheet(panels, table, columns=columns, side=side)


def variants_text(table: list[list[str]]) -> str:
    """The table as aligned text.

    Args:
        table: what `variants_table` gives.

    Returns:
        A line for each row.
    """
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in table)
    return "\n".join(line.rstrip() for line in lines)
