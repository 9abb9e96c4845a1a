"""Specks that stand out are content in photos with few specks; faint ones, and those of dusty photos, are not."""

import numpy as np
import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.lone_specks import HARDLY_ANY, MAX_SPECKS, MIN_CONTRAST, last_specks, lone_specks
from monochromic.core.detect.planes import to_gray, tone_range
from monochromic.core.detect.specks import by_specks, speck_contrasts

SIDE = 400
PLACES = [(20 + 50 * i + 3 * j, 20 + 50 * j + 3 * i) for i in range(7) for j in range(7)]
LINES, SPECKS, *_ = range(len(KIND_NAMES))


def case(count, step, tones=(0.2, 0.8)):
    """A photo with a range of tones and so many specks of 3 x 3 pixels, and the specks."""
    gray = torch.linspace(*tones, SIDE).expand(1, 1, SIDE, SIDE).clone()
    marks = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.uint8)
    for y, x in PLACES[:count]:
        marks[..., y : y + 3, x : x + 3] = 1
    return marks, gray + step * marks


def left(marks, photo, rule=lone_specks):
    return by_specks(rule, marks, marks, to_gray(photo))


@pytest.mark.parametrize("step", [0.25, -0.25], ids=["light", "dark"])
def test_specks_that_stand_out(step):
    marks, photo = case(5, step)
    assert torch.equal(left(marks, photo), marks)


def test_faint_specks_are_dust():
    assert not left(*case(5, 0.1)).any()


def test_contrast_is_by_the_range_of_tones():
    assert left(*case(5, 0.1, tones=(0.4, 0.6))).any()


def test_only_in_photos_with_few():
    marks, photo = case(MAX_SPECKS, 0.25)
    assert torch.equal(left(marks, photo), marks)
    assert not left(*case(MAX_SPECKS + 1, 0.25)).any()


@pytest.mark.parametrize(("step", "is_left"), [(0.17, True), (0.12, False), (-0.08, True), (-0.04, False)])
def test_less_is_enough_where_hardly_any_are_left(step, is_left):
    """Least of all for dark ones."""
    marks, photo = case(HARDLY_ANY, step)
    assert torch.equal(left(marks, photo, last_specks), marks * is_left)
    assert not left(*case(HARDLY_ANY + 1, step), last_specks).any()


def test_each_speck_and_each_photo_by_itself():
    marks, photo = case(5, 0.25)
    y, x = PLACES[0]
    photo[..., y : y + 3, x : x + 3] -= 0.2
    both = torch.cat([photo, case(5, 0.05)[1]])
    found = left(marks.repeat(2, 1, 1, 1), both)
    marks[..., y : y + 3, x : x + 3] = 0
    assert torch.equal(found[:1], marks)
    assert not found[1].any()


def test_contrasts():
    """Light and dark; one beside other marks, which are as light; and one about which nothing is known."""
    places = (5, 5), (5, 25), (5, 45), (40, 20)
    label = np.zeros((60, 60), np.int32)
    gray = np.full((60, 60), 100, np.uint8)
    gray[55:] = np.linspace(0, 200, 60)  # the range of tones
    marks = np.zeros((60, 60), np.uint8)
    marks[1:12, 41:50] = marks[30:54, 10:34] = 1
    gray[marks > 0] = 200
    for i, ((y, x), level) in enumerate(zip(places, (200, 0, 200, 200), strict=True), 1):
        window = slice(y, y + 3), slice(x, x + 3)
        label[window], gray[window], marks[window] = i, level, 1
    stats = np.array([[0] * 5, *([x, y, 3, 3, 9] for y, x in places)])
    low, high = np.percentile(gray, (1, 99))
    assert np.allclose(speck_contrasts(label, stats, marks, gray) * (high - low), [0, 100, -100, 100, 0])


@pytest.mark.parametrize(
    ("options", "worn", "is_left"),
    [
        ({}, False, True),
        ({"guard": False}, False, False),
        ({"kinds": ["specks"]}, False, False),  # asked for alone
        ({"kinds": ["lines", "specks", "lost", "areas"]}, False, True),
        ({"method": "classical"}, False, False),
        ({}, True, False),
    ],
)
def test_the_guard_leaves_them_unless_the_photo_is_worn(monkeypatch, options, worn, is_left):
    marks, photo = case(5, 0.25)
    seen = torch.zeros(1, 5, SIDE, SIDE)
    seen[:, SPECKS] = 0.99 * marks[0]
    if worn:
        seen[:, LINES, 5::40] = 0.9  # folds
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    found = find_hole(photo, dilate=0, **options)
    assert bool((found.hole * marks).any()) is not is_left
    assert torch.equal(found.skipped * marks, (marks * is_left).to(found.skipped))


def test_they_do_not_tell_of_dust(monkeypatch):
    """A short line is left beside them, and is not beside as many faint specks."""
    for step, lines_left in ((0.25, True), (0.1, False)):
        marks, photo = case(MAX_SPECKS, step)
        seen = torch.zeros(1, 5, SIDE, SIDE)
        seen[:, SPECKS] = 0.99 * marks[0]
        seen[:, LINES, 380:382, 100:138] = 0.99
        monkeypatch.setattr("monochromic.core.detect.look.smooth_lines", lambda lines: lines * 0)
        monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, seen=seen, **__: seen.clone())
        assert bool(find_hole(photo, dilate=0).skipped[..., 380:382, :].any()) is lines_left


def test_specks_that_are_left_do_not_count_among_the_last(monkeypatch):
    """Two faint ones are left to fill, beside ten that stand out; a dark one of them stands out then."""
    marks, photo = case(10, 0.25)
    for (y, x), step in zip(PLACES[10:12], (0.1, -0.1), strict=True):
        marks[..., y : y + 3, x : x + 3] = 1
        photo[..., y : y + 3, x : x + 3] += step
    seen = torch.zeros(1, 5, SIDE, SIDE)
    seen[:, SPECKS] = 0.99 * marks[0]
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    monkeypatch.setattr("monochromic.core.detect.look.has_but_a_few_marks", lambda *_: False)
    filled = torch.zeros_like(marks)
    (y, x) = PLACES[10]
    filled[..., y : y + 3, x : x + 3] = 1
    assert torch.equal(find_hole(photo, dilate=0).hole, filled.float())


def test_lines_and_lost_parts_are_no_specks(monkeypatch):
    marks, photo = case(1, 0.6 * MIN_CONTRAST + 0.1)
    seen = torch.zeros(1, 5, SIDE, SIDE)
    seen[:, SPECKS] = 0.99 * marks[0]
    seen[:, KIND_NAMES.index("lost")] = 0.9 * marks[0]
    monkeypatch.setattr("monochromic.core.detect.look.has_but_a_few_marks", lambda *_: False)
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    assert torch.equal(find_hole(photo, dilate=0).hole, marks.float())


def test_the_range_of_tones():
    assert tone_range(np.arange(100, dtype=np.uint8)[None]) == (1, 99)
    assert tone_range(np.full((4, 4), 255, np.uint8)) == (255, 255)
