"""What became of a batch: a page to look at, and a list of what failed, which is a source of another run."""

import base64
import csv
import hashlib
import json
import sqlite3
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from ..core.io.files import atomic_write
from ..core.metrics import METRICS
from .journal import THUMBNAILS, Journal
from .places import is_url, remove, store

PAGE, FAILED = "report.html", "failed.csv"
FIXED = ("photo", "damage %", "seconds", "what happened")


def write_report(journal: Journal, out: str, summary: str) -> str:
    """Write `report.html`, one page with all that it shows, into the folder of results; not where it says the same.

    Args:
        journal: after a run.
        out: the folder, a path or a URL.
        summary: of the run, in words.

    Returns:
        Where it is.

    Raises:
        PictureError: where it cannot be written.
    """
    before, after = Path(__file__).with_name("page.html").read_text(encoding="utf-8").split("@DATA@")
    content = hashlib.sha256((before + after + journal.fingerprint()).encode()).hexdigest()
    place, first = f"{out}/{PAGE}", f"<!-- {content} -->"
    if not is_url(place) and _begins(place, first):
        return place
    names = _numbers(journal)
    titles = [METRICS[name].title for name in names]

    def write(path: str) -> None:
        with atomic_write(path) as part, part.open("w", encoding="utf-8") as file:
            file.write(first + "\n" + before)
            note = f". Pictures are of the {THUMBNAILS} photos with the most damage." if _many(journal) else ""
            head = {"summary": summary + note, "columns": [*FIXED[:3], *titles, FIXED[3], "before and after"]}
            file.write(_safe(head)[:-1] + ', "rows": [')
            for i, row in enumerate(journal.results()):
                file.write((",\n" if i else "\n") + _safe(_entry(row, names)))
            file.write("]}" + after)

    store(place, write)
    return place


def _begins(path: str, first: str) -> bool:
    """Whether a local file begins so."""
    with suppress(OSError), Path(path).open("rb") as file:
        return file.read(len(first)) == first.encode()
    return False


def write_failures(journal: Journal, out: str) -> str | None:
    """Write `failed.csv`: a list of the photos that failed, with reasons, which `batch` takes as a source.

    Returns:
        Where it is; None where nothing failed, and a list of an earlier run is gone then.
    """
    rows = [*journal.results("failed")]
    place = f"{out}/{FAILED}"
    if not rows:
        remove(place)
        return None

    def write(path: str) -> None:
        with atomic_write(path) as part, part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["photo", "reason"])
            writer.writerows([row["source"], row["reason"]] for row in rows)

    store(place, write)
    return place


def _numbers(journal: Journal) -> list[str]:
    """The metrics that some photo has."""
    row = journal.base.execute(
        "SELECT numbers FROM plan JOIN photos USING (source) WHERE numbers > '' LIMIT 1"
    ).fetchone()
    return [*json.loads(row[0])] if row else []


def _many(journal: Journal) -> bool:
    return bool(journal.to_do()[0] > THUMBNAILS)


def _entry(row: sqlite3.Row, names: list[str]) -> dict[str, object]:
    numbers = json.loads(row["numbers"]) if row["numbers"] else {}
    state = row["now"] or "waiting"
    words = row["reason"] if state == "failed" else row["remark"] if state == "done" else f"not done yet ({state})"
    damage = None if row["damage"] is None else round(100 * row["damage"], 3)
    entry: dict[str, object] = {
        "cells": [row["source"], damage, row["seconds"], *(numbers.get(name) for name in names), words or ""],
    }
    if state == "failed":
        entry["failed"] = True
    if state == "done":
        entry["link"] = quote(row["out"])
    if row["picture"]:
        entry["picture"] = base64.b64encode(row["picture"]).decode()
    return entry


def _safe(value: object) -> str:
    """JSON that can stand in a page."""
    return json.dumps(value).replace("<", "\\u003c")
