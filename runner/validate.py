"""What ComfyUI's server checks before it runs a graph, and in which order to run it."""

import inspect
from typing import Any

from ..core.errors import UnknownNameError, WorkflowError
from .graph import Call, Graph, Link
from .schema import VALUES, Classes, Input, inputs_of

TRUE, FALSE = ("true", "yes", "1", "on"), ("false", "no", "0", "off")


def check(graph: Graph, classes: Classes) -> list[Call]:
    """The calls that outputs need, each after what it needs; constants are converted in place.

    Raises `WorkflowError`, naming the node, for an unknown type, no output node, a cycle, a missing
    input, a link that does not fit, or a value out of range.
    """
    for call in graph.calls.values():
        if call.kind not in classes:
            raise WorkflowError(f"{call}: {UnknownNameError('node type', call.kind, classes)}")
    order: dict[str, Call] = {}
    for call in graph.calls.values():
        if getattr(classes[call.kind], "OUTPUT_NODE", False):
            _visit(call, graph, order, ())
    if not order:
        raise WorkflowError("the workflow has no output node; add SaveImage, PreviewImage or PreviewAny")
    for call in order.values():
        _check_inputs(call, graph, classes)
    return list(order.values())


def _visit(call: Call, graph: Graph, order: dict[str, Call], path: tuple[str, ...]) -> None:
    if call.id in order:
        return
    if call.id in path:
        raise WorkflowError(f"{call} is part of a cycle ({' -> '.join((*path, call.id))}); cut one of its links")
    for name, value in call.inputs.items():
        if isinstance(value, Link):
            if value.node not in graph.calls:
                raise WorkflowError(f"{call}: input {name!r} is linked to node {value.node}, which is not there")
            _visit(graph.calls[value.node], graph, order, (*path, call.id))
    order[call.id] = call


def _check_inputs(call: Call, graph: Graph, classes: Classes) -> None:
    node = classes[call.kind]
    known = inputs_of(node)
    for name in call.inputs:
        if name not in known:
            raise WorkflowError(f"{call}: {UnknownNameError('input', name, known)}")
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
    except (TypeError, ValueError) as error:
        wanted = entry.kind if entry.kind in VALUES else f"{entry.kind} from another node"
        raise WorkflowError(f"{call}: input {entry.name!r} must be {wanted}, got {value!r}") from error
    if not ranged:
        return value
    if entry.choices is not None and value not in entry.choices:
        raise WorkflowError(f"{call}: {UnknownNameError(f'choice for {entry.name!r}', value, map(str, entry.choices))}")
    low, high = entry.options.get("min"), entry.options.get("max")
    if (low is not None and value < low) or (high is not None and value > high):
        raise WorkflowError(f"{call}: input {entry.name!r} must be from {low} to {high}, got {value}")
    return value


def _convert(kind: str, value: Any) -> Any:
    if kind == "BOOLEAN" and isinstance(value, str):
        if value.lower() not in TRUE + FALSE:
            raise ValueError(value)
        return value.lower() in TRUE
    if kind not in VALUES:
        raise TypeError(f"{kind} has to come from another node")
    return {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}.get(kind, lambda v: v)(value)


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
