"""Damage found from the photo alone."""

from .find import Found, find_hole, predict_damage, summary
from .finders import FINDERS, Finder, get_finder
from .guard import Split, split_hole
from .heat import heat_map
from .margins import find_margins

__all__ = [
    "FINDERS",
    "Finder",
    "Found",
    "Split",
    "find_hole",
    "find_margins",
    "get_finder",
    "heat_map",
    "predict_damage",
    "split_hole",
    "summary",
]
