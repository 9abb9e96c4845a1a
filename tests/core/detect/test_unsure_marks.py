"""Light specks of which the network is unsure are left where little is filled: lights, glints, jewels."""

import numpy as np
import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.planes import sureness, to_gray
from monochromic.core.detect.specks import by_specks
from monochromic.core.detect.unsure_marks import unsure_lines, unsure_specks
from speck_cases import LINES, PLACES, SIDE, SPECKS, case, first

LIGHT, DARK = (3, 3, 0.1), (3, 3, -0.1)


def found_unsure(marks, photo, logit):
    """By the logits of the specks, (H, W) or one for all."""
    plane = np.broadcast_to(np.float32(logit), (SIDE, SIDE))
    return by_specks(lambda specks: unsure_specks(specks, plane), marks, marks, to_gray(photo))


@pytest.mark.parametrize(("logit", "left"), [(1, True), (3.9, True), (4.1, False), (9, False)])
def test_how_sure_the_network_is(logit, left):
    marks, photo = case(LIGHT, LIGHT)
    assert torch.equal(found_unsure(marks, photo, logit), marks * left)


def test_only_light_ones():
    marks, photo = case(LIGHT, DARK)
    assert torch.equal(found_unsure(marks, photo, 1), first(marks, 3, 3))


def test_each_by_its_surest_tenth():
    marks, photo = case((5, 4, 0.1), (5, 4, 0.1))
    logit = np.ones((SIDE, SIDE), np.float32)
    for (y, x), count in zip(PLACES, (1, 4), strict=False):
        logit[y, x : x + count] = 9  # of 20 pixels
    assert torch.equal(found_unsure(marks, photo, logit), first(marks, 5, 4))


@pytest.mark.parametrize(
    ("scratches", "options", "left"),
    [(0, {}, True), (1, {}, True), (3, {}, False), (1, {"kinds": ["specks"]}, False), (1, {"guard": False}, False)],
)
def test_find_hole_leaves_them_where_little_is_filled(monkeypatch, scratches, options, left):
    marks, photo = case(*[LIGHT] * 20, *[DARK] * 20)
    kinds = torch.zeros(1, len(KIND_NAMES), SIDE, SIDE)
    kinds[:, SPECKS : SPECKS + 1] = 0.95 * marks  # 2.9 logits
    for i in range(scratches):
        kinds[:, LINES, :, 150 + 100 * i] = 0.9  # folds, 0.2 % of the photo each
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: kinds.clone())
    monkeypatch.setattr("monochromic.core.detect.look.along_edge", lambda lines, _: lines * 0)
    hole = find_hole(photo, dilate=0, **options).hole
    light = case(*[LIGHT] * 20)[0]
    assert torch.equal(hole[marks > 0] > 0, (marks - light * left)[marks > 0] > 0)


def test_of_two_parts_in_one_box_each_counts_by_itself():
    """A corner, and a speck in its bend of which the network is sure."""
    label = np.zeros((30, 30), np.int32)
    label[5:25, 5] = label[24, 5:25] = 1
    label[8:12, 18:22] = 2
    stats = np.array([[0, 0, 30, 30, 0], [5, 5, 20, 20, 39], [18, 8, 4, 4, 16]])
    logit = np.where(label == 2, np.float32(9), np.float32(1))
    assert [sureness(logit, label, stats, i) for i in (1, 2)] == [1, 9]


@pytest.mark.parametrize(("logit", "left"), [(1, True), (2.9, True), (3.1, False)])
def test_lines_of_which_it_is_unsure(logit, left):
    """Each by its surest tenth."""
    marks, _ = case((3, 30, 0.1), (3, 30, 0.1))
    plane = torch.where(first(marks, 3, 30) > 0, logit, 1.0)
    (y, x), *_ = PLACES
    plane[..., y : y + 3, x : x + 4] = 9 if logit > 3 else logit  # of 30 columns
    found = unsure_lines(marks, plane.sigmoid())
    assert torch.equal(found, marks if left else marks - first(marks, 3, 30))


def test_no_lines():
    nothing = torch.zeros(1, 1, 9, 9, dtype=torch.uint8)
    assert not unsure_lines(nothing, nothing.float()).any()


@pytest.mark.parametrize(
    ("specks", "options", "left"),
    [
        (90, {}, True),
        (500, {}, False),  # 1.25 % of the photo
        (90, {"kinds": ["lines", "specks"]}, False),
        (90, {"guard": False}, False),
    ],
)
def test_find_hole_leaves_such_lines_where_little_is_filled(monkeypatch, specks, options, left):
    """Beside dust, 0.2 % of the photo."""
    rng = np.random.default_rng(3)
    kinds = torch.zeros(1, len(KIND_NAMES), SIDE, SIDE)
    for y, x in rng.integers((20, 20), (500, 560), (specks, 2)):
        kinds[:, SPECKS, y : y + 3, x : x + 3] = 0.99
    for left_end, chance in ((100, 0.9), (300, 0.99)):
        kinds[:, LINES, 550:553, left_end : left_end + 30] = chance
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: kinds.clone())
    for rule in ("speck_rows", "texture_specks", "amid_edges"):
        monkeypatch.setattr(f"monochromic.core.detect.doubtful_specks.{rule}", lambda specks: specks.contrast > 1)
    monkeypatch.setattr("monochromic.core.detect.look.smooth_lines", lambda lines: lines * 0)
    hole = find_hole(torch.full((1, 3, SIDE, SIDE), 0.5), dilate=0, **options).hole
    assert bool(hole[..., 550:553, 100:130].any()) != left
    assert hole[..., 550:553, 300:330].all()
