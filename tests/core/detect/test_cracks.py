"""Ragged lines of which the network is sure are cracks; rods, chains and rims are smooth, however sure it is."""

import cv2
import numpy as np
import pytest
import torch
from line_shapes import SIDE, arc, crack, rod
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.cracks import cracks
from monochromic.core.detect.lettering import Lettering
from monochromic.core.detect.raggedness import RAGGED, raggedness

LINES = KIND_NAMES.index("lines")


def seen(*lines):
    """Lines (plane, logit) as marked, and their probability; (1, 1, H, W)."""
    marks, logit = np.zeros_like(lines[0][0]), np.full(lines[0][0].shape, -20.0)
    for plane, sure in lines:
        marks |= plane
        logit[plane > 0] = sure
    return torch.from_numpy(marks)[None, None], torch.from_numpy(logit)[None, None].sigmoid().float()


def found(*lines):
    return cracks(*seen(*lines))[0, 0].numpy()


SLIGHTLY = crack(rough=0.6, seed=2)  # ragged by 0.00047


@pytest.mark.parametrize(
    ("line", "logit", "is_crack"),
    [
        (crack(), 6.5, True),
        (SLIGHTLY, 7.1, True),
        (SLIGHTLY, 6.9, False),
        (crack(seed=1), 12, True),
        (crack(), 6.3, False),
        (rod(), 12, False),
        (arc(), 12, False),
        (crack(length=20), 12, False),
    ],
)
def test_it_is_ragged_long_and_sure(line, logit, is_crack):
    assert np.array_equal(found((line, logit)), line * is_crack)


def test_beside_a_sure_one_less_is_enough_but_not_for_smooth_lines():
    sure, likely, doubtful, smooth = crack(60), crack(140, seed=1), crack(220, seed=2), rod(300)
    lines = [(likely, 4), (doubtful, 2), (smooth, 12)]
    assert not found(*lines).any()
    assert np.array_equal(found((sure, 7.1), *lines), sure | likely)


@pytest.mark.parametrize(("share", "is_crack"), [(0.05, False), (0.2, True)])
def test_a_tenth_of_it_has_to_be_sure(share, is_crack):
    line = crack()
    marks, probability = seen((line, 1))
    probability[..., 50 : 50 + round(200 * share)] = 0.9999
    assert np.array_equal(cracks(marks, probability)[0, 0].numpy(), line * is_crack)


@pytest.mark.parametrize("turn", [lambda p: p.T, lambda p: p[::-1], lambda p: p[:, ::-1], lambda p: np.rot90(p)])
def test_it_is_as_ragged_turned_and_mirrored(turn):
    for line in (crack(), rod(), arc()):
        assert raggedness(np.ascontiguousarray(turn(line)), SIDE) == pytest.approx(raggedness(line, SIDE), rel=0.08)


@pytest.mark.parametrize("degrees", [40, 45])
@pytest.mark.parametrize("line", [crack(), rod(), arc()])
def test_it_is_about_as_ragged_aslant(line, degrees):
    turn = cv2.getRotationMatrix2D((200, 200), degrees, 1)
    slanted = (cv2.warpAffine(line * np.uint8(255), turn, (SIDE, SIDE)) > 127).astype(np.uint8)
    assert (raggedness(slanted, SIDE) > RAGGED) == (raggedness(line, SIDE) > RAGGED)


@pytest.mark.parametrize("scale", [2, 3])
def test_as_in_a_larger_copy(scale):
    for line in (crack(), rod(), arc()):
        larger = cv2.resize(line * np.uint8(255), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC) > 127
        marks = larger.astype(np.uint8)
        assert raggedness(marks, scale * SIDE) == pytest.approx(raggedness(line, SIDE), abs=0.00015)
        assert found((marks, 7.1)).any() == found((line, 7.1)).any()


def test_small_parts_and_no_lines():
    dot = np.zeros((40, 40), np.uint8)
    assert not found((dot, 7.1)).any()
    dot[20, 20] = 1
    assert raggedness(dot, 40) == 0
    assert not found((dot, 7.1)).any()


@pytest.mark.parametrize(
    ("lines", "filled"),
    [
        ([(rod(100), 12)], []),
        ([(crack(100), 6)], []),
        ([(crack(100), 9)], [crack(100)]),
        ([(crack(100), 9), (crack(250, seed=3), 4)], [crack(100), crack(250, seed=3)]),
    ],
)
def test_they_are_filled_though_nothing_else_is_found(monkeypatch, lines, filled):
    marks, probability = seen(*lines)
    kinds = torch.zeros(1, len(KIND_NAMES), SIDE, SIDE)
    kinds[:, LINES] = probability[:, 0]
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: kinds.clone())
    monkeypatch.setattr(Lettering, "among", lambda _, marks: marks * 0)
    monkeypatch.setattr("monochromic.core.detect.second_look.DAMAGED_SHARE", 1)  # else what is bridged is filled, too
    photo = torch.full((1, 3, SIDE, SIDE), 0.4) + 0.4 * marks
    hole = find_hole(photo, dilate=0).hole[0, 0].numpy()
    assert np.array_equal(hole > 0, sum(filled, start=np.zeros((SIDE, SIDE), np.uint8)) > 0)
