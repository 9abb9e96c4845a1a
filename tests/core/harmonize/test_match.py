"""Another program's picture: what is known to have happened to it is undone, and nothing else is changed."""

import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import make_hole, make_photo
from monochromic.core import InputError, colorize, fill, luminance, match_picture, random_hole
from monochromic.core.harmonize.align import align, check_shape, move, resize
from scipy import ndimage

SIDE = 160
KINDS = ("blob", "free_form")


def scene(seed=0, height=SIDE, width=SIDE):
    """A photo with detail at all scales, (1, 3, H, W), away from black and white."""
    random = np.random.default_rng(seed)
    planes = [ndimage.gaussian_filter(random.standard_normal((height, width)), s) * s for s in (1, 3, 9, 27)]
    light = np.tanh(sum(planes)) * 0.25 + 0.5
    tint = ndimage.gaussian_filter(random.standard_normal((3, height, width)), (0, 9, 9))
    return torch.from_numpy(np.clip(light + tint, 0.1, 0.9)).float()[None]


def hole_of(kind, seed=0, height=SIDE, width=SIDE):
    return random_hole(kind, height, width, 0.2, seed=seed)


def box_hole():
    hole = torch.zeros(1, 1, SIDE, SIDE)
    hole[..., 50:100, 60:110] = 1
    return hole


def ramp(low, high, dim):
    shape = [1, 1, SIDE, 1] if dim == 2 else [1, 1, 1, SIDE]
    return torch.linspace(low, high, SIDE).view(shape)


def error(found, wanted, hole):
    return (found - wanted)[hole.bool().expand_as(wanted)].square().mean().sqrt().item()


DRIFTS = {
    "gain": lambda p: p * 1.09,
    "offset": lambda p: p - 0.05,
    "fields": lambda p: p * ramp(0.93, 1.07, 2) + ramp(-0.04, 0.04, 3),
    "channels": lambda p: p * torch.tensor([1.06, 0.97, 1.02]).view(1, 3, 1, 1),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("drift", DRIFTS.values(), ids=DRIFTS)
def test_a_drift_is_taken_off(kind, drift):
    photo, hole = scene(), hole_of(kind)
    picture = drift(photo).clamp(0, 1)
    found = match_picture(photo, picture, hole)
    before = error(luminance(picture), luminance(photo), hole)
    assert error(found.gray, luminance(photo), hole) < max(0.002, min(0.004, before / 4))
    assert error(found.image, photo, hole) < 0.006
    assert len(found.notes) == (before > 0.003)


@pytest.mark.parametrize("kind", KINDS)
def test_a_gray_photo_and_a_gray_picture(kind):
    photo, hole = scene(), hole_of(kind)
    light = luminance(photo)
    for one, other in ((photo, light * 0.92), (light, photo * 0.92), (light, light * 0.92)):
        found = match_picture(one, other, hole)
        assert error(found.gray, light, hole) < 0.004
        assert found.image.shape == one.shape


@pytest.mark.parametrize("bits", [None, 8, 16])
def test_without_drift_nothing_changes(bits):
    photo, hole = make_photo(), make_hole()
    gray = fill(photo, hole, "telea")
    gray = gray if bits is None else (gray * (2**bits - 1)).round() / (2**bits - 1)
    found = match_picture(photo, gray, hole)
    assert torch.equal(found.gray, gray)
    assert found.notes == []


def test_what_was_drawn_anew_outside_the_hole_does_not_count():
    photo, hole = scene(), box_hole()
    picture = photo * 1.08
    picture[..., :24, :] = scene(5)[..., :24, :]
    found = match_picture(photo, picture.clamp(0, 1), hole)
    assert error(found.gray, luminance(photo), hole) < 0.005


OTHERS = {
    "another photo": scene(9),
    "nothing outside": torch.zeros(1, 3, SIDE, SIDE),
    "white": torch.ones(1, 1, SIDE, SIDE),
}


@pytest.mark.parametrize("picture", OTHERS.values(), ids=OTHERS)
def test_another_picture_is_taken_as_it_is(picture):
    found = match_picture(scene(), picture, hole_of("blob"))
    assert torch.equal(found.gray, luminance(picture))
    assert found.notes == []


def test_what_is_known_comes_back_and_what_lies_under_the_hole_changes_nothing():
    photo, hole = scene(), hole_of("blob")
    picture = (photo * 1.05).clamp(0, 1)
    found = match_picture(photo, picture, hole)
    known = (hole == 0).expand_as(photo)
    assert torch.equal(found.image[known], photo[known])
    assert torch.equal(found.gray[known[:, :1]], luminance(photo)[known[:, :1]])
    other = match_picture(torch.where(hole > 0, torch.rand_like(photo), photo), picture, hole)
    assert torch.equal(other.gray, found.gray)
    assert torch.equal(other.image, found.image)


def test_a_batch_is_its_items(untouched_rng):
    photos, hole = torch.cat([scene(1), scene(2)]), hole_of("free_form")
    pictures = torch.cat([scene(1) * 1.06, scene(2)]).clamp(0, 1)
    found = match_picture(photos, pictures, hole)
    for i in range(2):
        alone = match_picture(photos[i : i + 1], pictures[i : i + 1], hole)
        assert torch.equal(found.gray[i : i + 1], alone.gray)
        assert torch.equal(found.image[i : i + 1], alone.image)


@pytest.mark.parametrize(("down", "right"), [(1, 0), (0, -1), (-3, 2), (0.5, -0.3), (-1.4, 0.75)])
def test_a_shift_is_found(down, right):
    """SciPy's spline moves the picture; ours moves it back."""
    photo, hole = scene(), box_hole()
    moved = ndimage.shift(photo[0].numpy(), (0, -down, -right), order=3, mode="nearest")
    _, (found_down, found_right) = align(torch.from_numpy(moved), luminance(photo)[0, 0], hole[0, 0].bool())
    assert found_down == pytest.approx(down, abs=0.04)
    assert found_right == pytest.approx(right, abs=0.04)
    matched = match_picture(photo, torch.from_numpy(moved)[None].clamp(0, 1), hole)
    assert error(matched.gray, luminance(photo), hole) < 0.006


def test_a_picture_in_place_is_not_moved():
    photo, hole = scene(), hole_of("blob")
    for picture in (photo, ndimage.gaussian_filter(photo.numpy(), (0, 0, 1, 1)), photo * 0.9):
        picture = torch.as_tensor(picture)[0]
        placed, shift = align(picture, luminance(photo)[0, 0], hole[0, 0].bool())
        assert shift == (0.0, 0.0)
        assert placed is picture


@pytest.mark.parametrize("shift", [(2, -5), (0, 1)])
def test_whole_pixels_are_moved_exactly(shift):
    picture = scene()[0]
    moved = move(picture, *map(float, shift))
    expected = np.pad(picture.numpy(), ((0, 0), (8, 8), (8, 8)), mode="edge")
    down, right = shift
    expected = expected[:, 8 - down : 8 - down + SIDE, 8 - right : 8 - right + SIDE]
    assert np.array_equal(moved.numpy(), expected)


SIZES = {
    "larger": lambda p: resize(p, 2 * SIDE, 2 * SIDE),
    "rounded to multiples of 64": lambda p: resize(p, 128, 192),
    "cropped by a pixel": lambda p: p[:, 1:, :-1],
    "cropped in the middle": lambda p: p[:, 4:-4, 4:-4],
    "cropped at the end": lambda p: p[:, :152, :152],
}


@pytest.mark.parametrize("change", SIZES.values(), ids=SIZES)
def test_a_picture_of_another_size_is_brought_to_the_photo(change):
    photo, hole = torch.from_numpy(ndimage.gaussian_filter(scene().numpy(), (0, 0, 1.2, 1.2))), box_hole()
    found = match_picture(photo, change(photo[0])[None] * 0.95, hole)
    assert found.gray.shape == (1, 1, SIDE, SIDE)
    assert error(found.gray, luminance(photo), hole) < 0.012
    assert "was brought to 160 x 160" in found.notes[0]


@pytest.mark.parametrize(("height", "width"), [(1, 5), (5, 1), (2, 2)])
def test_the_smallest_photos(height, width):
    photo = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(1))
    hole = torch.zeros(1, 1, height, width)
    hole[..., 0, 0] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = match_picture(photo, photo * 0.9, hole)
    assert found.gray.shape == (1, 1, height, width)
    assert torch.equal(found.image[..., hole[0, 0] == 0], photo[..., hole[0, 0] == 0])


