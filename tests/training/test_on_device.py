"""Samples made on the device: the same by their number, with the holes that the recipe draws."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from gray import FULL_SIDE
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


def test_batches_are_the_same_by_their_numbers(photos):
    first = [*source(photos, grain=1.0).batches(64, 4, range(10))]
    again = [*source(photos, grain=1.0).batches(64, 4, range(4, 10))]
    assert all(torch.equal(a, b) for pair in zip(first[1:], again, strict=True) for a, b in zip(*pair, strict=True))
    assert not torch.equal(first[0][0], first[1][0])


@pytest.mark.parametrize("side", [64, 128])
def test_a_part_of_a_photo_has_the_same_part_of_a_hole(side):
    """A photo that is its own coordinates tells which pixels of it a sample shows."""
    y, x = np.mgrid[:FULL_SIDE, :FULL_SIDE].astype(np.uint8)
    made = OnDevice(RECIPES["autoencoder"], [np.stack([y, x, y], 2)], torch.device("cpu"), count=3)
    made.holes = torch.from_numpy(x // 8 % 2)[None]  # stripes of 8 pixels
    for images, holes in made.batches(side, 30, range(90)):
        for image, hole in zip(images * 255, holes[:, 0], strict=True):
            step = float((image[1, 0, -1] - image[1, 0, 0]).abs()) / (side - 1)
            changes = (hole.diff(dim=0).abs().mean() + hole.diff(dim=1).abs().mean()) * 8
            assert (changes < 1.3) == (step < 1.05)


def test_parts_are_as_sharp_as_the_photo(photos):
    noise = np.random.default_rng(0).integers(0, 256, (FULL_SIDE, FULL_SIDE, 3), np.uint8)
    images, _ = next(
        OnDevice(RECIPES["autoencoder"], [noise], torch.device("cpu"), count=3).batches(128, 60, range(60))
    )
    spread = images.std((1, 2, 3)) / float(noise.std() / 255)
    assert (spread > 0.9).sum() > 10  # parts at the size they have, of nearly all of the photo
    assert spread.min() > 0.4  # the mean of 2 x 2


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
