"""ComfyUI's saved workflows (nodes, links, widget values by position) to calls.

The server never sees this format: the front end turns it into the API format before it queues it, and
leaves out what only the front end knows. The same is done here: notes, reroutes, primitives and pairs of Set and
Get dissolve, muted nodes are gone, bypassed ones pass their inputs on, subgraphs are taken apart.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from ..core.errors import WorkflowError
from .graph import Call, Link, title_of
from .placeholders import Widgets
from .schema import Classes, Input, inputs_of, widget_slots
from .subgraphs import OUTSIDE, Scope, scopes_of, wire_of
from .waking import BYPASSED, MUTED, Place, around, name_of, resolved, runs, wake

SETTERS, GETTERS = ("SetNode", "easy setNode"), ("GetNode", "easy getNode")
PASSING = ("Reroute", "Reroute (rgthree)", *SETTERS)
RGTHREE = (
    *("Bookmark", "Label", "Fast Muter", "Fast Bypasser", "Fast Groups Muter", "Fast Groups Bypasser"),
    *("Fast Actions Button", "Mute / Bypass Relay", "Mute / Bypass Repeater", "Random Unmuter", "Node Collector"),
)
NOTES = ("Note", "MarkdownNote", *(f"{name} (rgthree)" for name in RGTHREE))
VIRTUAL = {*NOTES, *PASSING, *GETTERS, "PrimitiveNode"}
GROUP = ("workflow>", "workflow/")  # what the type of a group node begins with


class SavedWorkflow:
    """A saved workflow whose subgraphs are taken apart. `left_out`: nodes that nothing is wired to, as `3 (Title)`."""

    def __init__(self, data: dict[str, Any], classes: Classes) -> None:
        self.scopes, self.classes = scopes_of(data), classes
        self.schemas: dict[str, tuple[list[str | None], dict[str, Input]]] = {}
        self.left_out: tuple[str, ...] = ()

    def calls(self) -> dict[str, Call]:
        """The calls by id; those of a subgraph have ids such as `5:3`. Raises `WorkflowError`."""
        calls, left_out = {}, []
        for scope in self._running():
            wired = {origin for origin, _ in scope.starts.values()}
            for node_id, node in scope.nodes.items():
                kind = node["type"]
                if kind in VIRTUAL or node_id in scope.inner or not runs(node):
                    continue
                if kind not in self.classes and node_id not in wired and not _is_fed(node, scope):
                    left_out.append(name_of(scope, node))
                    continue
                _refuse_group(scope, node)
                call = self._call(scope, node)
                calls[call.id] = call
        self.left_out = tuple(left_out)
        return calls

    def wake(self, names: Iterable[str]) -> tuple[str, ...]:
        """Let the nodes of these ids or titles run, see `waking.wake`."""
        return wake(self._worked(), names)

    def resolved(self, assignment: str) -> list[str]:
        """An assignment to a subgraph node as ones to the nodes in it, see `waking.resolved`."""
        return resolved(assignment, self._worked())

    def muted(self) -> tuple[str, ...]:
        """The nodes that do not run, as `3 (Your photo)`; of a subgraph node that does not, only itself."""
        places = [(s, n) for s, n in self._worked() if all(runs(each.host) for each in around(s))]
        return tuple(name_of(s, n) for s, n in places if not runs(n))

    def _worked(self) -> list[Place]:
        return [(scope, node) for scope, node in self._nodes() if node["type"] not in NOTES]

    def widgets(self) -> list[Widgets]:
        """Id, node and widget values by name, of every node whose widgets are known."""
        return [
            (f"{scope.path}{node['id']}", node, self._widget_values(node))
            for scope, node in self._nodes()
            if node["type"] in self.classes
        ]

    def _nodes(self) -> Iterator[tuple[Scope, dict[str, Any]]]:
        return ((scope, node) for scope in self.scopes for node in scope.nodes.values())

    def _running(self) -> Iterator[Scope]:
        """The outermost graph, and those of subgraph nodes that are neither muted nor bypassed, nor lie in one."""
        running: set[str] = set()
        for scope in self.scopes:  # outer ones come first
            if scope.outer is None or (scope.outer.path in running and runs(scope.host)):
                running.add(scope.path)
                yield scope

    def _call(self, scope: Scope, node: dict[str, Any]) -> Call:
        kind = node["type"]
        inputs = self._widget_values(node) if kind in self.classes else {}
        for entry in node.get("inputs") or []:
            value = _source(scope, wire_of(entry))
            if value is not None:
                inputs[entry["name"]] = value
        return Call(f"{scope.path}{node['id']}", kind, title_of(node, kind), inputs)

    def _widget_values(self, node: dict[str, Any]) -> dict[str, Any]:
        """Values of a node's widgets by name; one that an older file lacks has its default."""
        kind, values = node["type"], node.get("widgets_values") or []
        if kind not in self.schemas:  # made once, since it looks at folders and weights
            self.schemas[kind] = widget_slots(self.classes[kind]), inputs_of(self.classes[kind])
        slots, known = self.schemas[kind]
        if isinstance(values, list):
            values = {name: v for name, v in zip(slots, values, strict=False) if name is not None}
        values = {**values, **node.get("promoted", {})}
        return {i.name: values.get(i.name, i.default) for i in known.values() if i.is_widget}


