"""Catchlights of eyes are told from dust by what they lie on."""

import numpy as np
import pytest
import torch
from conftest import ROOT
from monochromic.core import find_hole, load_image
from monochromic.core.detect.catchlights import catchlights

WORN = ROOT.parent / "shared" / "data" / "real" / "worn"
SKIN, IRIS, LIGHT = 150, 50, 200
STRAP = np.full((200, 200), SKIN, np.uint8)
STRAP[92:108] = IRIS


def eye(size=200, radius=20, at=(100, 100)):
    """Skin with a dark disc, (H, W) of 8 bits."""
    rows, columns = np.mgrid[:size, :size]
    return np.where(np.hypot(rows - 100, columns - 100) <= radius, IRIS, SKIN).astype(np.uint8), at


def dot(gray, at, radius=2, level=LIGHT):
    """A dot on the photo, and the hole that it is taken for."""
    rows, columns = np.mgrid[: gray.shape[0], : gray.shape[1]]
    hole = np.hypot(rows - at[0], columns - at[1]) <= radius
    return np.where(hole, level, gray).astype(np.uint8), hole.astype(np.uint8)


@pytest.mark.parametrize("at", [(100, 100), (94, 106), (104, 98)])
def test_a_light_dot_in_a_dark_disc(at):
    gray, hole = dot(eye()[0], at)
    assert np.array_equal(catchlights(hole, gray), hole)


@pytest.mark.parametrize("at", [(100, 107), (93, 100), (105, 95)])
def test_a_light_dot_at_the_rim_of_a_small_dark_disc(at):
    """As the light under a lid, or the white of an eye that looks aside."""
    gray, hole = dot(eye(radius=8)[0], at)
    assert np.array_equal(catchlights(hole, gray), hole)


@pytest.mark.parametrize(
    ("ground", "at", "level"),
    [
        (eye()[0], (30, 30), 230),  # on skin
        (eye(radius=95)[0], (100, 100), LIGHT),  # on a dark thing that is no small one
        (np.tile(np.where(np.arange(200) < 100, IRIS, SKIN), (200, 1)).astype(np.uint8), (100, 90), LIGHT),  # a side
        (eye()[0], (100, 100), IRIS - 30),  # a dark dot
        (eye()[0], (100, 116), LIGHT),  # at the rim of a dark thing that is no small one
        (eye(radius=8)[0], (100, 107), 100),  # darker than the skin
        (eye(radius=8)[0], (100, 117), LIGHT),  # not at the rim
        (STRAP, (107, 100), LIGHT),
        (np.maximum(eye(radius=8)[0], 115), (100, 107), LIGHT),  # at the rim of a thing that is hardly dark
    ],
)
def test_dust(ground, at, level):
    gray, hole = dot(ground, at, level=level)
    assert not catchlights(hole, gray).any()


def test_a_scratch_through_an_eye_is_none():
    gray, hole = eye()[0], np.zeros((200, 200), np.uint8)
    hole[99:101, 60:140] = 1
    assert not catchlights(hole, np.where(hole, LIGHT, gray).astype(np.uint8)).any()


def test_each_mark_by_itself_up_to_the_border():
    gray, hole = dot(eye()[0], (100, 100))
    for at in ((1, 1), (198, 60)):
        gray, more = dot(gray, at, level=230)
        hole |= more
    found = catchlights(hole, gray)
    assert found.sum() == 13  # the dot in the middle, 2 pixels in radius
    assert found[100, 100] == 1
    assert not catchlights(np.zeros_like(hole), gray).any()


def test_other_marks_are_not_what_is_lighter_around():
    """Dust on a dark coat amid scratches."""
    gray, hole = dot(np.full((200, 200), IRIS, np.uint8), (100, 100))
    hole[::24] = hole[:, ::24] = 1  # scratches, lighter than the coat
    gray[hole > 0] = LIGHT
    assert not catchlights(hole, gray).any()


def test_a_hole_over_all_of_the_photo():
    assert not catchlights(np.ones((50, 60), np.uint8), np.full((50, 60), 90, np.uint8)).any()


def test_they_are_left_by_the_guard(monkeypatch):
    gray, hole = dot(eye()[0], (100, 100))
    photo, marks = torch.from_numpy(gray)[None, None] / 255, torch.from_numpy(hole)[None, None].float()
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: 0.9 * marks)
    found = find_hole(photo)
    assert not found.hole.any()
    assert torch.equal(found.skipped, marks)
    assert find_hole(photo, guard=False).hole.any()


@pytest.mark.skipif(not WORN.is_dir(), reason="the real photos are not here")
def test_the_eyes_of_a_real_child_keep_their_light():
    """Both catchlights of 04_blond_girl, traced by eye, whatever is taken for damage there."""
    photo = load_image(WORN / "04_blond_girl.png")[:, :3]
    hole = torch.zeros(1, 1, *photo.shape[-2:])
    hole[..., 584:589, 288:293] = hole[..., 593:600, 496:501] = 1
    gray = (photo[0].mean(0) * 255).round().byte().numpy()
    assert catchlights(hole[0, 0].byte().numpy(), gray).sum() == hole.sum()
