"""Color hints: what the user says about colors that the photo itself no longer shows."""

import re
import reprlib
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from ..image.checks import check_image
from ..io.files import parse_json

POINT = re.compile(r"\s*([^,\s]+)\s*,\s*([^,\s]+)\s*,\s*(#\w+)\s*(?:,\s*([^,\s]+)\s*)?")
CODE = re.compile(r"#[0-9a-fA-F]{6}")

Color = tuple[float, float, float]


class Point(NamedTuple):
    """A disc of color: center in pixels from the top left corner, RGB in [0, 1], radius in pixels."""

    x: float
    y: float
    color: Color
    radius: float = 0


class Stroke(NamedTuple):
    """A line of color.

    corners: (x, y) as shares of the photo's width and height. color: RGB in [0, 1]. width: of the line, as a share of
    the photo's longer side; at least a pixel is drawn.
    """

    corners: tuple[tuple[float, float], ...]
    color: Color
    width: float


def parse_points(text: str) -> tuple[Point, ...]:
    """Read points from text.

    Args:
        text: lines, or entries with `;` between, of the form `x,y,#rrggbb` or `x,y,#rrggbb,radius`. x and y are pixels
            of the photo, (0, 0) the top left one; radius 0 is that one pixel. An empty text has no points.

    Returns:
        The points, in the order of the text.

    Raises:
        InputError: for an entry of another form; it names the entry.
    """
    entries = [e for e in re.split(r"[;\n]", text.lstrip("\ufeff")) if e.strip()]
    return tuple(_point(e, i + 1) for i, e in enumerate(entries))


def _point(entry: str, number: int) -> Point:
    match = POINT.fullmatch(entry)
    try:
        x, y, code, radius = match.groups() if match else ()
        values = [float(v) for v in (x, y, radius or 0)]
        if all(0 <= v < 1e6 for v in values):
            return Point(values[0], values[1], _color(code), values[2])
    except ValueError:
        pass
    raise InputError(f"color hint {number} must read x,y,#rrggbb or x,y,#rrggbb,radius, got {entry.strip()!r:.200}")


def parse_strokes(text: str) -> tuple[Stroke, ...]:
    """Read strokes from JSON.

    Args:
        text: a list of `{"points": [[x, y], ...], "color": "#rrggbb", "width": w}`, or an object with that list under
            "strokes". Coordinates and widths go from 0 to 1, see `Stroke`. An empty text has no strokes.

    Returns:
        The strokes, in the order of the text.

    Raises:
        InputError: for text that is not such a list; it names the stroke.
    """
    text = text.lstrip("\ufeff")
    if not text.strip():
        return ()
    try:
        data = parse_json(text)
    except ValueError as error:
        raise InputError(f"the color strokes are not JSON: {error}") from error
    data = data.get("strokes") if isinstance(data, dict) else data
    if not isinstance(data, list):
        raise InputError('the color strokes must be a JSON list, or an object with a list under "strokes"')
    return tuple(_stroke(entry, i + 1) for i, entry in enumerate(data))


def _stroke(entry: Any, number: int) -> Stroke:
    try:
        corners = tuple((float(x), float(y)) for x, y in entry["points"])
        stroke = Stroke(corners, _color(entry["color"]), float(entry["width"]))
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        got = reprlib.repr(entry)
        raise InputError(
            f'color stroke {number} must be {{"points": [[x, y], ...], "color": "#rrggbb", "width": w}}, got {got}'
        ) from error
    inside = all(0 <= v <= 1 for corner in corners for v in corner) and 0 <= stroke.width <= 1
    if not corners or not inside:
        raise InputError(
            f"color stroke {number} needs points, and coordinates and a width from 0 to 1, got {reprlib.repr(entry)}"
        )
    return stroke


def _color(code: str) -> Color:
    if not CODE.fullmatch(code):
        raise ValueError(code)
    r, g, b = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return r, g, b


@dataclass(frozen=True)
class Guide:
    """Hints for one photo or a batch: an RGBA picture, strokes over it, points over both.

    Args:
        picture: (1 or B, 4, h, w) in [0, 1]; a pixel with alpha of 0.5 or more is a hint. A picture of another size
            than the photo is scaled to it by nearest pixel.
        points: drawn last.
        strokes: drawn over the picture.
        strength: how far hints reach, from 0 (their own pixels only) to 10; at 1 a pixel nearer to a hint than to
            anything known takes the hint's color.

    Raises:
        InputError: for a picture or a strength that does not fit.
    """

    picture: Tensor | None = None
    points: tuple[Point, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    strength: float = 1.0

    def __post_init__(self) -> None:
        if self.picture is not None:
            check_image(self.picture, "the hint picture", channels=(4,))
        if not 0 <= self.strength <= 10:
            raise InputError(f"the strength of hints must be from 0 to 10, got {self.strength:g}")

    def draw(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Draw the hints at the size of a photo.

        Args:
            image: (B, C, H, W).

        Returns:
            Colors (B, 3, H, W) in [0, 1], and where they count, bool (B, 1, H, W).

        Raises:
            InputError: for a point outside the photo, and for another number of hint pictures than photos.
        """
        b, _, h, w = image.shape
        canvas = image.new_zeros((b, 4, h, w), dtype=torch.float32)
        if self.picture is not None:
            if len(self.picture) not in (1, b):
                raise InputError(f"hints for {len(self.picture)} photos came with {b}; give 1 or {b}")
            canvas[:] = F.interpolate(self.picture.to(canvas), (h, w), mode="nearest-exact")
        for stroke in self.strokes:
            _paint(canvas, _line(stroke, h, w), stroke.color)
        for point in self.points:
            _paint(canvas, _disc(point, h, w), point.color)
        return canvas[:, :3], canvas[:, 3:] >= 0.5


def _paint(canvas: Tensor, where: np.ndarray, color: Color) -> None:
    """Put an opaque color on (B, 4, H, W) where a mask (H, W) is not 0."""
    inside = torch.from_numpy(where != 0).to(canvas.device)
    canvas[:, :, inside] = canvas.new_tensor([*color, 1.0])[None, :, None]


def _disc(point: Point, h: int, w: int) -> np.ndarray:
    column, row = int(point.x), int(point.y)
    if column >= w or row >= h:
        raise InputError(
            f"color hint at {point.x:g},{point.y:g} lies outside the photo of {w} x {h} pixels; "
            f"x goes from 0 to {w - 1}, y from 0 to {h - 1}"
        )
    ys, xs = np.ogrid[:h, :w]
    return (ys - row) ** 2 + (xs - column) ** 2 <= point.radius**2


def _line(stroke: Stroke, h: int, w: int) -> np.ndarray:
    import cv2

    pixels = [(min(int(x * w), w - 1), min(int(y * h), h - 1)) for x, y in stroke.corners]
    corners = np.array(pixels if len(pixels) > 1 else pixels * 2, np.int32)  # OpenCV draws no line of one corner
    width = max(1, round(stroke.width * max(h, w)))
    return cv2.polylines(np.zeros((h, w), np.uint8), [corners], False, 1, width)
