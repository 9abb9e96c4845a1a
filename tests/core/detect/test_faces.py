"""Lines across faces are damage, however little else is found."""

import numpy as np
import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.eyes import Eyes
from monochromic.core.detect.faces import faces_of, lines_across_faces
from skimage import data

LINES = KIND_NAMES.index("lines")
MIDDLE, APART = 225, 43  # pixels: of the eyes of scikit-image's astronaut, by a face detector made by others
LEVEL = 127  # the row of the nose


@pytest.fixture(scope="module")
def photo():
    return torch.from_numpy(data.astronaut()).permute(2, 0, 1)[None].float() / 255


def line(rows, columns):
    plane = torch.zeros(1, 1, 512, 512, dtype=torch.uint8)
    plane[..., rows, columns] = 1
    return plane


ACROSS = line(slice(60, 170), slice(235, 237))
ASLANT = sum(line(108 + i, slice(180 + 2 * i, 186 + 2 * i)) for i in range(36))
BESIDE = line(slice(60, 170), slice(262, 264))  # a pole
BELOW = line(slice(180, 182), slice(150, 300))  # a necklace
CORNER = line(slice(152, 172), slice(254, 256))  # of the box around it
FOLD = line(slice(400, 402), slice(0, 512))
SHORT = line(slice(110, 112), slice(220, 220 + APART // 3))


@pytest.mark.parametrize("scale", [1, 2])
def test_which_lines_cross_a_face(photo, scale):
    larger = torch.nn.functional.interpolate(photo, scale_factor=scale)
    eyes = Eyes(larger)
    for lines, crosses in ((ACROSS, True), (ASLANT, True), *((each, False) for each in (BESIDE, BELOW, CORNER, SHORT))):
        lines = torch.nn.functional.interpolate(lines, scale_factor=scale)
        assert torch.equal(lines_across_faces(lines, eyes), lines if crosses else lines * 0)
    both = torch.nn.functional.interpolate(ACROSS | BESIDE, scale_factor=scale)
    crossing = torch.nn.functional.interpolate(ACROSS, scale_factor=scale)
    assert torch.equal(lines_across_faces(both, eyes), crossing)


def test_without_a_face_or_a_line_there_are_none(photo):
    assert not lines_across_faces(ACROSS, Eyes(torch.full_like(photo, 0.5))).any()
    assert not lines_across_faces(ACROSS * 0, Eyes(photo)).any()


def eyes_at(*eyes, side=200):
    """The pixels of eyes as (x, y, radius)."""
    rows, columns = np.ogrid[:side, :side]
    return np.any([(rows - y) ** 2 + (columns - x) ** 2 <= r * r for x, y, r in eyes], 0)


@pytest.mark.parametrize(
    ("eyes", "count"),
    [
        ([(80, 90, 6), (120, 90, 6)], 1),
        ([(80, 90, 6), (118, 75, 6)], 1),  # a slanted head
        ([(80, 90, 6)], 0),
        ([(80, 90, 6), (95, 110, 6)], 0),  # one below the other
        ([(80, 90, 6), (95, 90, 6)], 0),  # too near
        ([(80, 90, 6), (145, 90, 6)], 0),  # those of two people
        ([(80, 90, 6), (120, 90, 3)], 0),  # near and far
    ],
)
def test_two_eyes_are_a_face(eyes, count):
    faces = list(faces_of(eyes_at(*eyes)))
    assert len(faces) == count
    for face in faces:
        (x1, y1, _), (x2, y2, _) = eyes
        assert face.x == pytest.approx((x1 + x2) / 2)
        assert face.apart == pytest.approx(np.hypot(x2 - x1, y2 - y1))
        assert 0.5 * face.apart < face.y - (y1 + y2) / 2 < 0.7 * face.apart


def test_the_nose_of_a_photo_is_in_the_middle(photo):
    (face,) = faces_of(Eyes(photo).pixels)
    assert face.x == pytest.approx(MIDDLE, abs=4)
    assert face.y == pytest.approx(LEVEL, abs=6)
    assert face.apart == pytest.approx(APART, abs=4)


@pytest.mark.parametrize(
    ("lines", "filled"),
    [
        ([BESIDE], []),
        ([ACROSS], [ACROSS]),
        ([ACROSS, BESIDE], [ACROSS]),
        ([ACROSS, SHORT, ASLANT], [ACROSS, SHORT, ASLANT]),  # those that cross it are more than 0.15 % of the photo
        ([ACROSS, BESIDE, ASLANT], [ACROSS, ASLANT]),  # a long one is left all the same
        ([BESIDE, FOLD], [FOLD]),
        ([ACROSS, BESIDE, FOLD], [ACROSS, BESIDE, FOLD]),  # but with folds, these are cracks
    ],
)
def test_lines_across_a_face_are_filled_and_count_as_other_marks(photo, monkeypatch, lines, filled):
    """The others are left where hardly anything else is found."""
    seen = torch.zeros(1, len(KIND_NAMES), 512, 512)
    seen[:, LINES] = 0.99 * sum(lines).clamp(max=1)[:, 0]
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    monkeypatch.setattr("monochromic.core.detect.look.dark_lines", lambda lines, *_: lines * 0)
    hole = find_hole(photo, dilate=0).hole
    assert torch.equal(hole > 0, sum(filled, start=torch.zeros_like(BESIDE)) > 0)
