"""From probabilities to marks: hysteresis and sizes."""

import math

import pytest
import torch
from monochromic.core.detect.hysteresis import hysteresis_marks
from monochromic.core.errors import InputError


def plane(*rows):
    return torch.tensor(rows)[None, None]


def test_a_part_counts_by_its_most_probable_pixel():
    """Two parts are above 0.2; the second has no pixel above 0.5."""
    chance = plane([0.4, 0.6, 0.1, 0.0, 0.45], [0.0, 0.0, 0.3, 0.0, 0.3], [0.0, 0.0, 0.0, 0.0, 0.0])
    margin = math.log(4)  # from 1 to 1, to 1 to 4
    assert torch.equal(
        hysteresis_marks(chance, 0.5, margin=margin), plane([1, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0])
    )
    assert hysteresis_marks(chance, 0.5).sum() == 1


def test_a_long_part_with_few_sure_pixels_is_dropped():
    """An edge of the scene, of which the filters confirm a piece."""
    faint = torch.full((1, 1, 3, 40), 0.0)
    faint[..., 1, :] = 0.4
    for sure, kept in ((0, 0), (9, 0), (10, 40)):
        chance = faint.clone()
        chance[..., 1, :sure] = 0.9
        assert hysteresis_marks(chance, 0.5, margin=1).sum() == kept


def test_the_threshold_moves_both_levels():
    """1 to 4 is 2 times 1 to 8."""
    chance = plane([0.21, 0.12, 0.0])
    assert torch.equal(hysteresis_marks(chance, 1 / 5, margin=math.log(2)), plane([1, 1, 0]))
    assert torch.equal(hysteresis_marks(chance, 1 / 5, margin=math.log(1.5)), plane([1, 0, 0]))
    assert torch.equal(hysteresis_marks(chance, 0.0, margin=1), plane([1, 1, 0]))
    assert not hysteresis_marks(chance, 0.25, margin=9).any()


def test_small_parts_are_dropped():
    chance = plane([0.99, 0.99, 0.0, 0.99], [0.0, 0.0, 0.0, 0.0])
    assert hysteresis_marks(chance, 0.5, min_area=2).sum() == 2
    assert not hysteresis_marks(chance, 0.5, min_area=3).any()
    with pytest.raises(InputError, match="0 pixels or more"):
        hysteresis_marks(chance, 0.5, min_area=-1)


def test_each_photo_by_itself():
    chance = torch.rand(3, 1, 20, 30, generator=torch.Generator().manual_seed(1)) ** 2
    both = hysteresis_marks(chance, 0.4, 2)
    assert all(torch.equal(both[i : i + 1], hysteresis_marks(chance[i : i + 1], 0.4, 2)) for i in range(3))
    assert 0 < both.float().mean() < 1
    assert torch.equal(hysteresis_marks(chance.double(), 0.4, 2), both)
