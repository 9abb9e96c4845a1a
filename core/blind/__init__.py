"""Damage found from the photo alone."""

from .find import Found, find_hole, predict_damage, predict_kinds
from .finders import FINDERS, Finder, get_finder
from .guard import Split, split_hole
from .heat import heat_map
from .margins import find_margins
from .summary import summary

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
    "predict_kinds",
    "split_hole",
    "summary",
]
