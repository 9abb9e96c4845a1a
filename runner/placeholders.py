"""What ComfyUI's front end replaces in the prefix of a Save Image when it queues: dates, and values of widgets."""

import re
import time
from collections.abc import Iterable
from typing import Any

from .graph import Graph, Link, title_of

Widgets = tuple[str, dict[str, Any], dict[str, Any]]
"""A node's id, the node, and its widgets' values by name, as the workflow holds them."""

PLACEHOLDER = re.compile(r"%([^%]+)%")
PART_OF_DATE = re.compile(r"d{1,2}|M{1,2}|h{1,2}|m{1,2}|s{1,2}|y{2,4}")
FORBIDDEN = re.compile(r'[/?<>\\:*|"\x00-\x1f\x7f]')  # in names of files
ALIAS = "Node name for S&R"  # the property by which a node is named first
SAVERS = ("SaveImage",)
NAMES = {  # that the front end shows where a node has no title of its own
    "LoadImage": "Load Image",
    "LoadImageMask": "Load Image (as Mask)",
    "LoadImageOutput": "Load Image (from Outputs)",
    "SaveImage": "Save Image",
    "PreviewImage": "Preview Image",
    "PreviewAny": "Preview Any",
}


def replace_placeholders(graph: Graph, widgets: Iterable[Widgets]) -> None:
    """Replace `%date:yyyy-MM-dd%` and `%Node.widget%` in the prefixes of the graph's savers.

    widgets: of each node that may be named.
    """
    nodes = [(node, {**values, **_constants(graph, node_id)}) for node_id, node, values in widgets]
    for call in graph.calls.values():
        prefix = call.inputs.get("filename_prefix")
        if call.kind in SAVERS and isinstance(prefix, str):
            call.inputs["filename_prefix"] = PLACEHOLDER.sub(lambda match: _replaced(match, nodes), prefix)


def format_date(pattern: str, now: time.struct_time) -> str:
    """A date as the front end writes it: yy, yyyy, M, d, h, m and s, doubled for two digits."""
    parts = {"d": now.tm_mday, "M": now.tm_mon, "h": now.tm_hour, "m": now.tm_min, "s": now.tm_sec}
    years = {"yy": f"{now.tm_year:04}"[-2:], "yyyy": str(now.tm_year)}

    def written(match: re.Match[str]) -> str:
        text = match[0]
        return str(parts[text[0]]).zfill(len(text)) if text[0] in parts else years.get(text, text)

    return PART_OF_DATE.sub(written, pattern)


def _constants(graph: Graph, node_id: str) -> dict[str, Any]:
    call = graph.calls.get(node_id)
    return {k: v for k, v in call.inputs.items() if not isinstance(v, Link)} if call else {}


def _replaced(match: re.Match[str], nodes: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    name, *widget = match[1].split(".")
    if len(widget) != 1:
        return format_date(name[len("date:") :], time.localtime()) if name.startswith("date:") else match[0]
    named = [values for node, values in nodes if _alias(node) == name]
    named = named or [values for node, values in nodes if name in _titles(node)]
    return FORBIDDEN.sub("_", _text(named[0][widget[0]])) if named and widget[0] in named[0] else match[0]


def _alias(node: dict[str, Any]) -> Any:
    return (node.get("properties") or {}).get(ALIAS)


def _titles(node: dict[str, Any]) -> tuple[str, ...]:
    """What a node is called: its title, else what its type is shown as, or its type."""
    from ..nodes import NODE_DISPLAY_NAME_MAPPINGS

    kind = str(node.get("type"))
    own = title_of(node, kind)
    return (own,) if own != kind else (kind, {**NAMES, **NODE_DISPLAY_NAME_MAPPINGS}.get(kind, kind))


def _text(value: Any) -> str:
    """A value as JavaScript writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e21 else str(value)
