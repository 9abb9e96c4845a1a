"""The Hugging Face Hub: the only file that knows `huggingface_hub`, which it imports when it is asked to.

Resume, locks, `HF_HOME`, `HF_ENDPOINT`, `HF_HUB_OFFLINE` and tokens are that library's.
"""

import errno
import inspect
import time
from pathlib import Path
from typing import Any

from ..errors import WeightsError
from ..host.progress import Progress
from .manifest import WeightFile

PAUSES = (1, 2)  # seconds before the second and the third try
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LOCKED = (errno.EACCES, errno.EPERM, errno.EROFS)


def cached_path(entry: WeightFile) -> Path | None:
    """The file in the Hugging Face cache, unchecked. Asks no server.

    Args:
        entry: Of the manifest.

    Returns:
        Its path; None where it is not there.
    """
    if entry.repo_id is None or entry.filename is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(entry.repo_id, entry.filename, revision=entry.revision)
    return Path(path) if isinstance(path, str) else None


def fetch(entry: WeightFile, *, again: bool = False, progress: Progress | None = None) -> Path:
    """Download the file into the Hugging Face cache, where it appears whole or not at all.

    Args:
        entry: Of the manifest, with a `repo_id`.
        again: Even if it is there.
        progress: Called with bytes; what it raises ends the download and is passed on.

    Returns:
        Its path, unchecked.

    Raises:
        WeightsError: with the reason in a few words.
    """
    from huggingface_hub import hf_hub_download

    raised: list[BaseException] = []
    options: dict[str, Any] = {"repo_id": entry.repo_id, "filename": entry.filename}
    options |= {"revision": entry.revision, "force_download": again}
    if progress and "tqdm_class" in inspect.signature(hf_hub_download).parameters:
        options["tqdm_class"] = _bar(progress, entry.size or 0, raised)
    for pause in (*PAUSES, None):
        try:
            return Path(hf_hub_download(**options))
        except Exception as error:
            if raised:
                raise raised[0] from None
            if pause is None or not _may_pass(error):
                raise WeightsError(_reason(error)) from error
            time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def _bar(progress: Progress, size: int, raised: list[BaseException]) -> type:
    """What the library takes for a bar of tqdm's; whatever `progress` raises is kept in `raised`."""

    class Bar:
        def __init__(self, *, total: int | None = None, initial: int = 0, **_: Any) -> None:
            self.total, self.n = total, initial

        def __enter__(self) -> "Bar":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, count: int = 1) -> None:
            self.n += count
            try:
                progress(self.n, self.total or size)
            except BaseException as error:
                raised.append(error)
                raise

        def ignore(self, *_: Any, **__: Any) -> None:
            pass

        update_transfer = set_postfix_str = set_transfer_postfix_str = refresh = close = ignore

    return Bar


def _status(error: BaseException) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _may_pass(error: Exception) -> bool:
    """Whether another try is worth it: the server is busy, the connection was cut.

    The library has tried again already where it says that it finds no such file here.
    """
    if (status := _status(error)) is not None:
        return status >= 500
    return not isinstance(error, (FileNotFoundError, ValueError)) and getattr(error, "errno", None) is None


def _reason(error: BaseException) -> str:
    """Why a download failed, for the user."""
    if isinstance(error, (FileNotFoundError, ValueError)) and error.__cause__ is not None and _status(error) is None:
        error = error.__cause__
    status, number = _status(error), getattr(error, "errno", None)
    if type(error).__name__ == "OfflineModeIsEnabled":
        return "HF_HUB_OFFLINE forbids to fetch it"
    if status in (401, 403):
        return (
            f"the Hub refuses it ({status}): it is private, gated or gone; accept its license on its page if it asks "
            "for that, and log in with `hf auth login` or HF_TOKEN"
        )
    if status is not None:
        return f"the Hub does not have it ({status})" if status == 404 else f"the Hub answers {status}"
    if number in FULL:
        return f"the disk is full ({error}); make room, or move HF_HOME to a larger disk"
    if number in LOCKED:
        return f"the Hugging Face cache cannot be written to ({error}); set HF_HOME to a folder that can"
    return f"{type(error).__name__}: {(str(error).strip() or 'no reason given').splitlines()[0]}"
