"""Several restorations of one photo: which they are, their order, their numbers, and what all restorations promise."""

import random

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import InputError, get_backbone, restore_photo, restore_variants
from monochromic.core.inpaint.rim import rim_disagreement
from monochromic.core.variant_sheet import variants_sheet, variants_table, variants_text
from monochromic.core.weights.select import load_model
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

PLAIN = ("telea", "navier_stokes")


@pytest.fixture(scope="module")
def photo():
    noise = torch.randn(1, 3, 64, 80, generator=torch.Generator().manual_seed(1))
    return (make_photo(1, 64, 80) + 0.05 * noise).clamp(0, 1)


@pytest.fixture(scope="module")
def hole():
    hole = make_hole(64, 80)
    hole[..., 20:50, 30:64] = 1
    return hole


@pytest.fixture(scope="module")
def made(photo, hole):
    return restore_variants(photo, hole, count=5, backbones=PLAIN, texture=1.0)


def at(made, name):
    return made.images[[made.names.index(name)]]


def test_the_backbones_take_turns_and_the_first_is_a_plain_restoration(photo, hole, made):
    assert sorted(made.names) == ["navier_stokes 1", "navier_stokes 2", "telea 1", "telea 2", "telea 3"]
    for name in PLAIN:
        assert torch.equal(at(made, f"{name} 1"), restore_photo(photo, hole, backbone=name, texture=1.0).image)
    assert len({each.numpy().tobytes() for each in made.images}) == 5


def test_known_pixels_stay_and_what_lies_under_the_hole_changes_nothing(photo, hole, made):
    known = (hole == 0).expand_as(made.images[[0]])
    for each in made.images:
        assert torch.equal(each[None][known], photo[known])
    other = torch.where(hole > 0, torch.rand(photo.shape, generator=torch.Generator().manual_seed(5)), photo)
    again = restore_variants(other, hole, count=5, backbones=PLAIN, texture=1.0)
    assert torch.equal(again.images, made.images)
    assert (again.names, again.rims) == (made.names, made.rims)


def test_another_seed_gives_others_and_no_global_one_is_touched(photo, hole, made):
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    others = restore_variants(photo, hole, count=5, backbones=PLAIN, texture=1.0, seed=3)
    assert torch.equal(states[0], torch.get_rng_state())
    assert np.array_equal(states[1], np.random.get_state()[1])
    assert states[2] == random.getstate()
    assert all(not torch.equal(at(others, name), at(made, name)) for name in made.names)


def test_they_are_ranked_by_the_rim(hole, made):
    assert list(made.rims) == sorted(made.rims)
    assert list(made.rims) == [rim_disagreement(gray[None], hole) for gray in made.grays]


def test_distances_agree_with_scikit_image(hole, made):
    inside = hole[0, 0].numpy() > 0
    labs = [rgb2lab(each.permute(1, 2, 0).numpy())[inside] for each in made.images]
    wanted = np.array([[deltaE_ciede2000(a, b).mean() for b in labs] for a in labs])
    assert made.distances.numpy() == pytest.approx(wanted, abs=0.01)
    assert made.diversity == pytest.approx(wanted[np.triu_indices(5, 1)].mean(), abs=0.01)
    assert made.apart == pytest.approx(wanted.sum(1) / 4, abs=0.01)


def test_loaded_models_gray_photos_and_one_alone(photo, hole):
    gray = photo[:, :1]
    one = restore_variants(gray, hole, count=1, backbones=[load_model(get_backbone("telea"))])
    assert one.images.shape == gray.shape
    assert one.diversity == 0
    assert one.apart == (0.0,)


def test_a_hole_is_looked_for_once_and_nothing_to_fill_is_one_variant(photo):
    nothing = restore_variants(photo, torch.zeros(1, 1, 64, 80), count=4, backbones=PLAIN)
    assert torch.equal(nothing.images, photo)
    assert (len(nothing), nothing.diversity) == (1, 0.0)
    assert len(variants_table(nothing, photo)[0]) == 4
    found = restore_variants(photo, count=2, backbones=PLAIN)
    assert found.detection is not None


def test_every_step_is_reported_and_can_cancel(photo, hole):
    calls = []
    restore_variants(photo, hole, count=3, backbones=PLAIN, progress=lambda done, total: calls.append(done / total))
    assert calls == sorted(calls)
    assert calls[-1] == 1

    def stop(done, total):
        if done * 2 > total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore_variants(photo, hole, count=3, backbones=PLAIN, progress=stop)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"count": 0}, "variants must be 1 to 16, got 0"),
        ({"count": 17}, "variants must be 1 to 16, got 17"),
        ({"seed": -1}, "seed must be 0 or more, got -1"),
        ({"backbones": ()}, "variants need a backbone"),
        ({"texture": 2.0}, r"texture must lie in \[0, 1\]"),
        ({"weights": "mono", "backbones": ("telea",)}, "leave out backbones, or weights"),
    ],
)
def test_bad_input_is_refused(photo, hole, options, words):
    with pytest.raises(InputError, match=words):
        restore_variants(photo, hole, **options)
    with pytest.raises(InputError, match="one photo, got 2"):
        restore_variants(photo.expand(2, -1, -1, -1), hole)


def test_the_sheet_shows_all_and_the_table_measures_all(photo, hole, made):
    table = variants_table(made, photo)
    assert table[0] == ["", "filled by", "rim", "apart", "PSNR dB", "SSIM", "CIEDE2000", "stru"]
    assert [row[:2] for row in table[1:-1]] == [[str(i + 1), name] for i, name in enumerate(made.names)]
    small, tall = (variants_sheet(made, photo, rows, side=64) for rows in ([], table))
    assert isinstance(small, Image.Image)
    assert tall.height > small.height
    assert variants_sheet(made, photo, [], photo, columns=1, side=64).height > small.height
    assert table[-1][:4] == ["", "mean of two", "", f"{made.diversity:.2f}"]
    lines = variants_text(table).splitlines()
    assert [line.split() for line in lines[1:]] == [" ".join(row).split() for row in table[1:]]
