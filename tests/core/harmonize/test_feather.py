"""A soft edge: off it changes nothing; on it changes only what is near the hole, the less the further away."""

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import InputError, chroma, colorize, feather, luminance, match_picture, random_hole
from scipy import ndimage

SIDE = 96


def flat_case():
    """Photos of 0.2 whose hole was filled by a picture of 0.8; one hole in the middle, one at the border."""
    hole = torch.zeros(2, 1, SIDE, SIDE)
    hole[0, 0, 40:50, 44:54] = 1
    hole[1, 0, :20, 70:] = 1
    photo = torch.full((2, 3, SIDE, SIDE), 0.2)
    picture = torch.full_like(photo, 0.8)
    return torch.where(hole > 0, picture, photo), picture, hole


def distances(hole):
    """Of each pixel from its hole, by SciPy."""
    return torch.from_numpy(np.stack([ndimage.distance_transform_edt(h[0] == 0) for h in hole.numpy()]))[:, None]


@pytest.mark.parametrize("pixels", [1, 2, 7, 64])
def test_weights_fall_with_the_distance_and_end_where_they_should(pixels):
    result, picture, hole = flat_case()
    found, away = feather(result, picture, hole, pixels), distances(hole)
    weight = (found - 0.2)[:, :1] / 0.6
    stays = ((away > pixels) | (away == 0)).expand_as(found)
    assert torch.equal(found[stays], result[stays])
    assert ((away <= pixels) == (weight > 1e-6)).all()
    order = away.flatten().argsort()
    assert (weight.flatten()[order].diff() <= 1e-6).all()
    if pixels == 1:
        assert weight[away == 1].numpy() == pytest.approx(0.5, abs=1e-6)


def drifted(photo):
    return (photo * torch.tensor([1.08, 0.97, 0.95]).view(1, 3, 1, 1)).clamp(0, 1)


def finished(photo, picture, hole, pixels, colors=False):
    """What the command and the node do."""
    found = match_picture(photo, picture, hole)
    result = found.image if colors else colorize(photo, found.gray, hole)
    return result, feather(result, found.around if colors else luminance(found.around), hole, pixels)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("colors", [False, True])
def test_zero_changes_nothing_and_more_only_what_is_near(channels, colors):
    photo = make_photo(height=80, width=100)[:, :channels]
    hole = random_hole("blob", 80, 100, 0.1, seed=3)
    other = photo.clone()
    other[..., ::2] += 0.03  # detail that no drift explains
    result, same = finished(photo, drifted(other.expand(-1, 3, -1, -1)), hole, 0, colors)
    assert torch.equal(same, result)
    _, soft = finished(photo, drifted(other.expand(-1, 3, -1, -1)), hole, 5, colors)
    away = distances(hole).expand_as(photo)
    assert torch.equal(soft[(away > 5) | (away == 0)], result[(away > 5) | (away == 0)])
    band = (away > 0) & (away <= 5)
    changed = (soft != result)[band].float().mean()
    assert changed > 0.3
    assert (soft - result).abs().max() < 0.05
    if channels == 3 and not colors:
        inside = ((soft > 0.01) & (soft < 0.99)).all(1, keepdim=True).expand(-1, 2, -1, -1)
        assert (chroma(soft) - chroma(result))[inside].abs().max() < 1e-6, "colors stay but for what is out of gamut"


def test_the_drift_is_off_in_the_band_too():
    photo = make_photo(height=80, width=100)
    hole = random_hole("blob", 80, 100, 0.1, seed=3)
    result, soft = finished(photo, drifted(photo), hole, 9)
    known = (hole == 0).expand_as(photo)
    assert (soft - photo)[known].abs().max() < 0.02
    pasted = feather(result, drifted(photo), hole, 9)
    assert (pasted - photo)[known].abs().max() > 0.03


@pytest.mark.parametrize("picture", ["gray", "black", "rounded"])
def test_what_shows_nothing_new_around_the_hole_changes_nothing(picture):
    photo, hole = make_photo(), make_hole()
    found = {
        "gray": luminance(photo),
        "black": photo * hole,
        "rounded": (photo * 255).round() / 255,
    }[picture]
    result, soft = finished(photo, found, hole, 8)
    assert torch.equal(soft, result)


def test_the_band_keeps_the_noise_of_the_photo():
    random = torch.Generator().manual_seed(0)
    noise = torch.randn((1, 1, 160, 160), generator=random) * 0.03
    hole = torch.zeros(1, 1, 160, 160)
    hole[..., 60:100, 60:100] = 1
    smooth = torch.full_like(noise, 0.5)
    result = torch.where(hole > 0, smooth, smooth + noise)
    band = (distances(hole) > 0) & (distances(hole) <= 12)
    plain, noisy = (feather(result, smooth, hole, 24, grain=grain)[band].std().item() for grain in (0.0, 1.0))
    assert plain < 0.02
    assert 0.6 * 0.03 < noisy < 0.033


def test_a_batch_is_its_items_and_nothing_global_changes(untouched_rng):
    result, picture, hole = flat_case()
    copy = result.clone()
    found = feather(result, picture, hole, 6)
    assert torch.equal(result, copy)
    for i in range(2):
        assert torch.equal(feather(*(t[i : i + 1] for t in (result, picture, hole)), 6), found[i : i + 1])


def test_wrong_widths_are_refused():
    result, picture, hole = flat_case()
    for pixels in (-1, 65):
        with pytest.raises(InputError, match=f"feather must be 0 to 64 pixels, got {pixels}; 0 changes no known pixel"):
            feather(result, picture, hole, pixels)
    assert torch.equal(feather(result, picture, torch.zeros_like(hole), 6), result)
