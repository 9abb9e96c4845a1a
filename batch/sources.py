"""The photos that were asked for: files, folders, patterns, lists and URLs, one after the other, each with its name."""

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from ..core.errors import InputError
from ..core.io.files import read_text
from .places import MISSING, WILD, Entry, as_file, is_folder, is_url, matching, pictures_in, plain, stamp

LISTS = (".txt", ".csv")
ROLES = ("mask", "hints", "reference")
"""The columns of a list beside `photo`."""


@dataclass(frozen=True)
class Source:
    """A photo to do.

    Attributes:
        place: its path or URL.
        stamp: of its file.
        name: what its result is called, with the folders to keep: a relative path with the photo's ending.
        files: what a list says goes with it, by the names of `ROLES`.
    """

    place: str
    stamp: str
    name: str
    files: dict[str, str] = field(default_factory=dict)


def is_list(word: str) -> bool:
    """Whether a word names a list of photos."""
    return word.lower().endswith(LISTS)


def expand(words: Iterable[str], skip: tuple[str, ...] = (), exclude: Iterable[str] = ()) -> Iterator[Source]:
    """The photos that some words mean.

    Args:
        words: paths, URLs, patterns and lists.
        skip: local folders within those that are passed over: that of the results.
        exclude: patterns of names, or of paths within a folder, of photos that are passed over.

    Yields:
        Each photo in an order that stays. Those of one folder keep the folders in it; of several, also its own name.

    Raises:
        InputError: for a word that means no photo.
    """
    places, exclude = [plain(word) for word in words], tuple(exclude)
    hidden = tuple(os.path.realpath(folder) for folder in skip)
    for place in places:
        found = False
        for source in _photos(place, hidden, prefix=len(places) > 1):
            if not any(_is_of(source.name, pattern) for pattern in exclude):
                found = True
                yield source
        if not found:
            left = " that --exclude leaves" if exclude else ""
            raise InputError(f"no picture is in {place!r}{left}; give a photo, a folder, a pattern, a list or a URL")


def _is_of(name: str, pattern: str) -> bool:
    """Whether a pattern is that of a path, or of its last part."""
    return fnmatchcase(name, pattern) or fnmatchcase(name.rpartition("/")[2], pattern)


def _photos(place: str, hidden: tuple[str, ...], prefix: bool) -> Iterator[Source]:
    if any(letter in place for letter in WILD) and stamp(place) == MISSING:
        fixed = _fixed_part(place)
        yield from (Source(*entry, _below(entry, fixed)) for entry in matching(place))
    elif is_list(place):
        yield from _listed(place)
    elif is_folder(place):
        above = _last(place) if prefix else ""
        for entry in pictures_in(place, hidden):
            inner = _walked(entry, place)
            yield Source(*entry, f"{above}/{inner}".lstrip("/"))
    else:
        tag = stamp(place)
        if tag == MISSING:
            raise InputError(f"there is no photo, folder or list {place!r}; check the name and the folder")
        yield Source(place, tag, _last(place))


def _fixed_part(pattern: str) -> str:
    """The folder before the first wild letter."""
    first = min(i for i in map(pattern.find, WILD) if i >= 0)
    head, slash, _ = pattern[:first].replace(os.sep, "/").rpartition("/")
    return head or slash


def _inner(place: str) -> str:
    """A place with slashes, without its protocol and without the archive it is in."""
    path = place.partition("::")[0] if is_url(place) else place.replace(os.sep, "/")
    return path.partition("://")[2] if "://" in path else path


def _last(place: str) -> str:
    return PurePosixPath(_inner(place) if is_url(place) else os.path.abspath(place).replace(os.sep, "/")).name  # noqa: PTH100


def _walked(entry: Entry, folder: str) -> str:
    """The path of a file within a folder that it was found in; of a local one, what follows its name."""
    return _below(entry, folder) if is_url(folder) else entry.place[len(folder) :].replace(os.sep, "/").lstrip("/")


def _below(entry: Entry, folder: str) -> str:
    """The path of a file within a folder."""
    if is_url(folder):
        return _inner(entry.place).lstrip("/").removeprefix(_inner(folder).strip("/")).lstrip("/")
    return os.path.relpath(entry.place, folder or ".").replace(os.sep, "/")


def _listed(place: str) -> Iterator[Source]:
    """The photos of a list: of .txt one in each line, of .csv the columns `photo`, `mask`, `hints` and `reference`."""
    folder = _folder_of(place)
    for row in _rows(place):
        files = {role: _joined(folder, row[role]) for role in ROLES if row.get(role)}
        photo = _joined(folder, row["photo"])
        relative = row["photo"].replace(os.sep, "/")
        fixed = is_url(relative) or os.path.isabs(relative) or os.path.splitdrive(relative)[0]  # noqa: PTH117
        keeps = not fixed and ".." not in relative.split("/")
        name = PurePosixPath(relative if keeps else _last(photo))
        yield Source(photo, stamp(photo), name.as_posix() if name.name else "photo", files)


def _rows(place: str) -> Iterator[dict[str, str]]:
    text = _text(place)
    if place.lower().endswith(".txt"):
        yield from ({"photo": line.strip()} for line in text.splitlines() if line.strip())
        return
    table = csv.DictReader(text.splitlines(), skipinitialspace=True)
    try:
        if "photo" not in (table.fieldnames or ()):
            raise InputError(
                f"the list {place!r} must begin with a line that names its columns: photo, and as needed "
                f"{', '.join(ROLES)}; got {', '.join(table.fieldnames or ['nothing'])}"
            )
        for row in table:
            if row["photo"]:
                yield {key: value.strip() for key, value in row.items() if key and value}
    except csv.Error as error:
        raise InputError(f"cannot read the list {place!r}: line {table.line_num}: {error}") from error


def _text(place: str) -> str:
    try:
        with as_file(place) as path:
            return read_text(path)
    except (OSError, UnicodeError) as error:
        raise InputError(f"cannot read the list {place!r}: {getattr(error, 'strerror', None) or error}") from error


def _folder_of(place: str) -> str:
    return place.rpartition("/")[0] if is_url(place) else os.path.dirname(place)  # noqa: PTH120


def _joined(folder: str, name: str) -> str:
    """A place that a list names; a relative one is in the folder of the list."""
    name = plain(name)
    if is_url(name) or os.path.isabs(name) or not folder:  # noqa: PTH117
        return name
    return f"{folder}/{name}" if is_url(folder) else os.path.join(folder, name)  # noqa: PTH118
