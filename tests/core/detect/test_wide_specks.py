"""Wide specks are filled where they show bare paper, and left where light falls on them."""

import numpy as np
import pytest
import torch
from monochromic.core.detect.planes import to_gray
from monochromic.core.detect.specks import by_specks
from monochromic.core.detect.wide_specks import wide_specks

SIDE, MIDDLE, RADIUS = 400, 200, 5
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]
DISC = np.hypot(ROWS - MIDDLE, COLUMNS - MIDDLE) <= RADIUS


def case(inside, ground=0.3, grain=0.02):
    """A grained photo (1, 1, H, W) with a disc, and its specks."""
    gray = np.where(DISC, inside, ground) + np.random.default_rng(0).normal(0, grain, (SIDE, SIDE))
    plane = torch.from_numpy(DISC)[None, None].byte()
    return plane, torch.from_numpy(gray.clip(0, 1)).float()[None, None]


def found_wide(specks, photo):
    return by_specks(wide_specks, specks, specks, to_gray(photo))


def test_bare_paper_and_bare_black():
    for tone, ground in ((0.9, 0.3), (0.05, 0.6)):
        assert not found_wide(*case(tone, ground)).any()


def test_a_button_lit_from_above():
    plane, photo = case(0.6 - 0.05 * (ROWS - MIDDLE))
    assert torch.equal(found_wide(plane, photo), plane)


def test_a_faint_spot_is_doubtful():
    plane, photo = case(0.35)
    assert torch.equal(found_wide(plane, photo), plane)


def test_other_marks_beside_it_are_not_its_ground():
    plane, photo = case(0.9)
    plane[..., MIDDLE - 3 : MIDDLE + 3, MIDDLE + 7 : MIDDLE + 30] = 1
    photo[..., MIDDLE - 3 : MIDDLE + 3, MIDDLE + 7 : MIDDLE + 30] = 0.9
    assert not found_wide(plane, photo)[..., MIDDLE, MIDDLE].any()


@pytest.mark.parametrize("radius", [1, 1.5])
def test_narrow_specks_are_never_doubtful(radius):
    _, photo = case(0.35)
    narrow = torch.from_numpy(np.hypot(ROWS - MIDDLE, COLUMNS - MIDDLE) <= radius)[None, None].byte()
    assert not found_wide(narrow, photo).any()


def test_half_a_button_at_the_border_of_the_photo():
    """Its bounding box is 3 pixels high, less than the 4 that a speck has to be wide."""
    half = torch.from_numpy(np.hypot(ROWS, COLUMNS - MIDDLE) <= 2.5)[None, None].byte()
    photo = case(0.3)[1] + 0.05 * half
    assert torch.equal(found_wide(half, photo), half)


@pytest.mark.parametrize(("diameter", "left"), [(2.5, False), (3.5, True)])
@pytest.mark.parametrize(("lighter", "stark"), [(0.5, True), (0.35, False)])
def test_stark_ones_are_doubtful_from_a_lower_width(diameter, left, lighter, stark):
    """A pearl, of 450 pixels' shorter side, where 1/100 are 4.5 and 1/130 are 3.5 pixels; tones are from 0 to 1."""
    scale = 3
    side = 450 * scale
    rows, columns = np.mgrid[:side, :side] - side // 2
    pearl = np.hypot(rows, columns) <= diameter * scale / 2 + 1
    gray = np.where(pearl, 0.3 + lighter - 0.03 * rows, 0.3) + np.random.default_rng(0).normal(0, 0.01, (side, side))
    gray[:40], gray[-40:] = 0, 1
    speck = torch.from_numpy(pearl)[None, None].byte()
    photo = torch.from_numpy(gray.clip(0, 1)).float()[None, None]
    assert torch.equal(found_wide(speck, photo), speck * (left and stark))
