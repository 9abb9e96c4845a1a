"""Damage found from the photo alone."""

from .find import Found, find_hole, predict_damage
from .finders import FINDERS, Finder, get_finder
from .heat import heat_map

__all__ = ["FINDERS", "Finder", "Found", "find_hole", "get_finder", "heat_map", "predict_damage"]
