"""Weights by id: found, checked against the manifest, and read.

Looked for among the bundled files, then in the model folders, then in the Hugging Face cache, then on the Hub.
"""

from pathlib import Path

from torch import Tensor

from ..errors import WeightsError
from ..host.cancel import check_cancelled
from ..host.progress import Progress
from ..host.thread import MIN_PIXELS, run_in_thread
from ..io.files import forget, known_hash, search_folders
from . import hub
from .manifest import ROOT, WeightFile, get_row


def present(row: WeightFile) -> Path | None:
    """Where the file is on this machine, unchecked; None where it is not. Asks no server."""
    if row.bundled:
        places = [ROOT / row.bundled]
    else:
        places = [folder / name for folder in search_folders() for name in (row.filename, row.own_name)]
    found = next((place for place in places if place.is_file()), None)
    return hub.cached(row) if found is None and row.repo_id else found


def find(row: WeightFile) -> Path | None:
    """Where the file is on this machine, checked. Raises `WeightsError` for a file that is not the right one."""
    path = present(row)
    if path is not None:
        check(path, row)
    return path


def locate(row: WeightFile, *, progress: Progress | None = None) -> Path:
    """The checked file, fetched from the Hub if need be. Raises `WeightsError`, which says what to do next."""
    path = find(row)
    if path is not None:
        return path
    if row.repo_id is None:
        raise _missing(row)
    return fetch(row, progress=progress)


def fetch(row: WeightFile, *, again: bool = False, progress: Progress | None = None) -> Path:
    """The checked file from the Hub. again: even if it is in the cache. Raises `WeightsError`."""
    if row.repo_id is None:
        raise WeightsError(f"weights {row.id!r} are on no Hub; there is nothing to fetch")
    try:
        path = run_in_thread(MIN_PIXELS, hub.fetch, row, again=again, progress=progress and _heard(progress))
    except WeightsError as error:
        raise _missing(row, str(error)) from error
    check(path, row)
    return path


def _heard(progress: Progress) -> Progress:
    """The same, which ends a download whose caller has gone."""

    def tell(done: int, total: int) -> None:
        check_cancelled()
        progress(done, total)

    return tell


def check(path: Path, row: WeightFile, *, anew: bool = False) -> None:
    """Raise `WeightsError` unless the file is the one that the row means.

    The file is read the first time; then its size and time stamp must be as before. anew: read it in any case.
    """
    try:
        if anew:
            forget(path)
        size = path.stat().st_size
        right = row.size in (None, size) and known_hash(path) == row.sha256
    except OSError as error:
        raise WeightsError(f"weights {row.id!r} cannot be read: {error}") from error
    if not right:
        wanted = f"{row.sha256}, {row.size} bytes" if row.size else row.sha256
        raise WeightsError(
            f"weights {row.id!r} are damaged: {path} has {size} bytes and another sha256 than expected, {wanted}; "
            f"{_mend(path, row)}"
        )


def load_weights(name: str, *, progress: Progress | None = None) -> dict[str, Tensor]:
    """Tensors of a weight file by name, on the CPU. Raises `UnknownNameError` and `WeightsError`."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = locate(get_row(name), progress=progress)
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"weights {name!r} cannot be read: {path}: {error}") from error


def _mend(path: Path, row: WeightFile) -> str:
    if row.bundled:
        return "install the pack again"
    if row.repo_id is None or any(path.is_relative_to(folder) for folder in search_folders()):
        return "it is not used; remove it or put the right file there"
    return f"it is not used; run `monochromic weights fetch {row.id} --again`"


def _missing(row: WeightFile, reason: str = "") -> WeightsError:
    if row.bundled:
        return WeightsError(f"weights {row.id!r} are missing: {ROOT / row.bundled}; install the pack again")
    reason = f": {reason}" if reason else ""
    get = f"get it from {row.page}" if row.page else f"it was made from {row.source}"
    return WeightsError(
        f"weights {row.id!r} are not here: {row.filename} ({row.size_text}, licence {row.licence}){reason}; "
        f"{get} and put it in {search_folders()[0]} as {row.own_name}"
    )
