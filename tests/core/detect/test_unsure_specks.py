"""Light specks of which the network is unsure are left where little is filled: lights, glints, jewels."""

import numpy as np
import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.planes import to_gray
from monochromic.core.detect.specks import by_specks
from monochromic.core.detect.unsure_specks import unsure_specks
from test_large_specks import LINES, PLACES, SIDE, SPECKS, case, first

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