def _is_fed(node: dict[str, Any], scope: Scope) -> bool:
    return any(wire_of(entry) in scope.starts for entry in node.get("inputs") or [])


def _refuse_group(scope: Scope, node: dict[str, Any]) -> None:
    if str(node["type"]).startswith(GROUP):
        raise WorkflowError(
            f"node {name_of(scope, node)} is a group node, which newer front ends replaced by subgraphs; in ComfyUI "
            "convert it to nodes or to a subgraph and save, or export the workflow in API format"
        )


def _source(scope: Scope, wire: str | None) -> Any:
    """What arrives by a wire: a `Link`, the value of a primitive or of a subgraph's widget, or None for nothing."""
    seen: set[tuple[str, str]] = set()
    shown = None
    while wire is not None and wire in scope.starts:
        if (scope.path, wire) in seen:
            raise WorkflowError("the workflow has a cycle of reroutes or bypassed nodes; cut one of its links")
        seen.add((scope.path, wire))
        origin, slot = scope.starts[wire]
        if origin == OUTSIDE and scope.outer is not None:
            name = scope.inputs[slot]
            shown = scope.values.get(name, shown)
            wire, scope = scope.wire_of(name), scope.outer
            continue
        node = scope.nodes.get(origin, {"type": "Note"})
        if node["type"] == "PrimitiveNode":
            return node["widgets_values"][0]
        if origin not in scope.inner and node["type"] not in VIRTUAL and runs(node):
            return Link(f"{scope.path}{origin}", slot)
        scope, wire = _before(scope, node, slot)
    return shown


def _before(scope: Scope, node: dict[str, Any], slot: int) -> tuple[Scope, str | None]:
    """The wire whose value a node that is no call hands on by an output, and the graph where that wire is."""
    kind, mode, inner = node["type"], node.get("mode", 0), scope.inner.get(str(node.get("id")))
    if mode == MUTED:
        return scope, None
    if mode == BYPASSED:
        return scope, _passed_on(node, slot)
    if inner:
        return inner, inner.ends.get(slot)
    if kind in GETTERS:
        return _set_by(scope, node)
    return scope, wire_of(node["inputs"][0]) if kind in PASSING else None


def _set_by(scope: Scope, getter: dict[str, Any]) -> tuple[Scope, str | None]:
    """The wire into the Set node whose name a Get node has, in this graph or in one around it."""
    name = getter["widgets_values"][0]
    there: Scope | None = scope
    while there is not None:
        for node in there.nodes.values():
            if node["type"] in SETTERS and node["widgets_values"][0] == name:
                return there, wire_of(node["inputs"][0])
        there = there.outer
    raise WorkflowError(f"node {name_of(scope, getter)} gets {str(name)!r}, which no Set node sets; set it, or link it")


def _passed_on(node: dict[str, Any], slot: int) -> str | None:
    """The wire that a bypassed node hands on, as the front end does.

    It is that of the input at the output's place if its type fits, else of the first input of that type; there may be
    no wire to it.
    """
    inputs, kind = node.get("inputs") or [], node["outputs"][slot]["type"]
    same = inputs[slot : slot + 1]
    if kind in ("*", ""):
        fitting = same + inputs
    else:
        exact = [entry for entry in inputs if entry["type"] == kind]
        fitting = [entry for entry in same if entry["type"] in (kind, "*")] + exact
        fitting += [entry for entry in inputs if entry["type"] == "*"]
    return wire_of(fitting[0]) if fitting else None
