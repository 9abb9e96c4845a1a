"""Two lines that hang alike below a face are a necklace, a chain or cords, not cracks."""

import numpy as np
import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.eyes import Eyes
from monochromic.core.detect.strands import strands
from skimage import data

LINES = KIND_NAMES.index("lines")
SIDE = 512
MIDDLE, LEVEL, APART = 225, 127, 43  # pixels: of the nose of scikit-image's astronaut, and of the eyes


@pytest.fixture(scope="module")
def photo():
    return torch.from_numpy(data.astronaut()).permute(2, 0, 1)[None].float() / 255


@pytest.fixture(scope="module")
def eyes(photo):
    return Eyes(photo)


def strand(x=-0.7, y=2.0, height=3.0, slant=0.1, upright=True):
    """A line that begins at a place from the nose, and how high it is, all in distances of the eyes."""
    plane = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.uint8)
    top, rows = round(LEVEL + y * APART), round(height * APART)
    for i in range(rows):
        left = round(MIDDLE + x * APART + slant * i)
        plane[..., top + i, left : left + 3] = 1
    return plane if upright else plane.mT.contiguous()


LEFT, RIGHT = strand(), strand(0.8, 2.2, slant=-0.1)


def test_a_pair_below_a_face(eyes):
    assert torch.equal(strands(LEFT | RIGHT, eyes), LEFT | RIGHT)
    other = strand(-3, 0, 1)
    assert torch.equal(strands(LEFT | RIGHT | other, eyes), LEFT | RIGHT)


@pytest.mark.parametrize(
    "other",
    [
        strand(0.8, 3.0),  # begins lower
        strand(0.8, 2.2, height=1.8),  # ends higher
        strand(-0.4, 2.2),  # beside it
        strand(2.5, 2.0),  # not below the face
        strand(0.8, 2.0, slant=0.9),  # runs aslant
    ],
)
def test_no_pair(eyes, other):
    assert not strands(LEFT | other, eyes).any()


@pytest.mark.parametrize("place", [{"y": 4.0}, {"y": 0.5}, {"height": 0.7}])
def test_too_far_below_too_near_or_too_short(eyes, place):
    assert not strands(strand(-0.7, **place) | strand(0.8, **place), eyes).any()


def test_without_a_face_or_a_line_there_are_none(photo, eyes):
    assert not strands(LEFT | RIGHT, Eyes(torch.full_like(photo, 0.5))).any()
    assert not strands(LEFT * 0, eyes).any()


@pytest.mark.parametrize("scale", [0.5, 2])
def test_as_in_a_copy_of_another_size(photo, scale):
    lines, small = (torch.nn.functional.interpolate(each, scale_factor=scale) for each in (LEFT | RIGHT, photo))
    assert torch.equal(strands(lines, Eyes(small)), lines)


@pytest.mark.parametrize(
    ("lines", "options", "filled"),
    [
        ([LEFT, RIGHT], {}, False),
        ([LEFT, RIGHT], {"kinds": ["lines"]}, True),
        ([LEFT, RIGHT], {"guard": False}, True),
        ([LEFT, strand(0.8, 3.0)], {}, True),
    ],
)
def test_they_are_left_however_much_else_is_found(photo, monkeypatch, lines, options, filled):
    seen = torch.zeros(1, len(KIND_NAMES), SIDE, SIDE)
    seen[:, LINES] = 0.9 * sum(lines)[:, 0].clamp(max=1)
    seen[:, LINES, 420:426] = seen[:, LINES, 440:446] = 0.95  # folds
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    monkeypatch.setattr("monochromic.core.detect.look.dark_lines", lambda lines, *_: lines * 0)
    hole = find_hole(photo, dilate=0, **options).hole
    covered = np.array([float(hole[line > 0].mean()) for line in lines])
    assert (covered == filled).all()
