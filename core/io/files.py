"""Where the user's weight files lie, how files are written whole or not at all, and their sha256, remembered."""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from ..errors import WeightsError
from ..host.cancel import check_cancelled

model_folders: ContextVar[tuple[Path, ...]] = ContextVar("model_folders", default=())
"""Folders of the host to look for weight files in, first the one to tell the user of."""


def data_folder() -> Path:
    """The user's own folder: `MONOCHROMIC_HOME`, else where the system keeps the data of programs."""
    if named := os.environ.get("MONOCHROMIC_HOME"):
        return Path(named).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Application Support"
    else:
        base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "monochromic"


def search_folders() -> tuple[Path, ...]:
    """Folders that may hold weight files: the host's, then the user's own."""
    return (*model_folders.get(), data_folder() / "weights")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A new name beside `path` to write to; it becomes `path` at the end, or is gone after an error.

    Raises `WeightsError` where the folder cannot be written to or is full.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch()
        usual = part.stat().st_mode  # safetensors hides its files from other users
        yield part
        part.chmod(usual)
        with part.open("r+b") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise error if isinstance(error, WeightsError) else WeightsError(f"cannot write {path}: {error}") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def hash_file(path: Path) -> str:
    """The sha256 of a file, read now."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            check_cancelled()
            found.update(block)
    return found.hexdigest()


def known_hash(path: Path) -> str:
    """The sha256 of a file, from memory while its place, size and time stamp are as before."""
    place, stamp = str(path.resolve()), _stamp(path)
    memory = _recall()
    if memory.get(place, [])[:2] == stamp and len(memory[place]) == 3:
        return memory[place][2]
    found = hash_file(path)
    if _stamp(path) == stamp:
        _remember({**_recall(), place: [*stamp, found]})
    return found


def forget(path: Path) -> None:
    """Make the next `known_hash` of this file read it again."""
    memory = _recall()
    if memory.pop(str(path.resolve()), None):
        _remember(memory)


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _memory_file() -> Path:
    """Under a host in its own folder, so that nothing is written beyond those."""
    return next(iter(model_folders.get()), data_folder()) / "verified.json"


def _recall() -> dict[str, list]:
    """What is remembered; nothing where the file is missing or not as we write it."""
    try:
        memory = json.loads(_memory_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):
        return {}
    return {k: v for k, v in memory.items() if isinstance(v, list)} if isinstance(memory, dict) else {}


def _remember(memory: dict[str, list]) -> None:
    """Write it down where that is possible; else files are read again the next time."""
    with suppress(WeightsError, RuntimeError), written_whole(_memory_file()) as part:
        part.write_text(json.dumps(memory, indent=1), encoding="utf-8")
