"""What every variant of every backbone promises when it runs within the gray stage, with new weights."""

import pytest
import torch
from conftest import make_photo
from monochromic.core import BACKBONES, InputError, fill, fill_rgb, luminance
from monochromic.core.backbones.loaded import Model

HEAVY = ("lama", "mat")  # of one size, 51 and 62 million numbers: tests/backbones/test_spandrel.py
VARIANTS = [(b, n) for b in BACKBONES.values() if b.id not in HEAVY for n in b.variants]
SIZE = 83, 61  # no multiple of anything


def network(variant, channels):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return variant.fresh(channels, 4).eval().requires_grad_(False)


def small_hole(batch=1):
    hole = torch.zeros(batch, 1, *SIZE)
    hole[..., 20:45, 18:40] = 1
    hole[..., 60, :] = 1
    return hole


@pytest.fixture(params=VARIANTS, ids=[f"{b.id}-{n.id}" for b, n in VARIANTS])
def record(request):
    return request.param


@pytest.fixture(params=[(1, 1), (3, 3), (4, 1)], ids=["gray", "RGB", "RGB+gray"])
def model(record, request):
    backbone, variant = record
    if variant.id == "zhaoyuzhi_gray" and request.param != (1, 1):
        pytest.skip("a gray network only")
    return Model(backbone, variant, network(variant, request.param))


def test_the_contract(model, untouched_rng):
    photo, hole = make_photo(2, *SIZE), small_hole()
    copies = photo.clone(), hole.clone()
    gray = fill(photo, hole, model)
    assert gray.shape == (1, 1, *SIZE)
    assert gray.dtype == photo.dtype
    assert gray.isfinite().all()
    assert gray.min() >= 0
    assert gray.max() <= 1
    assert torch.equal(gray[hole == 0], luminance(photo)[hole == 0])
    assert not torch.equal(gray, luminance(photo))
    other = torch.where(hole > 0, torch.rand(photo.shape, generator=torch.Generator().manual_seed(0)), photo)
    assert torch.equal(fill(other, hole, model), gray)
    with torch.inference_mode():
        assert torch.equal(fill(photo, hole, model), gray)
    assert torch.equal(photo, copies[0])
    assert torch.equal(hole, copies[1])


def test_three_pipelines(record):
    """From gray, from RGB by its luminance, and RGB itself: an RGB network gives all three."""
    backbone, variant = record
    if variant.id == "zhaoyuzhi_gray":
        pytest.skip("a gray network only")
    model = Model(backbone, variant, network(variant, (3, 3)))
    photo, hole = make_photo(2, *SIZE), small_hole()
    inside = (hole > 0)[0, 0]
    from_gray, from_rgb = (fill(photo, hole, model, source=s) for s in ("gray", "rgb"))
    direct = fill_rgb(photo, hole, model)
    assert direct.shape == photo.shape
    assert torch.equal(direct[..., ~inside], photo[..., ~inside])
    assert torch.allclose(luminance(direct)[..., inside], from_rgb[..., inside], atol=1e-6)
    assert not torch.equal(from_gray[..., inside], from_rgb[..., inside])
    grays = luminance(photo).expand(-1, 3, -1, -1).clone()
    assert torch.allclose(fill(grays, hole, model, source="rgb"), from_gray, atol=1e-6)


def test_a_batch_equals_its_items(record):
    backbone, variant = record
    model = Model(backbone, variant, network(variant, (1, 1)))
    photos = make_photo(3, *SIZE, batch=2)
    holes = torch.cat([small_hole(), small_hole().flip(3)])
    together = fill(photos, holes, model)
    for i in range(2):
        assert torch.allclose(together[[i]], fill(photos[[i]], holes[[i]], model), atol=1e-3)


def test_larger_than_trained(record):
    """A crop above max_side goes through the network in pieces, and all of the hole is filled."""
    backbone, variant = record
    if backbone.minimum > 100:
        pytest.skip("its least size is the trained one")
    model = Model(backbone, variant, network(variant, (1, 1)))
    photo, hole = make_photo(4, 300, 280), torch.zeros(1, 1, 300, 280)
    hole[..., 20:280, 30:250] = 1
    sizes = []
    model.network.register_forward_pre_hook(lambda net, given: sizes.append(max(given[0].shape[-2:])))
    gray = fill(photo, hole, model, max_side=270)
    assert max(sizes, default=0) < 270 + backbone.multiple
    assert gray.isfinite().all()
    assert torch.equal(gray[hole == 0], luminance(photo)[hole == 0])


def test_what_is_refused():
    photo, hole = make_photo(), torch.zeros(1, 1, 37, 53)
    with pytest.raises(InputError, match="telea gives gray only; use fill and colorize"):
        fill_rgb(photo, hole, "telea")
    with pytest.raises(InputError, match="source must be one of gray, rgb, got 'lab'"):
        fill(photo, hole, source="lab")


def test_records_say_what_is_needed():
    assert len(BACKBONES) >= 16
    for backbone in BACKBONES.values():
        assert (backbone.fill is None) == bool(backbone.variants)
        assert all(n.source and n.license and n.parts for n in backbone.variants)
        assert len({n.id for n in backbone.variants}) == len(backbone.variants)
        if backbone.variants:
            assert backbone.trained > 0
            assert backbone.minimum % backbone.multiple == 0
