"""Cancelling around a single call of a library that takes seconds and cannot be split: it runs in a thread meanwhile.

Needed where one call takes over a second at 12 megapixels: OpenCV's inpainting of a large hole, a wide Gaussian, the
sorting of a random mask of blobs, the painting of damage, decoders and encoders of files, a layer of LPIPS, a training
step of the color method `paper`; and for a download, which waits for a server.
"""

import functools
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

import torch

from .host import current_host

PAUSE = 0.1  # seconds between two polls
MIN_PIXELS = 1 << 16  # a call on fewer is soon done

P = ParamSpec("P")
T = TypeVar("T")


def run_in_thread(pixels: int, work: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Run a function in a thread and poll the caller's progress callable all the while.

    If the caller cancels, the thread is left to itself; it ends at its next `check_cancelled`, or with the function.

    Args:
        pixels: that the function works on; on few it simply runs here, and so it does where nobody can cancel.
        work: the function.
        *args: its arguments.
        **options: and those with names.

    Returns:
        What the function returns.

    Raises:
        Exception: whatever the function or the caller's progress callable raises.
    """
    reporter = current_host().reporter
    if pixels < MIN_PIXELS or reporter is None or threading.get_ident() != reporter.thread:
        return work(*args, **options)
    reporter.poll()
    call = _Call(functools.partial(work, *args, **options))
    threading.Thread(target=copy_context().run, args=(call.run,), daemon=True).start()
    try:
        while not call.done.wait(PAUSE):
            reporter.poll()
    except BaseException:
        reporter.cancelled = True
        raise
    return call.outcome()


class _Call:
    """A call made in another thread, in the modes of torch that this thread is in."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = [work]
        self.done = threading.Event()
        self.results: list[Any] = []
        self.errors: list[BaseException] = []
        self.modes = torch.is_inference_mode_enabled(), torch.is_grad_enabled()

    def run(self) -> None:
        inference, grad = self.modes
        try:
            with torch.inference_mode(inference), torch.set_grad_enabled(grad):
                self.results.append(self.work.pop()())  # popped, so that nothing it holds outlives it
        except BaseException as error:
            self.errors.append(error)
        finally:
            self.done.set()

    def outcome(self) -> Any:
        if self.errors:
            raise self.errors.pop()  # popped, so that no frame of its traceback holds it
        return self.results.pop()
