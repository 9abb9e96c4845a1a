"""A sheet to look at: pictures with their titles side by side, and a table of numbers below."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

if TYPE_CHECKING:
    from PIL import ImageFont

    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

PANEL = 640  # longest side of a panel, in pixels, unless another is asked for
MARGIN, TEXT = 16, 18
LINE = TEXT + MARGIN // 2  # height of a line of text
GAP = 2 * MARGIN  # between columns of the table
MARK = (0.93, 0.11, 0.36)  # color that shows the hole
INK, PAPER = (24, 24, 24), (250, 250, 250)


def mark_hole(image: Tensor, hole: Tensor) -> Tensor:
    """Paint the hole over in one color.

    Args:
        image: (1, 1 or 3, H, W) in [0, 1].
        hole: (1, 1, H, W), 1 = fill.

    Returns:
        (1, 3, H, W) in [0, 1].
    """
    color = image.new_tensor(MARK).view(1, 3, 1, 1)
    return image.expand(-1, 3, -1, -1).where(hole == 0, color)


def report_sheet(
    panels: dict[str, Tensor], table: list[list[str]], *, columns: int = 2, side: int = PANEL
) -> Image.Image:
    """Pictures under their titles in a grid, and a table below. The sheet is as wide as the wider of the two.

    Args:
        panels: pictures by title, (1, 1 or 3, H, W) in [0, 1] each; a title may have several lines.
        table: rows of cells, all of one length; none for no table.
        columns: panels in a row.
        side: the longer side of a panel in pixels, at most.

    Returns:
        The sheet in RGB.
    """
    from PIL import ImageDraw, ImageFont

    font = ImageFont.load_default(TEXT)
    pictures = {title: _picture(image, side) for title, image in panels.items()}
    grid = _grid_of(pictures, columns, font)
    ends = _column_ends(table, font)
    width = max([grid.columns * (grid.width + MARGIN), *ends]) + MARGIN
    sheet = Image.new("RGB", (width, grid.bottom + len(table) * LINE), PAPER)
    draw = ImageDraw.Draw(sheet)
    for i, (title, picture) in enumerate(pictures.items()):
        left, top = grid.corner(i)
        draw.text((left, top), title, INK, font)
        sheet.paste(picture, (left, top + grid.title))
    for i, cells in enumerate(table):
        for end, cell in zip(ends, cells, strict=True):
            draw.text((end, grid.bottom + i * LINE), cell, INK, font, anchor="ra")
    return sheet


class _Grid(NamedTuple):
    """Panels in rows and columns: the size of a panel and of its title, in pixels."""

    rows: int
    columns: int
    width: int
    height: int
    title: int

    @property
    def bottom(self) -> int:
        return MARGIN + self.rows * (self.height + self.title + MARGIN)

    def corner(self, i: int) -> tuple[int, int]:
        """Left and top of a panel's title."""
        row, column = divmod(i, self.columns)
        return MARGIN + column * (self.width + MARGIN), MARGIN + row * (self.height + self.title + MARGIN)


def _grid_of(pictures: dict[str, Image.Image], columns: int, font: "Font") -> _Grid:
    columns = min(columns, len(pictures))
    width, height = (max(p.size[i] for p in pictures.values()) for i in (0, 1))
    width = max(width, *(math.ceil(font.getlength(line)) for title in pictures for line in title.split("\n")))
    title = LINE * max(title.count("\n") + 1 for title in pictures)
    return _Grid(-(-len(pictures) // columns), columns, width, height, title)


def compare_sheet(
    photo: Tensor,
    hole: Tensor,
    results: dict[str, Tensor],
    scores: Mapping[str, Mapping[str, float]],
    reference: Tensor | None = None,
    columns: int = 4,
    side: int = PANEL,
) -> Tensor:
    """Results side by side in a grid, each under its name and, if it has scores, its PSNR and SSIM.

    The photo with its hole marked comes first, then the reference if there is one.

    Args:
        photo: (1, 1 or 3, h, w) in [0, 1].
        hole: (1, 1, h, w), 1 = fill.
        results: by name, each as `photo`.
        scores: of results, by name, then by the ids "psnr" and "ssim".
        reference: the undamaged photo, as `photo`.
        columns: pictures in a row.
        side: the longer side of a picture, in pixels.

    Returns:
        (1, 3, H, W) in [0, 1].
    """
    panels = {"hole marked": mark_hole(photo, hole)}
    if reference is not None:
        panels["reference"] = reference
    for name, result in results.items():
        numbers = scores.get(name)
        panels[f"{name}\n{numbers['psnr']:.2f} dB, SSIM {numbers['ssim']:.3f}" if numbers else name] = result
    return sheet_tensor(report_sheet(panels, [], columns=columns, side=side))


def sheet_tensor(sheet: Image.Image) -> Tensor:
    """A sheet as a picture.

    Args:
        sheet: in RGB.

    Returns:
        (1, 3, H, W) in [0, 1].
    """
    return torch.from_numpy(np.array(sheet)).permute(2, 0, 1)[None].float() / 255


def _column_ends(table: list[list[str]], font: "Font") -> list[int]:
    """Where each column of a table ends, in pixels from the left of the sheet; a column is as wide as its text."""
    widths = [max(math.ceil(font.getlength(cell)) for cell in column) for column in zip(*table, strict=True)]
    return [MARGIN + sum(widths[: i + 1]) + i * GAP for i in range(len(widths))]


def shrink(image: Tensor, side: int) -> Tensor:
    """Reduce a picture by the mean over areas.

    Args:
        image: (B, C, H, W).
        side: the longer side of the result, in pixels, at most.

    Returns:
        (B, C, h, w) as float32; a picture that is small enough comes back as it is.
    """
    h, w = image.shape[-2:]
    factor = max(1.0, max(h, w) / side)
    size = (max(1, round(h / factor)), max(1, round(w / factor)))
    return F.interpolate(image.float(), size, mode="area") if factor > 1 else image


def _picture(image: Tensor, side: int) -> Image.Image:
    levels = (shrink(image, side)[0].expand(3, -1, -1) * 255).round().byte().permute(1, 2, 0).contiguous()
    return Image.fromarray(levels.cpu().numpy())
