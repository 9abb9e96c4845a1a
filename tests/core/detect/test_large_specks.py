"""Specks much larger than the others of their photo are left where little is filled: bulbs, buttons, leaves."""

import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.large_specks import large_specks
from monochromic.core.detect.planes import to_gray
from monochromic.core.detect.specks import by_specks
from speck_cases import LINES, LOST, SIDE, SPECKS, case, first


def found_large(marks, photo):
    return by_specks(large_specks, marks, marks, to_gray(photo))


DUST = [(3, 3, 0.1)] * 9


@pytest.mark.parametrize(
    ("height", "width", "lighter", "left"),
    [
        (5, 4, 0.1, True),
        (4, 4, 0.1, False),  # 1.8 times as large
        (5, 4, 0.04, False),  # by 7 % of the range of tones
        (7, 8, -0.1, True),
        (7, 7, -0.1, False),  # dark, 5.4 times as large
    ],
)
@pytest.mark.parametrize("others", [0.1, -0.1], ids=["light", "dark"])
def test_how_large_and_how_light(height, width, lighter, left, others):
    marks, photo = case((height, width, lighter), *[(3, 3, others)] * 9)
    assert torch.equal(found_large(marks, photo), first(marks, height, width) * left)


def test_by_the_size_of_most():
    """A tenth of larger ones does not make a large one usual; half of them does."""
    few, many = ([(9, 9, 0.1)] * count + [(3, 3, 0.1)] * (10 - count) for count in (1, 6))
    assert found_large(*case(*few)).any()
    assert not found_large(*case(*many)).any()


def test_each_photo_by_itself():
    with_large, without = case((9, 9, 0.1), *DUST), case((9, 9, 0.1))
    marks, photo = (torch.cat(planes) for planes in zip(with_large, without, strict=True))
    assert found_large(marks, photo).flatten(1).any(1).tolist() == [True, False]


@pytest.mark.parametrize(
    ("scratches", "options", "left"),
    [
        (0, {}, True),
        (1, {}, True),
        (3, {}, False),  # 0.6 % of the photo
        (1, {"guard": False}, False),
        (1, {"kinds": ["specks"]}, False),
        (1, {"kinds": ["lines", "specks", "lost", "areas"]}, True),
    ],
)
def test_find_hole_leaves_them_where_little_is_filled(monkeypatch, scratches, options, left):
    marks, photo = case((3, 12, 0.1), *[(2, 2, 0.1)] * 40)
    kinds = torch.zeros(1, len(KIND_NAMES), SIDE, SIDE)
    kinds[:, SPECKS : SPECKS + 1] = 0.99 * marks
    for i in range(scratches):
        kinds[:, LINES, :, 150 + 100 * i] = 0.9  # folds
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: kinds.clone())
    monkeypatch.setattr("monochromic.core.detect.look.along_edge", lambda lines, _: lines * 0)
    found = find_hole(photo, dilate=0, **options)
    large = first(marks, 3, 12)
    assert torch.equal(found.skipped[large > 0] > 0, large[large > 0] * left > 0)
    assert torch.equal(found.hole[marks > 0] > 0, (marks - large * left)[marks > 0] > 0)


@pytest.mark.parametrize(
    ("count", "side", "corner", "options", "left"),
    [
        (11, 3, 0, {}, True),  # 0.028 % of the photo
        (13, 3, 0, {}, False),  # 0.033 %
        (10, 4, 0, {}, True),  # 0.044 %, but so few
        (11, 4, 0, {}, False),
        (10, 5, 0, {}, False),  # 0.069 %
        (9, 3, 4, {}, True),  # 0.027 % with it
        (8, 4, 5, {}, True),
        (9, 4, 9, {}, False),  # 0.063 % with it
        (11, 3, 0, {"guard": False}, False),
        (11, 3, 0, {"kinds": ["specks"]}, False),
        (11, 3, 0, {"kinds": ["lines", "specks", "lost", "areas"]}, True),
    ],
)
def test_find_hole_leaves_all_specks_and_lost_parts_where_they_are_few_and_nothing_else_is_filled(
    monkeypatch, count, side, corner, options, left
):
    marks, photo = case(*[(side, side, 0.1)] * count)
    kinds = torch.zeros(1, len(KIND_NAMES), SIDE, SIDE)
    kinds[:, SPECKS : SPECKS + 1] = 0.99 * marks
    kinds[:, LOST, :corner, :corner] = 0.9
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: kinds.clone())
    for rule in ("blank_parts", "beds"):  # what looks lost is not drawn
        monkeypatch.setattr(f"monochromic.core.detect.look.{rule}", lambda lost, *_: lost * 0)
    found = find_hole(photo, dilate=0, **options)
    damage = kinds[:, SPECKS : LOST + 1].amax(1, keepdim=True) > 0
    wanted = damage if options.get("kinds") != ["specks"] else marks > 0
    assert torch.equal(found.hole > 0, wanted & (not left))
    assert torch.equal(found.skipped[wanted] > 0, torch.full((int(wanted.sum()),), left))


def test_a_scratch_is_filled_however_little_it_is(monkeypatch):
    kinds = torch.zeros(1, len(KIND_NAMES), SIDE, SIDE)
    kinds[:, LINES, 300, 200:215] = 0.9  # shorter than what a smooth one is left of, across a face
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: kinds.clone())
    monkeypatch.setattr("monochromic.core.detect.look.lines_across_faces", lambda lines, _: lines)
    assert find_hole(torch.full((1, 3, SIDE, SIDE), 0.5), dilate=0).hole.sum() == 15
