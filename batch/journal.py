"""What is done: one SQLite file in WAL mode, so that a run that was killed at any moment goes on where it was.

SQLite and not lines of JSON: a million photos are looked up without being read into memory, sorted and counted for the
report; a commit is whole or absent after kill -9; and its lock keeps a second run out. It is opened for one process
alone, for which WAL needs no shared memory and works on network disks too. A result is on the disk before its row says
so: what is lost by a power failure is done again, with the same bytes.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from ..core.errors import PictureError

VERSION = 1
PAGE = 200  # rows read at a time
THUMBNAILS = 2000  # kept, those with the most damage
TABLES = f"""
CREATE TABLE IF NOT EXISTS photos (
  source TEXT PRIMARY KEY, out TEXT UNIQUE COLLATE NOCASE, stamp TEXT, settings TEXT, state TEXT, reason TEXT,
  remark TEXT, seconds REAL, damage REAL, pixels INTEGER, numbers TEXT, tries INTEGER DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS thumbnails (source TEXT PRIMARY KEY, damage REAL, picture BLOB);
CREATE INDEX IF NOT EXISTS damages ON thumbnails (damage);
CREATE TEMP TABLE plan (
  number INTEGER PRIMARY KEY, source TEXT UNIQUE, stamp TEXT, settings TEXT, files TEXT, todo INTEGER);
CREATE TEMP TABLE reads (place TEXT, out TEXT COLLATE NOCASE, sheet INTEGER, UNIQUE (place, out, sheet));
PRAGMA user_version = {VERSION};
"""
NOW = """CASE WHEN photos.stamp = plan.stamp AND photos.settings = plan.settings THEN photos.state ELSE '' END"""
"""The state of a photo as this run wants it."""


class Task(NamedTuple):
    """A photo to do.

    Attributes:
        number: in this run, from 1.
        source: its path or URL.
        out: the file to write, relative to the folder of results.
        files: those that go with it, such as its mask, by what they are.
        stamp: of all of them together.
    """

    number: int
    source: str
    out: str
    files: dict[str, str]
    stamp: str


class Outcome(NamedTuple):
    """What became of a photo.

    Attributes:
        state: "done"; "failed"; "alone", to be tried once more with nothing beside it; or "stop": no photo can be done,
            such as on a full disk.
        reason: why it is not done, in one line.
        remark: what was found and warned of.
        seconds: of work.
        damage: share of the photo that was filled.
        pixels: of the photo.
        numbers: how near it is to its reference.
        thumbnail: a small picture for the report.
    """

    state: str
    reason: str = ""
    remark: str = ""
    seconds: float = 0.0
    damage: float | None = None
    pixels: int | None = None
    numbers: Mapping[str, float | None] = {}
    thumbnail: bytes | None = None


class Journal:
    """The journal of one folder of results.

    Args:
        path: of its file, which is made if there is none; None for a journal in memory.
        copied: read the file, if there is one, and change nothing in it.

    Raises:
        PictureError: where it cannot be written, or another run has it open.
    """

    def __init__(self, path: Path | None, copied: bool = False) -> None:
        self.path = path
        fresh = path is not None and not copied and not path.exists()
        try:
            self._open(path, copied)
        except BaseException:  # whose traceback holds this journal, and so its lock
            if hasattr(self, "base"):
                (self.discard if fresh else self.close)()
            raise

    def _open(self, path: Path | None, copied: bool) -> None:
        with self._explained():
            if path is not None and not copied:
                path.parent.mkdir(parents=True, exist_ok=True)
            self.base = sqlite3.connect(":memory:" if path is None or copied else path, timeout=1, isolation_level=None)
            if copied and path is not None and path.exists():
                self._copy(path)
            self.base.row_factory = sqlite3.Row
            self.base.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._check_ours()
            self.base.execute("PRAGMA journal_mode = WAL")
            self.base.execute("PRAGMA synchronous = NORMAL")
            self.base.executescript(f"BEGIN IMMEDIATE; {TABLES} COMMIT;")

    def _check_ours(self) -> None:
        """Refuse a database of a newer version, or of another program."""
        found = self.base.execute("PRAGMA user_version").fetchone()[0]
        if found > VERSION:
            raise PictureError(
                f"{self.path} is of a newer version of this program; install that, or choose another --out"
            )
        tables = {row["name"] for row in self.base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and "photos" not in tables:
            raise PictureError(f"{self.path} is a database of another program; choose another --journal")

    def _copy(self, path: Path) -> None:
        with sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1) as there:
            there.backup(self.base)
        there.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What SQLite says, in one line."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, PictureError):
                raise
            what = str(error)
            if "locked" in what:
                what = "another run is writing there; wait for it, or choose another --out"
            elif "full" in what:
                what = "the disk is full; make room and run the same command again, which goes on where it was"
            raise PictureError(f"cannot use the journal {self.path}: {what}") from error

    def close(self) -> None:
        """Hand over what waits in the WAL."""
        self.base.close()

    def discard(self) -> None:
        """Remove the journal of a run that could not begin, and folders that are empty then."""
        self.close()
        if self.path is not None:
            for name in (self.path.name, f"{self.path.name}-wal", f"{self.path.name}-shm"):
                self.path.with_name(name).unlink(missing_ok=True)
            with suppress(OSError):
                self.path.parent.rmdir()
                self.path.parent.parent.rmdir()

    def row(self, source: str) -> sqlite3.Row | None:
        """All that is known of a photo."""
        return self.base.execute("SELECT * FROM photos WHERE source = ?", (source,)).fetchone()  # type: ignore[no-any-return]

    def is_taken(self, out: str) -> bool:
        """Whether a file to write belongs to some photo, by whatever spelling."""
        return self.base.execute("SELECT 1 FROM photos WHERE out = ?", (out,)).fetchone() is not None

    @contextmanager
    def planning(self) -> Iterator[None]:
        """Within it, many photos are added at once."""
        with self._explained():
            self.base.execute("BEGIN IMMEDIATE")
            yield
            self.base.execute("COMMIT")

    def add(self, source: str, out: str, stamp: str, settings: str, files: Mapping[str, str], todo: bool) -> bool:
        """Add a photo to the plan of this run.

        Returns:
            False where it is there already.
        """
        words = json.dumps(files) if files else ""
        added = self.base.execute(
            "INSERT OR IGNORE INTO plan (source, stamp, settings, files, todo) VALUES (?, ?, ?, ?, ?)",
            (source, stamp, settings, words, todo),
        )
        if added.rowcount:
            self.base.execute("INSERT OR IGNORE INTO photos (source, out) VALUES (?, ?)", (source, out))
        return bool(added.rowcount)

    def is_result(self, out: str, source: str) -> bool:
        """Whether a file was written before, as the result of another photo."""
        rows = self.base.execute("SELECT source, state FROM photos WHERE out = ?", (out,))
        return any(row["source"] != source and row["state"] in ("done", "begun") for row in rows)

    def add_read(self, place: str, out: str, sheet: bool) -> None:
        """Say that a file is read, and that the result of this name, or its sheet, would be written over it."""
        self.base.execute("INSERT OR IGNORE INTO reads VALUES (?, ?, ?)", (place, out, sheet))

    def overlaps(self) -> Iterable[sqlite3.Row]:
        """What `add_read` was told of results that this run writes: `place`, `out` and `sheet`."""
        return self.base.execute(
            "SELECT place, photos.out, sheet FROM reads JOIN photos ON photos.out = reads.out JOIN plan USING (source) "
            "WHERE todo ORDER BY number"
        )

    def results_named(self, end: str) -> Iterable[str]:
        """The results of this run whose names end so."""
        rows = self.base.execute("SELECT out FROM plan JOIN photos USING (source)")
        return (row["out"] for row in rows if row["out"].endswith(end))

    def tasks(self, todo: int = 1, limit: int | None = None) -> Iterator[Task]:
        """The photos to do, in their order; a few are in memory at a time."""
        last, left = 0, limit
        while left is None or left > 0:
            rows = self.base.execute(
                "SELECT plan.*, out FROM plan JOIN photos USING (source) WHERE number > ? AND todo = ? "
                "ORDER BY number LIMIT ?",
                (last, todo, PAGE if left is None else min(PAGE, left)),
            ).fetchall()
            if not rows:
                return
            for row in rows:
                files = json.loads(row["files"]) if row["files"] else {}
                yield Task(row["number"], row["source"], row["out"], files, row["stamp"])
            last, left = rows[-1]["number"], None if left is None else left - len(rows)

    def begin(self, task: Task, settings: str) -> None:
        """Say that a photo is in hand: what is under its name now may be of these settings or of others."""
        with self._explained():
            self.base.execute(
                "UPDATE photos SET state = 'begun', stamp = ?, settings = ?, reason = '', tries = tries + 1 "
                "WHERE source = ?",
                (task.stamp, settings, task.source),
            )

    def begun(self) -> list[str]:
        """The results that were being made when an earlier run ended; all of them, not only those of this run."""
        return [row["out"] for row in self.base.execute("SELECT out FROM photos WHERE state = 'begun'")]

    def end(self, task: Task, outcome: Outcome) -> None:
        """Write down what became of a photo."""
        values = (
            outcome.state, outcome.reason, outcome.remark, round(outcome.seconds, 3), outcome.damage, outcome.pixels,
            json.dumps(dict(outcome.numbers)) if outcome.numbers else "", task.source,
        )  # fmt: skip
        with self._explained():
            self.base.execute("BEGIN")
            self.base.execute(
                "UPDATE photos SET state = ?, reason = ?, remark = ?, seconds = ?, damage = ?, pixels = ?, numbers = ? "
                "WHERE source = ?",
                values,
            )
            self._keep(task.source, outcome)
            self.base.execute("COMMIT")

    def _keep(self, source: str, outcome: Outcome) -> None:
        """Keep a thumbnail, and of too many those with the most damage."""
        self.base.execute("DELETE FROM thumbnails WHERE source = ?", (source,))
        if outcome.thumbnail:
            self.base.execute("INSERT INTO thumbnails VALUES (?, ?, ?)", (source, outcome.damage, outcome.thumbnail))
        if self.base.execute("SELECT count(*) FROM thumbnails").fetchone()[0] > THUMBNAILS:
            self.base.execute(
                "DELETE FROM thumbnails WHERE source = "
                "(SELECT source FROM thumbnails ORDER BY damage, rowid DESC LIMIT 1)"
            )

    def set_aside(self, task: Task) -> None:
        """Leave a photo for the end, where it is tried alone."""
        with self._explained():
            self.base.execute("UPDATE plan SET todo = 2 WHERE number = ?", (task.number,))

    def is_set_aside(self) -> bool:
        """Whether any photo was left for the end."""
        return self.base.execute("SELECT 1 FROM plan WHERE todo = 2").fetchone() is not None

    def counts(self) -> dict[str, int]:
        """How many photos of this run are in each state; "" for those that were never begun."""
        rows = self.base.execute(f"SELECT {NOW} AS now, count(*) AS n FROM plan JOIN photos USING (source) GROUP BY 1")
        return {row["now"] or "": row["n"] for row in rows}

    def to_do(self) -> tuple[int, int]:
        """How many photos there are in this run, and how many of them are to be done."""
        return tuple(self.base.execute("SELECT count(*), ifnull(sum(todo > 0), 0) FROM plan").fetchone())

    def rate(self) -> tuple[float, float] | None:
        """Mean seconds of a photo and of a megapixel, of all that were done here; None where none was."""
        row = self.base.execute(
            "SELECT avg(seconds), sum(seconds) * 1e6 / sum(pixels) FROM photos WHERE state = 'done' AND pixels > 0"
        ).fetchone()
        return None if row[0] is None else (row[0], row[1])

    def fingerprint(self) -> str:
        """A hash of what `results` gives; no photo changes without another try."""
        rows = self.base.execute(
            f"SELECT source, out, {NOW}, tries FROM plan JOIN photos USING (source) ORDER BY plan.number"
        )
        found = hashlib.sha256()
        for row in rows:
            found.update(repr(tuple(row)).encode(errors="surrogateescape"))
        return found.hexdigest()

    def results(self, state: str | None = None) -> Iterable[sqlite3.Row]:
        """The rows of this run in its order, with their thumbnails; of one state where it is given."""
        return self.base.execute(
            f"SELECT photos.*, {NOW} AS now, picture FROM plan JOIN photos USING (source) "
            "LEFT JOIN thumbnails USING (source) WHERE ? IS NULL OR now = ? ORDER BY plan.number",
            (state, state),
        )
