"""Texture by optimization of features: it holds the contract, and makes of a blur what its surround has."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import make_photo
from monochromic.core import fill, luminance, restore_photo
from monochromic.core.errors import UnknownNameError
from monochromic.core.inpaint.patches import stage, synthesize_patches
from monochromic.core.inpaint.patches.features import (
    DEVIATION,
    MEAN,
    VGG,
    build_vgg,
    load_features,
    vgg_features,
)
from monochromic.core.inpaint.patches.matching import match_patches
from monochromic.core.layers.vgg import VGG19_TO_RELU4_1, vgg_layers
from monochromic.core.weights import WeightFile
from monochromic.core.weights.convert import keep_weights

H, W = 67, 78  # no multiples of anything


def textured(photo, hole, **options):
    return fill(photo, hole, "telea", texture=1.0, texture_by="features", **options)


def box(h=H, w=W, margin=24):
    hole = torch.zeros(1, 1, h, w)
    hole[..., margin : h - margin, margin : w - margin] = 1
    return hole


def stripes(h=96, w=96):
    """Of a period of 8 pixels, on a slope; (1, 1, H, W)."""
    across = torch.arange(w) * (2 * np.pi / 8)
    return (0.5 + 0.2 * across.sin() + torch.linspace(-0.1, 0.1, h)[:, None]).float()[None, None]


def test_the_contract(untouched_rng):
    photo, hole = make_photo(2, H, W).half(), box()
    copies = photo.clone(), hole.clone()
    out = textured(photo, hole)
    assert out.shape == (1, 1, H, W)
    assert out.dtype == photo.dtype
    assert 0 <= out.min() < out.max() <= 1
    assert torch.equal(out[hole == 0], luminance(photo)[hole == 0])
    assert not torch.equal(out, fill(photo, hole, "telea"))
    assert torch.equal(textured(torch.where(hole > 0, 1 - photo, photo), hole), out)
    with torch.inference_mode():
        assert torch.equal(textured(photo, hole), out)
    assert torch.equal(photo, copies[0])
    assert torch.equal(hole, copies[1])


def test_a_batch_equals_its_items():
    photos, holes = make_photo(3, H, W, batch=2), torch.cat([box(), box(margin=26)])
    together = textured(photos, holes)
    for i in range(2):
        assert torch.equal(together[[i]], textured(photos[[i]], holes[[i]]))


def test_a_blurred_texture_comes_back():
    truth, hole = stripes(), box(96, 96, 36) > 0
    blurred = torch.where(hole, F.avg_pool2d(truth, 9, 1, 4, count_include_pad=False), truth)
    blurred = torch.where(hole, 0.3 * truth + 0.7 * blurred, truth)  # a third of the contrast is left
    out = synthesize_patches(blurred, hole)
    before, after = ((picture - truth)[hole].square().mean() for picture in (blurred, out))
    assert after < 0.5 * before
    assert torch.equal(out[~hole], truth[~hole])


def test_what_is_right_already_stays():
    truth, hole = stripes(), box(96, 96, 36) > 0
    assert (synthesize_patches(truth, hole) - truth).abs().max() < 0.03


def test_half_the_amount_is_half_the_change():
    photo, hole = make_photo(2, H, W), box()
    plain, whole = fill(photo, hole, "telea"), textured(photo, hole)
    half = fill(photo, hole, "telea", texture=0.5, texture_by="features")
    torch.testing.assert_close(half, (plain + whole) / 2, rtol=0, atol=1e-6)


@pytest.mark.parametrize("hole", [box(40, 60, 15), box(margin=31), 1 - box(margin=30)], ids=["small", "thin", "wide"])
def test_what_stays_as_it_is_filled(hole):
    photo = make_photo(4, *hole.shape[-2:])
    assert torch.equal(textured(photo, hole), fill(photo, hole, "telea"))


def test_a_long_photo_is_worked_on_small():
    photo, hole = make_photo(5, 64, 640), torch.zeros(1, 1, 64, 640)
    hole[..., 20:44, 300:340] = 1
    filled = fill(photo, hole, "telea")
    out = synthesize_patches(filled, hole > 0)
    assert out.shape == filled.shape
    assert torch.equal(out[hole == 0], filled[hole == 0])
    assert not torch.equal(out, filled)


def test_it_can_be_cancelled():
    calls = []

    def stop(done, total):
        calls.append(done)
        if len(calls) == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        textured(make_photo(2, H, W), box(), progress=stop)
    assert len(calls) == 30


def test_another_way_is_refused():
    for run in (fill, restore_photo):
        with pytest.raises(UnknownNameError, match="no way to make texture 'quilts'; did you mean 'quilt'"):
            run(make_photo(), box(37, 53, 15), texture_by="quilts")


def test_matches_are_the_nearest_patches():
    """Against every pair of patches in NumPy."""
    generator = torch.Generator().manual_seed(0)
    features = torch.randn(1, 5, 11, 12, generator=generator)
    hole = torch.zeros(1, 1, 11, 12, dtype=torch.bool)
    hole[..., 4:7, 5:9] = True
    target = match_patches(features, hole, generator)
    plane, inside = features[0].numpy(), hole[0, 0].numpy()
    around = np.zeros_like(inside)
    for y, x in np.argwhere(inside):
        around[y - 1 : y + 2, x - 1 : x + 2] = True
    corners = [(y, x) for y in range(9) for x in range(10)]
    known = [(y, x) for y, x in corners if not around[y : y + 3, x : x + 3].any()]
    total, votes = np.zeros_like(plane), np.zeros((11, 12))
    for y, x in corners:
        if inside[y : y + 3, x : x + 3].any():
            patch = plane[:, y : y + 3, x : x + 3]
            best = min(known, key=lambda at: ((plane[:, at[0] : at[0] + 3, at[1] : at[1] + 3] - patch) ** 2).sum())
            total[:, y : y + 3, x : x + 3] += plane[:, best[0] : best[0] + 3, best[1] : best[1] + 3]
            votes[y : y + 3, x : x + 3] += 1
    np.testing.assert_array_equal(target.votes[0, 0].numpy(), votes)
    np.testing.assert_allclose(target.features[0].numpy(), total / np.maximum(votes, 1), atol=1e-5)
    assert match_patches(features, torch.ones_like(hole), generator) is None


class TestVgg19:
    @pytest.fixture
    def state(self):
        with torch.random.fork_rng():
            torch.manual_seed(3)
            return {
                f"features.{name}": value.half() for name, value in vgg_layers(VGG19_TO_RELU4_1).state_dict().items()
            }

    def test_its_layers(self, state):
        """VGG19 has 16 convolutions; relu4_1 follows the ninth, after three halvings."""
        layers = build_vgg({**state, "features.21.weight": torch.zeros(1), "classifier.0.bias": torch.zeros(1)})
        widths = [layer.out_channels for layer in layers if isinstance(layer, torch.nn.Conv2d)]
        assert widths == [64] * 2 + [128] * 2 + [256] * 4 + [512]
        assert layers[19].weight.shape == (512, 256, 3, 3)
        picture = torch.rand(1, 1, 16, 24, generator=torch.Generator().manual_seed(0))
        third, fourth = vgg_features(layers).maps(picture)
        assert third.shape == (1, 256, 4, 6)
        assert fourth.shape == (1, 512, 2, 3)
        colors = (picture - torch.tensor(MEAN).view(1, 3, 1, 1)) / torch.tensor(DEVIATION).view(1, 3, 1, 1)
        assert torch.equal(F.relu(layers[10](layers[:10](colors))), third)

    def test_the_users_weights_are_taken_if_they_are_here(self, state, tmp_path, monkeypatch):
        monkeypatch.setenv("MONOCHROMIC_HOME", str(tmp_path))
        assert load_features().strides == (2, 4)
        facts = {"use": "features", "trained_on": "nothing", "license": "MIT", "source": "a test"}
        entry = WeightFile(id=VGG, filename="vgg19.safetensors", sha256="0" * 64, size=1, **facts)
        keep_weights(entry, state, {})
        features = load_features()
        assert features.strides == (4, 8)
        truth, hole = stripes(56, 64), box(56, 64, 20) > 0
        out = synthesize_patches(torch.where(hole, torch.full_like(truth, 0.5), truth), hole)
        assert out.isfinite().all()
        assert torch.equal(out[~hole], truth[~hole])


def test_the_bits_of_torch_s_own_optimizer(monkeypatch):
    """The oracle is the class that ours leaves a part out of."""
    photo = make_photo(4, 64, 64)
    monkeypatch.setattr(stage, "ROUNDS", (2, 2))
    ours = textured(photo, box(64, 64))
    monkeypatch.setattr(stage, "Descent", torch.optim.LBFGS)
    assert torch.equal(textured(photo, box(64, 64)), ours)
