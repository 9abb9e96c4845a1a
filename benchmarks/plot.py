"""Curves as a picture, drawn by Pillow: the benchmarks need no plotting library."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 640, 440
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 34, 52
COLORS = ("#1f5fa8", "#c2452d", "#3a8a3a", "#7a4ea3")
TICKS = 5
Points = Sequence[tuple[float, float]]


class Axis(NamedTuple):
    """Its title, and the values at its two ends."""

    title: str
    low: float
    high: float

    def share(self, value: float) -> float:
        """Where a value is, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Values to write beside it."""
        return [self.low + i * (self.high - self.low) / TICKS for i in range(TICKS + 1)]


def curves(title: str, x: str, y: str, lines: Mapping[str, Sequence[Points]]) -> Image.Image:
    """A panel of curves.

    Args:
        title: Above it.
        x: What goes to the right.
        y: What goes up.
        lines: By their name in the legend: one or more curves each, of one color.

    Returns:
        RGB, `WIDTH` x `HEIGHT`.
    """
    points = [point for many in lines.values() for curve in many for point in curve]
    across = Axis(x, 0, max(p[0] for p in points))
    values = [p[1] for p in points]
    up = Axis(y, min(values), max(max(values), min(values) + 0.1))
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    draw.text((LEFT, 8), f"{title}; up: {y}", fill="black", font=font)
    draw.text((WIDTH - RIGHT, HEIGHT - 8), x, fill="black", font=font, anchor="rb")
    for value in up.ticks():
        height = _place((0, value), across, up)[1]
        draw.line((LEFT, height, WIDTH - RIGHT, height), fill="#dddddd")
        draw.text((LEFT - 8, height), f"{value:.2f}", fill="black", font=font, anchor="rm")
    for value in across.ticks():
        draw.text((_place((value, 0), across, up)[0], HEIGHT - BOTTOM + 8), f"{value:.0f}", "black", font, "ma")
    for i, (name, many) in enumerate(lines.items()):
        color = COLORS[i % len(COLORS)]
        for curve in many:
            draw.line([_place(point, across, up) for point in curve], fill=color, width=2, joint="curve")
        draw.text((WIDTH - RIGHT - 8, HEIGHT - BOTTOM - 12 - 18 * (len(lines) - 1 - i)), name, color, font, "rb")
    return picture


def _place(point: tuple[float, float], across: Axis, up: Axis) -> tuple[float, float]:
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    return LEFT + across.share(point[0]) * width, HEIGHT - BOTTOM - up.share(point[1]) * height


def beside(panels: Sequence[Image.Image]) -> Image.Image:
    """Panels in a row."""
    row = Image.new("RGB", (sum(p.width for p in panels), max(p.height for p in panels)), "white")
    left = 0
    for panel in panels:
        row.paste(panel, (left, 0))
        left += panel.width
    return row
