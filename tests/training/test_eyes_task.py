"""The task of the network for eyes: its samples, and what counts in its loss."""

import sys

import eyes
import label_eyes
import numpy as np
import pytest
import torch
from photos import load_photos

GROUND, EYE = 90, 255


@pytest.fixture
def photos(folder):
    return load_photos(folder)


@pytest.fixture
def labels(tmp_path):
    """The eyes of the first photo."""
    path = tmp_path / "eyes.csv"
    path.write_text("0,60.0,70.0,30.0,0.990\n0,90.0,70.0,30.0,0.990\n")
    return {"eyes": str(path), "faces": 1.0}


@pytest.fixture
def plain(monkeypatch):
    """Photos stay as they are."""
    for name in ("make_old", "scan"):
        monkeypatch.setattr(eyes, name, lambda photo, random: photo)


def dotted():
    """A photo with a light square at each of both eyes."""
    photo = np.full((160, 200, 3), GROUND, np.uint8)
    for x, y in ((60, 70), (90, 70)):
        photo[y - 2 : y + 3, x - 2 : x + 3] = EYE
    return photo


def samples(photos, data, count=30, side=64):
    return [torch.stack(each) for each in zip(*drawn(photos, data, count, side), strict=True)]


def drawn(photos, data, count, side):
    return [eyes.sample(photos, side, np.random.default_rng([5, i]), data) for i in range(count)]


def test_samples_have_their_shapes_and_ranges(photos, labels):
    images, found, counts = samples(photos, labels)
    assert images.shape == (30, 3, 64, 64)
    assert found.shape == counts.shape == (30, 1, 64, 64)
    assert images.min() >= 0
    assert images.max() <= 1
    assert set(found.unique().tolist()) == set(counts.unique().tolist()) == {0.0, 1.0}


def test_eyes_are_where_the_cut_shows_them(plain, labels):
    """However it is scaled, turned and mirrored."""
    images, found, _ = samples([dotted()], labels | {"damaged": 0.0}, side=96)
    light = (images.mean(1, keepdim=True) > 0.8).float()
    shown = found.flatten(1).any(1)
    assert shown.float().mean() > 0.5
    assert (light * found).sum() > 0.9 * light[shown].sum()
    assert (light * found.roll(8, 3)).sum() < 0.7 * light[shown].sum()


@pytest.mark.parametrize("line", ["0,60,70,30,0.9", "0,60,70,1.5,0.99"])
def test_what_is_unsure_or_of_another_size_does_not_count(plain, tmp_path, line):
    """An eye of 1.5 pixels is not enlarged to one that is looked for."""
    (tmp_path / "eyes.csv").write_text(line + "\n")
    _, found, counts = samples([dotted()], {"eyes": str(tmp_path / "eyes.csv"), "faces": 1.0, "damaged": 0.0})
    assert not found.any()
    assert (counts == 0).flatten(1).any(1).float().mean() > 0.5


def test_what_damage_hides_does_not_count(labels):
    _, _, counts = samples([dotted()], labels | {"damaged": 1.0})
    _, _, whole = samples([dotted()], labels | {"damaged": 0.0})
    assert counts.mean() < whole.mean() - 0.002


def test_other_photos_show_none(plain, labels):
    _, found, counts = samples([dotted(), np.full((96, 96, 3), GROUND, np.uint8)], labels | {"faces": 0.0}, count=60)
    assert 0 < found.flatten(1).any(1).float().mean() < 0.6
    assert counts.any()


def test_the_loss_is_of_what_counts():
    truth, counts = torch.zeros(1, 1, 64, 64), torch.ones(1, 1, 64, 64)
    truth[..., 20:30, 20:30] = 1
    logits = 40 * truth - 20
    logits[..., 40:60, 40:60] = 20  # a false alarm
    batch = torch.zeros(1, 3, 64, 64), truth, counts
    assert eyes.loss_of(lambda image: logits, batch, {}).loss > 1
    counts[..., 36:, 36:] = 0
    result = eyes.loss_of(lambda image: logits, batch, {})
    assert result.loss < 0.01
    assert result.figures["eyes"] == 1


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (None, "--eyes"),
        ("", "no eyes in"),
        ("0,1,2\n", "five numbers in each line"),
        ("a,b,c,d,e\n", "five numbers in each line"),
        ("7,60,70,30,0.99\n", "written for other photos"),
    ],
)
def test_labels_that_do_not_fit_are_refused(tmp_path, text, match):
    data = {}
    if text is not None:
        (tmp_path / "eyes.csv").write_text(text)
        data = {"eyes": str(tmp_path / "eyes.csv")}
    with pytest.raises(SystemExit, match=match):
        eyes.sample([dotted()], 64, np.random.default_rng(0), data)


def test_labels_need_a_package_of_their_own(monkeypatch):
    monkeypatch.setitem(sys.modules, "facenet_pytorch", None)
    with pytest.raises(SystemExit, match="pip install --no-deps facenet-pytorch"):
        label_eyes.load_detector()
