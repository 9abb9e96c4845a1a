"""Weights by id: found, checked against the manifest, and read.

Looked for among the bundled files, then in the model folders, then in those of other programs, then in the Hugging
Face cache, then on the Hub.
"""

from pathlib import Path

from torch import Tensor

from ..errors import WeightsError
from ..host.cancel import check_cancelled
from ..host.host import current_host
from ..host.progress import Progress
from ..host.thread import MIN_PIXELS, run_in_thread
from ..io.files import forget, known_hash, search_folders
from . import hub
from .manifest import ROOT, WeightFile, get_entry
from .values import check_values


def cached_path(entry: WeightFile) -> Path | None:
    """Where a weight file is on this machine, unchecked. Asks no server.

    Args:
        entry: Of the manifest.

    Returns:
        Its path; None where it is not here.
    """
    if entry.bundled:
        paths = [ROOT / entry.bundled]
    else:
        names = [*filter(None, (entry.filename, entry.local_name))]
        paths = [folder / name for folder in search_folders() for name in names]
    path = next((path for path in paths if path.is_file()), None) or _shared_path(entry)
    return hub.cached_path(entry) if path is None else path


def _shared_path(entry: WeightFile) -> Path | None:
    """Where another program has a weight file, by its name and size."""
    paths = (folder / entry.filename for folder in current_host().shared_folders if entry.filename)
    return next((p for p in paths if p.is_file() and entry.size in (None, p.stat().st_size)), None)


def find(entry: WeightFile) -> Path | None:
    """Where a weight file is on this machine, checked. Asks no server.

    Args:
        entry: Of the manifest.

    Returns:
        Its path; None where it is not here.

    Raises:
        WeightsError: for a file that is not the right one.
    """
    path = cached_path(entry)
    if path is None:
        return None
    try:
        check(path, entry)
    except WeightsError:
        if path != _shared_path(entry):
            raise
        path = hub.cached_path(entry)
        if path is not None:
            check(path, entry)
    return path


def locate(entry: WeightFile, *, progress: Progress | None = None) -> Path:
    """Find a weight file, fetched from the Hub if need be.

    Args:
        entry: Of the manifest.
        progress: Called with bytes during a download.

    Returns:
        Path of the checked file.

    Raises:
        WeightsError: where there is none; says what to do next.
    """
    path = find(entry)
    if path is not None:
        return path
    if entry.repo_id is None:
        raise _missing(entry)
    return fetch(entry, progress=progress)


def fetch(entry: WeightFile, *, again: bool = False, progress: Progress | None = None) -> Path:
    """Fetch a weight file from the Hub.

    Args:
        entry: Of the manifest.
        again: Even if the file is in the cache.
        progress: Called with bytes.

    Returns:
        Path of the checked file.

    Raises:
        WeightsError: where it cannot be had; says what to do next.
    """
    if entry.repo_id is None:
        raise WeightsError(f"weights {entry.id!r} are on no Hub; there is nothing to fetch")
    try:
        path = run_in_thread(MIN_PIXELS, hub.fetch, entry, again=again, progress=progress and _cancellable(progress))
    except WeightsError as error:
        raise _missing(entry, str(error)) from error
    check(path, entry)
    return path


def _cancellable(progress: Progress) -> Progress:
    """The same, which ends a download whose caller has gone."""

    def report(done: int, total: int) -> None:
        check_cancelled()
        progress(done, total)

    return report


def check(path: Path, entry: WeightFile, *, again: bool = False) -> None:
    """Check that a file is the one that an entry means.

    The file is read the first time; then its size and time stamp must be as before.

    Args:
        path: Of the file.
        entry: Of the manifest.
        again: Read the file in any case.

    Raises:
        WeightsError: for another file, and one that cannot be read; says what to do next.
    """
    try:
        if again:
            forget(path)
        size = path.stat().st_size
        right = entry.size in (None, size) and known_hash(path) == entry.sha256
    except OSError as error:
        raise WeightsError(f"weights {entry.id!r} cannot be read: {error}") from error
    if not right:
        expected = f"{entry.sha256}, {entry.size} bytes" if entry.size else entry.sha256
        raise WeightsError(
            f"weights {entry.id!r} are damaged: {path} has {size} bytes and another sha256 than expected, {expected}; "
            f"{_remedy(path, entry)}"
        )


def load_weights(name: str, *, progress: Progress | None = None) -> dict[str, Tensor]:
    """Read a weight file, fetched if need be.

    Args:
        name: Id of its entry.
        progress: Called with bytes during a download.

    Returns:
        Tensors by name, on the CPU.

    Raises:
        UnknownNameError: where there is no such entry.
        WeightsError: for a file that is missing, not the right one, or cannot be read.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = locate(get_entry(name), progress=progress)
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"weights {name!r} cannot be read: {path}: {error}") from error
    check_values(tensors, path)
    return tensors


def _remedy(path: Path, entry: WeightFile) -> str:
    if entry.bundled:
        return "install the pack again"
    if entry.repo_id is None or any(path.is_relative_to(folder) for folder in search_folders()):
        return "it is not used; remove it or put the right file there"
    return f"it is not used; run `monochromic weights fetch {entry.id} --again`"


def _missing(entry: WeightFile, reason: str = "") -> WeightsError:
    if entry.bundled:
        return WeightsError(f"weights {entry.id!r} are missing: {ROOT / entry.bundled}; install the pack again")
    reason = f": {reason}" if reason else ""
    get = f"get it from {entry.page}" if entry.page else f"it was made from {entry.source}"
    return WeightsError(
        f"weights {entry.id!r} are not here: {entry.filename} ({entry.size_text}, license {entry.license}){reason}; "
        f"{get} and put it in {search_folders()[0]} as {entry.local_name}"
    )
