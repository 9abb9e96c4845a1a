"""Files and folders by path or by URL: what is there, what it is like, and how it is read and written."""

import glob
import logging
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ..core.errors import DependencyError, InputError, PictureError
from ..core.io.signatures import picture_endings

log = logging.getLogger(__name__)

URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+(://|::)")
WHOLE = {"abfs", "abfss", "adl", "az", "gcs", "gs", "hf", "http", "https", "memory", "oss", "r2", "s3", "s3a"}
"""Stores where a new object is seen whole or not at all; elsewhere it is written under another name first."""
TAGS = ("ETag", "etag", "md5Hash", "blob_id", "CRC", "mtime", "LastModified", "last_modified", "updated", "created")
"""What tells a changed file, under the names of the file systems; the first that is there is taken."""
TRIES = 5  # of one request to a store
PAUSE = 0.1  # seconds before the second try, doubled for each further one
MISSING = "missing"  # the stamp of a file that is not there

T = TypeVar("T")


class Entry(NamedTuple):
    """A file: its path or URL, and its stamp, which is another one once the file has changed."""

    place: str
    stamp: str


def is_url(place: str) -> bool:
    """Whether a place is read by fsspec; the URL of a local file is none once `plain` took it."""
    return bool(URL.match(place))


def plain(place: str) -> str:
    """A place as it is used here: a local file's URL as its path."""
    for head in ("file://", "local://"):
        if place.startswith(head):
            return place.removeprefix(head) or "/"
    return place


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


def _full(fs: Any, path: str, url: str) -> str:
    """The URL of a path in the file system of another URL, such as a file within an archive."""
    chain = url.partition("::")[2]
    return f"{fs.unstrip_protocol(path)}::{chain}" if chain else str(fs.unstrip_protocol(path))


def is_folder(place: str) -> bool:
    """Whether there is a folder at that place."""
    if not is_url(place):
        return os.path.isdir(place)  # noqa: PTH112
    return bool(_asked(place, lambda fs, path: fs.isdir(path)))


def exists(place: str) -> bool:
    """Whether there is a file at that place."""
    if not is_url(place):
        return os.path.exists(place)  # noqa: PTH110
    return bool(_asked(place, lambda fs, path: fs.exists(path)))


def files_in(folder: str) -> list[str]:
    """The names of the files in a folder, without those of the folders in it where it is local."""
    if not is_url(folder):
        return [entry.name for entry in os.scandir(folder) if entry.is_file()]
    return [str(inner).rpartition("/")[2] for inner in _asked(folder, lambda fs, path: fs.ls(path, detail=False))]


def is_text(name: str) -> bool:
    """Whether a name is Unicode, without NUL; the system takes others too."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in name


def _asked(url: str, question: Callable[[Any, str], Any]) -> Any:
    """What a file system says of a URL. Raises `InputError` where it fails."""
    fs, path = file_system(url)
    try:
        return patient(lambda: question(fs, path))
    except OSError as error:
        raise InputError(f"cannot read {url}: {error}") from error


def stamp(place: str) -> str:
    """The stamp of a file as in `Entry`; `MISSING` where there is none."""
    try:
        if not is_url(place):
            return _local_stamp(os.stat(place))  # noqa: PTH116
        fs, path = file_system(place)
        return _remote_stamp(patient(lambda: fs.info(path)))
    except (OSError, ValueError, InputError):  # such as NUL in its name, or an archive that is none
        return MISSING


def _local_stamp(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"


def _remote_stamp(info: dict[str, Any]) -> str:
    tag = next((info[tag] for tag in TAGS if info.get(tag)), "")
    return f"{info.get('size')}-{tag.timestamp() if isinstance(tag, datetime) else tag}"


def pictures_in(folder: str, skip: tuple[str, ...] = ()) -> Iterator[Entry]:
    """The picture files of a folder and of those in it, by name, without hidden ones.

    Args:
        folder: its path or URL.
        skip: real paths of local folders that are passed over.

    Yields:
        The files in an order that stays.
    """
    if is_url(folder):
        yield from _remote_pictures(folder)
        return
    for where, folders, names in os.walk(folder, onerror=_say_unread):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and os.path.realpath(os.path.join(where, name)) not in skip  # noqa: PTH118
        )
        for name in filter(is_picture, sorted(names)):
            place = os.path.join(where, name)  # noqa: PTH118
            yield Entry(place, stamp(place))


def _say_unread(error: OSError) -> None:
    log.warning("%s is passed over: %s", error.filename, error.strerror)


def _remote_pictures(folder: str) -> Iterator[Entry]:
    fs, path = file_system(folder)
    for where, folders, files in patient(lambda: fs.walk(path, detail=True)):
        for name in sorted(folders):
            if name.startswith("."):
                del folders[name]
        for name, info in sorted(files.items()):
            if is_picture(name):
                inner = f"{where.rstrip('/')}/{name}" if where else name
                yield Entry(_full(fs, inner, folder), _remote_stamp(info))


def is_picture(name: str) -> bool:
    """Whether a file's name is that of a picture, and not hidden."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in picture_endings()  # noqa: PTH122


def matching(pattern: str) -> Iterator[Entry]:
    """The picture files that a pattern with `*`, `?`, `[...]` or `**` matches, by name."""
    if not is_url(pattern):
        for place in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207
            if is_picture(os.path.basename(place)) and os.path.isfile(place):  # noqa: PTH113, PTH119
                yield Entry(place, stamp(place))
        return
    fs = file_system(pattern)[0]
    for inner, info in sorted(_asked(pattern, lambda fs, path: fs.glob(path, detail=True)).items()):
        if is_picture(inner.rpartition("/")[2]) and info.get("type") != "directory":
            yield Entry(_full(fs, inner, pattern), _remote_stamp(info))


@contextmanager
def as_file(place: str) -> Iterator[str]:
    """A place as a local path: a copy of what a URL means, with its name's ending.

    Raises:
        PictureError: where the URL cannot be read.
    """
    if not is_url(place):
        yield place
        return
    fs, path = file_system(place)
    with tempfile.TemporaryDirectory(prefix="monochromic-") as folder:
        copy = str(Path(folder, path.rpartition("/")[2] or "file"))
        try:
            data = patient(lambda: fs.cat_file(path))
        except FileNotFoundError as error:
            raise PictureError(f"there is no picture {place!r}; check the name and the folder") from error
        except OSError as error:
            raise PictureError(f"cannot read {place!r}: {error}") from error
        Path(copy).write_bytes(data)
        yield copy


def store(place: str, write: Callable[[str], None]) -> None:
    """Let `write` make a file, which appears at its place whole or not at all.

    Args:
        place: its path or URL.
        write: writes the file to a path whole or not at all; for a URL it is sent from there.

    Raises:
        PictureError: where it cannot be written.
    """
    if not is_url(place):
        write(place)
        return
    fs, path = file_system(place)
    with tempfile.TemporaryDirectory(prefix="monochromic-") as folder:
        made = Path(folder, path.rpartition("/")[2])
        write(str(made))
        data = made.read_bytes()
    try:
        patient(lambda: _send(fs, path, data))
    except OSError as error:
        raise PictureError(f"cannot write {place}: {error}") from error


def _send(fs: Any, path: str, data: bytes) -> None:
    protocols = {fs.protocol} if isinstance(fs.protocol, str) else set(fs.protocol)
    if protocols & WHOLE:
        fs.pipe_file(path, data)
        return
    fs.makedirs(path.rpartition("/")[0], exist_ok=True)
    part = f"{path}.{os.urandom(4).hex()}.part"
    try:
        fs.pipe_file(part, data)
        fs.mv(part, path)
    except OSError:
        with suppress(OSError):
            fs.rm_file(part)
        raise


def patient(request: Callable[[], T]) -> T:
    """Ask a store again, after a pause, where it fails; not where it says that there is no such thing, or forbids it.

    Returns:
        What the request returns.

    Raises:
        OSError: of the last try, or for what else the package of a store raises.
    """
    for attempt in range(TRIES):
        try:
            return request()
        except (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError):
            raise
        except OSError:
            if attempt == TRIES - 1:
                raise
        except Exception as error:
            raise OSError(f"{type(error).__name__}: {error}") from error
        time.sleep(PAUSE * 2**attempt)
    raise AssertionError
