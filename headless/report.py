"""A sheet to look at: the photo with its hole marked, the gray reconstruction, the result, the numbers."""

import math

import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

PANEL = 640  # longest side of a panel, in pixels
MARGIN, TEXT = 16, 18
GAP = 2 * MARGIN  # between columns of the table
MARK = (0.93, 0.11, 0.36)  # colour that shows the hole
INK, PAPER = (24, 24, 24), (250, 250, 250)


def mark_hole(image: Tensor, hole: Tensor) -> Tensor:
    """The photo with its hole painted over in one colour, (1, 1 or 3, H, W) -> (1, 3, H, W)."""
    colour = image.new_tensor(MARK).view(1, 3, 1, 1)
    return image.expand(-1, 3, -1, -1).where(hole == 0, colour)


def report_sheet(panels: dict[str, Tensor], table: list[list[str]]) -> Image.Image:
    """Titled panels, (1, 1 or 3, H, W) in [0, 1] each, two a row and reduced to fit, and a table below.

    The sheet is as wide as the wider of the two.
    """
    pictures = {title: _picture(image) for title, image in panels.items()}
    width, height = (max(p.size[i] for p in pictures.values()) for i in (0, 1))
    font, columns = ImageFont.load_default(TEXT), 2 if len(pictures) > 1 else 1
    line = TEXT + MARGIN // 2
    rows = -(-len(pictures) // columns)
    ends = _column_ends(table, font)
    across = max([columns * (width + MARGIN), *ends]) + MARGIN
    sheet = Image.new("RGB", (across, rows * (height + line + MARGIN) + MARGIN + len(table) * line), PAPER)
    draw = ImageDraw.Draw(sheet)
    for i, (title, picture) in enumerate(pictures.items()):
        left = MARGIN + i % columns * (width + MARGIN)
        top = MARGIN + i // columns * (height + line + MARGIN)
        draw.text((left, top), title, INK, font)
        sheet.paste(picture, (left, top + line))
    top = MARGIN + rows * (height + line + MARGIN)
    for i, cells in enumerate(table):
        for end, cell in zip(ends, cells, strict=True):
            draw.text((end, top + i * line), cell, INK, font, anchor="ra")
    return sheet


def _column_ends(table: list[list[str]], font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[int]:
    """Where each column of a table ends, in pixels from the left of the sheet; a column is as wide as its text."""
    widths = [max(math.ceil(font.getlength(cell)) for cell in column) for column in zip(*table, strict=True)]
    return [MARGIN + sum(widths[: i + 1]) + i * GAP for i in range(len(widths))]


def _picture(image: Tensor) -> Image.Image:
    h, w = image.shape[-2:]
    shrink = max(1.0, max(h, w) / PANEL)
    size = (max(1, round(h / shrink)), max(1, round(w / shrink)))
    small = F.interpolate(image.float(), size, mode="area") if shrink > 1 else image
    levels = (small[0].expand(3, -1, -1) * 255).round().byte().permute(1, 2, 0).contiguous()
    return Image.fromarray(levels.cpu().numpy())
