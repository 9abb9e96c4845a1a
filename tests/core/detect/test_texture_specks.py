"""Specks amid many unmarked dots like them are content; lone ones, faint ones and dust that is marked are not."""

import cv2
import numpy as np
import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect import summary
from monochromic.core.detect.planes import disc, to_gray
from monochromic.core.detect.specks import by_specks
from monochromic.core.detect.texture_specks import AROUND, MAX_SPECKS, MIN_DOTS, texture_specks

SIDE = 480
MIDDLE = (240, 240)
GROUND = np.linspace(0.35, 0.65, SIDE)[None].repeat(SIDE, 0)  # a range of tones


def near(count, radius=AROUND * SIDE - 4, seed=0):
    """Uneven places (y, x) around the middle, none of them close to another."""
    angles = 2 * np.pi * np.arange(count) / count + np.random.default_rng(seed).uniform(-0.1, 0.1, count)
    radii = radius * np.where(np.arange(count) % 2, 1, 0.6)
    return [(MIDDLE[0] + r * np.sin(a), MIDDLE[1] + r * np.cos(a)) for a, r in zip(angles, radii, strict=True)]


def discs(*places, radius=2):
    """Discs around places, (H, W) of 0 and 1."""
    points = np.zeros((SIDE, SIDE), np.uint8)
    points[tuple(np.round(places).astype(int).T)] = 1
    return cv2.dilate(points, disc(2 * radius + 1))


def case(dots, marked=(MIDDLE,), step=0.3, dot_step=None, radius=2):
    """A photo with the marked specks and the dots, and the marks, both (1, 1, H, W)."""
    gray = GROUND + step * discs(*marked, radius=radius)
    if dots:
        gray = gray + (step if dot_step is None else dot_step) * discs(*dots, radius=radius)
    gray = cv2.GaussianBlur(gray, (0, 0), 0.7) + np.random.default_rng(0).normal(0, 0.004, gray.shape)
    planes = discs(*marked, radius=radius), gray.clip(0, 1).astype(np.float32)
    return tuple(torch.from_numpy(plane)[None, None] for plane in planes)


def left(marks, photo, others=None):
    return by_specks(texture_specks, marks, marks if others is None else marks | others, to_gray(photo))


@pytest.mark.parametrize("step", [0.3, -0.3], ids=["light", "dark"])
@pytest.mark.parametrize("radius", [2, 4])
def test_a_speck_amid_dots_like_it(step, radius):
    marks, photo = case(near(MIN_DOTS + 4), step=step, radius=radius)
    assert torch.equal(left(marks, photo), marks)


def test_a_lone_speck():
    marks, photo = case([])
    assert not left(marks, photo).any()


def test_few_dots_are_no_texture():
    assert not left(*case(near(MIN_DOTS - 1))).any()
    assert left(*case(near(MIN_DOTS))).any()


def test_dots_far_away_do_not_count():
    assert not left(*case(near(2 * MIN_DOTS, radius=3 * AROUND * SIDE))).any()


def test_faint_or_opposite_dots_do_not_count():
    for dot_step in (0.08, -0.3):
        assert not left(*case(near(MIN_DOTS + 4), dot_step=dot_step)).any()


@pytest.mark.parametrize(
    ("step", "radius", "away", "is_left"),
    [
        (0.45, 2, 28, True),
        (0.45, 2, 33, False),
        (0.45, 1, 28, False),
        (0.45, 4, 28, False),
        (0.66, 2, 28, False),
        (-0.3, 2, 28, False),
    ],
    ids=["alike", "far", "small", "large", "strong", "dark"],
)
def test_a_speck_like_one_in_a_texture_near_it(step, radius, away, is_left):
    """It is stronger than the dots, which are no texture for it."""
    marks, photo = case(near(MIN_DOTS + 4, radius=20), step=0.3, dot_step=0.2)
    other = torch.from_numpy(discs((MIDDLE[0] + away, MIDDLE[1]), radius=radius))[None, None]
    photo = 0.6 * (photo + step * other)
    assert torch.equal(left(marks | other, photo), marks | other * is_left)
    assert not left(other, photo, marks).any()


def test_a_faint_speck_is_dust():
    """In a texture as faint as it."""
    assert not left(*case(near(MIN_DOTS + 4), step=0.04)).any()


def test_contrast_counts_by_the_range_of_tones():
    marks, photo = case(near(MIN_DOTS + 4), step=0.09)
    assert left(marks, photo).any()
    photo[..., :16] = 0
    photo[..., -16:] = 1
    assert not left(marks, photo).any()


def test_dots_that_are_marked_are_dust():
    """Whether they look like dust or like other damage."""
    dots = near(MIN_DOTS + 4)
    marks, photo = case([], (MIDDLE, *dots))
    assert not left(marks, photo).any()
    marks, photo = case(dots)
    assert not left(marks, photo, torch.from_numpy(discs(*dots))[None, None]).any()


def test_other_marks_beside_it_are_not_its_ground():
    marks, photo = case(near(MIN_DOTS + 4))
    patch = discs(MIDDLE, radius=8) - discs(MIDDLE, radius=5)
    photo[0, 0][patch > 0] = photo[marks > 0].median()
    assert left(marks, photo, torch.from_numpy(patch)[None, None])[..., 240, 240].all()


def test_a_dusty_photo_is_not_looked_at():
    marks, photo = case(near(MIN_DOTS + 4))
    grid = torch.zeros_like(marks)
    grid[..., 4:100:3, 4::3] = 1
    assert cv2.connectedComponents(grid[0, 0].numpy())[0] > MAX_SPECKS
    assert not left(marks | grid, photo).any()
    assert left(marks | grid * (torch.arange(SIDE) < 20), photo)[..., 240, 240].all()


def test_each_photo_by_itself():
    texture, lone = case(near(MIN_DOTS + 4)), case([])
    marks, photo = (torch.cat(pair) for pair in zip(texture, lone, strict=True))
    assert left(marks, photo).flatten(1).any(1).tolist() == [True, False]


@pytest.mark.parametrize(
    ("options", "worn", "is_left"), [({}, False, True), ({"guard": False}, False, False), ({}, True, False)]
)
def test_the_guard_leaves_them_unless_the_photo_is_worn(monkeypatch, options, worn, is_left):
    marks, photo = case(near(MIN_DOTS + 4))
    seen = torch.zeros(1, 5, SIDE, SIDE)
    seen[:, KIND_NAMES.index("specks")] = 0.9 * marks[0]
    if worn:
        seen[:, KIND_NAMES.index("lines"), 20::80] = 0.9  # folds
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    monkeypatch.setattr("monochromic.core.detect.doubtful_specks.amid_edges", lambda specks: specks.contrast > 1)
    found = find_hole(photo, dilate=0, **options)
    assert bool((found.hole * marks).any()) is not is_left
    assert torch.equal(found.skipped * marks, (marks * is_left).to(found.skipped))
    if is_left:
        assert summary(found) == ["filled: nothing; not filled: 1 speck of under 0.1 %, see the heat map"]
