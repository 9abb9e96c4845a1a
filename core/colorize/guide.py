"""Colour hints: what the user says about colours that the photo itself no longer shows."""

import re
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checks import check_image
from ..errors import InputError

POINT = re.compile(r"\s*([^,\s]+)\s*,\s*([^,\s]+)\s*,\s*#([0-9a-fA-F]{6})\s*(?:,\s*([^,\s]+)\s*)?")


class Point(NamedTuple):
    """A dab of colour: centre in pixels from the top left corner, RGB in [0, 1], radius in pixels."""

    x: float
    y: float
    color: tuple[float, float, float]
    radius: float = 0


def parse_points(text: str) -> tuple[Point, ...]:
    """Points from lines (or `;`-separated entries) `x,y,#rrggbb[,radius]`; an empty text has none.

    x and y are pixels of the photo, (0, 0) the top left one; radius 0 is that one pixel.
    Raises `InputError` naming the entry.
    """
    entries = [e for e in re.split(r"[;\n]", text) if e.strip()]
    return tuple(_point(e, i + 1) for i, e in enumerate(entries))


def _point(entry: str, place: int) -> Point:
    wrong = InputError(f"colour hint {place} must read x,y,#rrggbb or x,y,#rrggbb,radius, got {entry.strip()!r}")
    match = POINT.fullmatch(entry)
    if not match:
        raise wrong
    x, y, code, radius = match.groups()
    try:
        numbers = [float(v) for v in (x, y, radius or 0)]
    except ValueError:
        raise wrong from None
    if not all(0 <= v < 1e6 for v in numbers):
        raise wrong
    r, g, b = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return Point(numbers[0], numbers[1], (r, g, b), numbers[2])


@dataclass(frozen=True)
class Guide:
    """Hints for one photo or a batch: an RGBA picture, points, or both; points lie on top.

    picture: (1 or B, 4, h, w) in [0, 1]; a pixel with alpha of 0.5 or more is a hint. A picture of
    another size than the photo is scaled to it by nearest pixel.
    """

    picture: Tensor | None = None
    points: tuple[Point, ...] = ()

    def __post_init__(self) -> None:
        if self.picture is not None:
            check_image(self.picture, "the hint picture", channels=(4,))

    def draw(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Colours (B, 3, H, W) and where they count, bool (B, 1, H, W), at the size of `image`.

        Raises `InputError` for a point outside the photo or a picture batch that does not match.
        """
        b, _, h, w = image.shape
        canvas = image.new_zeros((b, 4, h, w), dtype=torch.float32)
        if self.picture is not None:
            if len(self.picture) not in (1, b):
                raise InputError(f"hints for {len(self.picture)} photos came with {b}; give 1 or {b}")
            canvas[:] = F.interpolate(self.picture.to(canvas), (h, w), mode="nearest-exact")
        for point in self.points:
            _dab(canvas, point)
        return canvas[:, :3], canvas[:, 3:] >= 0.5


def _dab(canvas: Tensor, point: Point) -> None:
    h, w = canvas.shape[-2:]
    column, row = int(point.x), int(point.y)
    if column >= w or row >= h:
        raise InputError(
            f"colour hint at {point.x:g},{point.y:g} lies outside the photo of {w} x {h} pixels; "
            f"x goes from 0 to {w - 1}, y from 0 to {h - 1}"
        )
    ys = torch.arange(h, device=canvas.device)[:, None] - row
    xs = torch.arange(w, device=canvas.device)[None, :] - column
    disc = ys**2 + xs**2 <= point.radius**2
    canvas[:, :, disc] = canvas.new_tensor([*point.color, 1.0])[None, :, None]
