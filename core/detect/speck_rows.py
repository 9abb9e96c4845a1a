"""Specks in rows at equal distances: buttons, beads, light bulbs, dots of a cloth. Dust lies anywhere.

A row is content where chance would hardly bring it about (a-contrario detection: Desolneux, Moisan, Morel 2000,
"Meaningful Alignments", International Journal of Computer Vision). It begins with a speck and one of its nearest that
is like it, and goes on where another lies a step further. How probable that is by chance follows from how dense such
specks are there; the product over all steps, times the number of rows that were begun, is how many to expect in dust.
"""

from collections.abc import Iterator

import numpy as np
from torch import Tensor

from ..host.cancel import check_cancelled
from .planes import Bytes, Mask, by_photo

NEAREST = 6  # specks to which rows are begun from each
MAX_STEP = 1 / 10  # of the shorter side of the photo
TOLERANCES = 0.1, 0.2, 0.35  # of a step: how far from the expected place the next speck may lie
MAX_RATIO = 2.5  # of the areas of two specks that are alike
AROUND = 3.0  # steps around a speck, in which others tell how dense they are
MIN_ROW, MAX_ROW = 4, 12  # specks
EXPECTED = 0.05  # rows like it in the dust of a photo, below which a row is content
SURE = 1e-4  # the same, below which a row is part of a pattern
REACH = 1.5  # steps from such a row, within which specks like its own belong to the pattern
MAX_SPECKS = 500  # of a photo that is looked at; one with more is dusty


def speck_rows(specks: Tensor) -> Tensor:
    """The specks that lie in rows at equal distances, and those like them beside such rows.

    Args:
        specks: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like dust.

    Returns:
        The same shape, dtype and device, 1 = part of such a speck.
    """
    return by_photo(_in_rows, specks)


def _in_rows(plane: Bytes) -> Bytes:
    """The specks of a plane (H, W) that lie in rows, or beside them."""
    import cv2

    count, label, stats, centers = cv2.connectedComponentsWithStats(plane, connectivity=8)
    if not MIN_ROW < count <= MAX_SPECKS:
        return np.zeros_like(plane)
    area = stats[1:, cv2.CC_STAT_AREA].astype(float)
    like = np.maximum(area[:, None], area) < MAX_RATIO * np.minimum(area[:, None], area)
    pattern = _pattern(centers[1:], like, MAX_STEP * min(plane.shape))
    return np.append(False, pattern)[label].astype(np.uint8) if pattern.any() else np.zeros_like(plane)


def _pattern(place: np.ndarray, like: Mask, max_step: float) -> Mask:
    """Which of N specks at places (N, 2), alike or not (N, N), are in rows or beside them, (N,)."""
    distance = np.linalg.norm(place[:, None] - place, axis=2)
    away = np.where(like & (distance > 0), distance, np.inf)
    chosen = np.zeros(len(place), bool)
    step = np.zeros(len(place))  # the longest of the sure rows that a speck is in
    for row, length, expected in _rows(place, away, max_step):
        chosen[row] = True
        step[row] = np.maximum(step[row], length * (expected < SURE))
    spreads = step.any()
    while spreads:
        spread = np.where(away <= REACH * step[:, None], step[:, None], 0).max(0)
        beside = (spread > 0) & (step == 0)
        step[beside] = spread[beside]
        spreads = beside.any()
    return chosen | (step > 0)


def _rows(place: np.ndarray, away: np.ndarray, max_step: float) -> Iterator[tuple[np.ndarray, float, float]]:
    """Rows that chance would hardly bring about: their specks, their last steps, and how many to expect in dust.

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
                improbable = expected < EXPECTED
                yield from zip(rows[improbable], length[goes_on][improbable], expected[improbable], strict=True)


def _step_further(
    rows: np.ndarray, place: np.ndarray, away: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each of A rows (A, n) the next speck, -1 for none; how probable one is by chance; the step's length; (A,)."""
    last = rows[:, -1]
    step = place[last] - place[rows[:, -2]]
    length = np.linalg.norm(step, axis=1)
    miss = np.linalg.norm((place[last] + step)[:, None] - place, axis=2)  # (A, N)
    miss[~np.isfinite(away[last])] = np.inf
    near = 1 + (away[last] < AROUND * length[:, None]).sum(1)
    chance = np.minimum(1, near * (tolerance / AROUND) ** 2)
    return np.where(miss.min(1) <= tolerance * length, miss.argmin(1), -1), chance, length
