"""Rings, as of spectacles, are told from scratches and crackle."""

import cv2
import numpy as np
import pytest
from monochromic.core.detect.rings import rings


def blank(h=300, w=400):
    return np.zeros((h, w), np.uint8)


def spectacles():
    hole = blank()
    for x in (150, 200):
        cv2.circle(hole, (x, 150), 20, 1, 2)
    cv2.line(hole, (170, 145), (180, 145), 1, 2)
    return hole


def test_spectacles_are_rings_with_their_bridge():
    hole = spectacles()
    assert np.array_equal(rings(hole), hole)


def test_a_gap_in_a_rim_is_bridged():
    hole = spectacles()
    hole[140:146, 125:140] = 0
    assert np.array_equal(rings(hole), hole)


def test_what_lies_elsewhere_is_none():
    hole = spectacles()
    other = blank()
    cv2.line(other, (20, 280), (380, 220), 1, 2)
    other[20:23, 30:33] = 1
    assert np.array_equal(rings(hole | other), hole)


@pytest.mark.parametrize("radius", [2, 80])
def test_dots_and_large_rings_are_none(radius):
    hole = blank()
    cv2.circle(hole, (200, 150), radius, 1, 2)
    assert not rings(hole).any()


def test_a_network_of_cracks_is_none():
    """Square cells, and one round one among many others."""
    hole = blank()
    hole[::40] = hole[:, ::40] = 1
    assert not rings(hole).any()
    cv2.circle(hole, (220, 140), 18, 1, 1)
    assert not rings(hole).any()


def test_nothing():
    assert not rings(blank()).any()
