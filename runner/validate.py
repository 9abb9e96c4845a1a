"""What ComfyUI's server checks before it runs a graph, and in which order to run it."""

import difflib
import inspect
import logging
import math
from collections.abc import Callable, Iterator
from typing import Any

from ..core.errors import UnknownNameError, WorkflowError
from .graph import Call, Graph, Link
from .schema import VALUES, Classes, Input, inputs_of

log = logging.getLogger(__name__)
Schema = dict[str, Input]
TRUE, FALSE = ("true", "yes", "1", "on"), ("false", "no", "0", "off")


def check(graph: Graph, classes: Classes) -> list[Call]:
    """The calls that outputs need, each after what it needs; constants are converted in place.

    As in ComfyUI, inputs that a node does not declare are dropped, and an output node that is wired to nothing does
    not keep others from running; both are said where they may be a slip.

    Raises `WorkflowError`, naming the node, for an unknown type, no output node, a cycle, a missing
    input, a link that does not fit, or a value out of range.
    """
    for call in graph.calls.values():
        if call.kind not in classes:
            raise WorkflowError(f"{call}: {UnknownNameError('node type', _short(call.kind, str), classes)}")
    schemas = {kind: inputs_of(classes[kind]) for kind in {c.kind for c in graph.calls.values()}}
    for call in graph.calls.values():
        _drop_undeclared(call, schemas[call.kind])
    order: dict[str, Call] = {}
    for call in _outputs(graph, classes, schemas):
        _visit(call, graph, order)
    if not order:
        raise WorkflowError("the workflow has no output node; add SaveImage, PreviewImage or PreviewAny")
    for call in order.values():
        _check_inputs(call, schemas[call.kind], graph, classes)
    return list(order.values())


def _drop_undeclared(call: Call, known: Schema) -> None:
    for name in [n for n in call.inputs if n not in known]:
        if name in call.typed:
            raise WorkflowError(f"{call}: {UnknownNameError('input', _short(name, str), known)}")
        del call.inputs[name]
        if near := difflib.get_close_matches(name, [k for k in known if k not in call.inputs], 1, 0.7):
            log.warning("%s has no input %r, which is left out; did you mean %r?", call, name, near[0])


def _outputs(graph: Graph, classes: Classes, schemas: dict[str, Schema]) -> list[Call]:
    """The output nodes; without those that lack all their links, where there are others."""
    outputs = [c for c in graph.calls.values() if getattr(classes[c.kind], "OUTPUT_NODE", False)]
    sockets = {c.kind: _sockets(schemas[c.kind]) for c in outputs}
    wired = [c for c in outputs if c.inputs.keys() & sockets[c.kind] or not sockets[c.kind]]
    for call in outputs if wired else ():
        if call not in wired:
            log.warning("%s is wired to nothing and is left out", call)
    return wired or outputs


def _sockets(known: Schema) -> set[str]:
    """Names of the inputs that have to be linked."""
    return {e.name for e in known.values() if e.required and not e.is_widget}


def _visit(output: Call, graph: Graph, order: dict[str, Call]) -> None:
    """Append what an output needs, and it, to the order; without recursion, since graphs may be deep."""
    path: dict[str, Iterator[Call]] = {}
    if output.id not in order:
        path[output.id] = _sources(output, graph)
    while path:
        current = next(reversed(path))
        source = next(path[current], None)
        if source is None:
            del path[current]
            order[current] = graph.calls[current]
        elif source.id in path:
            cycle = [*list(path)[list(path).index(source.id) :], source.id]
            shown = " -> ".join(cycle if len(cycle) < 12 else [*cycle[:5], "...", *cycle[-5:]])
            raise WorkflowError(f"{source} is part of a cycle ({shown}); cut one of its links")
        elif source.id not in order:
            path[source.id] = _sources(source, graph)


