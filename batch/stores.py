"""Stores that are reached by URL: their file systems, and requests that are made again where they fail."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from ..core.errors import DependencyError, InputError, MonochromicError, PictureError

TRIES = 5  # of one request to a store
SINK_TRIES = 10  # of a worker, which nobody waits for: a minute together
PAUSE = 0.1  # seconds before the second try, doubled for each further one
CERTAIN = (FileNotFoundError, IsADirectoryError, NotADirectoryError, MemoryError, MonochromicError)
"""What is the same when it is asked again."""

T = TypeVar("T")


class SinkError(PictureError):
    """A place takes no results at all, whatever the photo."""


def file_system(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it.

    Raises:
        DependencyError: where the package of that protocol is not installed, or it is unknown.
        InputError: where it cannot be opened, such as an archive that is none.
    """
    from fsspec.core import url_to_fs

    try:
        return url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise DependencyError(f"cannot read {url}: {error}") from error
    except Exception as error:  # each protocol has its own
        raise InputError(f"cannot read {url}: {error}") from error


def patient(place: str, request: Callable[[], T], tries: int = TRIES) -> T:
    """Ask a store again, after a pause, where it fails; not where it says that there is no such thing, or forbids it.

    Args:
        place: what is asked for, for the message.
        request: asks.
        tries: how often.

    Returns:
        What the request returns.

    Raises:
        FileNotFoundError: where there is no such thing.
        PictureError: what the store says, where it forbids it or the last try fails.
    """
    for attempt in range(tries):
        try:
            return request()
        except CERTAIN:
            raise
        except PermissionError as error:
            raise PictureError(f"{place} is forbidden: {_words(error)}; check your credentials") from error
        except Exception as error:  # those of the drivers are of no common class
            if attempt == tries - 1:
                raise PictureError(
                    f"{place} cannot be reached: {_words(error)}; check the network and your credentials"
                ) from error
        time.sleep(PAUSE * 2**attempt)
    raise AssertionError


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
