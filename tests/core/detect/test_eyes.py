"""Holes over eyes: what would fill most of one is left."""

import numpy as np
import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect import summary
from monochromic.core.detect.eyes import MAX_SIDE, MIN_AREA, Eyes, find_eyes, parts_at_eyes, sure_eyes
from monochromic.core.image.masks import dilate
from skimage import data

EYES = (204, 100), (247, 103)  # x and y in scikit-image's astronaut, by a face detector made by others
RADIUS = 10  # pixels, of each


@pytest.fixture(scope="module")
def photo():
    return torch.from_numpy(data.astronaut()).permute(2, 0, 1)[None].float() / 255


def eyes_of(photos):
    return [Eyes(photo) for photo in photos.split(1)]


def at(x, y, radius, side=512):
    rows, columns = torch.arange(side)[:, None], torch.arange(side)
    return ((rows - y) ** 2 + (columns - x) ** 2 <= radius**2).float()[None, None]


@pytest.mark.parametrize("scale", [0.4, 0.6, 1.0, 2.0])
def test_both_eyes_are_found_and_little_else(photo, scale):
    seen = find_eyes(torch.nn.functional.interpolate(photo, scale_factor=scale, mode="area"))
    assert min(seen.shape[-2:]) == min(MAX_SIDE, int(512 * scale))
    seen = torch.nn.functional.interpolate(seen, (512, 512)) > 0.5
    for x, y in EYES:
        assert seen[0, 0, y, x]
    near = torch.maximum(*(at(x, y, 3 * RADIUS) for x, y in EYES)) > 0
    assert seen[~near].float().mean() < 0.001


def test_an_eye_is_left(photo):
    """Also what lies beside it of the same part of the hole, as most of that is at the eye."""
    for x, y in EYES:
        for hole in (at(x, y, RADIUS), at(x, y + 1.6 * RADIUS, 1.8 * RADIUS)):
            assert torch.equal(parts_at_eyes(hole, hole, eyes_of(photo)), hole)


def test_what_is_elsewhere_or_covers_little_of_it_is_filled(photo):
    line = torch.zeros(1, 1, 512, 512)
    line[..., 101:103, 150:300] = 1  # across both
    for hole in (at(225, 60, RADIUS), at(225, 140, RADIUS), at(400, 100, RADIUS), line):
        assert not parts_at_eyes(hole, hole, eyes_of(photo)).any()


@pytest.mark.parametrize("radius", [1, 3])
def test_a_pupil_is_left(photo, radius):
    """A mark over it covers little of the eye; dust beside the eye's middle is filled."""
    for x, y in EYES:
        pupil, dust = at(x, y, radius), at(x, y - 12, 1)
        for hole in (pupil, torch.maximum(pupil, dust)):
            assert torch.equal(parts_at_eyes(hole, hole, eyes_of(photo)), pupil)


def test_pupils_of_a_small_face_beside_a_large_one(photo):
    small = torch.nn.functional.interpolate(photo, scale_factor=0.4, mode="area")
    both = torch.nn.functional.pad(photo, (0, small.shape[3], 0, 0))
    both[..., : small.shape[2], 512:] = small
    hole = torch.zeros_like(both[:, :1])
    for x, y in EYES:
        hole[..., round(0.4 * y) - 1 : round(0.4 * y) + 2, 511 + round(0.4 * x) : 514 + round(0.4 * x)] = 1
    assert torch.equal(parts_at_eyes(hole, hole, eyes_of(both)), hole)


def test_a_line_through_a_pupil_is_filled(photo):
    line = torch.zeros(1, 1, 512, 512)
    x, y = EYES[0]
    line[..., y - 20 : y + 20, x] = 1
    assert not parts_at_eyes(line, line, eyes_of(photo)).any()


