"""The subgraphs of a saved workflow, taken apart: a scope for the outermost graph and for each subgraph node."""

import re
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import WorkflowError

OUTSIDE, RESULT = "-10", "-20"  # ids that wires in a subgraph have for its inputs and for its outputs
MOST_NODES = 20_000
PREFIX = re.compile(r"^\s*\d+\s*:\s*")  # of a widget of a nested subgraph in files of some front ends


@dataclass
class Scope:
    """One graph: the outermost, or what one subgraph node holds.

    path: what the ids of its nodes begin with, such as `5:`. starts: node and output that each wire comes from. ends:
    the wire into each of the subgraph's outputs. inputs: names of the subgraph's inputs. values: what the widgets of
    the subgraph node say, by input. outer, host: the graph around it, and the subgraph node there. inner: the scopes
    of its subgraph nodes, by their ids.
    """

    path: str
    nodes: dict[str, dict[str, Any]]
    starts: dict[str, tuple[str, int]]
    ends: dict[int, str] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    outer: "Scope | None" = None
    host: dict[str, Any] = field(default_factory=dict)
    inner: dict[str, "Scope"] = field(default_factory=dict)

    def wire_of(self, name: str) -> str | None:
        """The wire, in the graph around, into the subgraph's input of that name."""
        return next((wire_of(e) for e in self.host.get("inputs") or [] if e["name"] == name), None)


def wire_of(entry: dict[str, Any]) -> str | None:
    """The wire into an input; None for one that is not linked."""
    return None if entry.get("link") is None else str(entry["link"])


def scopes_of(data: dict[str, Any]) -> list[Scope]:
    """The scopes of a workflow, outer ones before those in them. Raises `WorkflowError` where they have no end."""
    definitions = {each["id"]: each for each in (data.get("definitions") or {}).get("subgraphs") or []}
    scopes = [Scope("", {str(n["id"]): n for n in data["nodes"]}, _starts(data))]
    lineages: list[tuple[Any, ...]] = [()]
    count = len(data["nodes"])
    for scope, lineage in zip(scopes, lineages, strict=True):  # both grow in the loop
        for node in scope.nodes.values():
            kind = node["type"]
            if kind not in definitions:
                continue
            if kind in lineage:
                raise WorkflowError(f"subgraph {definitions[kind].get('name', kind)!r} contains itself; unpack it")
            inner = _scope(definitions[kind], node, scope)
            scope.inner[str(node["id"])] = inner
            scopes.append(inner)
            lineages.append((*lineage, kind))
            count += len(inner.nodes)
            if count > MOST_NODES:
                raise WorkflowError(f"the subgraphs hold more than {MOST_NODES} nodes; unpack some of them")
    return scopes


def _starts(graph: dict[str, Any]) -> dict[str, tuple[str, int]]:
    wires = (
        (w["id"], w["origin_id"], w["origin_slot"]) if isinstance(w, dict) else (w[0], w[1], w[2])
        for w in graph.get("links") or []
    )
    starts = {str(wire): (str(origin), slot) for wire, origin, slot in wires}
    for wire, (_, slot) in starts.items():
        if type(slot) is not int or slot < 0:
            raise WorkflowError(
                f"the saved workflow is damaged: link {wire} begins at output {slot!r}; open it in "
                "ComfyUI, link anew and save it"
            )
    return starts


def _scope(definition: dict[str, Any], host: dict[str, Any], outer: Scope) -> Scope:
    nodes = {str(n["id"]): dict(n) for n in definition["nodes"]}  # each subgraph node has its own
    scope = Scope(
        f"{outer.path}{host['id']}:",
        nodes,
        _starts(definition),
        {w["target_slot"]: str(w["id"]) for w in definition.get("links") or [] if str(w["target_id"]) == RESULT},
        [i["name"] for i in definition.get("inputs") or []],
        outer=outer,
        host=host,
    )
    _take_values(scope)
    return scope


def _take_values(scope: Scope) -> None:
    """Hand the subgraph node's own widget values to its inputs, and to nodes in it whose widgets it shows."""
    values = scope.host.get("widgets_values") or []
    named = {("-1", k): v for k, v in values.items()} if isinstance(values, dict) else _named(scope, values)
    named |= {("-1", name): value for name, value in scope.host.get("promoted", {}).items()}
    for (node_id, name), value in named.items():
        if value is None:
            continue
        if node_id == "-1":
            scope.values[name] = value
        if node := scope.nodes.get(node_id):
            node["promoted"] = {**node.get("promoted", {}), name: value}


def shown_widgets(host: dict[str, Any]) -> list[tuple[str, str]]:
    """The widgets that a subgraph node lists as shown: their nodes' ids and their names."""
    properties = host.get("properties") or {}
    return [(str(p[0]), PREFIX.sub("", str(p[1]))) for p in properties.get("proxyWidgets") or []]


def _named(scope: Scope, values: list[Any]) -> dict[tuple[str, str], Any]:
    """Widget values by position as {(node, widget): value}; the node of an input is -1.

    By the order of the inputs that lead to widgets, or of the property `proxyWidgets`, where some front ends list the
    widgets that are shown.
    """
    fed = {wire_of(e) for n in scope.nodes.values() for e in n.get("inputs") or [] if e.get("widget")}
    leading = {slot for wire, (origin, slot) in scope.starts.items() if origin == OUTSIDE and wire in fed}
    inputs = [("-1", name) for i, name in enumerate(scope.inputs) if i in leading]
    listed = shown_widgets(scope.host)
    order = [*(i for i in inputs if i not in listed), *listed]
    return dict(zip(order if len(order) <= len(values) or not listed else listed, values, strict=False))
