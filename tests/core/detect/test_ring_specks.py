"""Specks that are light rings are left: buttons whose rims catch the light."""

import numpy as np
import pytest
import torch
from monochromic.core.detect.doubtful_specks import doubtful_specks
from monochromic.core.detect.planes import to_gray
from monochromic.core.detect.ring_specks import ring_specks
from monochromic.core.detect.specks import by_specks

SIDE, MIDDLE = 800, 400
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE] - MIDDLE
RADIUS = np.hypot(ROWS, COLUMNS)


def case(lighter, within=8):
    """A grained photo with so much light, and a speck of all within so many pixels; both (1, 1, H, W)."""
    gray = 0.3 + lighter + np.random.default_rng(0).normal(0, 0.01, (SIDE, SIDE))
    gray[:40], gray[-40:] = 0, 1
    speck = torch.from_numpy(within >= RADIUS)[None, None].byte()
    return speck, torch.from_numpy(gray.clip(0, 1)).float()[None, None]


def found_rings(speck, photo):
    return by_specks(ring_specks, speck, speck, to_gray(photo))


def ring(light=0.4, radius=5, wide=1.5):
    return light * np.exp(-(((RADIUS - radius) / wide) ** 2))


def test_a_button_with_a_lit_rim():
    speck, photo = case(ring())
    assert torch.equal(found_rings(speck, photo), speck)


@pytest.mark.parametrize(
    ("lighter", "within"),
    [
        (0.4 * (RADIUS <= 5), 8),  # a flake
        (0.4 * np.exp(-((RADIUS / 4) ** 2)), 8),  # a grain of dust out of focus
        (ring(-0.25), 8),  # dark
        (ring(0.1), 8),  # faint
        (ring() * (ROWS < 2), 8),  # open below
        (ring(radius=2, wide=0.8), 2.5),  # too small to be seen
        (np.where(RADIUS <= 4, 0.25, ring(0.4)), 8),  # its middle is hardly darker
    ],
)
def test_others(lighter, within):
    assert not found_rings(*case(lighter, within)).any()


@pytest.mark.parametrize("shift", [(2, 0), (-1, 2)])
def test_one_that_is_not_in_the_middle_of_its_speck(shift):
    speck, photo = case(np.roll(ring(), shift, (0, 1)), within=9)
    assert torch.equal(found_rings(speck, photo), speck)


def test_each_speck_by_itself_and_none_that_is_long():
    speck, photo = case(ring() + np.roll(ring(), 210, 1) + 0.4 * (np.hypot(ROWS + 200, COLUMNS) <= 5))
    button, flake = speck, speck.roll(-200, 2)
    long = torch.zeros_like(speck)
    long[..., MIDDLE - 8 : MIDDLE + 9, MIDDLE + 190 : MIDDLE + 230] = 1
    assert torch.equal(found_rings(button | flake | long, photo), button)


@pytest.mark.parametrize("worn", [False, True])
def test_they_are_doubtful(worn):
    speck, photo = case(ring(radius=3, wide=1), within=4)
    flake = speck.roll(-200, 2)
    photo = torch.maximum(photo, 0.7 * (flake > 0))
    assert torch.equal(doubtful_specks(speck | flake, speck | flake, to_gray(photo), worn), speck)


def test_where_all_around_is_marked():
    speck, photo = case(ring())
    everything = torch.ones_like(speck)
    assert not by_specks(ring_specks, speck, everything, to_gray(photo)).any()
