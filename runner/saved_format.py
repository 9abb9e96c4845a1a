"""ComfyUI's saved workflows (nodes, links, widget values by position) to calls.

The server never sees this format: the front end turns it into the API format before it queues it, and
leaves out what only the front end knows. The same is done here: notes, reroutes and primitives dissolve,
muted nodes are gone, bypassed ones pass their inputs on.
"""

from collections.abc import Iterable
from typing import Any

from ..core.errors import WorkflowError
from .graph import Call, Link
from .schema import Classes, inputs_of, widget_slots

NOTES = ("Note", "MarkdownNote")
MUTED, BYPASSED = 2, 4


def calls_of_saved(data: dict[str, Any], classes: Classes) -> dict[str, Call]:
    """The calls of a saved workflow by id. Raises `WorkflowError` where it is damaged."""
    try:
        nodes = {node["id"]: node for node in data["nodes"]}
        wires = Wires(nodes, {_wire_id(w): _wire_start(w) for w in data.get("links", [])})
        run = [n for n in nodes.values() if n["type"] not in (*NOTES, "Reroute", "PrimitiveNode")]
        run = [n for n in run if n.get("mode", 0) not in (MUTED, BYPASSED)]
        subgraphs = {s["id"] for s in data.get("definitions", {}).get("subgraphs", [])}
        for node in run:
            if node["type"] in subgraphs:
                raise WorkflowError(f"node {node['id']} is a subgraph; unpack it, or export the workflow in API format")
        return {str(n["id"]): _call(n, wires, classes) for n in run}
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise WorkflowError(f"the saved workflow is damaged: {type(error).__name__} {error}") from error


def wake(data: dict[str, Any], names: Iterable[str]) -> tuple[str, ...]:
    """Unmute the nodes of these ids or titles in a saved workflow, unless a node of that name runs anyway.

    Returns what was woken, as `3 (Your photo)`. Raises `WorkflowError` where several muted nodes have a title.
    """
    woken = []
    for name in dict.fromkeys(names):
        named = [n for n in data["nodes"] if isinstance(n, dict) and name in (str(n.get("id")), _title(n))]
        if not named or not all(map(_is_muted, named)):
            continue
        if len(named) > 1:
            raise WorkflowError(f"{len(named)} muted nodes are titled {name!r}; use an id: {_names(named)}")
        named[0]["mode"] = 0
        woken.append(_names(named))
    return tuple(woken)


def muted_nodes(data: dict[str, Any]) -> tuple[str, ...]:
    """The nodes of a saved workflow that do not run, as `3 (Your photo)`."""
    return tuple(_names([node]) for node in data["nodes"] if isinstance(node, dict) and _is_muted(node))


def _is_muted(node: dict[str, Any]) -> bool:
    return node.get("mode", 0) in (MUTED, BYPASSED) and node.get("type") not in NOTES


def _names(nodes: list[dict[str, Any]]) -> str:
    return ", ".join(f"{node.get('id')} ({_title(node)})" for node in nodes)


def _title(node: dict[str, Any]) -> Any:
    return node.get("title") or node.get("type")


def _wire_id(wire: Any) -> Any:
    return wire["id"] if isinstance(wire, dict) else wire[0]


def _wire_start(wire: Any) -> tuple[Any, int]:
    return (wire["origin_id"], wire["origin_slot"]) if isinstance(wire, dict) else (wire[1], wire[2])


class Wires:
    """Where each wire of a saved workflow gets its value from."""

    def __init__(self, nodes: dict[Any, dict[str, Any]], starts: dict[Any, tuple[Any, int]]) -> None:
        self.nodes, self.starts = nodes, starts

    def source(self, wire: Any, seen: tuple[Any, ...] = ()) -> Any:
        """A `Link`, a primitive's value, or None where nothing arrives."""
        if wire is None or wire not in self.starts:
            return None
        if wire in seen:
            raise WorkflowError("the workflow has a cycle of reroutes or bypassed nodes; cut one of its links")
        node_id, slot = self.starts[wire]
        node = self.nodes[node_id]
        if node["type"] == "PrimitiveNode":
            return node["widgets_values"][0]
        if node["type"] == "Reroute":
            return self.source(node["inputs"][0]["link"], (*seen, wire))
        if node.get("mode", 0) == BYPASSED:
            return self.source(_passed_on(node, slot), (*seen, wire))
        return None if node.get("mode", 0) == MUTED else Link(str(node_id), slot)


def _passed_on(node: dict[str, Any], slot: int) -> Any:
    """The wire that a bypassed node hands on: of the output's type, at its place or else the first."""
    inputs, kind = node.get("inputs", []), node["outputs"][slot]["type"]
    wired = [i for i in inputs[slot : slot + 1] + inputs if i["type"] == kind and i.get("link") is not None]
    return wired[0]["link"] if wired else None


def _call(node: dict[str, Any], wires: Wires, classes: Classes) -> Call:
    kind = node["type"]
    inputs = _widget_values(node, classes[kind]) if kind in classes else {}
    for entry in node.get("inputs") or []:
        value = wires.source(entry.get("link"))
        if value is not None:
            inputs[entry["name"]] = value
    return Call(str(node["id"]), kind, node.get("title") or kind, inputs)


def _widget_values(node: dict[str, Any], node_class: type) -> dict[str, Any]:
    """Values of a node's widgets by name; one that an older file lacks has its default."""
    values = node.get("widgets_values") or []
    if isinstance(values, list):
        slots = widget_slots(node_class)
        values = {name: v for name, v in zip(slots, values, strict=False) if name is not None}
    return {i.name: values.get(i.name, i.default) for i in inputs_of(node_class).values() if i.is_widget}
