"""Grain: the level and the spectrum of the photo's own noise, only where it is missing."""

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import InputError, add_grain, fill, luminance, restore
from scipy import ndimage

SIDE = 160
RAMP = np.broadcast_to(np.linspace(0.2, 0.8, SIDE), (SIDE, SIDE)).astype(np.float32)
SMOOTH = torch.from_numpy(RAMP.copy())[None, None]


def noisy(level, size=0.0, seed=0):
    """A ramp of brightness with noise of a level and of a size in pixels, (1, 1, H, W)."""
    noise = np.random.default_rng(seed).standard_normal((SIDE, SIDE))
    noise = ndimage.gaussian_filter(noise, size) if size else noise
    return torch.from_numpy(RAMP + noise * level / noise.std()).float()[None, None]


def box_hole():
    hole = torch.zeros(1, 1, SIDE, SIDE)
    hole[..., 40:120, 40:120] = 1
    return hole


def smoothed(photo):
    """The photo with the ramp alone in the hole."""
    return torch.where(box_hole() > 0, SMOOTH, photo)


def noise_in(image):
    """The level of what differs from the ramp in the hole, by SciPy, and the correlation of neighbors."""
    plane = image[0, 0].double().numpy() - RAMP
    plane = (plane - ndimage.gaussian_filter(plane, 2))[48:112, 48:112]
    return plane.std(), (plane[:, 1:] * plane[:, :-1]).mean() / plane.var()


@pytest.mark.parametrize("size", [0, 1.0, 2.0])
@pytest.mark.parametrize("level", [0.015, 0.03])
def test_a_smooth_fill_gets_the_noise_of_its_surround(level, size):
    photo = noisy(level, size)
    (wanted, wanted_near), (found, near) = noise_in(photo), noise_in(add_grain(smoothed(photo), box_hole()))
    assert found == pytest.approx(wanted, rel=0.2)
    assert near == pytest.approx(wanted_near, abs=0.15)


def test_noise_that_grows_with_brightness():
    scale = torch.linspace(0.2, 1.8, SIDE)
    photo = SMOOTH + (noisy(0.02) - SMOOTH) * scale
    noise = (add_grain(smoothed(photo), box_hole()) - SMOOTH)[0, 0, 40:120]
    dark, bright = noise[:, 42:60].std(), noise[:, 100:118].std()
    assert bright / dark == pytest.approx(float(scale[100:118].mean() / scale[42:60].mean()), rel=0.25)


def test_what_has_its_noise_gets_no_more():
    photo = noisy(0.02)
    assert torch.equal(add_grain(photo, box_hole()), photo)


def test_half_of_the_noise_is_filled_up_not_doubled():
    photo = noisy(0.03)
    filled = torch.where(box_hole() > 0, (photo + SMOOTH) / 2, photo)
    assert noise_in(add_grain(filled, box_hole()))[0] == pytest.approx(noise_in(photo)[0], rel=0.2)


def test_a_clean_photo_stays_as_it_is():
    photo, hole = make_photo(), make_hole()
    gray = fill(photo, hole, "telea")
    assert torch.equal(add_grain(gray, hole), gray)
    assert torch.equal(restore(photo, hole, grain=1.0), restore(photo, hole, grain=0.0))
    steps = (SMOOTH * 255).round() / 255
    assert torch.equal(add_grain(steps, box_hole()), steps), "8 bits are no noise"


def test_edges_in_the_fill_are_no_noise():
    """Bars that a fill draws have more energy than all the noise; between them it lacks the noise all the same."""
    bars = 0.3 * (torch.arange(SIDE) % 40 < 2)
    filled = torch.where(box_hole() > 0, (SMOOTH + bars).clamp(0, 1), noisy(0.02))
    grain = (add_grain(filled, box_hole()) - filled)[0, 0, 44:116]
    between = [c for c in range(44, 116) if 12 < c % 40 < 29]
    assert grain[:, between].std() == pytest.approx(0.02, rel=0.25)


