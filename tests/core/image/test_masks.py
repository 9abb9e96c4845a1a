"""Holes: threshold, polarity, dilation, and sizes at which a scratch must not vanish."""

import cv2
import numpy as np
import pytest
import torch
from monochromic.core import InputError, binarize, composite, dilate, resize, resize_to
from monochromic.core.image.checks import check_hole
from monochromic.core.image.masks import cover_unknown
from scipy import ndimage


def test_threshold_is_exclusive_and_invert_comes_first():
    soft = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0])
    assert binarize(soft).tolist() == [0, 0, 0, 1, 1]
    assert binarize(soft, 0.2).tolist() == [0, 1, 1, 1, 1]
    assert binarize(soft, 0.2, invert=True).tolist() == [1, 1, 1, 1, 0]


@pytest.mark.parametrize("threshold", [-0.1, 1.0, 7])
def test_threshold_out_of_range(threshold):
    with pytest.raises(InputError, match="threshold must be at least 0 and below 1"):
        binarize(torch.zeros(1), threshold)


def test_nan_in_a_mask():
    with pytest.raises(InputError, match="NaN"):
        binarize(torch.tensor([float("nan")]))


@pytest.mark.parametrize("pixels", [0, 1, 5])
def test_dilate_agrees_with_opencv(hole, pixels):
    kernel = np.ones((2 * pixels + 1,) * 2, np.uint8)
    assert np.array_equal(dilate(hole, pixels)[0, 0].numpy(), cv2.dilate(hole[0, 0].numpy(), kernel))


def test_dilate_by_a_negative_number(hole):
    with pytest.raises(InputError, match="0 pixels or more"):
        dilate(hole, -1)


@pytest.mark.parametrize("size", [(8, 8), (7, 301), (64, 5), (255, 13)])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_scratch_never_vanishes(size, axis):
    """A line of one pixel, at every place it can be, comes out as an unbroken line at any size."""
    for place in range(0, 300, 7):
        mask = torch.zeros(1, 1, 300, 300)
        mask.select(2 + axis, place)[:] = 1
        small = resize(mask, *size)[0, 0].bool()
        assert small.shape == size
        assert small.any(axis).all()


def test_enlarging_takes_the_nearest(hole):
    assert torch.equal(resize(hole, 37 * 3, 53 * 2)[..., 1::3, ::2], hole)


def test_resize_to_stretches_with_a_warning(hole, caplog):
    fitted = resize_to(hole, torch.zeros(1, 3, 100, 50))
    assert fitted.shape == (1, 1, 100, 50)
    assert "53 x 37" in caplog.text
    assert "50 x 100" in caplog.text


def test_no_mask_of_comfyui_fits_without_a_word(caplog):
    assert not resize_to(torch.zeros(1, 1, 64, 64), torch.zeros(1, 3, 100, 50)).any()
    assert not caplog.text


def test_composite_keeps_known_pixels_bit_for_bit(photo, hole):
    out = composite(torch.zeros_like(photo), photo, hole)
    assert torch.equal(out, photo * (1 - hole))


@pytest.mark.parametrize(
    ("hole", "words"),
    [
        (torch.zeros(2, 37, 53), r"hole must be \(3, 1, 37, 53\) to match image \(3, 3, 37, 53\), got \(2, 37, 53\)"),
        (torch.zeros(2, 1, 37, 53), r"got \(2, 1, 37, 53\)"),
        (torch.zeros(1, 1, 37, 52), r"got \(1, 1, 37, 52\)"),
        (torch.full((1, 1, 37, 53), 0.5), "only 0 and 1"),
        (torch.full((1, 1, 37, 53), float("nan")), "only 0 and 1"),
        (torch.ones(1, 1, 37, 53), "covers all of photo 1.*inverted"),
        (torch.stack([torch.zeros(1, 37, 53), torch.ones(1, 37, 53), torch.zeros(1, 37, 53)]), "all of photo 2"),
        (torch.zeros((1, 1, 37, 53), device="meta"), "on cpu like the image, it is on meta"),
    ],
)
def test_bad_holes_are_named(hole, words):
    with pytest.raises(InputError, match=words):
        check_hole(hole, torch.zeros(3, 3, 37, 53))


@pytest.mark.parametrize("pixels", [7, 8, 9, 36, 37, 52, 53, 54, 1000, 10**30])
def test_dilate_by_any_number(pixels):
    """SciPy as the oracle; from the sides of the photo on, all is filled."""
    for row, column in ((0, 0), (36, 52), (20, 30)):
        hole = torch.zeros(1, 1, 37, 53)
        hole[..., row, column] = 1
        size = 2 * min(pixels, 100) + 1
        expected = ndimage.maximum_filter(hole[0, 0].numpy(), size, mode="constant")
        assert np.array_equal(dilate(hole, pixels)[0, 0].numpy(), expected)
    assert not dilate(torch.zeros(1, 1, 37, 53), pixels).any()


def test_cover_unknown_takes_the_nearest_known_color():
    image = torch.arange(6.0).expand(1, 3, 4, 6) / 6
    unknown = torch.zeros(1, 1, 4, 6, dtype=torch.bool)
    unknown[..., :2] = True
    hole = torch.zeros(1, 1, 4, 6)
    hole[..., 2] = 1  # no example either, and left as it is
    covered = cover_unknown(image, unknown, hole)
    assert torch.equal(covered[0, 0, 0] * 6, torch.tensor([3.0, 3, 2, 3, 4, 5]))
    assert cover_unknown(image, torch.zeros_like(unknown), hole) is image
    assert cover_unknown(image, torch.ones_like(unknown), hole) is image
