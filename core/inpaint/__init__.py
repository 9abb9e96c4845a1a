"""The gray stage: fill the hole in grayscale."""

from .stage import SOURCES, fill, fill_rgb

__all__ = ["SOURCES", "fill", "fill_rgb"]
