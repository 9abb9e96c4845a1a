"""`benchmarks/grain.py`: the level of noise that it measures, and where it puts holes."""

import importlib
from pathlib import Path

import numpy as np
import pytest

SIDE = 192
RAMP = np.broadcast_to(np.linspace(0.3, 0.6, SIDE), (SIDE, SIDE))


@pytest.fixture(scope="module")
def grain():
    """The benchmark, which imports its neighbors by their bare names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
        yield importlib.import_module("grain")


def noise(level):
    return level * np.random.default_rng(3).standard_normal((SIDE, SIDE))


def test_noise_is_measured_and_a_slope_is_none(grain):
    assert np.median(grain.noise(RAMP + noise(0.02))) == pytest.approx(0.02, rel=0.05)
    assert np.median(grain.noise(RAMP)) < 0.001


def test_a_ring_is_measured_without_the_hole(grain):
    """Above row 96 there is twice the noise, which the halves of each ring show."""
    scale = np.where(np.arange(SIDE) < 96, 0.04, 0.02)[:, None]
    found = [*grain.places(RAMP + noise(1) * scale, RAMP)]
    assert len(found) == grain.A_PHOTO
    for top, left, ring, true, halves in found:
        assert 0.019 < ring < 0.041
        assert 0.019 < true < 0.041
        assert max(halves) == pytest.approx(2, rel=0.15)
        emptied = RAMP + noise(1) * scale
        emptied[top : top + grain.SIDE, left : left + grain.SIDE] = 0.5
        again = {place[:2]: place[2:] for place in grain.places(emptied, RAMP)}
        assert again[top, left][0] == ring
        assert again[top, left][1] == 0


def test_no_holes_in_detail_nor_where_there_is_no_noise(grain):
    bars = np.where(np.arange(SIDE) % 24 < 12, 0.2, 0.7) + noise(0.02)
    assert [*grain.places(bars, bars)] == []
    assert [*grain.places(RAMP, RAMP)] == []
