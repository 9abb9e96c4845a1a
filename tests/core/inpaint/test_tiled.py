"""Crops larger than a network is at home with: filled small, then in tiles."""

import pytest
import torch
from conftest import ROOT, make_photo
from monochromic.core import fill, load_image, luminance, psnr, random_hole
from monochromic.core.backbones.telea import fill as telea
from monochromic.core.inpaint.tiled import fill_large

SIDE = 64


@pytest.fixture(params=[(200, 150), (65, 300), (128, 64)])
def case(request):
    photo = make_photo(2, *request.param)
    hole = random_hole("free_form", *request.param, 0.25, seed=3)
    hole[..., 20:60, 10:60] = 1
    return photo, hole.bool()


def test_every_answer_is_asked_at_the_trained_size_and_sees_no_hole(case):
    photo, hole = case
    asked = []

    def answer(image, inside):
        assert max(image.shape[-2:]) <= SIDE
        assert (image.masked_select(inside) == 0).all()
        asked.append(inside)
        return telea(image, inside)

    found = fill_large(answer, photo.masked_fill(hole, 0), hole, SIDE)
    assert found.shape == hole.shape
    assert found.isfinite().all()
    assert len(asked) > 2


def test_close_to_filling_at_once(case):
    """A smooth picture filled in tiles is as close to the truth as filled at once, to 3 dB: a bound."""
    photo, hole = case
    gray, known = luminance(photo), photo.masked_fill(hole, 0)
    tiled = psnr(fill_large(telea, known, hole, SIDE), gray, hole)
    assert tiled > psnr(telea(known, hole), gray, hole) - 3


def test_what_lies_under_the_hole_changes_nothing(case):
    photo, hole = case
    one, two = (fill_large(telea, photo.masked_fill(hole, v), hole, SIDE) for v in (0.0, 1.0))
    assert torch.allclose(one, two, atol=1e-4)


def test_a_constant_stays_constant():
    """No seams: an answer that is the mean of what is known gives one value everywhere."""
    hole = random_hole("box", 150, 170, 0.5, seed=1).bool()
    photo = torch.full((1, 3, 150, 170), 0.3).masked_fill(hole, 0)

    def mean(image, inside):
        return torch.full_like(image, image[(~inside).expand_as(image)].mean().item())

    found = fill_large(mean, photo, hole, SIDE)
    assert found.shape[1] == 3
    assert (found[hole.expand_as(found)] - 0.3).abs().max() < 1e-5


def test_no_tile_border_is_seen_in_a_wide_hole():
    """The brightness bends no more where tiles end than elsewhere in the fill: a bound."""
    photo = load_image(ROOT / "workflows" / "input" / "astronaut.png")
    hole = torch.zeros(1, 1, 512, 512)
    hole[..., 90:430, 80:440] = 1
    filled = fill(photo, hole, "mono", max_side=256)[0, 0, 110:410, 100:420]
    for axis in (0, 1):
        bend = filled.diff(dim=axis, n=2).abs().mean(1 - axis)
        assert bend.max() < 10 * bend.median()
