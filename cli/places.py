"""Places to write to, checked before any work: not one of the files that are read, and able to hold the result."""

import os
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path

from .parser import UsageError

WORK = 60  # bytes of memory for each pixel of the photo, measured at 1 and 16 megapixels
NAME_MAX = 255  # bytes of a file's name, where the system does not say


def check_outputs(outputs: Mapping[str, str | None], inputs: Iterable[str | None], photo: str | None = None) -> None:
    """Refuse, before any work, places that cannot be written to, or that are one of the inputs or of each other.

    outputs: by what they are, such as "the mask"; None for one that is not asked for. photo: the picture whose size
    the pictures among them have. Raises `UsageError`.
    """
    there = {what: place for what, place in outputs.items() if place}
    read = [path for path in (photo, *inputs) if path]
    for place in there.values():
        _check_names(Path(place))
    for what, place in there.items():
        for path in read:
            if same_place(place, path):
                raise UsageError(
                    f"{place} is one of the inputs and would be overwritten by {what}; choose another name"
                )
        _check_file(Path(place))
    names: dict[str | tuple[int, int], str] = {}
    for what, place in there.items():
        for key in _keys(place):
            if other := names.get(key):
                raise UsageError(f"{place} cannot be both {other} and {what}; choose another name for one")
        names |= dict.fromkeys(_keys(place), what)


def check_size(out: str, photo: str) -> None:
    """Refuse a format that cannot hold a picture of the photo's size, and a size that memory does not suffice for.

    Raises `PictureError`, also for no picture.
    """
    from ..core.io.images import check_sides
    from ..core.io.opening import check_size, explained, picture_sizes

    for width, height in set(picture_sizes(photo)):
        check_sides(out, width, height)
        with explained(photo):
            check_size(width, height, WORK, "the work")


def check_writable(folder: Path) -> None:
    """Raise `UsageError` unless the folder, or the nearest one above it, takes new files."""
    _check_names(folder)
    path = Path(os.path.realpath(folder))
    there = next(f for f in (path, *path.parents) if os.path.lexists(f))
    fit = there.is_dir()
    if not fit or not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write to {folder}: {there} is {'read-only' if fit else 'not a folder'}")


def same_place(one: str | Path, other: str | Path) -> bool:
    """Whether two paths are one file, by whatever spelling or link, and whether or not it is there yet."""
    first, second = (Path(os.path.realpath(path)) for path in (one, other))
    if first.exists() and second.exists():
        return first.samefile(second)
    return _plain(first) == _plain(second)


def _keys(path: str) -> list[str | tuple[int, int]]:
    """What two paths of one file have in common, whether or not it is there yet."""
    real = Path(os.path.realpath(path))
    try:
        status = real.stat()
    except OSError:
        return [_plain(real)]
    return [_plain(real), (status.st_dev, status.st_ino)]


def _plain(path: Path) -> str:
    """A path as the least particular file system reads it."""
    return unicodedata.normalize("NFC", os.path.normcase(path)).casefold()


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise UsageError(f"{path} is a folder; give the name of a file in it")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file that can be written over; choose another name")
    check_writable(path.parent)


def _check_names(path: Path) -> None:
    """Refuse names that are longer than files and folders may have there, or that Windows does not take."""
    from ..core.io.files import unfit_name

    if fault := unfit_name(path):
        raise UsageError(f"Windows takes no file or folder named {fault!r}; choose another name for {path}")
    there = next((f for f in path.absolute().parents if os.path.lexists(f)), Path())
    try:
        most = os.pathconf(there, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # Windows has none
        most = NAME_MAX
    for name in path.parts:
        if len(os.fsencode(name)) > most:
            raise UsageError(f"the name {name[:20]}... has {len(os.fsencode(name))} bytes, a name may have {most}")
