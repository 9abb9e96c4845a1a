"""A lost part of the tone of what is around it is left, one that differs is filled."""

import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.blank_parts import CLEAR, MAX_DIFFERENCE, blank_parts
from monochromic.core.detect.planes import to_gray

SIDE = 256
TONES = 0.1, 0.9


def corner(side=30):
    plane = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.uint8)
    plane[..., :side, :side] = 1
    return plane


def photo_of(part, ground, difference, tones=TONES):
    """A photo whose upper half is of one tone, the part of another; its lower half has all tones."""
    photo = torch.full((1, 1, SIDE, SIDE), ground)
    photo[..., SIDE // 2 :, :] = torch.linspace(*tones, SIDE)
    return photo + difference * part


def left(lost, photo, others=None):
    return blank_parts(lost, lost if others is None else lost | others, to_gray(photo))


LIMIT = MAX_DIFFERENCE * (TONES[1] - TONES[0])


@pytest.mark.parametrize("ground", [0.2, 0.5, 0.8])
@pytest.mark.parametrize(("difference", "is_left"), [(0, True), (0.6, True), (-0.6, True), (1.6, False), (-1.6, False)])
def test_by_how_much_it_differs(ground, difference, is_left):
    """In units of the limit."""
    lost = corner()
    assert torch.equal(left(lost, photo_of(lost, ground, difference * LIMIT)), lost * is_left)


def test_differences_are_by_the_range_of_tones():
    lost = corner()
    assert torch.equal(left(lost, photo_of(lost, 0.5, 0.015)), lost)
    assert not left(lost, photo_of(lost, 0.5, 0.015, tones=(0.4, 0.6))).any()


def test_what_is_written_in_it_does_not_count():
    lost = corner()
    photo = photo_of(lost, 0.8, 0)
    photo[..., 5:25, 8:12] = 0.2
    assert torch.equal(left(lost, photo), lost)


def test_its_soft_edge_and_other_marks_say_nothing_of_what_is_around():
    lost, near = corner(), corner(31 + CLEAR)
    assert torch.equal(left(lost, photo_of(near, 0.5, 0.3)), lost * 0)
    others = corner(60) - corner(30)
    assert torch.equal(left(lost, photo_of(corner(60), 0.5, 0.3), others), lost * 0)  # all around is marked


def test_each_part_and_each_photo_by_itself():
    first, second = corner(), corner().roll(SIDE - 30, -1)
    photo = torch.cat([photo_of(first, 0.5, 0.3), photo_of(second, 0.5, 0.3)])
    found = left((first | second).repeat(2, 1, 1, 1), photo)
    assert torch.equal(found, torch.cat([second, first]))


@pytest.mark.parametrize("guard", [False, True])
def test_the_guard_leaves_it(monkeypatch, guard):
    lost = corner(40)
    seen = torch.zeros(1, len(KIND_NAMES), SIDE, SIDE)
    seen[:, KIND_NAMES.index("lost")] = 0.9 * lost[0]
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    for difference, is_left in ((0.0, guard), (-0.3, False)):
        photo = photo_of(lost, 0.5, difference)
        photo[..., : SIDE // 2, :] += 0.04 * torch.rand(SIDE // 2, SIDE, generator=torch.Generator().manual_seed(0))
        found = find_hole(photo, dilate=0, guard=guard)
        assert bool(found.hole.any()) is not is_left
