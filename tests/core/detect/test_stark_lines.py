"""Short lines that stand out like bare paper, and are doubtful all the same, are content; sure or faint ones damage."""

import cv2
import numpy as np
import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.lettering import Lettering
from monochromic.core.detect.planes import to_gray
from monochromic.core.detect.stark_lines import stark_lines

SIDE, GROUND = 400, 0.3
LINE = (197, 203, 150, 230)  # rows from, to, columns from, to


def case(*lines, side=SIDE):
    """Lines (box, tone, logit): as marked, their probability, and a grained photo from 0 to 1 with them."""
    photo = GROUND + np.random.default_rng(0).normal(0, 0.01, (side, side))
    photo[:12], photo[-12:] = 0, 1
    marks, logit = np.zeros((side, side), np.uint8), np.full((side, side), -20.0)
    for (top, bottom, left, right), tone, sure in lines:
        box = slice(top, bottom), slice(left, right)
        photo[box], marks[box], logit[box] = tone, 1, sure
    mark, photo, logit = (torch.from_numpy(plane)[None, None] for plane in (marks, photo.clip(0, 1), logit))
    return mark, logit.sigmoid(), photo.float()


def found_stark(mark, probability, photo, others=None):
    return stark_lines(mark, probability, mark if others is None else others, to_gray(photo))


@pytest.mark.parametrize(
    ("lighter", "logit", "left"),
    [(0.6, 3, True), (0.6, 4, False), (0.45, 3, False), (0.45, 0.5, True), (0.3, 0.5, False), (-0.25, 0.5, False)],
)
def test_how_much_they_stand_out_and_how_doubtful_they_are(lighter, logit, left):
    mark, probability, photo = case((LINE, GROUND + lighter, logit))
    assert torch.equal(found_stark(mark, probability, photo), mark * left)


@pytest.mark.parametrize(("share", "left"), [(0.05, True), (0.2, False)])
def test_one_that_is_sure_in_part(share, left):
    """A scratch is seldom sure to its ends; a sure pixel or two make none."""
    mark, probability, photo = case((LINE, 0.9, 1))
    top, bottom, start, stop = LINE
    probability[..., top:bottom, start : start + round(share * (stop - start))] = 0.999
    assert torch.equal(found_stark(mark, probability, photo), mark * left)


@pytest.mark.parametrize(("length", "left"), [(95, True), (105, False)])
def test_long_ones_are_damage(length, left):
    """A quarter of the shorter side, whichever way they run."""
    mark, probability, photo = case(((100, 106, 50, 50 + length), 0.9, 1))
    for turn in (lambda plane: plane, lambda plane: plane.mT, lambda plane: plane.flip(2)):
        turned = [turn(plane).contiguous() for plane in (mark, probability, photo)]
        assert torch.equal(found_stark(*turned), turned[0] * left)


def test_each_line_and_each_photo_by_itself():
    doubtful, sure, faint = (LINE, 0.9, 1), ((50, 56, 50, 100), 0.9, 6), ((300, 306, 50, 100), 0.4, 1)
    first, second = case(doubtful, sure, faint), case(sure)
    both = [torch.cat(planes) for planes in zip(first, second, strict=True)]
    assert torch.equal(found_stark(*both), torch.cat([case(doubtful)[0], torch.zeros_like(second[0])]))


def test_one_beside_another_in_its_bend():
    around, within = ((100, 150, 50, 54), 0.9, 1), ((105, 140, 70, 84), 0.9, 6)
    mark, probability, photo = case(around, ((146, 150, 50, 100), 0.9, 1), within)
    assert torch.equal(found_stark(mark, probability, photo), mark - case(within)[0])


def test_other_marks_are_not_what_is_around():
    """A crack amid white that is marked as lost: it stands out from what is not marked, but not from the white."""
    wide = (LINE[0] - 60, LINE[1] + 60, LINE[2] - 60, LINE[3] + 60)
    mark, probability, photo = case((LINE, 0.9, 1))
    others, _, light = case((wide, 0.9, 1))
    photo = torch.maximum(photo, light)
    assert torch.equal(found_stark(mark, probability, photo, others), mark)
    assert not found_stark(mark, probability, photo).any()


@pytest.mark.parametrize("scale", [2, 4])
def test_as_in_a_smaller_copy(scale):
    planes = case((LINE, 0.9, 1), ((50, 56, 50, 100), 0.9, 6))
    small = found_stark(*planes)
    large = [
        torch.from_numpy(cv2.resize(plane[0, 0].numpy(), None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST))
        for plane in planes
    ]
    found = found_stark(*(plane[None, None] for plane in large))
    assert torch.equal(found[..., ::scale, ::scale], small)


def test_nothing_is_marked():
    mark, probability, photo = case()
    assert not found_stark(mark, probability, photo).any()


@pytest.mark.parametrize(
    ("folds", "options", "left"),
    [
        (1, {}, True),
        (3, {}, True),
        (7, {}, False),  # 6 % of the photo
        (1, {"kinds": ["lines"]}, False),
        (1, {"guard": False}, False),
        (1, {"kinds": ["lines", "specks", "lost", "areas"]}, True),
    ],
)
def test_find_hole_leaves_them_unless_lines_are_asked_for_alone(monkeypatch, folds, options, left):
    """Beside other damage: where hardly any is found, lines are left anyway; where it is heavy, they are damage."""
    folds = [((0, SIDE, 40 * i, 40 * i + 4), 0.5, 6) for i in range(1, 1 + folds)]
    mark, probability, photo = case(((300, 306, 320, 380), 0.9, 1), *folds)
    seen = torch.cat([probability, *(torch.zeros_like(probability) for _ in KIND_NAMES[1:])], 1)
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    found = find_hole(photo, dilate=0, **options)
    collar = mark[..., 300:306, 320:380]
    assert torch.equal(found.hole[..., 300:306, 320:380] > 0, collar.bool() & (not left))
    assert torch.equal(found.skipped[..., 300:306, 320:380] > 0, collar.bool() & left)


def test_they_do_not_make_a_photo_worn(monkeypatch):
    """Collars that cover 0.7 %, beside a fold, and a crease that only a second look finds."""
    monkeypatch.setattr(Lettering, "among", lambda _, marks: marks * 0)  # they are set like letters
    monkeypatch.setattr("monochromic.core.detect.look.smooth_lines", lambda lines: lines * 0)
    fold, faint = ((0, SIDE, 200, 202), 0.5, 6), ((330, 333, 220, 370), 0.4, -0.2)
    boxes = [(40 + 40 * i, 46 + 40 * i, 60, 96) for i in range(5)]
    for tone, logit, filled in ((0.9, 1, False), (0.5, 6, True)):
        _, probability, photo = case(fold, faint, *((box, tone, logit) for box in boxes))
        seen = torch.cat([probability, *(torch.zeros_like(probability) for _ in KIND_NAMES[1:])], 1)
        monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, seen=seen, **__: seen.clone())
        hole = find_hole(photo, dilate=0).hole
        assert hole[..., 40:300, 200:202].all()
        assert bool(hole[..., 330:333, 220:370].any()) == filled
