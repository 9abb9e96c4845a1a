"""Files and folders by path or by URL: what is there, what it is like, and how it is read and written."""

import glob
import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from ..core.errors import InputError, PictureError
from ..core.io import files
from ..core.io.signatures import picture_endings
from .stores import SINK_TRIES, SinkError, file_system, patient

log = logging.getLogger(__name__)

URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+(://|::)")
WHOLE = {"abfs", "abfss", "adl", "az", "gcs", "gs", "hf", "http", "https", "memory", "oss", "r2", "s3", "s3a"}
"""Stores where a new object is seen whole or not at all; elsewhere it is written under another name first."""
TAGS = ("ETag", "etag", "md5Hash", "blob_id", "CRC", "mtime", "LastModified", "last_modified", "updated", "created")
"""What tells a changed file, under the names of the file systems; the first that is there is taken."""
WILD = "*?["
MISSING = "missing"  # the stamp of a file that is not there


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
            path = place.removeprefix(head) or "/"
            return path[1:] if os.path.splitdrive(path[1:])[0] else path  # /C:/scans on Windows
    return place


def _full(fs: Any, path: str, url: str) -> str:
    """The URL of a path in the file system of another URL, such as a file within an archive."""
    chain = url.partition("::")[2]
    return f"{fs.unstrip_protocol(path)}::{chain}" if chain else str(fs.unstrip_protocol(path))


def is_folder(place: str) -> bool:
    """Whether there is a folder at that place."""
    if not is_url(place):
        return os.path.isdir(place)  # noqa: PTH112
    fs, path = file_system(place)
    try:  # many file systems say no where they cannot be reached
        return patient(place, lambda: bool(fs.isdir(path)) or fs.info(path)["type"] == "directory")
    except FileNotFoundError:
        return False


def exists(place: str) -> bool:
    """Whether there is a file at that place."""
    if not is_url(place):
        return os.path.exists(place)  # noqa: PTH110
    return stamp(place) != MISSING


def files_in(folder: str) -> list[str]:
    """The names of the files in a folder, without those of the folders in it where it is local."""
    if not is_url(folder):
        return [entry.name for entry in os.scandir(folder) if entry.is_file()]
    fs, path = file_system(folder)
    return [str(inner).rpartition("/")[2] for inner in patient(folder, lambda: fs.ls(path, detail=False))]


def is_text(name: str) -> bool:
    """Whether a name is Unicode, without NUL; the system takes others too."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in name


def stamp(place: str) -> str:
    """The stamp of a file as in `Entry`; `MISSING` where there is none."""
    if not is_url(place):
        try:
            return _local_stamp(os.stat(place))  # noqa: PTH116
        except (OSError, ValueError):  # such as NUL in its name
            return MISSING
    try:
        fs, path = file_system(place)
    except InputError:  # such as an archive that is none
        return MISSING
    try:
        return _remote_stamp(patient(place, lambda: fs.info(path)))
    except FileNotFoundError:
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
        yield from (entry for _, entry in _remote_pictures(folder, *file_system(folder)))
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


def _remote_pictures(url: str, fs: Any, root: str, depth: float = float("inf")) -> Iterator[tuple[str, Entry]]:
    """The pictures below a folder of a store, of so many levels: their paths in it, and themselves.

    The `walk` of fsspec passes over what it cannot list, and its `glob` begins anew; no photo may be lost.
    """
    folders = [(root, 1)]
    while folders:
        where, level = folders.pop()
        try:
            listed = patient(url, partial(fs.ls, where, detail=True))
        except FileNotFoundError:
            continue
        infos = {info["name"].rstrip("/"): info for info in listed if info["name"].strip("/") != where.strip("/")}
        names = sorted(name for name in infos if not name.rpartition("/")[2].startswith("."))
        inner = [name for name in names if infos[name]["type"] == "directory"]
        for name in names:
            if infos[name]["type"] != "directory" and is_picture(name.rpartition("/")[2]):
                below = name.strip("/").removeprefix(root.strip("/")).strip("/")
                yield below, Entry(_full(fs, name, url), _remote_stamp(infos[name]))
        if level < depth:
            folders += [(name, level + 1) for name in reversed(inner)]


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
    fs, path = file_system(pattern)
    parts = path.split("/")
    first = next(i for i, part in enumerate(parts) if any(letter in part for letter in WILD))
    root, parts = "/".join(parts[:first]), parts[first:]
    depth = float("inf") if "**" in parts else len(parts)
    for below, entry in _remote_pictures(pattern, fs, root, depth):
        if _matches(below.split("/"), parts):
            yield entry


def _matches(names: list[str], parts: list[str]) -> bool:
    """Whether a path is of a pattern, both by their parts; `**` is any number of folders."""
    if not parts:
        return not names
    if parts[0] == "**":
        return len(parts) == 1 or any(_matches(names[i:], parts[1:]) for i in range(len(names)))
    return bool(names) and fnmatchcase(names[0], parts[0]) and _matches(names[1:], parts[1:])


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
            data = patient(place, lambda: fs.cat_file(path), tries=SINK_TRIES)
        except FileNotFoundError as error:
            raise PictureError(f"there is no picture {place!r}; check the name and the folder") from error
        Path(copy).write_bytes(data)
        yield copy


def store(place: str, write: Callable[[str], None]) -> None:
    """Let `write` make a file, which appears at its place whole or not at all.

    Args:
        place: its path or URL.
        write: writes the file to a path whole or not at all; for a URL it is sent from there.

    Raises:
        PictureError: where it cannot be written; `SinkError` where no other can be either.
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
        patient(place, lambda: _send(fs, path, data), tries=SINK_TRIES)
    except FileNotFoundError as error:
        raise SinkError(f"cannot write {place}: {error}") from error
    except PictureError as error:
        kind = SinkError if isinstance(error.__cause__, PermissionError) else PictureError
        raise kind(f"cannot write {place}: {error}") from error


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
    except Exception:
        with suppress(Exception):
            fs.rm_file(part)
        raise


def remove_left_over(place: str) -> None:
    """Remove what a killed run left of a file that it was writing.

    Args:
        place: its path or URL.
    """
    if not is_url(place):
        files.remove_left_over(Path(place).parent)
        return
    with suppress(Exception):  # what is left is in nobody's way
        fs, path = file_system(place)
        for found in map(str, fs.ls(path.rpartition("/")[0], detail=False)):
            if re.fullmatch(rf"{re.escape(path)}\.[0-9a-f]{{8}}\.part", found):
                fs.rm_file(found)


def remove(place: str) -> None:
    """Remove a file, if it is there."""
    if not is_url(place):
        Path(place).unlink(missing_ok=True)
    elif exists(place):
        fs, path = file_system(place)
        patient(place, lambda: fs.rm_file(path))
