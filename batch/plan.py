"""What a run is to do: the photos that were asked for, less those that are done already with the same settings."""

import logging
import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import PurePosixPath

from .companions import Companions
from .journal import Journal
from .overlaps import Overlaps
from .places import exists, is_text, is_url
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
        retry: try again what failed.
        sheets: folder of a sheet for each photo; None for none.
        reserved: ends of names, without the ending, that no result has.
    """

    def __init__(
        self,
        journal: Journal,
        out: str,
        ending: str,
        settings: str,
        *,
        overwrite: bool = False,
        retry: bool = False,
        sheets: str | None = None,
        reserved: re.Pattern[str] | None = None,
    ) -> None:
        self.journal, self.out, self.ending, self.settings = journal, out, ending, settings
        self.overwrite, self.retry, self.reserved = overwrite, retry, reserved
        self.overlaps = Overlaps(journal, out, ending, sheets)
        self.refused = 0  # photos whose names are no text

    def add(self, sources: Iterable[Source], companions: Companions) -> None:
        """Add photos; one that is given twice is done once.

        Raises:
            InputError: for a result, or a sheet, that would be written over a photo, what goes with one, another
                result, or a file that no run wrote.
        """
        sources = iter(sources)
        while chunk := [*islice(sources, CHUNK)]:
            with self.journal.planning():
                for source in chunk:
                    self._add(source, companions)
        self.overlaps.check()

    def _add(self, source: Source, companions: Companions) -> None:
        if not is_text(source.place):
            self.refused += 1
            shown = os.fsencode(source.place).decode(errors="backslashreplace")
            log.warning("%s is passed over: its name is not UTF-8; rename it", shown)
            return
        key = source.place if is_url(source.place) else os.path.abspath(source.place)  # noqa: PTH100
        if self.overlaps.is_result(key):
            return
        files, stamp = companions.of(source)
        self.overlaps.reads(key, *files.values())
        row = self.journal.row(key)
        out = row["out"] if row else next(name for name in self._names(source.name) if not self.journal.is_taken(name))
        if (row is None or row["state"] is None) and not self.overwrite:
            self.overlaps.writes(out)
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
        if not (self.reserved and self.reserved.search(path.stem)):
            yield str(path.with_suffix(self.ending))
        yield f"{path}{self.ending}"
        number = 2
        while True:
            yield str(path.with_name(f"{path.stem}_{number}{self.ending}"))
            number += 1
