"""How a caller cancels work: its progress callable raises, and the work asks it often.

Work reports to the callable where it has something new. Between its steps it calls `check_cancelled`, which repeats the
last report; `cancel_between_layers` does that before every layer of a network.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, ParamSpec, TypeVar

from torch import nn

from .host import current_host, using_host
from .progress import Progress, ProgressReporter, silent

P = ParamSpec("P")
T = TypeVar("T")


def check_cancelled() -> None:
    """Let the caller of the work cancel it here; costs less than a microsecond.

    Raises:
        Exception: whatever the caller's progress callable raises.
    """
    if (reporter := current_host().reporter) is not None:
        reporter.poll()


@contextmanager
def reporting(progress: Progress | None) -> Iterator[Progress]:
    """Let `check_cancelled` poll a progress callable within the context.

    Args:
        progress: the callable; with None, `check_cancelled` polls whom it would poll anyway, and so does a report.

    Yields:
        What to call in its place.
    """
    outer = current_host().reporter
    if progress is None or progress is outer:
        yield progress or (silent if outer is None else outer.poll_only)
        return
    with using_host(reporter=ProgressReporter(progress, outer)) as host:
        yield host.reporter or silent


def cancellable(work: Callable[P, T]) -> Callable[P, T]:
    """Let `check_cancelled` poll the argument `progress` of a function while it runs.

    Args:
        work: a function with a keyword argument `progress`.

    Returns:
        The function; within it, `progress` is never None.
    """

    @functools.wraps(work)
    def run(*args: P.args, **options: P.kwargs) -> T:
        progress: Any = options.pop("progress", None)
        with reporting(progress) as options["progress"]:
            return work(*args, **options)

    return run


@contextmanager
def cancel_between_layers(network: nn.Module | None) -> Iterator[None]:
    """Call `check_cancelled` before each layer of a network within the context.

    Args:
        network: hooks are put on its innermost modules, and taken off again; None for no network.
    """
    layers = network.modules() if network is not None and current_host().reporter is not None else ()
    with ExitStack() as stack:
        for layer in layers:
            if next(layer.children(), None) is None:
                stack.callback(layer.register_forward_pre_hook(_check_first).remove)
        yield


def _check_first(layer: nn.Module, inputs: tuple) -> None:
    check_cancelled()
