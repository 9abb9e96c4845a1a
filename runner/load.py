"""Read a workflow file in either of ComfyUI's formats."""

import json
from pathlib import Path
from typing import Any

from ..core.errors import WorkflowError
from .graph import Call, Graph, Link
from .saved_format import calls_of_saved
from .schema import Classes


def load_graph(path: str | Path, classes: Classes) -> Graph:
    """Read a workflow file, saved or API format; `classes` are the node types that can be run.

    Raises `WorkflowError` for a file that is missing, not JSON, or no workflow.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise WorkflowError(f"cannot read the workflow {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise WorkflowError(f"{path} is not JSON ({error}); give a workflow saved or exported by ComfyUI") from error
    if isinstance(data, dict) and isinstance(data.get("nodes"), list):
        return Graph(calls_of_saved(data, classes), data)
    if isinstance(data, dict) and isinstance(data.get("prompt"), dict):
        data = data["prompt"]
    if not isinstance(data, dict) or not data or not all(map(_is_api_node, data.values())):
        raise WorkflowError(f"{path} is JSON but not a workflow; give one saved or exported (API) by ComfyUI")
    return Graph({key: _call(key, node) for key, node in data.items()})


def _is_api_node(node: object) -> bool:
    return isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)


def _call(key: str, node: dict[str, Any]) -> Call:
    title = node.get("_meta", {}).get("title") or node["class_type"]
    return Call(key, node["class_type"], title, {k: _value(v) for k, v in node["inputs"].items()})


def _value(value: Any) -> Any:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int):
        return Link(str(value[0]), value[1])
    return value["__value__"] if isinstance(value, dict) and "__value__" in value else value
