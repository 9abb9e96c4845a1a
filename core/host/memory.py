"""When memory runs out: what says so, what can be freed, and trying again with less."""

import errno
import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import torch

from ..errors import MonochromicError, OutOfMemoryError

LEAST = 128  # pixels: the side of the smallest tiles
WORDS = (
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

T, S = TypeVar("T"), TypeVar("S")

free_host: ContextVar[Callable[[], None]] = ContextVar("free_host", default=lambda: None)
"""What the host can free: under ComfyUI the models of other nodes."""


def out_of_memory(error: BaseException | None) -> bool:
    """Whether an error says that memory ran out, in any of the libraries' ways; not one that we told already."""
    if error is None or isinstance(error, OutOfMemoryError):
        return False
    if isinstance(error, MonochromicError):
        return out_of_memory(error.__cause__)
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    return isinstance(error, Exception) and any(words in str(error).lower() for words in WORDS)


def free() -> None:
    """Give back what can be: what is no longer used, and what the host can spare."""
    gc.collect()
    free_host.get()()
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def retry_smaller(work: Callable[[S], T], choices: Iterable[S], failed: str) -> T:
    """What `work` gives for the first of `choices` for which memory suffices; before each next one memory is freed.

    Raises `OutOfMemoryError`, `failed` with the last reason, where it suffices for none.
    """
    reason = ""
    for choice in choices:
        try:
            return work(choice)
        except Exception as error:  # dropped before the next try, with all that its frames hold
            if not out_of_memory(error):
                raise
            reason = _reason(error)
        free()
    raise OutOfMemoryError(f"{failed} ({reason})")


@contextmanager
def translates_oom() -> Iterator[None]:
    """Within it, and in a function that it decorates, memory that runs out raises `OutOfMemoryError`."""
    try:
        yield
        return
    except Exception as error:
        if not out_of_memory(error):
            raise
        reason = _reason(error)
    free()
    raise OutOfMemoryError(f"not enough memory; close other programs, or use a smaller photo ({reason})")


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def halving_sizes(side: int, least: int = LEAST) -> list[int]:
    """`side` and its halves, rounded up, down to `least`, which comes last; `side` alone where it is not more."""
    sides = [side]
    while sides[-1] > least:
        sides.append(max(-(-sides[-1] // 2), least))
    return sides
