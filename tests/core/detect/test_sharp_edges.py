"""Specks amid sharp edges are content, dark ones amid less sharp ones, too; those in smooth surroundings are not."""

import numpy as np
import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.planes import to_gray
from monochromic.core.detect.sharp_edges import AROUND, CLEAR, FEW, amid_edges
from monochromic.core.detect.specks import by_specks

SIDE = 480
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]
GROUND = np.linspace(0.25, 0.75, SIDE)  # a range of tones
SPECK = np.maximum(np.abs(ROWS - 240), np.abs(COLUMNS - 240)) <= 2
REACH = AROUND * SIDE + 2  # pixels from the middle of the speck
WALL = (np.abs(ROWS - 240) >= 10) & (np.abs(ROWS - 240) < REACH) & (np.abs(COLUMNS - 240) < REACH)
SHARP, LESS_SHARP = 0.4, 0.17  # contrasts of the wall
LIGHT, DARK, FAINT = 0.3, -0.3, -0.05  # steps of the speck


def case(step=DARK, contrast=SHARP, joints=WALL, period=6):
    """A speck as marked, and a photo of it in a wall with light stones and dark joints, both (1, 1, H, W)."""
    wave = np.cos(2 * np.pi * ROWS / period) if period > 6 else np.where(ROWS % period < period / 2, 1, -1)
    gray = GROUND + contrast / 2 * wave * joints + step * SPECK
    return to_mask(SPECK), torch.from_numpy(gray.clip(0, 1)).float()[None, None]


def to_mask(plane):
    return torch.from_numpy(plane)[None, None].byte()


def left(specks, photo, others=None, dust=FEW):
    """What is left of the specks in a photo with so many more."""
    more = torch.zeros_like(specks)
    more[..., 4:6, 10 : 10 + 20 * dust : 20] = 1
    marks = specks | more if others is None else specks | more | others
    return by_specks(amid_edges, specks | more, marks, to_gray(photo)) & specks


@pytest.mark.parametrize(
    ("step", "contrast", "is_left"),
    [
        (DARK, SHARP, True),
        (LIGHT, SHARP, True),
        (FAINT, SHARP, True),
        (DARK, LESS_SHARP, True),
        (LIGHT, LESS_SHARP, False),
        (FAINT, LESS_SHARP, False),
        (DARK, 0.1, False),
        (DARK, 0, False),
    ],
)
def test_how_sharp_the_edges_are(step, contrast, is_left):
    specks, photo = case(step, contrast)
    assert torch.equal(left(specks, photo), specks * is_left)


def test_where_few_are_found_less_sharp_edges_count():
    """As for dark specks."""
    specks, photo = case(LIGHT, LESS_SHARP)
    assert torch.equal(left(specks, photo, dust=FEW - 1), specks)
    assert not left(*case(LIGHT, 0.1), dust=0).any()


def test_soft_edges_do_not_count():
    """However much the tones change over more pixels."""
    assert not left(*case(contrast=SHARP, joints=1, period=48)).any()


def test_edges_far_away_or_few_do_not_count():
    far = np.maximum(np.abs(ROWS - 240), np.abs(COLUMNS - 240)) > REACH + 5
    assert not left(*case(joints=far)).any()
    assert not left(*case(joints=WALL & (COLUMNS == 220) & (ROWS < 218))).any()


def test_edges_of_marks_do_not_count():
    """Nor do those right beside them."""
    specks, photo = case()
    assert not left(specks, photo, to_mask(WALL)).any()
    assert CLEAR >= 3  # so that all pixels between these rows are near marks
    assert not left(specks, photo, to_mask((ROWS % 6 == 0) & WALL)).any()


def test_edges_count_by_the_range_of_tones():
    specks, photo = case(step=-0.12, contrast=0.14)
    assert left(specks, photo).any()
    photo[..., :24], photo[..., -24:] = 0, 1
    assert not left(specks, photo).any()


def test_each_speck_by_itself():
    away = np.roll(SPECK, (-180, -180), (0, 1))
    specks, photo = case()
    photo[to_mask(away) > 0] = 0.2
    assert torch.equal(left(specks | to_mask(away), photo), specks)


@pytest.mark.parametrize("turn", [lambda p: p.flip(-1), lambda p: p.flip(-2), lambda p: p.mT])
@pytest.mark.parametrize("scale", [1, 3])
def test_however_the_scan_lies(turn, scale):
    away = np.roll(SPECK, (-180, -180), (0, 1))
    specks, photo = case()
    photo[to_mask(away) > 0] = 0.2
    specks, photo = (p.repeat_interleave(scale, 2).repeat_interleave(scale, 3) for p in (specks | to_mask(away), photo))
    found = left(specks, photo)
    assert 0 < found.sum() < specks.sum()
    assert torch.equal(left(turn(specks).contiguous(), turn(photo).contiguous()), turn(found))


def test_each_photo_by_itself():
    wall, plain = case(), case(contrast=0)
    specks, photo = (torch.cat(pair) for pair in zip(wall, plain, strict=True))
    assert left(specks, photo).flatten(1).any(1).tolist() == [True, False]


@pytest.mark.parametrize("worn", [False, True])
@pytest.mark.parametrize("guard", [False, True])
def test_the_guard_leaves_them(monkeypatch, guard, worn):
    specks, photo = case()
    seen = torch.zeros(1, 5, SIDE, SIDE)
    seen[:, KIND_NAMES.index("specks")] = 0.9 * specks[0]
    if worn:
        seen[:, KIND_NAMES.index("lines"), 20::80] = 0.9  # folds
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    for rule in ("doubtful_specks.texture_specks", "look.lone_specks", "look.last_specks"):
        monkeypatch.setattr(f"monochromic.core.detect.{rule}", lambda specks: specks.contrast > 1)
    found = find_hole(photo, dilate=0, guard=guard)
    assert torch.equal(found.skipped * specks, specks * float(guard))
    assert bool((found.hole * specks).any()) is not guard
