"""What `--set` names in a saved workflow: nodes that do not run are woken, and widgets of subgraph nodes found."""

from collections.abc import Iterable, Iterator
from typing import Any

from ..core.errors import WorkflowError
from .graph import Call, target_of, title_of
from .subgraphs import OUTSIDE, Scope, shown_widgets, wire_of

MUTED, BYPASSED = 2, 4
Place = tuple[Scope, dict[str, Any]]
"""A node, and the graph that it is in."""


def runs(node: dict[str, Any]) -> bool:
    """Whether a node is neither muted nor bypassed itself."""
    return node.get("mode", 0) not in (MUTED, BYPASSED)


def is_running(scope: Scope, node: dict[str, Any]) -> bool:
    """Whether a node runs, and all subgraph nodes around it."""
    return runs(node) and all(runs(each.host) for each in around(scope))


def name_of(scope: Scope, node: dict[str, Any]) -> str:
    """What messages call a node, such as `3 (Your photo)`."""
    return str(Call(f"{scope.path}{node['id']}", node["type"], title_of(node, node["type"]))).removeprefix("node ")


def named(places: Iterable[Place], name: str) -> list[Place]:
    """The nodes of that id, or of that title."""
    return [(s, n) for s, n in places if name in (f"{s.path}{n['id']}", title_of(n, n["type"]))]


def wake(places: list[Place], names: Iterable[str]) -> tuple[str, ...]:
    """Let the nodes of these ids or titles run, unless a node of that name runs anyway.

    A subgraph node around one is woken too. Muting a subgraph node in ComfyUI mutes what is in it: where nothing in it
    runs, all of it is woken.

    Returns what was woken, as `3 (Your photo)`. Raises `WorkflowError` where several that do not run have a title.
    """
    woken: list[str] = []
    for name in dict.fromkeys(names):
        there = named(places, name)
        if not there or any(is_running(*each) for each in there):
            continue
        if len(there) > 1:
            shown = ", ".join(name_of(*each) for each in there)
            raise WorkflowError(f"{len(there)} muted nodes are titled {name!r}; use an id: {shown}")
        scope, node = there[0]
        inner = scope.inner.get(str(node["id"]))
        hosts = [each for each in reversed([*([inner] if inner else []), *around(scope)]) if not runs(each.host)]
        for each in hosts:
            woken += _wake_host(each)
        if not runs(node):
            node["mode"] = 0
            woken.append(name_of(scope, node))
    return tuple(dict.fromkeys(woken))


def _wake_host(scope: Scope) -> list[str]:
    """Let a subgraph node run, and what is in it if nothing of that would."""
    assert scope.outer is not None
    scope.host["mode"] = 0
    if not any(runs(node) for node in scope.nodes.values()):
        for node in scope.nodes.values():
            node["mode"] = 0
            if inner := scope.inner.get(str(node["id"])):
                _wake_host(inner)
    return [name_of(scope.outer, scope.host)]


def around(scope: Scope) -> Iterator[Scope]:
    """A graph and those around it, but the outermost."""
    while scope.outer is not None:
        yield scope
        scope = scope.outer


def resolved(assignment: str, places: list[Place]) -> list[str]:
    """An assignment to a widget that a subgraph node shows, as ones to the nodes in it that have the widget."""
    name, key, value = target_of(assignment)
    there = [each for each in named(places, name) if is_running(*each)]
    if len(there) != 1:
        return [assignment]
    scope, node = there[0]
    inner = scope.inner.get(str(node["id"]))
    targets = list(_widgets(inner, key)) if inner else []
    if inner and not targets:
        shown = sorted({*inner.inputs, *(widget for _, widget in shown_widgets(inner.host))})
        raise WorkflowError(
            f"node {name_of(scope, node)} is a subgraph without a widget {key!r}; it has {', '.join(shown) or 'none'}, "
            f"and the nodes in it are named as {inner.path}ID"
        )
    return [f"{target}.{widget}={value}" for target, widget in targets] or [assignment]


def _widgets(scope: Scope, key: str) -> Iterator[tuple[str, str]]:
    """The nodes and widgets, within a subgraph, that its input or shown widget of that name sets."""
    for node_id, widget in shown_widgets(scope.host):
        if widget == key and node_id in scope.nodes:
            yield from _inside(scope, scope.nodes[node_id], widget)
    for node in scope.nodes.values():
        for entry in node.get("inputs") or []:
            origin, slot = scope.starts.get(wire_of(entry) or "", ("", 0))
            if origin == OUTSIDE and scope.inputs[slot] == key and (entry.get("widget") or _is_host(scope, node)):
                yield from _inside(scope, node, entry["name"])


def _inside(scope: Scope, node: dict[str, Any], key: str) -> Iterator[tuple[str, str]]:
    if inner := scope.inner.get(str(node["id"])):
        yield from _widgets(inner, key)
    else:
        yield f"{scope.path}{node['id']}", key


def _is_host(scope: Scope, node: dict[str, Any]) -> bool:
    return str(node["id"]) in scope.inner
