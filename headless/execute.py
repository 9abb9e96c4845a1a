"""Run a graph without ComfyUI, the way its server does."""

from collections.abc import Callable
from typing import Any

import torch

from ..core.errors import MonochromicError, WorkflowError
from .check import check
from .graph import Call, Graph, Link
from .schema import Classes

Observer = Callable[[Call, dict[str, Any]], None]
"""Called with a call that has something to show and its `ui` dictionary."""


def execute(graph: Graph, classes: Classes, show: Observer, begin: Callable[[Call], None]) -> None:
    """Check the whole graph, then run what its output nodes need, each node once.

    `begin(call)` is told of each node as it starts. Raises `WorkflowError`, naming the node.
    """
    results: dict[str, tuple[Any, ...]] = {}
    order = check(graph, classes)
    hidden = {"PROMPT": graph.to_api(), "EXTRA_PNGINFO": {"workflow": graph.saved} if graph.saved else None}
    with torch.inference_mode():
        for call in order:
            begin(call)
            returned = _run(call, classes[call.kind], results, hidden)
            if isinstance(returned, dict):
                if returned.get("ui"):
                    show(call, returned["ui"])
                returned = returned.get("result", ())
            results[call.id] = returned


def _run(call: Call, node: type, results: dict[str, tuple[Any, ...]], hidden: dict[str, Any]) -> Any:
    values = {k: results[v.node][v.slot] if isinstance(v, Link) else v for k, v in call.inputs.items()}
    values |= {k: hidden[kind] for k, kind in node.INPUT_TYPES().get("hidden", {}).items()}
    try:
        return getattr(node(), node.FUNCTION)(**values)
    except MonochromicError as error:
        raise WorkflowError(f"{call}: {error}") from error
