"""How long work tells its caller how far it is, and how the caller stops it.

Work calls its `Progress` where it has something new to report. Elsewhere it calls `check_cancelled`, which repeats what
was reported last, so that the caller can stop it there. `cancel_between_layers` of a network checks too, and
`cancel_between_calls` between functions of torch; `run_in_thread` checks while a call runs that cannot be interrupted.
"""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from contextvars import ContextVar, copy_context
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

Progress = Callable[[int, int], None]
"""Called as `progress(done, total)`; an exception raised in it cancels the work and leaves nothing behind."""

Preview = Callable[[Tensor], None]
"""Called now and then with the picture as it stands, (1, 3, H, W) in [0, 1]."""

PAUSE = 0.1  # seconds between two questions while something runs that cannot be interrupted
QUICK = 1 << 16  # pixels: on fewer a single call is soon done
LARGE = 1 << 20  # pixels: on fewer the small steps between two questions are, and asking at each would be felt

P = ParamSpec("P")
T = TypeVar("T")


class Cancelled(Exception):  # noqa: N818
    """Ends the threads of work that its caller has stopped; the caller's own thread raises the caller's exception."""


class ProgressReporter:
    """A progress function that can be asked again; only ever called in the thread that began to watch."""

    def __init__(self, progress: Progress, outer: "ProgressReporter | None" = None) -> None:
        self.progress, self.outer = progress, outer
        self.last: tuple[int, int] | None = None
        self.thread, self.stopped = threading.get_ident(), False

    def __call__(self, done: int, total: int) -> None:  # noqa: D102
        self.last = done, total
        self.again()

    def again(self) -> None:
        """Repeat what was told last; before that, ask whom it would ask anyway. In another thread: end if stopped."""
        if threading.get_ident() != self.thread:
            if self.stopped:
                raise Cancelled
        elif self.last is not None:
            self.progress(*self.last)
        elif self.outer is not None:
            self.outer.again()


_reporter: ContextVar[ProgressReporter | None] = ContextVar("watched", default=None)


@contextmanager
def reporting(progress: Progress | None) -> Iterator[Progress]:
    """Within it `ask` asks this function, or whom it would ask anyway if it is None. Gives what to call instead."""
    if progress is None or progress is _reporter.get():
        yield progress or silent
        return
    token = _reporter.set(watched := ProgressReporter(progress, _reporter.get()))
    try:
        yield watched
    finally:
        _reporter.reset(token)


def cancellable(work: Callable[P, T]) -> Callable[P, T]:
    """Make `ask` ask the argument `progress` of a function while it runs; within, `progress` is never None."""

    @functools.wraps(work)
    def run(*args: P.args, progress: Progress | None = None, **options: P.kwargs) -> T:
        with reporting(progress) as watched:
            return work(*args, progress=watched, **options)

    return run


def check_cancelled() -> None:
    """Let whoever watches stop the work here."""
    if (watched := _reporter.get()) is not None:
        watched.again()


def cancel_between_calls(pixels: int = LARGE) -> AbstractContextManager[Any]:
    """Within it every function of a tensor asks first, in this thread, if so many pixels are not too few for that."""
    return nullcontext() if pixels < LARGE or _reporter.get() is None else _EveryCall()


@contextmanager
def cancel_between_layers(network: nn.Module | None) -> Iterator[None]:
    """Within it each layer of the network asks first, at a tenth of the cost of `cancel_between_calls`.

    Whoever runs the network meanwhile in another thread asks whom that thread has to ask.
    """
    layers = network.modules() if network is not None and _reporter.get() is not None else ()
    with ExitStack() as stack:
        for layer in layers:
            if next(layer.children(), None) is None:
                stack.callback(layer.register_forward_pre_hook(_ask_first).remove)
        yield


def _ask_first(layer: nn.Module, given: tuple) -> None:
    check_cancelled()


class _EveryCall(TorchFunctionMode):
    """Asks only before functions of tensors: others end modes, such as `no_grad`, and must not be stopped."""

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        if args and isinstance(args[0], Tensor):
            check_cancelled()
        return func(*args, **(kwargs or {}))


def run_in_thread(pixels: int, work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """What `work` gives, asking all the while; it runs in a thread, which is left to itself if the caller stops.

    For what cannot be interrupted, such as a single call of a library, and may take long on so many pixels.
    """
    watched = _reporter.get()
    if pixels < QUICK or watched is None or threading.get_ident() != watched.thread:
        return work(*args, **options)
    watched.again()
    call = _Call(functools.partial(work, *args, **options))
    threading.Thread(target=copy_context().run, args=(call.run,), daemon=True).start()
    try:
        while not call.done.wait(PAUSE):
            watched.again()
    except BaseException:
        watched.stopped = True
        raise
    return call.outcome()


class _Call:
    """A call made in another thread, in the modes of torch that this thread is in."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work, self.done = work, threading.Event()
        self.results: list[Any] = []
        self.errors: list[BaseException] = []
        self.modes = torch.is_inference_mode_enabled(), torch.is_grad_enabled()

    def run(self) -> None:
        inference, grad = self.modes
        try:
            with torch.inference_mode(inference), torch.set_grad_enabled(grad):
                self.results.append(self.work())
        except BaseException as error:
            self.errors.append(error)
        finally:
            self.work = None  # with all that it holds
            self.done.set()

    def outcome(self) -> Any:
        if self.errors:
            raise self.errors.pop()  # popped, so that no frame of its traceback holds it
        return self.results.pop()


def part_of(progress: Progress, place: int, places: int) -> Progress:
    """Progress of one of several equal parts of the work as progress of it all."""
    return lambda done, total: progress(place * total + done, places * total)


def silent(done: int, total: int) -> None:
    """Progress that nobody watches."""