@pytest.mark.parametrize(("share", "left"), [(0.24, False), (0.36, True)])
def test_from_which_share_on_an_eye_is_left(photo, share, left):
    seen = torch.from_numpy(sure_eyes(find_eyes(photo)[0, 0].numpy()))
    for x, y in EYES:
        eye = (seen & (at(x, y, 2 * RADIUS)[0, 0] > 0)).nonzero()
        hole = torch.zeros(1, 1, 512, 512)
        hole[0, 0][tuple(eye[: round(share * len(eye))].T)] = 1
        assert bool(parts_at_eyes(hole, hole, eyes_of(photo)).any()) is left


def test_a_wide_mark_is_left_at_the_eye_only(photo):
    band = torch.zeros(1, 1, 512, 512)
    band[..., 98:112, 100:400] = 1
    left = parts_at_eyes(band, band, eyes_of(photo))
    for x, y in EYES:
        assert torch.equal(left[..., y - 2 : y + 8, x - 8 : x + 9], band[..., y - 2 : y + 8, x - 8 : x + 9])
    assert not left[..., :150].any()
    assert not left[..., 300:].any()


@pytest.mark.parametrize("thickness", [2, 12])
def test_a_line_over_an_eye_is_filled_as_narrow_as_it_is(photo, thickness):
    """If that leaves most of the eye; a wide one is left there."""
    line = torch.zeros(1, 1, 512, 512)
    line[..., 101 : 101 + thickness, 100:400] = 1
    wide = dilate(line, 8)
    left = parts_at_eyes(wide, line, eyes_of(photo))
    for x, y in EYES:
        window = (..., slice(y - 3, y + 3), slice(x - 8, x + 9))
        assert torch.equal(left[window], (wide - line if thickness == 2 else wide)[window])
    assert not left[..., :150].any()


def test_each_photo_by_itself(photo):
    holes = torch.cat([at(*EYES[0], RADIUS), torch.zeros(1, 1, 512, 512), at(*EYES[1], RADIUS)])
    photos = torch.cat([photo, photo, photo.flip(3)])
    left = parts_at_eyes(holes, holes, eyes_of(photos))
    assert torch.equal(left[0], holes[0])
    assert not left[1:].any()  # mirrored, that eye is elsewhere


def test_an_eye_is_sure_somewhere_and_not_tiny():
    probability = np.zeros((40, 90), np.float32)
    probability[10:20, 10:20] = probability[10:20, 40:50] = 0.7
    probability[15, 15] = 0.95
    probability[10 : 10 + MIN_AREA - 1, 70] = 1
    assert np.array_equal(np.argwhere(sure_eyes(probability)), np.argwhere(probability[:, :30] > 0))


@pytest.mark.parametrize(
    ("kind", "options", "left"),
    [
        ("specks", {}, True),
        ("lost", {}, True),
        ("specks", {"guard": False}, False),
        ("overlays", {"kinds": ["overlays"]}, False),  # asked for, whatever it covers
    ],
)
def test_damage_that_is_found_at_an_eye(photo, monkeypatch, kind, options, left):
    kinds = torch.zeros(1, 5, 512, 512)
    mark, speck = at(*EYES[0], 2), at(400, 60, 2)  # narrow ones, which no rule for wide ones leaves
    kinds[:, [KIND_NAMES.index("specks")]] = 0.9 * speck
    kinds[:, [KIND_NAMES.index(kind)]] += 0.9 * mark
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: kinds)
    monkeypatch.setattr("monochromic.core.detect.look.has_but_a_few_marks", lambda *_: False)
    for rule in ("look.lone_specks", "look.last_specks", "doubtful_specks.amid_edges"):
        monkeypatch.setattr(f"monochromic.core.detect.{rule}", lambda specks: specks.contrast > 1)
    found = find_hole(photo, dilate=8, **options)
    assert bool((found.hole * mark).any()) is not left
    assert (found.hole * speck).sum() == speck.sum() * ("kinds" not in options)
    assert torch.equal(found.eyes, mark * left)
    assert torch.equal(found.eyes, found.skipped * (speck == 0))
    assert ("not filled: 1 mark at an eye of" in summary(found)[0]) is left