@pytest.mark.parametrize("size", [(SIDE, 2 * SIDE), (100, 151), (512, 320)])
def test_another_shape_is_refused_with_both_sizes(size):
    picture = F.interpolate(scene(), size)
    with pytest.raises(InputError, match=rf"gray is {size[1]} x {size[0]} pixels and the photo 160 x 160"):
        match_picture(scene(), picture, hole_of("blob"))


@pytest.mark.parametrize("size", [(256, 384), (255, 384), (512, 768), (333, 500)])
def test_shapes_that_programs_make_of_a_photo_are_taken(size):
    check_shape(torch.zeros(size), torch.zeros(2000, 3000))


def test_an_empty_hole_and_a_size_of_its_own():
    photo = scene()
    found = match_picture(photo, resize(photo[0], 128, 128)[None], torch.zeros(1, 1, SIDE, SIDE))
    assert torch.equal(found.image, photo)


def test_colors_of_the_photo_come_closer_without_the_drift():
    """The whole way: gain and offset cost the result less than a tenth of what they cost without match."""
    photo, hole = scene(), hole_of("blob")
    picture = (photo * 1.08 - 0.03).clamp(0, 1)
    clean, before, now = (
        colorize(photo, gray, hole)
        for gray in (luminance(photo), luminance(picture), match_picture(photo, picture, hole).gray)
    )
    assert error(now, clean, hole) < error(before, clean, hole) / 10


def test_a_drift_that_bends_over_the_hole_is_taken_off():
    """A gain that rises to the middle of the photo and falls again, which linear fields leave by half."""
    photo, hole = scene(), box_hole()
    bend = 1.05 - 0.1 * (ramp(-1, 1, 2).square() + ramp(-1, 1, 3).square())
    picture = (photo * bend).clamp(0, 1)
    found = match_picture(photo, picture, hole)
    assert error(found.gray, luminance(photo), hole) < 0.005


@pytest.mark.parametrize("other", [lambda y: y, lambda y: y.square()], ids=["x x y", "x x y y"])
def test_a_drift_that_bends_one_way_above_and_another_below_is_taken_off(other):
    """An offset of products of the third and the fourth degree, of which squares alone leave a fifth or more."""
    photo, hole = scene(), torch.zeros(1, 1, SIDE, SIDE)
    hole[..., 15:70, 80:135] = 1
    picture = (photo + 0.08 * (ramp(-1, 1, 3).square() - 0.3) * other(ramp(-1, 1, 2))).clamp(0, 1)
    found = match_picture(photo, picture, hole)
    before = error(luminance(picture), luminance(photo), hole)
    assert error(found.gray, luminance(photo), hole) < 0.1 * before
