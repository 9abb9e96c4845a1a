"""When memory runs out: what says so, what can be freed, and trying again with less."""

import errno
import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch

from ..errors import MonochromicError, OutOfMemoryError
from .host import current_host

MIN_TILE = 128  # pixels: the side of the smallest tiles
OOM_MESSAGES = (
    "out of memory",
    "not enough memory",
    "allocate memory",  # torch on the CPU, and safetensors and other files: "Cannot allocate memory"
    "insufficient memory",  # OpenCV
    "bad_alloc",
    "alloc_failed",  # cuDNN and cuBLAS
    "could not create a memory",  # oneDNN
    "could not create a primitive",
    "unable to allocate",
    "can't start new thread",
)

T = TypeVar("T")
S = TypeVar("S")


def out_of_memory(error: BaseException | None) -> bool:
    """Whether an error says that memory ran out, in the words of torch, NumPy, OpenCV or the system.

    Args:
        error: what was raised, or its cause where it is one of ours; None for nothing.

    Returns:
        False also for an `OutOfMemoryError`, which has been translated already.
    """
    if error is None or isinstance(error, OutOfMemoryError):
        return False
    if isinstance(error, MonochromicError):
        return out_of_memory(error.__cause__)
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    return isinstance(error, Exception) and any(words in str(error).lower() for words in OOM_MESSAGES)


def release() -> None:
    """Give memory back: what is no longer used, and what the host can spare."""
    gc.collect()
    current_host().free()
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def retry_smaller(work: Callable[[S], T], choices: Iterable[S], failed: str) -> T:
    """Try again with less until memory suffices; before each next try, memory is released.

    Args:
        work: called with each of the choices in turn.
        choices: the dearest first.
        failed: the message where memory suffices for none.

    Returns:
        What `work` returns for the first choice that memory suffices for.

    Raises:
        OutOfMemoryError: `failed` with the last reason.
        Exception: any other error of `work`, at once.
    """
    reason = ""
    for choice in choices:
        try:
            return work(choice)
        except Exception as error:  # dropped before the next try, with all that its frames hold
            if not out_of_memory(error):
                raise
            reason = _reason(error)
        release()
    raise OutOfMemoryError(f"{failed} ({reason})")


@contextmanager
def translates_oom() -> Iterator[None]:
    """Within it, and in a function that it decorates, memory that runs out raises `OutOfMemoryError`.

    Raises:
        OutOfMemoryError: says what to do, and the library's reason.
    """
    try:
        yield
        return
    except Exception as error:
        if not out_of_memory(error):
            raise
        reason = _reason(error)
    release()
    raise OutOfMemoryError(f"not enough memory; close other programs, or use a smaller photo ({reason})")


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def halving_sizes(side: int, smallest: int = MIN_TILE) -> list[int]:
    """A side and its halves.

    Args:
        side: in pixels.
        smallest: the last of them.

    Returns:
        `side`, its halves rounded up, and `smallest`; `side` alone where it is not more.
    """
    sides = [side]
    while sides[-1] > smallest:
        sides.append(max(-(-sides[-1] // 2), smallest))
    return sides
