"""Dark specks that lie in the lower half alone are of the ground; dust lies anywhere."""

import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.ground_specks import ground_specks
from monochromic.core.detect.planes import to_gray
from monochromic.core.detect.specks import by_specks

SIDE = 400
LINES, SPECKS, *_ = range(len(KIND_NAMES))
LOW = [(y, x) for y in (210, 260, 331) for x in (20, 97, 163, 248, 312)]
HIGH = [(y - 190, x + 11) for y, x in LOW]
DARK, FAINT, LIGHT = -0.08, -0.02, 0.08


def case(*groups):
    """A photo with specks of 3 x 3 pixels, each group at places and by a step from the ground, and the specks."""
    gray = torch.linspace(0.3, 0.7, SIDE).expand(1, 1, SIDE, SIDE).clone()
    marks = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.uint8)
    for places, step in groups:
        for y, x in places:
            marks[..., y : y + 3, x : x + 3] = 1
            gray[..., y : y + 3, x : x + 3] += step
    return marks, gray


def left(marks, photo, others=lambda specks: specks.contrast > 1):
    return by_specks(lambda specks: ground_specks(specks, others(specks)), marks, marks, to_gray(photo))


@pytest.mark.parametrize(
    ("low", "high", "are_left"), [(4, 0, True), (3, 0, False), (8, 2, True), (7, 2, False), (4, 1, True), (0, 9, False)]
)
def test_dark_specks_nearly_all_of_which_lie_low(low, high, are_left):
    marks, photo = case((LOW[:low], DARK), (HIGH[:high], DARK))
    lower = torch.arange(SIDE)[:, None] >= SIDE / 2
    assert torch.equal(left(marks, photo), marks * (lower & are_left))


@pytest.mark.parametrize(("dark", "faint_are_left"), [(7, False), (8, True)])
def test_faint_ones_are_left_beside_many_dark_ones_light_ones_never(dark, faint_are_left):
    marks, photo = case((LOW[:dark], DARK), (LOW[9:12], FAINT), (LOW[12:], LIGHT), (HIGH, LIGHT))
    expected, _ = case((LOW[:dark] + LOW[9:12] * faint_are_left, DARK))
    assert torch.equal(left(marks, photo), expected)


def test_neither_faint_nor_light_ones_tell():
    assert not left(*case((LOW[:9], FAINT))).any()
    assert not left(*case((LOW[:9], LIGHT))).any()
    assert left(*case((LOW[:9], DARK), (HIGH, FAINT))).any()


def test_what_is_content_for_other_reasons_does_not_count():
    marks, photo = case((LOW[:5], DARK))
    assert not left(marks, photo, others=lambda specks: specks.contrast < 0).any()


def test_each_photo_by_itself():
    cases = [case((LOW, DARK)), case((LOW, DARK), (HIGH, DARK))]
    marks, photo = (torch.cat(planes) for planes in zip(*cases, strict=True))
    assert left(marks, photo).flatten(1).any(1).tolist() == [True, False]


@pytest.mark.parametrize("worn", [False, True])
@pytest.mark.parametrize(("high", "guard", "are_left"), [(0, True, True), (0, False, False), (5, True, False)])
def test_the_guard_leaves_them_in_worn_photos_too(monkeypatch, worn, high, guard, are_left):
    marks, photo = case((LOW[:5], DARK), (HIGH[:high], DARK))
    seen = torch.zeros(1, len(KIND_NAMES), SIDE, SIDE)
    seen[:, SPECKS] = 0.99 * marks[0]
    if worn:
        seen[:, LINES, 105:350:60] = 0.9  # folds
    monkeypatch.setattr("monochromic.core.detect.look.has_but_a_few_marks", lambda *_: False)
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    found = find_hole(photo, dilate=0, guard=guard)
    assert torch.equal(found.skipped * marks, marks * are_left)
    assert torch.equal(found.hole * marks, (marks * (not are_left)).to(found.hole))


def test_rows_do_not_tell_of_the_ground(monkeypatch):
    row, dust = [(370, x) for x in range(50, 250, 30)], LOW[:3]
    marks, photo = case((row, DARK), (dust, DARK), (HIGH, LIGHT))
    seen = torch.zeros(1, len(KIND_NAMES), SIDE, SIDE)
    seen[:, SPECKS] = 0.99 * marks[0]
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    found = find_hole(photo, dilate=0)
    assert found.skipped[..., 370:373, :].sum() == 9 * len(row)
    assert found.hole[..., :370, :].sum() == 9 * len(dust + HIGH)
