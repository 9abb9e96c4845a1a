"""Scores as text: an aligned table, the cells of one, CSV, and numbers that JSON can hold."""

import csv
import io
import math
from collections.abc import Mapping

from .registry import METRICS

Rows = Mapping[str, Mapping[str, float]]
DASH = "-"


def table_cells(rows: Rows) -> list[list[str]]:
    """Scores as the cells of a table.

    Args:
        rows: scores by the ids of the metrics, by the title of their row, such as a region.

    Returns:
        Rows of cells, the heading first; a dash for nan, and no column of dashes alone.
    """
    shown = [m for m in METRICS.values() if not all(math.isnan(s.get(m.id, math.nan)) for s in rows.values())]
    heading = ["", *(metric.title for metric in shown)]
    return [heading] + [[title, *(_cell(scores[m.id], m.format) for m in shown)] for title, scores in rows.items()]


def format_table(rows: Rows, *, narrow: bool = False) -> str:
    """Scores as aligned text.

    Args:
        rows: as for `table_cells`.
        narrow: a line for each metric, for where there is room for few columns.

    Returns:
        A line for each row, the heading first.
    """
    cells = [*map(list, zip(*table_cells(rows), strict=True))] if narrow else table_cells(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        f"{title:{widths[0]}}" + "".join(f"  {c:>{w}}" for c, w in zip(values, widths[1:], strict=True))
        for title, *values in cells
    )


def format_csv(rows: Mapping[tuple[str, ...], Mapping[str, float]], heading: tuple[str, ...]) -> str:
    """Scores as CSV in full precision.

    Args:
        rows: scores by the ids of the metrics, by what the columns of `heading` say of their row.
        heading: of the columns before the metrics.

    Returns:
        The text of the file; nan is left empty.
    """
    names = list(next(iter(rows.values())))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*heading, *names])
    for title, scores in rows.items():
        writer.writerow([*title, *("" if math.isnan(scores[n]) else repr(scores[n]) for n in names)])
    return file.getvalue()


def plain_numbers(scores: Mapping[str, float]) -> dict[str, float | None]:
    """Scores as JSON can hold them.

    Args:
        scores: by the ids of the metrics.

    Returns:
        The same, with None (null) for infinity and for what does not apply.
    """
    return {name: value if math.isfinite(value) else None for name, value in scores.items()}


def _cell(value: float, form: str) -> str:
    return DASH if math.isnan(value) else format(value, form)