def detail_of(kind):
    rows, columns = np.mgrid[:SIDE, :SIDE]
    random, ramp = np.random.default_rng(2), 0.25 + 0.2 * columns / SIDE
    lattice = ((rows + columns) % 9 < 2) | ((rows - columns) % 9 < 2)
    courses = (rows % 10 < 2) | ((columns + rows // 10 % 2 * 8) % 16 < 2)
    leaves = ndimage.gaussian_filter(random.random((SIDE, SIDE)) < 0.06, 0.8) * 3
    return {
        "lattice": ramp + 0.3 * lattice,
        "lattice before a sky": np.where(lattice & (columns > 60), 0.55, 0.1 + 0.15 * columns / SIDE),
        "bricks": ramp + 0.2 * courses,
        "stripes": ramp + 0.1 * np.sin(columns * 1.1 + rows * 0.4),
        "leaves": ramp + leaves.clip(0, 0.5),
    }[kind]


@pytest.mark.parametrize("kind", ["lattice", "lattice before a sky", "bricks", "stripes", "leaves"])
def test_what_is_no_noise_is_no_grain(kind):
    photo = torch.from_numpy(detail_of(kind)).float()[None, None]
    filled = torch.where(box_hole() > 0, SMOOTH, photo)
    assert torch.equal(add_grain(filled, box_hole()), filled)


@pytest.mark.parametrize("kind", ["lattice", "bricks", "leaves"])
def test_noise_beside_detail_is_measured_where_it_can_be_seen(kind):
    """Detail to the right of the hole is brighter than the hole, the noise is the same everywhere."""
    columns = np.arange(SIDE)
    photo = np.where(columns > 100, detail_of(kind) + 0.3, 0.2 + 0.3 * columns / SIDE).clip(0, 0.95)
    noise = noisy(0.02) - SMOOTH
    plain = torch.from_numpy(0.2 + 0.3 * np.broadcast_to(columns, (SIDE, SIDE)) / SIDE).float()
    hole = torch.zeros(1, 1, SIDE, SIDE)
    hole[..., 40:120, 30:90] = 1
    filled = torch.where(hole > 0, plain, torch.from_numpy(photo).float() + noise)
    grain = (add_grain(filled, hole) - filled)[0, 0, 44:116, 34:86]
    assert grain.std() == pytest.approx(0.02, rel=0.25)


def test_no_more_noise_than_the_flattest_detail_of_that_brightness():
    """Noise in the bright half; faint stripes in the dark one, which would show it."""
    columns = np.broadcast_to(np.arange(SIDE), (SIDE, SIDE))
    bright = torch.from_numpy(columns < SIDE // 2)
    dark = torch.from_numpy(0.15 + 0.05 * columns / SIDE + 0.008 * np.sin(columns * 1.1)).float()
    photo = torch.where(bright, 0.7 + noisy(0.03) - SMOOTH, dark)
    hole = torch.zeros(1, 1, SIDE, SIDE)
    hole[..., 50:110, 90:150] = 1
    filled = torch.where(hole > 0, 0.17, photo)
    assert (add_grain(filled, hole) - filled)[hole > 0].std() < 0.009


def test_it_keeps_what_is_known_and_what_is_global(untouched_rng):
    filled, known = smoothed(noisy(0.03)), box_hole() == 0
    grained = add_grain(filled, box_hole(), 0.5, seed=3)
    assert torch.equal(grained[known], filled[known])
    assert torch.equal(grained, add_grain(filled, box_hole(), 0.5, seed=3))
    assert not torch.equal(grained, add_grain(filled, box_hole(), 0.5, seed=4))
    assert torch.equal(add_grain(filled, box_hole(), 0.0), filled)
    batch = add_grain(torch.cat([filled, SMOOTH]), box_hole().expand(2, -1, -1, -1), 0.5, seed=3)
    assert torch.equal(batch[:1], grained)
    assert torch.equal(batch[1:], SMOOTH)


def test_the_same_in_color():
    filled = smoothed(noisy(0.03))
    color = add_grain(filled.expand(-1, 3, -1, -1), box_hole())
    assert (color - add_grain(filled, box_hole())).abs().max() < 1e-6


def test_restore_gives_grain_to_a_noisy_photo():
    photo = noisy(0.03)
    plain, grained = (restore(photo, box_hole(), backbone="telea", texture=0, grain=amount) for amount in (0.0, 1.0))
    assert noise_in(plain)[0] < 0.5 * noise_in(photo)[0]
    assert noise_in(grained)[0] == pytest.approx(noise_in(photo)[0], rel=0.2)
    assert torch.equal(luminance(grained)[box_hole() == 0], luminance(photo)[box_hole() == 0])


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match=r"grain must lie in \[0, 1\], got 2; 0 leaves the fill as it is"):
        add_grain(make_photo()[:, :1], make_hole(), 2)
    with pytest.raises(InputError, match="seed must be 0 or more, got -1"):
        restore(make_photo(), make_hole(), seed=-1)
