"""Run a graph without ComfyUI, the way its server does."""

from collections.abc import Callable, Iterator
from typing import Any

import torch

from ..core.errors import MonochromicError, WorkflowError
from ..core.host.host import current_host, using_host
from .graph import Call, Graph, Link
from .schema import Classes
from .validate import check

Observer = Callable[[Call, dict[str, Any]], None]
"""Called with a call that has something to show and its `ui` dictionary."""


def execute(graph: Graph, classes: Classes, show: Observer, begin: Callable[[Call], None]) -> None:
    """Check the whole graph, then run what its output nodes need, each node once.

    A node is called for each item of the lists it is given, as ComfyUI does it: an output is a list of one, unless
    the node says OUTPUT_IS_LIST, and the last item of a shorter list serves for the rest.
    `begin(call)` is told of each node as it starts. Raises `WorkflowError`, naming the node.
    """
    results: dict[str, list[list[Any]]] = {}
    order = check(graph, classes)
    hidden = {"PROMPT": graph.to_api(), "EXTRA_PNGINFO": {"workflow": graph.saved} if graph.saved else None}
    with torch.inference_mode():
        for call in order:
            begin(call)
            node, found = classes[call.kind], []
            for values in _each(call, node, results, hidden):
                shown, result = _run(call, node, values)
                if shown:
                    show(call, shown)
                found.append(result)
            results[call.id] = _gather(node, found)


def _each(
    call: Call, node: type[Any], results: dict[str, list[list[Any]]], hidden: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The inputs of each time that the node is to be called."""
    lists = {k: results[v.node][v.slot] if isinstance(v, Link) else [v] for k, v in call.inputs.items()}
    known = {k: hidden[kind] for k, kind in node.INPUT_TYPES().get("hidden", {}).items()}
    for i in range(max(map(len, lists.values()), default=1)):
        yield {k: items[min(i, len(items) - 1)] for k, items in lists.items()} | known


def _gather(node: type[Any], found: list[tuple[Any, ...]]) -> list[list[Any]]:
    """What several calls returned, as a list for each output."""
    flat = getattr(node, "OUTPUT_IS_LIST", (False,) * len(node.RETURN_TYPES))
    return [
        [item for result in found for item in (result[slot] if is_list else [result[slot]])]
        for slot, is_list in enumerate(flat)
    ]


def _run(call: Call, node: type[Any], values: dict[str, Any]) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """What a node wants shown, and its outputs."""
    shown = current_host().show if getattr(node, "OUTPUT_NODE", False) else None  # others are not looked at here
    try:
        with using_host(show=shown):
            returned = getattr(node(), node.FUNCTION)(**values)
    except MonochromicError as error:
        raise WorkflowError(f"{call}: {error}") from error
    if isinstance(returned, dict):
        return returned.get("ui", {}), returned.get("result", ())
    return {}, returned
