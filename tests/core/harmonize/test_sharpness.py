"""What another program softened is sharpened as far as the known part tells, and nothing else is."""

import numpy as np
import pytest
import torch
from monochromic.core import luminance, match_picture
from monochromic.core.harmonize.sharpness import MAX_GAIN, _bounded_fit, sharpen
from scipy import ndimage

SIDE = 160
HOLE = torch.zeros(SIDE, SIDE, dtype=torch.bool)
HOLE[50:100, 60:110] = True


def plane(seed=0):
    """Detail at all scales, (H, W), away from black and white."""
    random = np.random.default_rng(seed)
    planes = [ndimage.gaussian_filter(random.standard_normal((SIDE, SIDE)), s) * s for s in (1, 3, 9, 27)]
    return torch.from_numpy(np.tanh(sum(planes)) * 0.25 + 0.5).float()


def softened(values, sigma):
    return torch.from_numpy(ndimage.gaussian_filter(values.numpy(), sigma))


def noise(level, seed=3):
    return level * torch.from_numpy(np.random.default_rng(seed).standard_normal((SIDE, SIDE))).float()


def error(found, wanted, hole):
    return (found - wanted)[hole].square().mean().sqrt().item()


def gained(found, before, wanted, hole):
    """By how many dB a plane comes nearer in a hole."""
    return 20 * np.log10(error(before, wanted, hole) / error(found, wanted, hole))


@pytest.mark.parametrize(("sigma", "least"), [(0.5, 6), (0.7, 6), (1.0, 4), (1.5, 2)])
def test_what_was_softened_comes_nearer(sigma, least):
    photo = plane()
    picture = softened(photo, sigma)
    assert gained(sharpen(photo, picture, ~HOLE), picture, photo, HOLE) > least


AS_SHARP = {
    "the photo": lambda p: p,
    "a little brighter": lambda p: p * 1.01 + 0.002,
    "noisy": lambda p: p + noise(0.02),
    "sharper": lambda p: p + (p - softened(p, 1.0)),
    "another photo": lambda _: plane(7),
}


@pytest.mark.parametrize("change", AS_SHARP.values(), ids=AS_SHARP)
def test_what_is_as_sharp_comes_back_bit_for_bit(change):
    picture = change(plane())
    assert sharpen(plane(), picture, ~HOLE) is picture


def test_noise_in_a_sky_is_not_amplified():
    """The upper part is even; the lower one, and its part of the hole, gain by sharpening."""
    photo = plane()
    sky = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    sky[:75] = True
    photo = torch.where(sky, softened(photo, 20), photo)
    picture = softened(photo, 0.8) + noise(0.008)
    found = sharpen(photo, picture, ~HOLE)
    inner = HOLE & sky
    inner[70:] = False
    assert gained(found, picture, photo, HOLE & ~sky) > 2
    assert gained(found, picture, photo, inner) > -0.3


def test_what_was_drawn_anew_does_not_count():
    photo = plane()
    picture = softened(photo, 0.7)
    alone = gained(sharpen(photo, picture, ~HOLE), picture, photo, HOLE)
    picture[:, 115:] = plane(5)[:, 115:]
    assert gained(sharpen(photo, picture, ~HOLE), picture, photo, HOLE) > alone - 1


def test_what_lies_under_the_hole_changes_nothing():
    photo, picture = plane(), softened(plane(), 0.7)
    other = torch.where(HOLE, plane(8), photo)
    assert torch.equal(sharpen(other, picture, ~HOLE), sharpen(photo, picture, ~HOLE))


def test_gains_are_bounded_and_best_between_the_bounds():
    columns = torch.from_numpy(np.random.default_rng(0).standard_normal((3, 500)))
    factors = _bounded_fit(columns, torch.tensor([9.0, -4.0, 0.7]).double() @ columns)
    assert factors[0] == MAX_GAIN - 1
    assert factors[1] == 0
    error_there = torch.tensor([9.0, -4.0, 0.7]).double() @ columns - factors @ columns
    assert abs(float(columns[2] @ error_there)) < 0.1 or factors[2] in (0, MAX_GAIN - 1)
    inside = _bounded_fit(columns, torch.tensor([0.4, 1.5, 0.7]).double() @ columns)
    assert torch.allclose(inside, torch.tensor([0.4, 1.5, 0.7]).double(), atol=1e-3)


def test_clipped_highlights_are_not_taken_for_softness():
    """Specks that the other program clipped to white look softer in its picture, and nothing else does."""
    photo = (plane() * 1.6).clamp(0, 0.99)
    found = match_picture(photo[None, None], (photo * 1.08).clamp(0, 1)[None, None], HOLE[None, None])
    assert not any("sharpened" in note for note in found.notes)


@pytest.mark.parametrize("sides", [(SIDE, SIDE), (SIDE - 1, SIDE - 3)])
def test_match_sharpens_and_says_so(sides):
    cut = (..., slice(sides[0]), slice(sides[1]))
    tint = torch.tensor([0.05, 0, -0.05]).view(3, 1, 1)
    photo, blurred, hole = (each[cut] for each in ((plane() + tint)[None], (softened(plane(), 0.7) + tint)[None], HOLE))
    hole = hole[None, None]
    found = match_picture(photo, (blurred * 0.95).clamp(0, 1), hole)
    assert "gray was softer than the photo and was sharpened" in found.notes
    assert gained(found.gray, luminance(blurred), luminance(photo), hole) > 5
    known = ~hole.expand_as(photo)
    assert torch.equal(found.image[known], photo[known])
    sharp = match_picture(photo, (photo * 0.95).clamp(0, 1), hole)
    assert not any("sharpened" in note for note in sharp.notes)
