"""From probabilities to marks: hysteresis, sizes, and which kinds are asked for."""

import math

import pytest
import torch
from monochromic.core.damage_kinds import DAMAGE_KINDS, KIND_NAMES
from monochromic.core.detect.marks import marks_of, thresholds_of
from monochromic.core.errors import InputError, UnknownNameError


def plane(*rows):
    return torch.tensor(rows)[None, None]


def test_a_part_counts_by_its_most_probable_pixel():
    """Two parts are above 0.2; the second has no pixel above 0.5."""
    chance = plane([0.4, 0.6, 0.1, 0.0, 0.45], [0.0, 0.0, 0.3, 0.0, 0.3], [0.0, 0.0, 0.0, 0.0, 0.0])
    slack = math.log(4)  # from 1 to 1, to 1 to 4
    assert torch.equal(marks_of(chance, 0.5, slack=slack), plane([1.0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]))
    assert marks_of(chance, 0.5).sum() == 1


def test_the_threshold_moves_both_levels():
    """1 to 4 is 2 times 1 to 8."""
    chance = plane([0.21, 0.12, 0.0])
    assert torch.equal(marks_of(chance, 1 / 5, slack=math.log(2)), plane([1.0, 1.0, 0.0]))
    assert torch.equal(marks_of(chance, 1 / 5, slack=math.log(1.5)), plane([1.0, 0.0, 0.0]))
    assert torch.equal(marks_of(chance, 0.0, slack=1), plane([1.0, 1.0, 0.0]))
    assert not marks_of(chance, 0.25, slack=9).any()


def test_small_parts_are_dropped():
    chance = plane([0.99, 0.99, 0.0, 0.99], [0.0, 0.0, 0.0, 0.0])
    assert marks_of(chance, 0.5, smallest=2).sum() == 2
    assert not marks_of(chance, 0.5, smallest=3).any()
    with pytest.raises(InputError, match="0 pixels or more"):
        marks_of(chance, 0.5, smallest=-1)


def test_each_photo_by_itself():
    chance = torch.rand(3, 1, 20, 30, generator=torch.Generator().manual_seed(1)) ** 2
    both = marks_of(chance, 0.4, 2)
    assert all(torch.equal(both[i : i + 1], marks_of(chance[i : i + 1], 0.4, 2)) for i in range(3))
    assert 0 < both.mean() < 1
    assert marks_of(chance.double(), 0.4).dtype == torch.float64


def test_the_kinds_asked_for():
    assert thresholds_of(None, 0.4) == {kind.id: 0.4 for kind in DAMAGE_KINDS if kind.restored}
    assert thresholds_of("areas", 0.4) == {"areas": 0.4}
    assert thresholds_of(["areas", "lines"], 0.4) == {"areas": 0.4, "lines": 0.4}
    assert thresholds_of({"areas": 0.2}, 0.4) == {"areas": 0.2}
    assert thresholds_of((), 0.4) == {}
    with pytest.raises(UnknownNameError, match="did you mean 'lines'"):
        thresholds_of(["line"], 0.5)
    with pytest.raises(InputError, match="threshold of areas must be at least 0 and below 1, got 1"):
        thresholds_of({"areas": 1.0}, 0.5)
    with pytest.raises(InputError, match="the threshold must be at least 0"):
        thresholds_of(None, -0.1)


def test_the_default_is_what_archives_need():
    restored = {kind.id for kind in DAMAGE_KINDS if kind.restored}
    assert restored == {"lines", "specks", "lost"}
    assert KIND_NAMES == ("lines", "specks", "lost", "areas", "overlays")
