"""Files: the folders of the user's weights, the one way anything is written (whole or not at all), and sha256."""

import codecs
import hashlib
import io
import json
import os
import platform
import re
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..errors import MonochromicError, PictureError, WeightsError
from ..host.cancel import check_cancelled
from ..host.host import current_host

LOCK_SECONDS = 60  # that another process is waited for
WINDOWS = sys.platform == "win32"
NOT_ON_WINDOWS = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[1-9¹²³]|lpt[1-9¹²³]) *(\..*)?|.*[<>:\"|?*\x00-\x1f].*|.*[. ]",
    re.IGNORECASE | re.DOTALL,
)
"""Names of devices, whatever their ending, characters that mean something else, and ends that are cut off."""
BUSY_TRIES, BUSY_PAUSE = (
    20,
    0.05,
)  # to put a file in the place of one that another program has open, and seconds between


def data_folder() -> Path:
    """The user's own folder for weights and their manifest.

    Returns:
        What `MONOCHROMIC_HOME` names, else `monochromic` where the system keeps the data of programs. It may not exist.
    """
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
    """Folders that may hold weight files.

    Returns:
        The host's folders, then the user's own. They may not exist.
    """
    return (*current_host().model_folders, data_folder() / "weights")


@contextmanager
def atomic_write(
    path: str | os.PathLike[str], error: type[MonochromicError] = PictureError, *, lasting: bool = True
) -> Iterator[Path]:
    """Write a file whole or not at all: pictures, tables, weights, manifests.

    Args:
        path: of the file; its folder is made if there is none.
        error: what to raise where the folder cannot be written to or is full.
        lasting: False where the content goes to another place within the context.

    Yields:
        A new name beside `path` to write to. It becomes `path` at the end, or is gone after an error.

    Raises:
        PictureError: or `error`, where the file cannot be written. Errors of this package pass through.
    """
    path = Path(path)
    if fault := unfit_name(path):
        raise error(f"cannot write {path}: Windows takes no file or folder named {fault!r}; choose another name")
    mark = f".{os.fsencode(path.name)[:100].decode(errors='ignore')}.{_machine()}-"
    part = path.with_name(f"{mark}{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_left_over(path.parent, mark)
        part.touch()
        usual = part.stat().st_mode
        yield part
        if lasting:
            settle(part, usual)
            _replace(part, path)
    except OSError as reason:
        if isinstance(reason, MonochromicError):
            raise
        raise error(f"cannot write {path}: {reason.strerror or reason}") from reason
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def unfit_name(path: Path) -> str | None:
    """What of a path no file or folder of Windows may be named, where this is Windows.

    Args:
        path: of a file to write, or of its folder.

    Returns:
        The name: of a device such as `NUL.png`, with a character such as `:`, or with a dot or a space at its end. None
        for a path that will do.
    """
    names = path.parts[1:] if path.anchor else path.parts
    return next((name for name in names if name != ".." and NOT_ON_WINDOWS.fullmatch(name)), None) if WINDOWS else None


def _replace(part: Path, path: Path) -> None:
    """Put a file in the place of another; Windows refuses that while a viewer or a virus scanner has it open."""
    for _ in range(BUSY_TRIES if WINDOWS else 0):
        with suppress(PermissionError):
            part.replace(path)
            return
        time.sleep(BUSY_PAUSE)
    part.replace(path)


def settle(path: Path, mode: int) -> None:
    """Make what was written last, and readable for whom a new file is: safetensors hides its files from others.

    Args:
        path: of the file.
        mode: its permissions.

    Raises:
        OSError: where the disk is full.
    """
    path.chmod(mode)
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _machine() -> str:
    """A short name of this machine: others that share the folder have processes of the same numbers."""
    return f"{zlib.crc32(platform.node().encode()):08x}"


def remove_left_over(folder: Path, mark: str = "") -> None:
    """Remove what was being written in a folder by processes of this machine that were killed.

    Args:
        folder: which need not be there.
        mark: how the names of the parts of one file begin; else all are removed.
    """
    name = re.compile(rf"\..*\.{_machine()}-([0-9]+)-[0-9a-f]{{8}}\.part", re.DOTALL)
    with suppress(OSError):
        for part in folder.iterdir():
            found = name.fullmatch(part.name) if part.name.startswith(mark) else None
            if found and _ended(part, int(found[1])):
                part.unlink(missing_ok=True)


def remove_parts(folder: Path, process: int) -> None:
    """Remove what a process of this machine that was ended left of the files it was writing.

    Args:
        folder: of the files.
        process: its number.
    """
    with suppress(OSError):
        for part in folder.glob(f".*.{_machine()}-{process}-*.part"):
            part.unlink(missing_ok=True)


def _ended(part: Path, number: int) -> bool:
    """Whether the process that wrote a file is gone; on Windows, where that cannot be asked so, if a day has passed."""
    if WINDOWS:
        return time.time() - part.stat().st_mtime > 86_400
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        pass
    return _is_zombie(number)


def _is_zombie(number: int) -> bool:
    """Whether a process has ended though nobody has asked how, where the system tells."""
    with suppress(OSError):
        return Path(f"/proc/{number}/stat").read_bytes().rpartition(b")")[2].split()[:1] == [b"Z"]
    return False


@contextmanager
def file_lock(path: Path, error: type[MonochromicError] = PictureError) -> Iterator[None]:
    """Hold a lock that processes and threads share.

    Args:
        path: of the lock, a file that stays.
        error: what to raise where it cannot be had.

    Raises:
        PictureError: or `error`, where the folder cannot be written to, and where another holds it for long.
    """
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=LOCK_SECONDS)
        lock.acquire()
    except Timeout as reason:
        raise error(f"another process holds {path} for {LOCK_SECONDS} s; wait for it, or end it") from reason
    except (OSError, NotImplementedError) as reason:
        raise error(f"cannot write {path}: {getattr(reason, 'strerror', None) or reason}") from reason
    try:
        yield
    finally:
        lock.release()


