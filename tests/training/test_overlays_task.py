"""The task of the network for overlays: its samples."""

import cv2
import handwriting
import number_keys
import numpy as np
import overlays
import pytest
import torch
from photos import load_photos


@pytest.fixture
def photos(folder):
    return load_photos(folder)


def samples(photos, data, count=30, side=64):
    drawn = [overlays.sample(photos, side, np.random.default_rng([5, i]), data) for i in range(count)]
    return torch.stack([image for image, _ in drawn]), torch.stack([kinds for _, kinds in drawn])


def test_samples_have_their_shapes_and_ranges(photos):
    images, covered = samples(photos, {"clean": 0.0})
    assert images.shape == (30, 3, 64, 64)
    assert covered.shape == (30, 1, 64, 64)
    assert images.min() >= 0
    assert images.max() <= 1
    assert set(covered.unique().tolist()) == {0.0, 1.0}


def test_clean_photos_may_be_damaged_but_have_no_overlays(photos):
    assert not samples(photos, {"clean": 1.0})[1].any()


def test_most_covered_photos_show_what_covers_them(photos):
    _, covered = samples(photos, {"clean": 0.0})
    assert covered.flatten(1).any(1).float().mean() > 0.8


@pytest.mark.parametrize("rescanned", [False, True])
def test_overlays_lie_over_the_scan(monkeypatch, rescanned):
    """Nearly all of what is not covered is as it was, where the file is not scanned again."""
    for share in ("OLD_SHARE", "DAMAGED_SHARE", "SCANNED_SHARE"):
        monkeypatch.setattr(overlays, share, 0.0)
    monkeypatch.setattr(overlays, "RESCANNED_SHARE", float(rescanned))
    images, covered = samples([np.full((96, 96, 3), 90, np.uint8)] * 2, {"clean": 0.0})
    far = torch.nn.functional.max_pool2d(covered, 19, 1, 9).expand_as(images) == 0
    assert far.float().mean() > 0.2
    untouched = ((images[far] - 90 / 255).abs() < 1e-5).float().mean()
    assert untouched < 0.6 if rescanned else untouched > 0.9


def test_lettering_weighs_as_much_as_a_wide_cover():
    """Of two photos, all that lies over one is missed: however small it is, that costs nearly half of the index."""
    truth = torch.zeros(2, 1, 64, 64)
    truth[0, 0, :48] = 1  # a cover that is found
    truth[1, 0, :4] = 1  # a line of text that is not
    found = truth.clone()
    found[1] = 0
    logits = 40 * found - 20
    loss = overlays.loss_of(lambda image: logits, (torch.zeros(2, 3, 64, 64), truth), {"tversky": 1.0}).loss
    assert loss.item() > 0.3


def test_handwriting_changes_what_it_covers(monkeypatch):
    """What counts as a letter is changed, and what is far from one is not."""
    monkeypatch.setattr(handwriting, "MOUNT_SHARE", 0.0)
    ground = np.full((160, 200, 3), 0.6, np.float32)
    for i in range(20):
        written, letters = handwriting.write_on(ground, np.random.default_rng([1, i]))
        change = np.abs(written - ground).max(-1)
        assert letters.any()
        assert change[letters].min() > 0.06
        far = cv2.dilate(letters.astype(np.uint8), np.ones((15, 15), np.uint8)) == 0
        assert far.any()
        assert change[far].max() < 0.2  # of strokes that cover less than a third of a pixel
        assert written.min() >= 0
        assert written.max() <= 1


def test_numbers_change_what_they_cover():
    """They are of one tone and size, and lie on the ground alone."""
    ground = np.full((160, 200, 3), 0.6, np.float32)
    shares = []
    for i in range(20):
        numbered, covered = number_keys.number_people(ground, np.random.default_rng([1, i]))
        change = np.abs(numbered - ground).max(-1)
        assert change[covered].min() > 0.06
        far = cv2.dilate(covered.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
        assert change[far].max() < 0.2  # of edges of digits
        assert numbered.min() >= 0
        assert numbered.max() <= 1
        shares.append(covered.mean())
    assert min(shares) < 0.01 < max(shares) < 0.2  # of one number and of many
    light = [number_keys.number_people(ground + 0.37, np.random.default_rng([1, i]))[1].any() for i in range(20)]
    assert 0.2 < np.mean(light) < 0.8  # white numbers cannot be seen there


def test_a_mount_lies_along_one_side(monkeypatch):
    monkeypatch.setattr(handwriting, "MOUNT_SHARE", 1.0)
    ground = np.full((160, 200, 3), 0.6, np.float32)
    for i in range(8):
        written, _ = handwriting.write_on(ground, np.random.default_rng([2, i]))
        changed = np.abs(written - ground).max(-1) > 0.05
        sides = [changed[0], changed[-1], changed[:, 0], changed[:, -1]]
        assert sum(side.mean() > 0.95 for side in sides) == 1


@pytest.mark.parametrize("what", ["handwriting", "numbers"])
def test_letters_where_the_recipe_has_them(photos, what):
    plain = samples(photos, {"clean": 0.0})
    images, covered = samples(photos, {"clean": 0.0, what: 1.0})
    assert covered.flatten(1).any(1).float().mean() > 0.8
    assert (covered != plain[1]).flatten(1).any(1).float().mean() > 0.5
    assert images.min() >= 0
    assert images.max() <= 1
    assert not samples(photos, {"clean": 1.0, what: 1.0})[1].any()
