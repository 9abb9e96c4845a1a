"""The gray stage: fill the hole in grayscale."""

from typing import TYPE_CHECKING

from ..lazy import lazy

if TYPE_CHECKING:
    from .stage import SOURCES, fill, fill_rgb

__all__ = ["SOURCES", "fill", "fill_rgb"]

lazy(__name__)
