"""A sheet to look at: pictures with their titles side by side, and a table of numbers below."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

if TYPE_CHECKING:
    from PIL import ImageFont

PANEL = 640  # longest side of a panel, in pixels, unless another is asked for
MARGIN, TEXT = 16, 18
GAP = 2 * MARGIN  # between columns of the table
MARK = (0.93, 0.11, 0.36)  # color that shows the hole
INK, PAPER = (24, 24, 24), (250, 250, 250)


def mark_hole(image: Tensor, hole: Tensor) -> Tensor:
    """The photo with its hole painted over in one color, (1, 1 or 3, H, W) -> (1, 3, H, W)."""
    color = image.new_tensor(MARK).view(1, 3, 1, 1)
    return image.expand(-1, 3, -1, -1).where(hole == 0, color)


def report_sheet(
    panels: dict[str, Tensor], table: list[list[str]], *, columns: int = 2, side: int = PANEL
) -> Image.Image:
    """Titled panels, (1, 1 or 3, H, W) in [0, 1] each, `columns` a row and reduced to `side`, and a table below.

    The sheet is as wide as the wider of the two. A title may have several lines.
    """
    from PIL import ImageDraw, ImageFont

    pictures = {title: _picture(image, side) for title, image in panels.items()}
    width, height = (max(p.size[i] for p in pictures.values()) for i in (0, 1))
    font, columns = ImageFont.load_default(TEXT), min(columns, len(pictures))
    line = TEXT + MARGIN // 2
    heading = line * max(title.count("\n") + 1 for title in pictures)
    width = max(width, *(math.ceil(font.getlength(part)) for title in pictures for part in title.split("\n")))
    rows = -(-len(pictures) // columns)
    ends = _column_ends(table, font)
    across = max([columns * (width + MARGIN), *ends]) + MARGIN
    sheet = Image.new("RGB", (across, rows * (height + heading + MARGIN) + MARGIN + len(table) * line), PAPER)
    draw = ImageDraw.Draw(sheet)
    for i, (title, picture) in enumerate(pictures.items()):
        left = MARGIN + i % columns * (width + MARGIN)
        top = MARGIN + i // columns * (height + heading + MARGIN)
        draw.text((left, top), title, INK, font)
        sheet.paste(picture, (left, top + heading))
    top = MARGIN + rows * (height + heading + MARGIN)
    for i, cells in enumerate(table):
        for end, cell in zip(ends, cells, strict=True):
            draw.text((end, top + i * line), cell, INK, font, anchor="ra")
    return sheet


def compare_sheet(
    photo: Tensor,
    hole: Tensor,
    results: dict[str, Tensor],
    scores: Mapping[str, Mapping[str, float]],
    reference: Tensor | None = None,
    columns: int = 4,
    side: int = PANEL,
) -> Tensor:
    """Results by name in a grid, each under its name and, if it has scores, its PSNR and SSIM; (1, 3, H, W).

    The photo with its hole marked comes first, then the reference if there is one; all are (1, 1 or 3, h, w).
    """
    panels = {"hole marked": mark_hole(photo, hole)}
    if reference is not None:
        panels["reference"] = reference
    for name, result in results.items():
        numbers = scores.get(name)
        panels[f"{name}\n{numbers['psnr']:.2f} dB, SSIM {numbers['ssim']:.3f}" if numbers else name] = result
    levels = np.array(report_sheet(panels, [], columns=columns, side=side))
    return torch.from_numpy(levels).permute(2, 0, 1)[None].float() / 255


def _column_ends(table: list[list[str]], font: "ImageFont.FreeTypeFont | ImageFont.ImageFont") -> list[int]:
    """Where each column of a table ends, in pixels from the left of the sheet; a column is as wide as its text."""
    widths = [max(math.ceil(font.getlength(cell)) for cell in column) for column in zip(*table, strict=True)]
    return [MARGIN + sum(widths[: i + 1]) + i * GAP for i in range(len(widths))]


def shrink(image: Tensor, side: int) -> Tensor:
    """A picture (B, C, H, W) reduced to a longer side of `side` pixels; a smaller one as it is."""
    h, w = image.shape[-2:]
    factor = max(1.0, max(h, w) / side)
    size = (max(1, round(h / factor)), max(1, round(w / factor)))
    return F.interpolate(image.float(), size, mode="area") if factor > 1 else image


def _picture(image: Tensor, side: int) -> Image.Image:
    levels = (shrink(image, side)[0].expand(3, -1, -1) * 255).round().byte().permute(1, 2, 0).contiguous()
    return Image.fromarray(levels.cpu().numpy())
