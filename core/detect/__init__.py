"""Damage found from the photo alone."""

from ..io.heat_map import heat_map
from .detectors import DETECTORS, Detector, get_detector
from .guard import Split, split_hole
from .margins import find_margins
from .stage import Detection, find_hole, predict_damage, predict_kinds, usual_growth
from .summary import summary

__all__ = [
    "DETECTORS",
    "Detection",
    "Detector",
    "Split",
    "find_hole",
    "find_margins",
    "get_detector",
    "heat_map",
    "predict_damage",
    "predict_kinds",
    "split_hole",
    "summary",
    "usual_growth",
]
