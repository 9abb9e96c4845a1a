"""Turned pictures, and backbones that see them."""

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import fill, get_backbone, luminance
from monochromic.core.inpaint.turned import TURNS, turn, turn_back, turned
from monochromic.core.weights.select import load_model

every = pytest.mark.parametrize("number", range(TURNS))


@every
def test_turned_back_it_is_as_it_was(number):
    picture = make_photo()
    seen = turn(picture, number)
    assert torch.equal(turn_back(seen, number), picture)
    assert seen.shape[-2:] == (picture.mT if number & 4 else picture).shape[-2:]


def test_the_ways_of_looking_are_the_eight_of_a_square():
    square = torch.arange(9.0).view(1, 1, 3, 3)
    ways = {tuple(square.rot90(k, (2, 3)).flatten().tolist()) for k in range(4)}
    ways |= {tuple(square.flip(3).rot90(k, (2, 3)).flatten().tolist()) for k in range(4)}
    assert {tuple(turn(square, number).flatten().tolist()) for number in range(TURNS)} == ways


@pytest.mark.parametrize("name", ["telea", "mono"])
def test_a_turned_backbone_fills_the_turned_photo(name):
    photo, hole, model = luminance(make_photo(1, 64, 48)), make_hole(64, 48), load_model(get_backbone(name))
    assert turned(model, 0) is model
    for number in (1, 4, 7):
        wanted = turn_back(fill(turn(photo, number), turn(hole, number), model), number)
        result = fill(photo, hole, turned(model, number))
        assert torch.allclose(result, wanted, atol=1e-5)
        assert torch.equal(result[hole == 0], photo[hole == 0])
        assert not torch.equal(result, fill(photo, hole, model))