def _sources(call: Call, graph: Graph) -> Iterator[Call]:
    for name, value in call.inputs.items():
        if isinstance(value, Link):
            if value.node not in graph.calls:
                where = _short(value.node, str)
                raise WorkflowError(f"{call}: input {name!r} is linked to node {where}, which is not there")
            yield graph.calls[value.node]


def _check_inputs(call: Call, known: Schema, graph: Graph, classes: Classes) -> None:
    node = classes[call.kind]
    checked_by_node = _validated(node)
    for entry in known.values():
        if entry.name not in call.inputs:
            if entry.required:
                raise WorkflowError(f"{call}: required input {entry.name!r} is missing; link it or set it")
            continue
        value = call.inputs[entry.name]
        if isinstance(value, Link):
            _check_link(call, entry, value, graph, classes)
        else:
            call.inputs[entry.name] = _constant(call, entry, value, entry.name not in checked_by_node)
    _ask_node(call, node, checked_by_node)


def _check_link(call: Call, entry: Input, link: Link, graph: Graph, classes: Classes) -> None:
    source = graph.calls[link.node]
    kinds = classes[source.kind].RETURN_TYPES
    if not 0 <= link.slot < len(kinds):
        raise WorkflowError(
            f"{call}: input {entry.name!r} is linked to output {link.slot} of {source}, which has {len(kinds)}"
        )
    offered, wanted = kinds[link.slot], entry.kind
    if "*" not in (offered, wanted) and offered not in wanted.split(","):
        raise WorkflowError(
            f"{call}: input {entry.name!r} takes {wanted}, but output {link.slot} of {source} gives {offered}"
        )


def _constant(call: Call, entry: Input, value: Any, ranged: bool) -> Any:
    """The value as the type the node declares, within its range or among its choices."""
    try:
        value = _convert(entry.kind, value)
    except (TypeError, ValueError, OverflowError) as error:
        wanted = entry.kind if entry.kind in VALUES else f"{entry.kind} from another node"
        raise WorkflowError(f"{call}: input {entry.name!r} must be {wanted}, got {_short(value)}") from error
    if entry.choices is not None and not isinstance(value, str) and value not in entry.choices:
        raise WorkflowError(f"{call}: input {entry.name!r} must be a name, got {_short(value)}")
    if not ranged:
        return value
    if entry.choices is not None and value not in entry.choices:
        unknown = UnknownNameError(f"choice for {entry.name!r}", _short(value, str), map(str, entry.choices))
        raise WorkflowError(f"{call}: {unknown}")
    low, high = entry.options.get("min"), entry.options.get("max")
    if (low is not None and value < low) or (high is not None and value > high):
        raise WorkflowError(f"{call}: input {entry.name!r} must be from {low} to {high}, got {_short(value)}")
    return value


def _short(value: Any, text: Callable[[Any], str] = repr) -> str:
    """A value as it is shown in an error."""
    shown = text(value)
    return shown if len(shown) <= 100 else f"{shown[:80]}..."


def _convert(kind: str, value: Any) -> Any:
    if kind == "BOOLEAN" and isinstance(value, str):
        if value.lower() not in TRUE + FALSE:
            raise ValueError(value)
        return value.lower() in TRUE
    if kind not in VALUES:
        raise TypeError(f"{kind} has to come from another node")
    value = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}.get(kind, lambda v: v)(value)
    if kind == "FLOAT" and not math.isfinite(value):
        raise ValueError(value)
    return value


def _validated(node: type[Any]) -> list[str]:
    """Names of the inputs that the node's own VALIDATE_INPUTS judges."""
    validate = getattr(node, "VALIDATE_INPUTS", None)
    return list(inspect.signature(validate).parameters) if validate else []


def _ask_node(call: Call, node: type[Any], names: list[str]) -> None:
    if not names:
        return
    constants = {n: call.inputs[n] for n in names if n in call.inputs and not isinstance(call.inputs[n], Link)}
    verdict = node.VALIDATE_INPUTS(**constants)
    if verdict is not True:
        raise WorkflowError(f"{call}: {verdict or 'the node refuses its inputs'}")
