"""The Hugging Face Hub: the only file that knows `huggingface_hub`, which it imports when it is asked to.

Resume, locks, `HF_HOME`, `HF_ENDPOINT`, `HF_HUB_OFFLINE` and tokens are that library's.
"""

import errno
import inspect
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import WeightsError
from ..host.progress import Progress
from .manifest import WeightFile, without_password

SECONDS = 5  # until the server must have answered that it is there
PAUSES = (1, 2)  # seconds before the second and the third try
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
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

    try:
        path = try_to_load_from_cache(entry.repo_id, entry.filename, revision=entry.revision)
    except ValueError:  # a repository of a name that this version of the library refuses
        return None
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

    _check_server()
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


def _check_server() -> None:
    """Ask whether the server is there. Raises `WeightsError` at once; the library would try for half a minute."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return
    token = os.environ.get("HF_TOKEN", "").strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise WeightsError("HF_TOKEN is no token: it has letters that none has; set it to yours, or unset it")
    try:
        from huggingface_hub.utils import get_session

        session: Any = get_session()
        session.head(f"{constants.ENDPOINT}/api/models", timeout=SECONDS)
    except Exception as error:
        raise WeightsError(_unreachable(error, constants.ENDPOINT)) from error


def _unreachable(error: Exception, endpoint: str) -> str:
    """Why the server cannot be asked, with the setting that may be at fault."""
    where = urlsplit(endpoint)
    host = f"{where.hostname}" + (f":{where.port}" if where.port else "")
    named = "" if host == "huggingface.co" else " (HF_ENDPOINT)"
    texts = " ".join(f"{type(e).__name__} {e}" for e in _chain(error)).lower()
    certificates = [name for name in CERTIFICATES if os.environ.get(name)]
    if certificates and any(isinstance(e, (FileNotFoundError, PermissionError)) for e in _chain(error)):
        return f"{certificates[0]} names a file that cannot be read; correct or unset it"
    if "certificate" in texts or "ssl" in texts:
        more = (
            f"; {certificates[0]} is set, and may be wrong" if certificates else "; SSL_CERT_FILE names those that are"
        )
        return f"the certificate of {host}{named} is not accepted{more}"
    proxies = [name for name in PROXIES if os.environ.get(name) or os.environ.get(name.lower())]
    proxy = f"; {proxies[0]} is set: is the proxy right?" if proxies else ""
    if "timeout" in texts or "timed out" in texts:
        return f"{host}{named} did not answer within {SECONDS} s{proxy}"
    return f"{host}{named} cannot be reached ({_first_line(error)}){proxy or '; is there a network?'}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came of."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _first_line(error: BaseException) -> str:
    text = (str(error).strip() or "no reason given").splitlines()[0]
    return f"{type(error).__name__}: {without_password(text)}"


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
            + (", which is set: is it right?" if os.environ.get("HF_TOKEN") else "")
        )
    if status is not None:
        return f"the Hub does not have it ({status})" if status == 404 else f"the Hub answers {status}"
    if number in FULL:
        return f"the disk is full ({error}); make room, or move HF_HOME to a larger disk"
    if number in LOCKED:
        return f"the Hugging Face cache cannot be written to ({error}); set HF_HOME to a folder that can"
    return _first_line(error)
