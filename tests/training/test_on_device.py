"""Samples made on the device: the same by their number, with the holes that the recipe draws."""

from dataclasses import replace

import pytest
import torch
from on_device import OnDevice
from photos import load_photos
from recipe import Phase
from tiny_recipes import RECIPES
from trainer import train

SHARES = [0.2, 0.2, 0.2, 0.2, 0.2]


@pytest.fixture
def photos(folder):
    return load_photos(folder)


def source(photos, **data):
    recipe = replace(RECIPES["autoencoder"], data={"holes": SHARES, **data})
    return OnDevice(recipe, photos, torch.device("cpu"), count=10)


def test_samples_are_the_same_by_their_number(photos):
    made = source(photos, grain=1.0)
    first = torch.cat([images for images, _ in made.batches(64, 4, range(10))])
    again = torch.cat([images for images, _ in source(photos, grain=1.0).batches(64, 3, range(4, 10))])
    assert torch.equal(first[4:], again)


@pytest.mark.parametrize("side", [64, 256])
def test_what_a_batch_is(photos, side):
    (images, holes), *rest = source(photos).batches(side, 4, range(6))
    assert images.shape == (4, 3, side, side)
    assert 0 <= images.min() < images.max() <= 1
    assert holes.shape == (4, 1, side, side)
    assert set(holes.unique().tolist()) == {0, 1}
    assert [len(images) for images, _ in rest] == [2]


def test_a_training_learns_from_them(photos, tmp_path, monkeypatch):
    monkeypatch.setattr("on_device.HOLES", 12)
    recipe = replace(RECIPES["autoencoder"], phases=(Phase(32, 4, 16), Phase(48, 4, 8)))
    run = train(recipe, photos, tmp_path, on_device=True)
    assert run.seen == 24


def test_what_is_not_made_there(photos):
    with pytest.raises(SystemExit, match="only samples of gray are made on the device, not of colour_prior"):
        OnDevice(RECIPES["colour_prior"], photos, torch.device("cpu"), count=1)
    with pytest.raises(SystemExit, match="up to 256 pixels a side"):
        OnDevice(replace(RECIPES["autoencoder"], phases=(Phase(320, 4, 8),)), photos, torch.device("cpu"), count=1)
