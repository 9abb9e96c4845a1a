"""What goes with each photo: its mask, hints, reference and what to protect, one for all or those of equal names."""

import os
from functools import lru_cache
from pathlib import PurePosixPath

from ..core.errors import InputError
from .places import exists, files_in, is_folder, is_picture, is_text, plain, stamp
from .sources import Source

HINTS = (".txt", ".csv", ".json")


class Companions:
    """The files that go with photos.

    Args:
        given: a file or a folder by what it is: "mask", "hints", "reference" or "protect".

    Raises:
        InputError: for one that is not there.
    """

    def __init__(self, given: dict[str, str]) -> None:
        self.single: dict[str, str] = {}
        self.folders: dict[str, str] = {}
        for role, place in given.items():
            place = plain(place)
            if not is_text(place):
                shown = os.fsencode(place).decode(errors="backslashreplace")
                raise InputError(f"{shown}, given by --{role}, has a name that is not UTF-8; rename it")
            if is_folder(place):
                self.folders[role] = place.rstrip("/") or "/"
            elif exists(place):
                self.single[role] = place
            else:
                raise InputError(f"there is no file or folder {place!r}, given by --{role}; check the name")
        self._stamps = {role: stamp(place) for role, place in self.single.items()}

    def of(self, source: Source) -> tuple[dict[str, str], str]:
        """The files of a photo by what they are, and the stamp of it and all of them.

        A folder that has none of that name gives the name that it would have, so that the photo is refused by it; hints
        and references may be missing.
        """
        files, stamps = dict(self.single), {role: self._stamps[role] for role in self.single}
        for role, folder in self.folders.items():
            place = self._equally_named(role, folder, source.name)
            if place is None and role in ("mask", "protect"):
                place = f"{folder}/{PurePosixPath(source.name).with_suffix('.png')}"
            if place is not None:
                files[role], stamps[role] = place, stamp(place)
        for role, place in source.files.items():
            files[role], stamps[role] = place, stamp(place)
        parts = [source.stamp, *(f"{role} {files[role]} {stamps[role]}" for role in sorted(files))]
        return files, " | ".join(parts)

    def _equally_named(self, role: str, folder: str, name: str) -> str | None:
        """The file of a folder that is named as a photo, whatever its ending."""
        inner = PurePosixPath(name)
        where = folder if str(inner.parent) == "." else f"{folder}/{inner.parent}"
        found = _names(where, role == "hints")
        full = found.get(inner.name) or found.get(inner.stem)
        return f"{where}/{full}" if full else None


@lru_cache(maxsize=16)
def _names(folder: str, hints: bool) -> dict[str, str]:
    """The files of a folder, without those in it, by their names with and without ending."""
    names: dict[str, str] = {}
    if not is_folder(folder):
        return names
    for name in sorted(files_in(folder)):
        if is_picture(name) or (hints and name.lower().endswith(HINTS)):
            names.setdefault(PurePosixPath(name).stem, name)
            names[name] = name
    return names
