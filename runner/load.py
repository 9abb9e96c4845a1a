"""Read a workflow file in either of ComfyUI's formats."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..core.errors import UnknownNameError, WorkflowError
from .graph import Call, Graph, Link, target_of, title_of
from .origin import check_assignment
from .placeholders import Widgets, replace_placeholders
from .saved_format import SavedWorkflow
from .schema import Classes

SHIPPED = Path(__file__).parents[1] / "workflows"
DEEPEST = 100  # levels of JSON


def find_workflow(name: str) -> Path:
    """The workflow file of that path; else the shipped one of that name, such as `restore_photo`.

    The name may end with .json and begin with workflows/. Raises `WorkflowError` where there is none.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = [each.stem for each in sorted(SHIPPED.glob("*.json"))]
    if path.parent in (Path(), Path("workflows")) and path.name.removesuffix(".json") in shipped:
        return SHIPPED / f"{path.name.removesuffix('.json')}.json"
    if path.is_dir():
        raise WorkflowError(f"{name} is a folder; give a workflow file, or a shipped one: {', '.join(shipped)}")
    unknown = UnknownNameError("shipped workflow", path.name.removesuffix(".json"), shipped)
    raise WorkflowError(f"there is no file {name}, and {unknown}")


def load_graph(path: str | Path, classes: Classes, assignments: Sequence[str] = ()) -> Graph:
    """Read a workflow file in either format.

    Args:
        path: a file that ComfyUI saved, or exported in API format.
        classes: the node types that can be run.
        assignments: `NODE.INPUT=VALUE`, to be applied in turn, see `Graph.set`. A muted or bypassed node that one of
            them names is woken, with the subgraph nodes around it. Of a subgraph node the widgets that it shows are
            set.

    Returns:
        The graph, which says what was woken and what is muted still.

    Raises:
        WorkflowError: for a file that is missing, not JSON, or no workflow, for a node that is not there, and for a
            value where another node's output belongs.
    """
    data = _read(path)
    if isinstance(data, dict) and isinstance(data.get("nodes"), list):
        graph, widgets, assignments = _graph_of_saved(data, classes, assignments)
    else:
        graph = _graph_of_api(data, path)
        widgets = [(call.id, {"type": call.kind, "title": call.title}, {}) for call in graph.calls.values()]
    for assignment in assignments:
        check_assignment(assignment, graph, classes)
        graph.set(assignment)
    replace_placeholders(graph, widgets)
    return graph


def _graph_of_saved(
    data: dict[str, Any], classes: Classes, assignments: Sequence[str]
) -> tuple[Graph, list[Widgets], list[str]]:
    """The graph, with nodes that are assigned to awake, the widgets of its nodes, and the assignments to calls."""
    with _damaged():
        workflow = SavedWorkflow(data, classes)
        woken = workflow.wake([target_of(assignment)[0] for assignment in assignments])
        calls = workflow.calls()
        graph = Graph(calls, data, woken, workflow.muted(), workflow.left_out)
        return graph, workflow.widgets(), [each for given in assignments for each in workflow.resolved(given)]


@contextmanager
def _damaged() -> Iterator[None]:
    """Say of a saved workflow that lacks something, or has something else in its place, what that is."""
    try:
        yield
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise WorkflowError(
            f"the saved workflow is damaged: {type(error).__name__} {error}; open it in ComfyUI and save it again"
        ) from error


def _read(path: str | Path) -> Any:
    """The JSON of a file, in any encoding of Unicode, with a byte order mark or without."""
    try:
        data = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise WorkflowError(f"cannot read the workflow {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise WorkflowError(f"{path} is not JSON ({error}); give a workflow saved or exported by ComfyUI") from error
    except RecursionError:
        raise WorkflowError(_too_deep(path)) from None
    if _is_deeper(data, DEEPEST):
        raise WorkflowError(_too_deep(path))
    return data


def _too_deep(path: str | Path) -> str:
    return f"{path} is nested deeper than {DEEPEST} levels, which no workflow is; save it again, or export it"


def _is_deeper(data: Any, levels: int) -> bool:
    layer = [data]
    for _ in range(levels):
        layer = [
            inner
            for each in layer
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(layer)


def _graph_of_api(data: Any, path: str | Path) -> Graph:
    if isinstance(data, dict) and isinstance(data.get("prompt"), dict):
        data = data["prompt"]
    if not isinstance(data, dict) or not data or not all(map(_is_api_node, data.values())):
        raise WorkflowError(f"{path} is JSON but not a workflow; give one saved or exported (API) by ComfyUI")
    return Graph({key: _call(key, node) for key, node in data.items()})


def _is_api_node(node: object) -> bool:
    return isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)


def _call(key: str, node: dict[str, Any]) -> Call:
    title = title_of(node.get("_meta"), node["class_type"])
    return Call(key, node["class_type"], title, {k: _value(v) for k, v in node["inputs"].items()})


def _value(value: Any) -> Any:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int) and not isinstance(value[1], bool):
        return Link(str(value[0]), value[1])
    return value["__value__"] if isinstance(value, dict) and "__value__" in value else value
