"""What a print lies on is left, paper that shows where it is worn is filled."""

import numpy as np
import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.detect.beds import beds
from monochromic.core.detect.planes import to_gray

HEIGHT, WIDTH = 90, 120
RANDOM = np.random.default_rng(0)


def frame(*sides, depth=12):
    """Lost parts with a ragged edge along sides, uint8 (1, 1, H, W)."""
    plane = np.zeros((HEIGHT, WIDTH), np.uint8)
    views = {"top": plane, "bottom": plane[::-1], "left": plane.T, "right": plane.T[::-1]}
    for side in sides:
        ends = depth + RANDOM.integers(-4, 5, views[side].shape[1])
        views[side][:20] |= (np.arange(20)[:, None] < ends).astype(np.uint8)
    return torch.from_numpy(plane)[None, None]


def photo_with(lost, deviation, level=0.3):
    """A photo (1, 3, H, W) of another level than its lost parts, whose tones deviate by so much."""
    noise = torch.from_numpy(RANDOM.normal(level, deviation, (HEIGHT, WIDTH))).float()
    return torch.where(lost > 0, noise, torch.tensor(0.6)).clamp(0, 1).repeat(1, 3, 1, 1)


def found_beds(lost, photo):
    return beds(lost, to_gray(photo))


@pytest.mark.parametrize("sides", [("left",), ("bottom",), ("top", "left"), ("top", "bottom", "left", "right")])
@pytest.mark.parametrize("level", [0.1, 0.3, 0.9])
def test_one_tone_along_a_side_or_more_is_a_bed(sides, level):
    lost = frame(*sides)
    assert torch.equal(found_beds(lost, photo_with(lost, 0.04, level)), lost)


def test_the_rim_of_the_print_may_belong_to_it():
    """A light, scalloped one beside an album page, which is lighter at one side than at the other."""
    lost = frame("left", "right")
    photo = photo_with(lost, 0.04)
    photo[..., WIDTH // 2 :] += 0.25 * lost[..., WIDTH // 2 :]
    within = torch.cat([torch.arange(10, 20), torch.arange(WIDTH - 20, WIDTH - 10)])
    photo[..., within] = torch.where(lost[..., within] > 0, 0.95, photo[..., within])
    assert torch.equal(found_beds(lost, photo), lost)


def test_worn_paper_has_many_tones():
    lost = frame("top", "bottom", "left", "right")
    assert not found_beds(lost, photo_with(lost, 0.15)).any()


def test_half_of_a_side_is_a_torn_part():
    lost = frame("left")
    lost[..., HEIGHT // 2 :, :] = 0
    assert not found_beds(lost, photo_with(lost, 0.04)).any()


def test_two_sides_in_part_are_a_torn_corner():
    lost = frame("top", "left")
    lost[..., WIDTH // 2 :] = lost[..., HEIGHT // 2 :, :] = 0
    assert not found_beds(lost, photo_with(lost, 0.04)).any()


@pytest.mark.parametrize(("tone", "cover", "is_bed"), [(0.3, 0.65, True), (0.3, 0.55, False), (0.4, 0.65, False)])
@pytest.mark.parametrize("turn", [lambda plane: plane, lambda plane: plane.flip(2, 3)])
def test_a_corner_cut_off_a_print_whose_bed_shows_along_a_side(tone, cover, is_bed, turn):
    """The bed is as light along so much of the left side more, where it is not taken for lost."""
    lost = frame("top", "left")
    lost[..., WIDTH // 4 :] = lost[..., HEIGHT // 4 :, :] = 0
    photo = photo_with(lost, 0.01)
    photo[..., HEIGHT // 4 : HEIGHT // 4 + round(cover * HEIGHT), :3] = tone
    lost, photo = turn(lost), turn(photo)
    assert torch.equal(found_beds(lost, photo), lost * is_bed)


def test_worn_paper_of_one_tone_along_two_sides_in_part():
    """Each part runs along less than most of a side, both together along more."""
    lost = frame("left")
    lost[..., HEIGHT // 2 - 4 : HEIGHT // 2, :] = 0
    assert not found_beds(lost, photo_with(lost, 0.01)).any()


def test_a_part_inside_is_no_bed():
    lost = frame("left")
    lost[...] = 0
    lost[..., 30:50, 40:60] = 1
    photo = photo_with(lost, 0.01)
    photo[..., :3] = 0.3
    assert not found_beds(lost, photo).any()


def test_pieces_of_a_bed_belong_to_it_and_others_do_not():
    lost = frame("left", "right")
    lost[..., :8, 40:60] = lost[..., :8, 70:80] = lost[..., 40:50, 50:60] = 1
    photo = photo_with(lost, 0.04)
    photo[..., :8, 70:80] = 0.9  # a torn edge
    found = found_beds(lost, photo)
    assert found[..., :8, 40:60].all()
    assert not found[..., :8, 70:80].any()
    assert not found[..., 40:50, 50:60].any()  # inside the photo


def test_each_photo_by_itself():
    lost = torch.cat([frame("left", "right"), frame("left")])
    photos = torch.cat([photo_with(lost[:1], 0.04), photo_with(lost[1:], 0.15)])
    found = found_beds(lost, photos)
    assert torch.equal(found[0], lost[0])
    assert not found[1].any()


def test_find_hole_leaves_it_unless_the_guard_is_off(monkeypatch):
    lost = frame("left", "right")
    marks = torch.zeros(1, 5, HEIGHT, WIDTH)
    marks[:, 2:3] = lost
    photo = photo_with(lost, 0.04)
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: 0.9 * marks)
    found, unguarded = (find_hole(photo, dilate=0, guard=guard) for guard in (True, False))
    assert not found.hole.any()
    assert torch.equal(found.skipped, lost.float())
    assert torch.equal(unguarded.hole, lost.float())