def parse_json(text: str) -> Any:
    """Read JSON.

    Args:
        text: of a file.

    Returns:
        What it says.

    Raises:
        ValueError: for what is no JSON, nested too deep, or has numbers of too many digits.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def write_bytes(data: bytes, path: str | os.PathLike[str]) -> None:
    """Write a file whole or not at all, see `atomic_write`.

    Args:
        data: the content.
        path: of the file; its folder is made if there is none.

    Raises:
        PictureError: where the file cannot be written.
    """
    with atomic_write(path) as part:
        part.write_bytes(data)


def write_new(data: bytes, path: Path) -> bool:
    """Write a file whole, unless there is one of that name; of several programs that try, one does it.

    Args:
        data: the content.
        path: of the file; its folder is made if there is none.

    Returns:
        Whether it was written; False where the name is taken.

    Raises:
        PictureError: where the file cannot be written.
    """
    with atomic_write(path, lasting=False) as part:
        usual = part.stat().st_mode
        part.write_bytes(data)
        settle(part, usual)
        return _claim(part, path)


def _claim(whole: Path, path: Path) -> bool:
    """Give a file a name that is free; False where it is taken."""
    try:
        path.hardlink_to(whole)
    except FileExistsError:
        return False
    except OSError:  # no hard links, as on FAT
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            return False
        whole.replace(path)
    return True


def read_text(path: str | os.PathLike[str]) -> str:
    """Read a text file as people's editors write it: UTF-8, or what a byte order mark says.

    Args:
        path: of the file.

    Returns:
        The text, without a byte order mark.

    Raises:
        OSError: where the file cannot be read.
        UnicodeError: where it is neither UTF-8 nor what its mark says.
    """
    data = Path(path).read_bytes()
    marks = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32"}  # first
    marks |= {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    text = data.decode(next((name for mark, name in marks.items() if data.startswith(mark)), "utf-8-sig"))
    return io.StringIO(text, newline=None).read()  # with line ends of any system


def hash_file(path: Path) -> str:
    """The sha256 of a file, read now.

    Args:
        path: of the file.

    Returns:
        64 hexadecimal digits.

    Raises:
        OSError: where it cannot be read.
    """
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            check_cancelled()
            sha256.update(block)
    return sha256.hexdigest()


def known_hash(path: Path) -> str:
    """The sha256 of a file, not read again while its path, size and time stamp are as before.

    Args:
        path: of the file.

    Returns:
        64 hexadecimal digits.

    Raises:
        OSError: where it cannot be read.
    """
    key, stamp = str(path.resolve()), _stamp(path)
    memory = _recall()
    if memory.get(key, [])[:2] == stamp and len(memory[key]) == 3:
        return memory[key][2]
    sha256 = hash_file(path)
    if _stamp(path) == stamp:
        _remember({**_recall(), key: [*stamp, sha256]})
    return sha256


def forget(path: Path) -> None:
    """Make the next `known_hash` of a file read it again.

    Args:
        path: of the file.
    """
    memory = _recall()
    if memory.pop(str(path.resolve()), None):
        _remember(memory)


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _memory_file() -> Path:
    """Under a host in its own folder, so that nothing is written beyond those."""
    return next(iter(current_host().model_folders), data_folder()) / "verified.json"


def _recall() -> dict[str, list]:
    """What is remembered; nothing where the file is missing or not as we write it."""
    try:
        memory = parse_json(_memory_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):
        return {}
    return {k: v for k, v in memory.items() if isinstance(v, list)} if isinstance(memory, dict) else {}


def _remember(memory: dict[str, list]) -> None:
    """Write it down where that is possible; else files are read again the next time."""
    with suppress(WeightsError, RuntimeError), atomic_write(_memory_file(), WeightsError) as part:
        part.write_text(json.dumps(memory, indent=1), encoding="utf-8")
