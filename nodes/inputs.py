"""The inputs of a node in ComfyUI's terms, a line each: a type, and its options with a tooltip."""

from collections.abc import Iterable
from typing import Any

Entry = tuple[Any, dict[str, Any]]


def tensor_input(kind: str, tip: str) -> Entry:
    """An input of another node's output, such as an IMAGE."""
    return kind, {"tooltip": tip}


def combo_input(choices: Iterable[str], default: str, tip: str) -> Entry:
    """One of a list of names."""
    return list(choices), {"default": default, "tooltip": tip}


def int_input(default: int, low: int, high: int, tip: str, **more: object) -> Entry:
    """A whole number."""
    return "INT", {"default": default, "min": low, "max": high, "tooltip": tip, **more}


def float_input(default: float, low: float, high: float, tip: str, step: float = 0.01) -> Entry:
    """A number in steps."""
    return "FLOAT", {"default": default, "min": low, "max": high, "step": step, "tooltip": tip}


def bool_input(default: bool, tip: str) -> Entry:
    """On or off."""
    return "BOOLEAN", {"default": default, "tooltip": tip}


def string_input(default: str, tip: str) -> Entry:
    """A line of text."""
    return "STRING", {"default": default, "tooltip": tip}


def text_input(tip: str) -> Entry:
    """A box for several lines of text."""
    return "STRING", {"default": "", "multiline": True, "tooltip": tip}


def file_input(names: list[str], tip: str) -> Entry:
    """A file of the input folder, with an upload button."""
    return names, {"image_upload": True, "tooltip": tip}


def strokes_input(tip: str) -> Entry:
    """Lines of color as JSON text, painted over the photo where the page can show it (web/js/color_guide.js)."""
    return "STRING", {"default": "", "widgetType": "MONOCHROMIC_STROKES", "tooltip": tip}


def used_with(entry: Entry, **choices: Iterable[str] | float) -> Entry:
    """The same input, which does something only where others allow it; else the page grays it (web/js/unused.js).

    choices: by the name of another input the values of it, or a number that it must be above.
    """
    kind, options = entry
    rules = {name: {"above": rule} if isinstance(rule, float) else list(rule) for name, rule in choices.items()}
    return kind, {**options, "used_with": rules}
