"""Boxes around the hole."""

import pytest
import torch
from monochromic.core import Box, InputError, bounding_box
from monochromic.core.image.boxes import hole_boxes


def test_parts_that_are_far_apart_have_their_own_box():
    hole = torch.zeros(100, 200, dtype=torch.bool)
    hole[10, 10] = hole[90, 195] = True
    assert hole_boxes(hole, 5) == [Box(5, 5, 16, 16), Box(85, 190, 96, 200)]


def test_boxes_that_meet_become_one():
    hole = torch.zeros(100, 200, dtype=torch.bool)
    hole[10, 10] = hole[10, 20] = True
    assert hole_boxes(hole, 5) == [Box(5, 5, 16, 26)]


def test_boxes_cover_the_hole_and_never_touch():
    generator = torch.Generator().manual_seed(0)
    for share in (0.0005, 0.003, 0.02):
        hole = torch.rand((120, 150), generator=generator) < share
        boxes = hole_boxes(hole, 3)
        cover = torch.zeros(120, 150, dtype=torch.int32)
        for box in boxes:
            box.crop(cover)[:] += 1
            around = Box(max(box.top - 1, 0), max(box.left - 1, 0), box.bottom + 1, box.right + 1)
            others = sum(int(b != box and _meet(b, around)) for b in boxes)
            assert others == 0
        assert cover.max() <= 1
        assert cover[hole].all()


def _meet(a, b):
    return a.top < b.bottom and b.top < a.bottom and a.left < b.right and b.left < a.right


def test_no_hole_no_box():
    assert hole_boxes(torch.zeros(5, 5, dtype=torch.bool), 2) == []


def test_bounding_box():
    hole = torch.zeros(2, 1, 9, 9)
    hole[0, 0, 2, 3] = hole[1, 0, 5, 7] = 1
    assert bounding_box(hole) == Box(2, 3, 6, 8)
    with pytest.raises(InputError, match="empty"):
        bounding_box(torch.zeros(1, 1, 9, 9))
