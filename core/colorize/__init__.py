"""The color stage: give the filled hole its color from this photo alone."""

from typing import TYPE_CHECKING

from ..lazy import lazy

if TYPE_CHECKING:
    from .filled import filled_hole
    from .guide import Guide, Point, Stroke, parse_points, parse_strokes
    from .method import Method, Settings
    from .schedules import SCHEDULES
    from .stage import METHODS, colorize, get_method

__all__ = [
    "METHODS",
    "SCHEDULES",
    "Guide",
    "Method",
    "Point",
    "Settings",
    "Stroke",
    "colorize",
    "filled_hole",
    "get_method",
    "parse_points",
    "parse_strokes",
]

lazy(__name__)
