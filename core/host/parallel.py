"""The same work on several things at once: threads, for NumPy and OpenCV compute outside of Python's lock."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeVar

import torch

from .cancel import check_cancelled
from .host import current_host
from .thread import PAUSE

S = TypeVar("S")
T = TypeVar("T")


def in_parallel(work: Callable[[S], T], items: Sequence[S]) -> list[T]:
    """What a function gives for each item, in as many threads at a time as torch would use.

    The caller's progress callable is polled all the while. If the caller cancels, each thread ends at its next
    `check_cancelled`, or with its item.

    Args:
        work: the function; it computes with NumPy and OpenCV, for the modes of torch are not those of this thread.
        items: what it is called with.

    Returns:
        The results, in the order of the items.

    Raises:
        Exception: whatever the function, by the first item for which it does, or the progress callable raises.
    """
    threads = min(len(items), torch.get_num_threads())
    if threads < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        calls = [pool.submit(copy_context().run, work, item) for item in items]
        try:
            while wait(calls, PAUSE).not_done:
                check_cancelled()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            if (reporter := current_host().reporter) is not None:
                reporter.cancelled = True
            raise
        return [call.result() for call in calls]
