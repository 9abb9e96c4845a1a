"""Luminance and chroma against scikit-image, and what the transform promises."""

import numpy as np
import pytest
import torch
from monochromic.core import InputError, chroma, luminance, to_rgb, to_rgb_in_gamut
from skimage.color import rgb2ycbcr


@pytest.fixture
def colors():
    return torch.rand((2, 3, 9, 11), generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_agrees_with_scikit_image(colors):
    """scikit-image's YCbCr is the same transform in studio range: 16 to 235 and 16 to 240."""
    ycbcr = rgb2ycbcr(colors.permute(0, 2, 3, 1).numpy())
    y = (ycbcr[..., 0] - 16) / 219
    cbcr = (ycbcr[..., 1:] - 128) / 224
    assert np.abs(luminance(colors)[:, 0].numpy() - y).max() < 1e-4  # its matrix has 3 decimals
    assert np.abs(chroma(colors).permute(0, 2, 3, 1).numpy() - cbcr).max() < 1e-4


def test_inverse(colors):
    assert torch.allclose(to_rgb(luminance(colors), chroma(colors)), colors, atol=1e-12)


def test_gray_stays_gray_to_the_bit():
    gray = torch.rand((1, 1, 64, 64), generator=torch.Generator().manual_seed(2)).expand(-1, 3, -1, -1)
    assert torch.equal(luminance(gray), gray[:, :1])
    assert not chroma(gray).any()
    assert torch.equal(to_rgb(luminance(gray), chroma(gray)), gray)


def test_one_channel_is_its_own_luminance():
    gray = torch.rand(1, 1, 4, 4)
    assert torch.equal(luminance(gray), gray)


def test_out_of_gamut_pales_but_keeps_luminance_and_hue(colors):
    y, cbcr = luminance(colors), chroma(colors.flip(0))
    free, held = to_rgb(y, cbcr), to_rgb_in_gamut(y, cbcr)
    outside = (free < 0).any(1) | (free > 1).any(1)
    assert outside.any()
    assert (~outside).any()
    assert held.min() >= 0
    assert held.max() <= 1
    assert torch.allclose(luminance(held), y, atol=1e-9)
    assert torch.allclose(held.movedim(1, -1)[~outside], free.movedim(1, -1)[~outside], atol=1e-12)
    kept = chroma(held)
    assert torch.allclose(kept[:, 0] * cbcr[:, 1], kept[:, 1] * cbcr[:, 0], atol=1e-9)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (torch.zeros(3, 4, 4), r"image must be \(B, 1 or 3, H, W\), got \(3, 4, 4\)"),
        (torch.zeros(1, 4, 4, 4), r"got \(1, 4, 4, 4\)"),
        (torch.zeros(1, 3, 0, 4), r"got \(1, 3, 0, 4\)"),
        (torch.zeros((1, 3, 4, 4), dtype=torch.uint8), "float tensor, got torch.uint8; divide"),
        (np.zeros((1, 3, 4, 4)), "float tensor, got ndarray"),
        (torch.full((1, 3, 4, 4), float("nan")), "NaN"),
        (torch.full((1, 3, 4, 4), 255.0), r"\[0, 1\], got \[255, 255\]"),
        (torch.full((1, 3, 4, 4), -0.1), r"\[0, 1\], got \[-0.1, -0.1\]"),
    ],
)
def test_bad_images_are_named(image, words):
    with pytest.raises(InputError, match=words):
        luminance(image)
