"""Cells as Markdown tables with 95 % intervals over photos, and as CSV."""

import csv
import io
import math
from collections.abc import Iterable

import numpy as np
from experiments.frame import Case, Column
from report import table
from scipy import stats

Cells = dict[tuple[str, str], dict[str, float]]
"""Scores by method and key of the case."""


def mean_and_half(values: Iterable[float]) -> tuple[float, float]:
    """The mean, and half the width of its 95 % interval by Student's t; nan for what does not apply."""
    finite = np.array([v for v in values if not math.isnan(v)])
    if not len(finite):
        return math.nan, math.nan
    mean = float(finite.mean())
    if len(finite) < 2 or not math.isfinite(mean):
        return mean, math.nan
    return mean, float(stats.t.ppf(0.975, len(finite) - 1) * finite.std(ddof=1) / math.sqrt(len(finite)))


def by_photo(scores: list[tuple[Case, float]]) -> list[float]:
    """A number for each photo: the mean over its holes."""
    photos: dict[tuple[str, str], list[float]] = {}
    for case, value in scores:
        photos.setdefault((case.group, case.photo), []).append(value)
    return [float(np.mean(values)) for values in photos.values()]


def shown(values: list[float], form: str, sign: str = "") -> str:
    """`mean ± half`, a dash for nothing."""
    mean, half = mean_and_half(values)
    if math.isnan(mean):
        return "-"
    return format(mean, sign + form) + ("" if math.isnan(half) else f" ± {half:{form}}")


def column_of(cells: Cells, method: str, cases: list[Case], column: str) -> list[float]:
    """The numbers of a method in a column, photo by photo."""
    found = [(case, cells[method, case.key].get(column, math.nan)) for case in cases if (method, case.key) in cells]
    return by_photo(found)


def differences(cells: Cells, method: str, reference: str, cases: list[Case], column: str) -> list[float]:
    """By how much a method is above the reference, photo by photo."""
    pairs = [
        (case, cells[method, case.key].get(column, math.nan) - cells[reference, case.key].get(column, math.nan))
        for case in cases
        if (method, case.key) in cells and (reference, case.key) in cells
    ]
    return by_photo([(case, value) for case, value in pairs if math.isfinite(value)])


def used(cells: Cells, methods: list[str], cases: list[Case], columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns that apply to anything."""
    return tuple(c for c in columns if any(shown(column_of(cells, m, cases, c.id), c.format) != "-" for m in methods))


def overall(cells: Cells, methods: list[str], cases: list[Case], columns: tuple[Column, ...], reference: str) -> str:
    """A row for each method, over all photos."""
    columns = used(cells, methods, cases, columns)
    heading = ["", *(column.title for column in columns)]
    compared = reference in methods and len(methods) > 1 and columns
    heading += [f"{columns[0].title}: above `{reference}`"] if compared else []
    rows = []
    for method in methods:
        row = [f"`{method}`", *(shown(column_of(cells, method, cases, c.id), c.format) for c in columns)]
        if compared:
            apart = differences(cells, method, reference, cases, columns[0].id)
            row.append("" if method == reference else shown(apart, columns[0].format, "+"))
        rows.append(row)
    return table(heading, rows)


def by_group(cells: Cells, methods: list[str], cases: list[Case], column: Column) -> str:
    """A row for each method, a column for each group of photos."""
    groups = list(dict.fromkeys(case.group for case in cases))
    members = {name: [case for case in cases if case.group == name] for name in groups}
    counts = [f"{name} ({len({case.photo for case in members[name]})})" for name in groups]
    rows = [
        [f"`{m}`", *(shown(column_of(cells, m, members[g], column.id), column.format) for g in groups)] for m in methods
    ]
    return table([column.title, *counts], rows)


def photo_by_photo(cells: Cells, methods: list[str], cases: list[Case], column: Column) -> str:
    """A row for each case, a column for each method."""
    rows = [
        [
            f"{case.photo}, {case.group}",
            *(format(cells[m, case.key].get(column.id, math.nan), column.format) for m in methods),
        ]
        for case in cases
    ]
    return table([f"{column.title}: photo by photo", *(f"`{m}`" for m in methods)], rows)


def as_csv(cells: Cells, methods: list[str], cases: list[Case], columns: tuple[Column, ...]) -> str:
    """Every cell in full precision; empty where a metric does not apply."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["method", "group", "photo", "seed", *(column.id for column in columns)])
    for method in methods:
        for case in cases:
            scores = cells[method, case.key]
            numbers = [scores.get(column.id, math.nan) for column in columns]
            told = ["" if math.isnan(n) else f"{n:.6g}" for n in numbers]
            writer.writerow([method, case.group, case.photo, case.seed, *told])
    return file.getvalue()
