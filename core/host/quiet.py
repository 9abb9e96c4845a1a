"""Warnings of other libraries passed over, also by several threads at once."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_inside = 0
_filters: warnings.catch_warnings | None = None


@contextmanager
def without_warnings() -> Iterator[None]:
    """Pass over warnings within the context; afterwards the filters of `warnings` are as before.

    They belong to the whole process: `warnings.catch_warnings` in two threads leaves the filter of one behind. So the
    first thread that enters sets it, and the last that leaves takes it off.
    """
    global _inside, _filters
    with _lock:
        _inside += 1
        if _filters is None:
            _filters = warnings.catch_warnings()
            _filters.__enter__()
            warnings.simplefilter("ignore")
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside and _filters is not None:
                _filters.__exit__(None, None, None)
                _filters = None
