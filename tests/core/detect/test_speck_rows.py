"""Specks in rows at equal distances are content, and dust is not taken for rows."""

import numpy as np
import pytest
import torch
from conftest import make_photo
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect import summary
from monochromic.core.detect.speck_rows import MAX_SPECKS, speck_rows
from monochromic.core.detect.specks import by_specks

SIDE = 400


def plane(*places, size=3):
    """Specks of size x size pixels around places (y, x), uint8 (1, 1, SIDE, SIDE)."""
    marks = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.uint8)
    for y, x in np.round(places).astype(int):
        marks[..., y : y + size, x : x + size] = 1
    return marks


def in_rows(specks, gray=None):
    return by_specks(speck_rows, specks, specks, specks * 0 if gray is None else gray)


def dust(count, seed, within=SIDE - 8):
    return np.random.default_rng(seed).uniform(4, within, (count, 2))


BUTTONS = [(60 + 24 * i, 150) for i in range(6)]
CURVED = [(60 + 24 * i, 150 + 1.6 * i * i) for i in range(7)]
FOUR = [(62, 149), (82, 149), (108, 152), (132, 148)]  # which are not many by themselves
PORTHOLES = [(150, 100 + x) for x in (0, 15, 31, 49, 61, 76)]
DOTS = [(100 + 12 * i, 160 + 12 * j + 3 * i) for i in range(10) for j in range(8)]


@pytest.mark.parametrize(
    "row", [BUTTONS, CURVED, FOUR, PORTHOLES, DOTS], ids=["buttons", "curved", "four", "portholes", "dots"]
)
def test_rows_and_patterns_are_found(row):
    marks = plane(*row)
    assert torch.equal(in_rows(marks), marks)


def test_a_row_is_found_among_dust():
    row, others = plane(*BUTTONS), plane(*dust(60, 1)[dust(60, 1)[:, 1] > 200])
    assert torch.equal(in_rows(row | others), row)


def test_rows_are_light_or_dark():
    """Dark specks are found among so much light dust; a row of both is none."""
    row, others = plane(*BUTTONS), plane(*dust(400, 1)) & (1 - plane(*BUTTONS, size=9).roll((-3, -3), (2, 3)))
    assert not in_rows(row | others)[row > 0].any()
    assert torch.equal(in_rows(row | others, 100 - 50 * row + 50 * others) & row, row)
    mixed = plane(*BUTTONS[::2]) * 50
    assert not in_rows(row, 100 - 50 * row + 2 * mixed).any()


def test_dust_makes_no_rows():
    """As many as are to be expected by chance, about."""
    taken = [bool(in_rows(plane(*dust(count, seed))).any()) for count in (8, 40, 200) for seed in range(40)]
    assert np.mean(taken) < 0.05


def test_clusters_of_dust_make_no_rows():
    taken = [bool(in_rows(plane(*dust(60, seed, within=120))).any()) for seed in range(40)]
    assert np.mean(taken) < 0.05


def test_what_is_no_row():
    uneven = [(60 + 5 * i * i, 150 + 16 * (i % 2)) for i in range(6)]
    three, far = BUTTONS[:3], [(10 + 60 * i, 150) for i in range(6)]
    for places in (three, uneven, far):
        assert not in_rows(plane(*places)).any()
    for small, large in ((BUTTONS[::2], BUTTONS[1::2]), (BUTTONS[:3], BUTTONS[3:])):
        assert not in_rows(plane(*small) | plane(*large, size=6)).any()


def test_the_pattern_goes_on_where_its_rows_end():
    """Dots beside the rows belong to them, those farther away do not."""
    beside, far = (106, 250), (106, 288)
    marks = plane(*DOTS, beside)
    assert torch.equal(in_rows(marks | plane(far)), marks)


@pytest.mark.parametrize(("count", "found", "pattern"), [(1, False, False), (2, True, False), (3, True, True)])
def test_several_rows_may_each_be_more_probable_and_are_a_pattern(count, found, pattern):
    """In so much dust one such row is to be expected, and another speck near its end."""
    rows = [(40 + 80 * k + 2 * (i % 2), 40 + 22 * i + 2 * (i % 3 == 1)) for k in range(count) for i in range(5)]
    others = dust(125, 3)
    marks, near, elsewhere = plane(*rows), plane((60, 150)), plane(*others[others[:, 1] > 200])
    assert torch.equal(in_rows(marks | near | elsewhere), found * marks | pattern * near)


def test_a_sure_row_makes_no_other_probable():
    others, uneven = dust(250, 3), [(300 + 2 * (i % 2), 40 + 22 * i + 2 * (i % 3 == 1)) for i in range(5)]
    row, marks = plane(*BUTTONS), plane(*uneven, *others[others[:, 1] > 200])
    assert torch.equal(in_rows(row | marks), row)


def test_a_dusty_photo_is_not_looked_at():
    grid = [(4 + 16 * i, 4 + 16 * j) for i in range(24) for j in range(24)]
    assert len(grid) > MAX_SPECKS
    assert not in_rows(plane(*grid)).any()
    assert in_rows(plane(*grid[: MAX_SPECKS - 1])).any()


def test_each_photo_by_itself():
    marks = torch.cat([plane(*BUTTONS), plane(*BUTTONS[::2]), plane(*BUTTONS) * 0])
    assert in_rows(marks).flatten(1).any(1).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("kinds", "options", "left"),
    [
        (["specks"], {}, True),
        (["specks"], {"guard": False}, False),
        (["lines"], {"kinds": ["lines"]}, False),
        (["specks", "lost"], {}, False),
    ],
)
def test_rows_are_left_by_the_guard(monkeypatch, kinds, options, left):
    row, speck = plane(*BUTTONS)[0], plane((300, 300))[0]
    seen = torch.zeros(1, 5, SIDE, SIDE)
    for kind in kinds:
        seen[:, KIND_NAMES.index(kind)] = 0.9 * (row | speck)
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    monkeypatch.setattr("monochromic.core.detect.look.blank_parts", lambda lost, *_: lost * 0)
    monkeypatch.setattr("monochromic.core.detect.look.has_but_a_few_marks", lambda *_: False)
    found = find_hole(0.2 + 0.5 * make_photo(1, SIDE, SIDE), dilate=0, **options)
    assert found.hole[..., 300:303, 300:303].all()
    assert bool((found.hole * row).any()) is not left
    assert torch.equal(found.skipped, (row * left)[None].to(found.skipped))
    if left:
        assert summary(found) == [
            "filled: 1 speck, under 0.1 % of the photo; not filled: 6 specks of under 0.1 %, see the heat map"
        ]
