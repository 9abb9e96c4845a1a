"""Specks in rows at about equal distances: buttons, beads, portholes, dots of a cloth. Dust lies anywhere.

A row is content where chance would hardly bring it about (a-contrario detection: Desolneux, Moisan, Morel 2000,
"Meaningful Alignments", International Journal of Computer Vision). It begins with a speck and one of its nearest that
is like it, and goes on where another lies a step further. How probable that is by chance follows from how dense such
specks are there; the product over all steps, times the number of rows that were begun, is how many to expect in dust.
"""

from collections.abc import Iterator

import numpy as np

from ..host.cancel import check_cancelled
from .planes import Mask
from .specks import Specks

NEAREST = 6  # specks to which rows are begun from each
MAX_STEP = 1 / 10  # of the shorter side of the photo
TOLERANCES = (0.1, 0.1), (0.2, 0.2), (0.35, 0.35), (0.45, 0.15)
"""How far from the expected place the next speck may lie, along and across, in steps: the last, of straight rows."""
MAX_RATIO = 2.5  # of the areas of two specks that are alike
AROUND = 3.0  # steps around a speck, in which others tell how dense they are
MIN_ROW, MAX_ROW = 4, 12  # specks
EXPECTED = 0.05  # rows like it in the dust of a photo, below which a row is content; times n, below which n rows are
MAX_EXPECTED = 1.0  # the same, from which no row is looked at
SURE = 1e-4  # the same, below which a row is part of a pattern,
SEVERAL = 3  # and so are as many rows
REACH = 1.5  # steps from such a row, within which specks like its own belong to the pattern
MAX_SPECKS = 500  # light or dark, of a photo that is looked at; one with more is dusty

Row = tuple[np.ndarray, float, float]
"""The numbers of its specks, the length of its last step in pixels, and how many rows like it to expect in dust."""


def speck_rows(specks: Specks) -> Mask:
    """The specks that lie in rows, and those like them beside such rows: light ones by themselves, and dark ones.

    Args:
        specks: of a photo.

    Returns:
        Which of them do, (N + 1,).
    """
    chosen = np.zeros(len(specks.stats), np.bool_)
    light = specks.contrast > 0
    for alike in (light, ~light):
        numbers = np.flatnonzero(alike[1:]) + 1
        if MIN_ROW <= len(numbers) <= MAX_SPECKS:
            area = specks.stats[numbers, 4].astype(float)
            like = np.maximum(area[:, None], area) < MAX_RATIO * np.minimum(area[:, None], area)
            chosen[numbers] = _pattern(specks.centers[numbers], like, MAX_STEP * min(specks.gray.shape))
    return chosen


def _pattern(place: np.ndarray, like: Mask, max_step: float) -> Mask:
    """Which of N specks at places (N, 2), alike or not (N, N), are in rows or beside them, (N,)."""
    distance = np.linalg.norm(place[:, None] - place, axis=2)
    away = np.where(like & (distance > 0), distance, np.inf)
    chosen = np.zeros(len(place), bool)
    step = np.zeros(len(place))  # the longest of the sure rows that a speck is in
    rows, separate = _improbable(list(_rows(place, away, max_step)))
    for row, length, expected in rows:
        chosen[row] = True
        step[row] = np.maximum(step[row], length * (expected < SURE or separate >= SEVERAL))
    spreads = step.any()
    while spreads:
        spread = np.where(away <= REACH * step[:, None], step[:, None], 0).max(0)
        beside = (spread > 0) & (step == 0)
        step[beside] = spread[beside]
        spreads = beside.any()
    return chosen | (step > 0)


def _improbable(rows: list[Row]) -> tuple[list[Row], int]:
    """Those rows that chance would hardly bring about, all of them together, and how many share no speck."""
    rows = sorted(rows, key=lambda row: row[2])
    taken: set[int] = set()
    separate, kept, kept_separate = 0, 0, 0
    for i, (specks, _, expected) in enumerate(rows, 1):
        if taken.isdisjoint(specks.tolist()):
            taken.update(specks.tolist())
            separate += 1
        if expected < EXPECTED * separate:
            kept, kept_separate = i, separate
    return rows[:kept], kept_separate


def _rows(place: np.ndarray, away: np.ndarray, max_step: float) -> Iterator[Row]:
    """Rows that are looked at.

    place: of N specks, (N, 2). away: how far they are from each other where they are alike, else inf, (N, N).
    """
    nearest = np.argsort(away, axis=1)[:, :NEAREST]
    first = np.repeat(np.arange(len(place)), nearest.shape[1])
    begun = np.stack([first, nearest.ravel()], axis=1)[away[first, nearest.ravel()] <= max_step]  # (A, 2)
    for tolerance in TOLERANCES:
        rows, expected = begun, np.full(len(begun), float(len(begun) * len(TOLERANCES)))
        while len(rows) and rows.shape[1] < MAX_ROW:
            check_cancelled()
            following, chance, length = _step_further(rows, place, away, tolerance)
            goes_on = following >= 0
            rows = np.concatenate([rows, following[:, None]], axis=1)[goes_on]
            expected = (expected * chance)[goes_on]
            if rows.shape[1] >= MIN_ROW:
                improbable = expected < MAX_EXPECTED
                yield from zip(rows[improbable], length[goes_on][improbable], expected[improbable], strict=True)


def _step_further(
    rows: np.ndarray, place: np.ndarray, away: np.ndarray, tolerance: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each of A rows (A, n) the next speck, -1 for none; how probable one is by chance; the step's length; (A,)."""
    last = rows[:, -1]
    step = place[last] - place[rows[:, -2]]
    length = np.linalg.norm(step, axis=1)
    miss = _misses(place - (place[last] + step)[:, None], step, tolerance)  # (A, N)
    miss[~np.isfinite(away[last])] = np.inf
    within = away[last] < AROUND * length[:, None]
    near = 1 + within.sum(1) - np.take_along_axis(within, rows, axis=1).sum(1)  # others than those of the row
    chance = np.minimum(1, near * np.prod(tolerance) / AROUND**2)
    return np.where(miss.min(1) <= 1, miss.argmin(1), -1), chance, length


def _misses(offset: np.ndarray, step: np.ndarray, tolerance: tuple[float, float]) -> np.ndarray:
    """How far N places are from those expected by A rows, by the tolerance, (A, N); the ellipse of 1 is within it.

    offset: of the places from those expected, (A, N, 2). step: of the rows, (A, 2).
    """
    along = np.einsum("anc,ac->an", offset, step)
    across = np.einsum("anc,ac->an", offset, step[:, ::-1] * (1, -1))
    return np.hypot(along / tolerance[0], across / tolerance[1]) / (step**2).sum(1)[:, None]
