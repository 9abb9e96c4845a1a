"""Photos to train on: what is read, what is refused, and what samples are cut of them."""

import shutil
import tarfile

import numpy as np
import pytest
import torch
from conftest import ROOT
from held_out import LIST, hashes
from photos import MAX_SHORTER_SIDE, load_photos, random_cut
from PIL import Image
from tiny_recipes import RECIPES
from trainer import Samples

HELD_OUT = ROOT.parent / "shared" / "data" / "test"


def test_a_folder_its_folders_and_its_tar_files_are_the_same(folder, tmp_path):
    names = sorted(path.name for path in folder.iterdir())
    wanted = [np.asarray(Image.open(folder / name).convert("RGB")) for name in names]
    deep, packed = tmp_path / "a" / "b", tmp_path / "packed"
    shutil.copytree(folder, deep)
    packed.mkdir()
    with tarfile.open(packed / "shard.tar", "w") as shard:
        for name in reversed(names):
            shard.add(folder / name, name)
    for place in (folder, deep.parent, packed):
        assert all(np.array_equal(a, b) for a, b in zip(load_photos(place), wanted, strict=True))


def test_large_photos_are_reduced(tmp_path):
    Image.new("L", (2000, 1000), 90).save(tmp_path / "large.png")
    (photo,) = load_photos(tmp_path)
    assert photo.shape == (MAX_SHORTER_SIDE, 2 * MAX_SHORTER_SIDE, 3)
    assert (photo == 90).all()


def test_what_cannot_be_trained_on(tmp_path):
    with pytest.raises(SystemExit, match="there is no folder"):
        load_photos(tmp_path / "none")
    with pytest.raises(SystemExit, match=r"no pictures \(.jpg, .jpeg, .png, .webp\) and no tar files"):
        load_photos(tmp_path)
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(SystemExit, match=r"broken.jpg cannot be read, take it out"):
        load_photos(tmp_path)


@pytest.mark.skipif(not HELD_OUT.is_dir(), reason=f"no photos to measure on in {HELD_OUT}")
def test_photos_to_measure_on_are_refused(tmp_path):
    assert hashes(HELD_OUT) == set(LIST.read_text().split())
    one = next(HELD_OUT.glob("nature/*"))
    shutil.copy(one, tmp_path / "copy.png")
    with pytest.raises(SystemExit, match=r"copy.png is a photo that results are measured on .*; take it out"):
        load_photos(tmp_path)
    (tmp_path / "copy.png").unlink()
    Image.open(one).convert("RGB").save(tmp_path / "other.webp", lossless=True)
    with pytest.raises(SystemExit, match=r"other.webp is a photo that results are measured on"):
        load_photos(tmp_path)


def test_the_list_is_of_hashes():
    lines = LIST.read_text().splitlines()
    assert len(set(lines)) == len(lines) == 2 * 193
    assert all(len(line) == 64 and set(line) <= set("0123456789abcdef") for line in lines)


@pytest.mark.parametrize("size", [(40, 300), (300, 40), (16, 16), (500, 400)])
def test_random_cuts(size):
    photo = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    cuts = [random_cut(photo, 32, np.random.default_rng(i)) for i in range(4)]
    assert all(cut.shape == (3, 32, 32) and cut.min() >= 0 and cut.max() <= 1 for cut in cuts)
    assert not torch.equal(cuts[0], cuts[1])
    assert torch.equal(cuts[2], random_cut(photo, 32, np.random.default_rng(2)))


@pytest.mark.parametrize("name", ["mono", "damage", "colour_prior"])
def test_samples_by_number(name, folder, untouched_rng):
    """The same whenever asked for, and others for another number or seed."""
    recipe, photos = RECIPES[name], load_photos(folder)
    samples = Samples(recipe, photos, 64, range(7, 20))
    later = Samples(recipe, photos, 64, range(9, 20))
    assert len(samples) == 13
    for a, b, c in zip(samples[2], later[0], samples[3], strict=True):
        assert torch.equal(a, b)
        assert a.shape == c.shape
        assert a.shape[-1] in (64, 256)
    assert any(not torch.equal(a, c) for a, c in zip(samples[2], samples[3], strict=True))
    holes = [samples[i][2 if name == "colour_prior" else 1] for i in range(13)]
    assert all(((hole == 0) | (hole == 1)).all() for hole in holes)
    assert sum(hole.mean() for hole in holes) > 0.1
