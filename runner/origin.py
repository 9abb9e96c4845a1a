"""Which node to set, where `--set` gave a value to an input that takes another node's output."""

import shlex
from collections.abc import Container, Mapping
from typing import Any

from ..core.errors import WorkflowError
from .graph import Call, Graph, Link, target_of
from .saved_format import SavedWorkflow
from .schema import VALUES, Classes, inputs_of


def check_assignment(assignment: str, graph: Graph, classes: Classes) -> None:
    """Refuse a value for an input that takes another node's output, such as an IMAGE.

    Args:
        assignment: `NODE.INPUT=VALUE`, not applied yet.
        graph: that it is for.
        classes: the node types that can be run.

    Raises:
        WorkflowError: names the node that the input comes from, muted or not, and what to set there.
    """
    name, key, value = target_of(assignment)
    call = graph.find(name)
    entry = inputs_of(classes[call.kind]).get(key) if call.kind in classes else None
    if entry is None or entry.kind in VALUES:
        return
    calls = _all_calls(graph, classes)
    origin = _origin(calls.get(call.id, call), key, entry.kind, calls, classes)
    advice = "link it in the workflow"
    if origin is not None:
        advice = f"it comes from node {origin.id} ({origin.title}): {_advice(origin, value, calls, classes)}"
    raise WorkflowError(f"{call}: input {key!r} takes {entry.kind} from another node, not {value!r}; {advice}")


def _all_calls(graph: Graph, classes: Classes) -> Mapping[str, Call]:
    """The calls of the graph, with those of its muted nodes."""
    if graph.saved is None:
        return graph.calls
    definitions = graph.saved.get("definitions") or {}
    subgraphs = [{**each, "nodes": _awake(each["nodes"], classes)} for each in definitions.get("subgraphs") or []]
    nodes = _awake(graph.saved["nodes"], {*classes, *(each["id"] for each in subgraphs)})
    return SavedWorkflow({**graph.saved, "nodes": nodes, "definitions": {"subgraphs": subgraphs}}, classes).calls()


def _awake(nodes: list[Any], kinds: Container[str]) -> list[Any]:
    return [{**node, "mode": 0} if node["type"] in kinds else node for node in nodes]


def _origin(call: Call, key: str, kind: str, calls: Mapping[str, Call], classes: Classes) -> Call | None:
    """The first node of the chain that gives an input its value: from output to input of one type, back to the file."""
    origin, link, seen = None, call.inputs.get(key), {call.id}
    while isinstance(link, Link) and link.node in calls and link.node not in seen:
        origin = calls[link.node]
        seen.add(origin.id)
        known = inputs_of(classes[origin.kind]) if origin.kind in classes else {}
        links = [v for k, v in origin.inputs.items() if isinstance(v, Link) and k in known and known[k].kind == kind]
        link = links[0] if links else None
    return origin


def _advice(origin: Call, value: str, calls: Mapping[str, Call], classes: Classes) -> str:
    """What to type instead."""
    inputs = inputs_of(classes[origin.kind]).values() if origin.kind in classes else ()
    name = origin.title if [c.title for c in calls.values()].count(origin.title) == 1 else origin.id
    files = [entry.name for entry in inputs if entry.options.get("image_upload")]
    if files:
        return f"--set {shlex.quote(f'{name}.{files[0]}={value}')}"
    return f"set its inputs ({', '.join(entry.name for entry in inputs if entry.is_widget)})"
