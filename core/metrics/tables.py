"""Scores as text: an aligned table, the cells of one, CSV, and numbers that JSON can hold."""

import csv
import io
import math
from collections.abc import Mapping

Rows = Mapping[str, Mapping[str, float]]
COLUMNS = {
    "psnr": ("PSNR dB", ".2f"),
    "ssim": ("SSIM", ".4f"),
    "l1": ("L1", ".5f"),
    "mse": ("MSE", ".3e"),
    "tv": ("TV", ".4f"),
    "ms_ssim": ("MS-SSIM", ".4f"),
    "ciede2000": ("CIEDE2000", ".3f"),
    "lpips": ("LPIPS", ".4f"),
}
DASH = "-"


def table_cells(rows: Rows) -> list[list[str]]:
    """Scores by row, such as a region, as a table: the heading first, a dash for nan, no column of dashes alone."""
    names = [name for name in COLUMNS if not all(math.isnan(scores.get(name, math.nan)) for scores in rows.values())]
    heading = ["", *(COLUMNS[name][0] for name in names)]
    return [heading] + [[title, *(_cell(name, scores[name]) for name in names)] for title, scores in rows.items()]


def format_table(rows: Rows) -> str:
    """Scores by row as aligned text, a line a row."""
    cells = table_cells(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        f"{title:{widths[0]}}" + "".join(f"  {c:>{w}}" for c, w in zip(values, widths[1:], strict=True))
        for title, *values in cells
    )


def format_csv(rows: Mapping[tuple[str, ...], Mapping[str, float]], heading: tuple[str, ...]) -> str:
    """Scores as CSV in full precision: the columns of `heading`, then the metrics; nan is left empty."""
    names = list(next(iter(rows.values())))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*heading, *names])
    for title, scores in rows.items():
        writer.writerow([*title, *("" if math.isnan(scores[n]) else repr(scores[n]) for n in names)])
    return file.getvalue()


def plain_numbers(scores: Mapping[str, float]) -> dict[str, float | None]:
    """Scores as JSON can hold them: None (null) for infinity and for what does not apply."""
    return {name: value if math.isfinite(value) else None for name, value in scores.items()}


def _cell(name: str, value: float) -> str:
    return DASH if math.isnan(value) else format(value, COLUMNS[name][1])
