"""Random holes: size, share, seed, and what is refused."""

import pytest
import torch
from monochromic.core import KINDS, InputError, UnknownNameError, random_hole


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("coverage", [0.01, 0.2, 0.9])
def test_covers_what_was_asked(kind, coverage, untouched_rng):
    hole = random_hole(kind, 120, 90, coverage, seed=3)
    assert hole.shape == (1, 1, 120, 90)
    assert set(hole.unique().tolist()) == {0, 1}
    assert coverage - 1e-4 <= hole.mean() < 1
    if kind == "blob":
        assert hole.mean() == pytest.approx(coverage, abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides(kind):
    first = random_hole(kind, 64, 64, seed=2**64 - 1)
    assert torch.equal(first, random_hole(kind, 64, 64, seed=2**64 - 1))
    assert not torch.equal(first, random_hole(kind, 64, 64, seed=1))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1)])
def test_thin_sizes(kind, size):
    assert random_hole(kind, *size).shape == (1, 1, *size)


def test_what_is_refused():
    with pytest.raises(UnknownNameError, match="no kind of random mask 'bolb'; did you mean 'blob'"):
        random_hole("bolb", 8, 8)
    with pytest.raises(InputError, match="coverage"):
        random_hole("blob", 8, 8, coverage=1.5)
    with pytest.raises(InputError, match="at least 1 x 1 pixels, got 8 x 0"):
        random_hole("blob", 0, 8)
