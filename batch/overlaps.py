"""What a run would write over what it reads, or twice: found before any work."""

import logging
import os
import unicodedata
from functools import lru_cache

from ..core.errors import InputError
from .journal import Journal
from .places import is_url

log = logging.getLogger(__name__)

SHEET = "_report.png"
FOLDERS = 1024  # whose links are remembered
FILES = 64  # whose place is


def sheet_name(out: str) -> str:
    """What the sheet of a result is called, in the folder of the sheets."""
    return f"{os.path.splitext(out)[0]}{SHEET}"  # noqa: PTH122


class Overlaps:
    """Compares the files that a run reads with those that it writes.

    Args:
        journal: with the plan.
        out: folder of the results, a path or a URL.
        ending: of the results.
        sheets: folder of the sheets; None for none.
    """

    def __init__(self, journal: Journal, out: str, ending: str, sheets: str | None) -> None:
        self.journal, self.ending = journal, ending
        self.out, self.sheets = (place if place and not is_url(place) else None for place in (out, sheets))
        self.results = 0  # of earlier runs among the photos
        self.foreign = ""  # a result whose name is that of a file which no run wrote
        self._real_folder = lru_cache(maxsize=FOLDERS)(os.path.realpath)
        self._within = lru_cache(maxsize=FILES)(self._find_within)  # the same mask for all, each photo twice

    def is_result(self, place: str) -> bool:
        """Whether a photo is what an earlier run wrote: then it is passed over."""
        name = self._within(place, self.out)
        found = name is not None and self.journal.is_result(name, place)
        self.results += found
        return found

    def reads(self, *places: str) -> None:
        """Say which files are read."""
        for place in places:
            name = self._within(place, self.out)
            if name is not None:
                self.journal.add_read(place, name, sheet=False)
            name = self._within(place, self.sheets)
            if name is not None and name.endswith(SHEET):
                self.journal.add_read(place, name.removesuffix(SHEET) + self.ending, sheet=True)

    def writes(self, out: str) -> None:
        """Say which result is written for the first time."""
        if self.out and not self.foreign and os.path.lexists(f"{self.out}/{out}"):
            self.foreign = out

    def check(self) -> None:
        """Refuse the plan where something would be lost. Raises `InputError`."""
        if self.results:
            log.warning("%d of the photos are results of an earlier run and are passed over", self.results)
        if self.out and self.sheets:
            self._add_results()
        for row in self.journal.overlaps():
            folder, name = (self.sheets, sheet_name(row["out"])) if row["sheet"] else (self.out, row["out"])
            if _same(row["place"], f"{folder}/{name}"):
                what, flag = (f"the sheet {name!r}", "--report") if row["sheet"] else (repr(name), "--out")
                raise InputError(
                    f"{what} in {folder} would be written over {row['place']!r}, which is read or written too; choose "
                    f"another {flag}"
                )
        if self.foreign:
            raise InputError(
                f"{self.foreign!r} is in {self.out} already, and no run of this journal wrote it; choose another "
                "--out, or add --overwrite"
            )

    def _add_results(self) -> None:
        """Compare the results with the sheets too."""
        for out in self.journal.results_named(SHEET):
            place = f"{self.out}/{out}"
            name = self._within(place, self.sheets)
            if name is not None and name.endswith(SHEET):
                self.journal.add_read(place, name.removesuffix(SHEET) + self.ending, sheet=True)

    def _find_within(self, place: str, folder: str | None) -> str | None:
        """The path of a file in a folder, by whatever spelling or link; None where it is elsewhere."""
        if folder is None or is_url(place) or "\0" in place:
            return None
        real, inside = self._real(place), self._real_folder(folder).rstrip(os.sep)
        head, tail = real[: len(inside)], real[len(inside) :]
        if not tail.startswith(os.sep) or _folded(head) != _folded(inside):
            return None
        if head != inside and not (os.path.exists(inside) and os.path.samefile(head, inside)):  # noqa: PTH110, PTH121
            return None
        return tail[1:].replace(os.sep, "/")

    def _real(self, place: str) -> str:
        """A path without links; those of its folder are looked up once."""
        folder, name = os.path.split(place)
        path = os.path.join(self._real_folder(folder or os.curdir), name)  # noqa: PTH118
        return os.path.realpath(path) if os.path.islink(path) else path  # noqa: PTH114


def _folded(path: str) -> str:
    """A path as the least particular file system reads it."""
    return unicodedata.normalize("NFC", path).casefold()


def _same(one: str, other: str) -> bool:
    first, second = os.path.realpath(one), os.path.realpath(other)
    there = os.path.exists(first) and os.path.exists(second)  # noqa: PTH110
    return first == second or (there and os.path.samefile(first, second))  # noqa: PTH121
