"""What every variant of every backbone promises, alone and within the gray stage, with new weights."""

import pytest
import torch
from conftest import make_photo, slow_but
from monochromic.core import BACKBONES, InputError, fill, fill_rgb, luminance
from monochromic.core.backbones.loaded import Model

HEAVY = ("lama", "mat")  # of one size, 51 and 62 million numbers: test_spandrel.py
VARIANTS = [(b, n) for b in BACKBONES.values() if b.id not in HEAVY for n in b.variants]
SIZE = 83, 61  # no multiple of anything


def network(variant, channels, width=4):
    """New weights, moved a little, so that no layer is at zero as before training."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        made = variant.fresh(channels, width).eval().requires_grad_(False)
        for weight in made.parameters():
            weight.add_(torch.randn_like(weight) * 0.01)
        return made


def case(backbone, channels):
    """Two photos of sides that suit the backbone, and their holes."""
    height = backbone.minimum + -(-max(40 - backbone.minimum, 0) // backbone.multiple) * backbone.multiple
    width = height + backbone.multiple
    generator = torch.Generator().manual_seed(2)
    hole = torch.zeros(2, 1, height, width, dtype=torch.bool)
    hole[0, :, 6:22, 5:17] = hole[1, :, 14:30, 9:31] = True
    return torch.rand(2, channels, height, width, generator=generator), hole


def small_hole(batch=1):
    hole = torch.zeros(batch, 1, *SIZE)
    hole[..., 20:45, 18:40] = 1
    hole[..., 60, :] = 1
    return hole


@pytest.fixture(params=VARIANTS, ids=[f"{b.id}-{n.id}" for b, n in VARIANTS])
def record(request):
    return request.param


CHANNELS = {"gray": (1, 1), "RGB": (3, 3), "RGB+gray": (4, 1)}


@pytest.fixture(params=slow_but([(1, 1), (4, 1)], CHANNELS.values()), ids=CHANNELS)
def channels(record, request):
    if record[1].id == "zhaoyuzhi_gray" and request.param != (1, 1):
        pytest.skip("a gray network only")
    return request.param


@pytest.fixture
def model(record, channels):
    return Model(*record, network(record[1], channels))


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
    photo, hole = make_photo(4, 170, 160), torch.zeros(1, 1, 170, 160)
    hole[..., 20:150, 30:130] = 1
    sizes = []
    model.network.register_forward_pre_hook(lambda net, given: sizes.append(max(given[0].shape[-2:])))
    gray = fill(photo, hole, model, max_side=140)
    assert max(sizes, default=0) < 140 + backbone.multiple
    assert gray.isfinite().all()
    assert torch.equal(gray[hole == 0], luminance(photo)[hole == 0])


def test_what_is_refused():
    photo, hole = make_photo(), torch.zeros(1, 1, 37, 53)
    with pytest.raises(InputError, match="telea gives gray only; use fill and colorize"):
        fill_rgb(photo, hole, "telea")
    with pytest.raises(InputError, match="source must be one of gray, rgb, got 'lab'"):
        fill(photo, hole, source="lab")


class TestVariant:
    """The promises of `Variant` (core/backbones/record.py), without the gray stage around it."""

    @torch.inference_mode()
    def test_fill(self, model, untouched_rng):
        """Shape and range; the same each time; only what is known counts; a batch equals its items."""
        variant, network = model.variant, model.network
        in_channels, out_channels = network.channels
        image, hole = case(model.backbone, in_channels)
        known = image.masked_fill(hole, 0)
        answer = variant.fill(network, known, hole)
        assert answer.shape == (2, out_channels, *image.shape[-2:])
        assert answer.dtype == image.dtype
        assert 0 <= answer.min() < answer.max() <= 1
        assert torch.equal(variant.fill(network, known, hole), answer)
        assert torch.equal(variant.fill(network, image, hole), answer)
        assert not torch.equal(variant.fill(network, known.flip(-1).masked_fill(hole, 0), hole), answer)
        for i in range(2):
            alone = variant.fill(network, known[[i]], hole[[i]])
            torch.testing.assert_close(alone, answer[[i]], rtol=0, atol=1e-3)  # attention magnifies rounding

    @torch.inference_mode()
    @pytest.mark.parametrize("width", slow_but([3], [3, 6]))
    def test_build_reads_the_sizes_off_the_tensors(self, record, channels, width, untouched_rng):
        backbone, variant = record
        theirs = network(variant, channels, width)
        ours = variant.build(theirs.state_dict())
        assert ours.channels == theirs.channels == channels
        assert not ours.training
        assert not any(weight.requires_grad for weight in ours.parameters())
        image, hole = case(backbone, channels[0])
        assert torch.equal(variant.fill(ours, image, hole), variant.fill(theirs, image, hole))

    def test_build_refuses_tensors_that_do_not_fit(self, record):
        variant = record[1]
        state = network(variant, (1, 1)).state_dict()
        with pytest.raises(RuntimeError, match="more.weight"):
            variant.build({**state, "more.weight": torch.zeros(1)})

    def test_detect_passes_over_what_is_foreign(self, record):
        variant = record[1]
        assert variant.detect({}) is None
        assert variant.detect({"conv1.weight": torch.zeros(1)}) is None

    @torch.inference_mode()
    def test_16_bits_are_near(self, record):
        """Half precision, as networks run in on CUDA (`core/weights/select.py`)."""
        backbone, variant = record
        if not backbone.half:
            pytest.skip("not for 16 bits")
        full, (image, hole) = network(variant, (1, 1), width=2), case(backbone, 1)  # a CPU is slow in 16 bits
        answer = variant.fill(full, image, hole)
        low = variant.fill(full.half(), image.half(), hole)
        difference = (low.float() - answer).abs()
        assert difference.mean() < 0.01
        assert difference.max() < 0.1


def test_records_say_what_is_needed():
    assert len(BACKBONES) >= 16
    for name, backbone in BACKBONES.items():
        assert (backbone.fill is None) == bool(backbone.variants), f"{name} needs fill or variants, and not both"
        assert len({n.id for n in backbone.variants}) == len(backbone.variants), f"{name} has two variants of one id"
        for variant in backbone.variants:
            for field in ("source", "license", "parts"):
                assert getattr(variant, field), f"the variant {variant.id!r} of {name!r} lacks {field}"
        if backbone.variants:
            assert backbone.trained > 0, f"{name}: trained is the side of the photos that it was trained on"
            assert backbone.minimum % backbone.multiple == 0, f"{name}: minimum must be a multiple of multiple"
