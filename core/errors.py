"""Everything this package raises on purpose, so that one `except` catches it all.

    MonochromicError
    ├── DependencyError   (ImportError)   a library that is missing or does not import
    ├── InputError        (ValueError)   a tensor, number or text that does not fit
    ├── OutOfMemoryError  (MemoryError)  memory does not suffice, not even for small parts one after another
    ├── PictureError      (OSError)      a picture file that cannot be read or written
    ├── UnknownNameError  (LookupError)  no backbone, method or region of that name
    ├── WeightsError      (OSError)      a weight file that is missing or not the right one
    └── WorkflowError     (ValueError)   a workflow that cannot be read or run

Each message says what was expected, what came, and what to do next.
"""

import difflib
from collections.abc import Iterable


class MonochromicError(Exception):
    """Base of every error that this package raises on purpose."""


class DependencyError(MonochromicError, ImportError):
    """A library that only some backbones need is missing, or is there and does not import."""


class InputError(MonochromicError, ValueError):
    """A tensor, number or text does not fit what the function promises to take."""


class OutOfMemoryError(MonochromicError, MemoryError):
    """Memory does not suffice, after all that could be freed was freed and smaller parts were tried."""


class PictureError(MonochromicError, OSError):
    """A picture file cannot be read, or a place cannot be written to."""


class UnknownNameError(MonochromicError, LookupError):
    """A name that is in no list, with the nearest name that is."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        known = list(known)
        near = difflib.get_close_matches(str(name), known, n=1)
        hint = hint or (f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}")
        super().__init__(f"no {kind} {name!r}; {hint}")


class WeightsError(MonochromicError, OSError):
    """A weight file is missing, or is not what the manifest says it is."""


class WorkflowError(MonochromicError, ValueError):
    """A workflow file is not one, or cannot be run as it stands."""
