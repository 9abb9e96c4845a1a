"""The raw mask in place of the hole that was filled: no band of old color remains, and nothing far away changes."""

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import binarize, dilate, fill, luminance
from monochromic.core.colorize import filled_hole
from scipy import ndimage
from torch.nn.functional import avg_pool2d

SOFT = avg_pool2d(make_hole(), 5, 1, 2)


def grays(threshold, grow, bits=None):
    """A photo, the hole that was filled in its gray, and that gray."""
    photo = make_photo()
    used = dilate(binarize(SOFT, threshold), grow)
    gray = fill(photo, used, "telea")
    return photo, used, gray if bits is None else (gray * (2**bits - 1)).round() / (2**bits - 1)


@pytest.mark.parametrize("bits", [None, 8, 16])
@pytest.mark.parametrize(("threshold", "grow"), [(0.1, 0), (0.5, 3), (0.2, 2), (0.0, 0)])
def test_all_that_was_filled_is_found(threshold, grow, bits):
    photo, used, gray = grays(threshold, grow, bits)
    found = filled_hole(photo, gray, binarize(SOFT), SOFT)
    assert torch.equal(torch.maximum(found, binarize(SOFT)), found)
    changed = (gray - luminance(photo)).abs() > 0.01
    assert not (changed & (found == 0)).any(), "a band remains"
    outside = ndimage.binary_dilation(used[0, 0].numpy(), np.ones((3, 3)), iterations=2)
    assert not (found[0, 0].numpy() > 0)[~outside].any(), "a pixel far from what was filled"


@pytest.mark.parametrize("bits", [None, 8])
def test_the_hole_itself_stays_as_it_is(bits):
    photo, used, gray = grays(0.1, 2, bits)
    assert torch.equal(filled_hole(photo, gray, used, used), used)


def test_a_gray_of_its_own_says_nothing():
    photo = make_photo()
    assert torch.equal(filled_hole(photo, luminance(make_photo(3)), make_hole(), SOFT), make_hole())


def test_what_differs_away_from_the_mask_is_left():
    photo, gray = make_photo(), luminance(make_photo())
    gray[..., 0:3, 0:4] = 1 - gray[..., 0:3, 0:4]
    assert torch.equal(filled_hole(photo, gray, make_hole(), make_hole()), make_hole())


def test_a_batch_is_its_items():
    photo, _, gray = grays(0.1, 0)
    photos, others = photo.expand(2, -1, -1, -1), torch.cat([gray, luminance(photo)])
    hole, mask = binarize(SOFT).expand(2, -1, -1, -1), SOFT
    found = filled_hole(photos, others, hole, mask)
    assert torch.equal(found[:1], filled_hole(photo, gray, binarize(SOFT), SOFT))
    assert torch.equal(found[1:], binarize(SOFT))
