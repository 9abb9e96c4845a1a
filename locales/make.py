"""Writes en/nodeDefs.json, the nodes' own English words, as ComfyUI's page reads them: python locales/make.py.

The other languages are written by hand after it. The page shows the server's words wherever a locale has none.
"""

import json
from pathlib import Path
from typing import Any

from monochromic.nodes import NODE_CLASS_MAPPINGS, NODE_DISPLAY_NAME_MAPPINGS

FILE = Path(__file__).parent / "en" / "nodeDefs.json"
LEFT_OUT = ("backbone",)  # the tooltip of this input says which weights this machine has
SYNTAX = frozenset("{}@$|")  # what the page's messages give a meaning to


def english() -> dict[str, Any]:
    """Names and tooltips of every node, by node id."""
    return {name: _words(name, node) for name, node in NODE_CLASS_MAPPINGS.items()}


def text() -> str:
    """The file's content."""
    return json.dumps(english(), indent=2, ensure_ascii=False) + "\n"


def _words(name: str, node: type) -> dict[str, Any]:
    schema = node.INPUT_TYPES()
    inputs = {**schema["required"], **schema.get("optional", {})}
    outputs = zip(node.RETURN_NAMES, node.OUTPUT_TOOLTIPS, strict=True)
    return {
        "display_name": NODE_DISPLAY_NAME_MAPPINGS.get(name, name),
        "description": node.DESCRIPTION,
        "inputs": {i: _named(i, "" if i in LEFT_OUT else options["tooltip"]) for i, (_, options) in inputs.items()},
        "outputs": {str(place): _named(*words) for place, words in enumerate(outputs)},
    }


def _named(name: str, tooltip: str) -> dict[str, str]:
    return {"name": name, "tooltip": tooltip} if tooltip and not SYNTAX & set(tooltip) else {"name": name}


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(text(), encoding="utf-8")
