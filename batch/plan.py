"""What a run is to do: the photos that were asked for, less those that are done already with the same settings."""

import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from ..core.errors import InputError
from .companions import Companions
from .journal import Journal
from .places import exists, is_url
from .sources import Source

log = logging.getLogger(__name__)

CHUNK = 1000  # photos added at once


class Planner:
    """Adds photos to the plan of a run.

    Args:
        journal: of the folder of results.
        out: that folder, a path or a URL.
        ending: of the files to write, such as ".png"; "" where each photo has a folder or name of its own.
        settings: hash of what the results depend on.
        overwrite: do again what is done.
        retry_failed: try again what failed.
    """

    def __init__(
        self, journal: Journal, out: str, ending: str, settings: str, *, overwrite: bool = False, retry: bool = False
    ) -> None:
        self.journal, self.out, self.ending, self.settings = journal, out, ending, settings
        self.overwrite, self.retry = overwrite, retry
        self.refused = 0  # photos whose names are no text

    def add(self, sources: Iterable[Source], companions: Companions) -> None:
        """Add photos; one that is given twice is done once.

        Raises:
            InputError: for a result that would be written over a photo or over what goes with it.
        """
        sources = iter(sources)
        while chunk := [source for source, _ in zip(sources, range(CHUNK), strict=False)]:
            with self.journal.planning():
                for source in chunk:
                    self._add(source, companions)

    def _add(self, source: Source, companions: Companions) -> None:
        if not is_text(source.place):
            self.refused += 1
            shown = os.fsencode(source.place).decode(errors="backslashreplace")
            log.warning("%s is passed over: its name is not UTF-8; rename it", shown)
            return
        files, stamp = companions.of(source)
        key = source.place if is_url(source.place) else os.path.abspath(source.place)  # noqa: PTH100
        row = self.journal.row(key)
        out = row["out"] if row else next(name for name in self._names(source.name) if not self.journal.is_taken(name))
        for place in (key, *files.values()):
            if not is_url(place) and not is_url(self.out) and _same(place, f"{self.out}/{out}"):
                raise InputError(
                    f"{out!r} in {self.out} would be written over {place!r}, which is read; choose another --out"
                )
        same = row is not None and row["stamp"] == stamp and row["settings"] == self.settings
        todo = True
        if row is not None and same and row["state"] == "done":
            todo = self.overwrite or not (is_url(self.out) or exists(f"{self.out}/{out}"))
        elif row is not None and same and row["state"] == "failed":
            todo = self.overwrite or self.retry
        self.journal.add(key, out, stamp, self.settings, files, todo)

    def _names(self, name: str) -> Iterator[str]:
        """Names for a result: that of the photo, with the photo's ending where that is taken, then with a number."""
        path = PurePosixPath(name)
        yield str(path.with_suffix(self.ending))
        yield f"{path}{self.ending}"
        number = 2
        while True:
            yield str(path.with_name(f"{path.stem}_{number}{self.ending}"))
            number += 1


def is_text(name: str) -> bool:
    """Whether a name is Unicode; the system takes others too."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
