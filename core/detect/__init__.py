"""Damage found from the photo alone."""

from typing import TYPE_CHECKING

from ..lazy import lazy

if TYPE_CHECKING:
    from ..io.heat_map import heat_map
    from .advice import kinds_left
    from .detection import Detection
    from .detectors import DEFAULT, DETECTORS, Detector, get_detector
    from .guard import Split, split_hole
    from .kinds import choose_kinds, kind_thresholds, parse_kinds
    from .margins import find_margins
    from .predict import predict_damage, predict_kinds
    from .stage import auto_dilation, find_hole
    from .summary import NOUNS, summary

__all__ = [
    "DEFAULT",
    "DETECTORS",
    "NOUNS",
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
    "kinds_left",
    "parse_kinds",
    "predict_damage",
    "predict_kinds",
    "split_hole",
    "summary",
]

lazy(__name__)
