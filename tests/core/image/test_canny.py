"""Canny edges, judged by scikit-image's."""

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo, slow_but
from fixtures import Fixture
from monochromic.core.image.canny import canny
from skimage import color, data, feature

AGREEMENT = 0.9999  # of all pixels; where the smoothed photo is symmetric, the last bit decides


def holes(height, width, seed=0):
    """Boxes, also across the border, and a disc."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    hole = (y - height / 2) ** 2 + (x - width / 3) ** 2 < (height / 8) ** 2
    for top, left in zip(rng.integers(0, height, 9), rng.integers(0, width, 9), strict=True):
        hole[top : top + height // 6, left : left + width // 7] = True
    return hole


def ours(gray, hole, **options):
    return canny(torch.from_numpy(gray)[None, None], torch.from_numpy(~hole)[None, None], **options)[0, 0].numpy()


def agreement(gray, hole, **options):
    wanted = feature.canny(gray.astype(np.float64), mask=~hole, **options)
    assert wanted.any()
    assert not wanted.all()
    return (ours(gray, hole, **options) == wanted).mean()


PHOTOS = "astronaut", "camera", "chelsea", "coffee", "rocket", "page", "brick", "logo"


@pytest.mark.parametrize("name", slow_but(["astronaut", "page", "logo"], PHOTOS))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_photos_have_the_edges_that_skimage_finds(name, dtype):
    photo = getattr(data, name)()
    gray = (color.rgb2gray(photo[..., :3]) if photo.ndim == 3 else photo / 255).astype(dtype)
    hole = holes(*gray.shape)
    for sigma in (1, 2, 3.3):
        assert agreement(gray, hole, sigma=sigma) >= AGREEMENT
        assert agreement(gray, np.zeros_like(hole), sigma=sigma) >= AGREEMENT


def test_noise_and_other_thresholds():
    rng = np.random.default_rng(3)
    for height, width in ((37, 53), (64, 20), (5, 90)):
        gray = rng.random((height, width))
        for low, high in ((0.1, 0.2), (0.3, 0.9), (0.5, 0.5)):
            limits = {"low_threshold": low, "high_threshold": high}
            wanted = feature.canny(gray, sigma=1.5, mask=~holes(height, width), **limits)
            found = ours(gray, holes(height, width), sigma=1.5, low=low, high=high)
            assert (found == wanted).all()


def test_edges_of_the_fixtures():
    fixture = Fixture("edge_connect")
    for case in fixture.cases:
        known = fixture[f"{case}.mask"][None, None] == 0
        found = canny(fixture[f"{case}.gray"], known, sigma=2)
        assert torch.equal(found, fixture[f"{case}.canny_edges"] > 0.5)


def test_a_weak_edge_stays_where_a_strong_one_continues_it():
    height = torch.linspace(0.04, 0.4, 64)
    step = torch.zeros(64, 64)
    step[:, 32:] = height[:, None]
    known = torch.ones(1, 1, 64, 64, dtype=torch.bool)
    rows = canny(step[None, None], known, sigma=1, low=0.1, high=1)[0, 0].any(1)
    found = rows.nonzero().flatten()
    assert rows[found[0] : found[-1] + 1].all()
    assert height[found[0]] < 0.15
    assert not canny(step[None, None] * 0.5, known, sigma=1, low=0.1, high=1).any()


def test_no_edge_in_the_hole_nor_beside_it_nor_at_the_border():
    gray, hole = make_photo()[:, :1], make_hole().bool()
    edges = canny(gray, ~hole, sigma=1)
    beside = torch.nn.functional.max_pool2d(hole.float(), 3, stride=1, padding=1) > 0
    assert edges.any()
    assert not edges[beside].any()
    assert not torch.cat([edges[..., [0, -1], :].flatten(), edges[..., [0, -1]].flatten()]).any()


def test_what_lies_under_the_hole_does_not_matter():
    gray, hole = make_photo()[:, :1], make_hole().bool()
    wanted = canny(gray, ~hole, sigma=2)
    for value in (0, 1, float("nan"), float("inf")):
        assert torch.equal(canny(gray.masked_fill(hole, value), ~hole, sigma=2), wanted)


def test_a_batch_equals_its_items_and_its_input_stays():
    gray, hole = make_photo(batch=3)[:, :1], make_hole(batch=3).bool()
    hole[1] = False
    before = gray.clone()
    edges = canny(gray, ~hole, sigma=1)
    assert edges.shape == gray.shape
    assert edges.dtype == torch.bool
    for i in range(3):
        assert torch.equal(canny(gray[i : i + 1], ~hole[i : i + 1], sigma=1), edges[i : i + 1])
    assert torch.equal(gray, before)


def test_flat_or_unknown_everywhere_has_no_edges():
    flat = torch.full((1, 1, 20, 30), 0.7)
    everywhere = torch.ones(1, 1, 20, 30, dtype=torch.bool)
    assert not canny(flat, everywhere).any()
    assert not canny(make_photo(height=20, width=30)[:, :1], ~everywhere).any()
