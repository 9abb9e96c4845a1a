"""Damage found from the photo alone."""

from ..io.heat_map import heat_map
from .detection import Detection
from .detectors import DEFAULT, DETECTORS, Detector, get_detector
from .guard import Split, split_hole
from .kinds import choose_kinds, kind_thresholds, parse_kinds
from .margins import find_margins
from .predict import predict_damage, predict_kinds
from .stage import auto_dilation, find_hole
from .summary import summary

__all__ = [
    "DEFAULT",
    "DETECTORS",
    "Detection",
    "Detector",
    "Split",
    "auto_dilation",
    "choose_kinds",
    "find_hole",
    "find_margins",
    "get_detector",
    "heat_map",
    "kind_thresholds",
    "parse_kinds",
    "predict_damage",
    "predict_kinds",
    "split_hole",
    "summary",
]
