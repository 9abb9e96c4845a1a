"""Mono: where it starts from, what its variant promises, and that files of the trainer load."""

import math

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import fill, load_image, luminance, psnr, random_hole, ssim
from monochromic.core.backbones import mono
from monochromic.core.backbones.mono import MONO, pull_push
from skimage import data

(VARIANT,) = MONO.variants
CHANNELS = [(4, 1), (1, 1), (3, 3)]


def moved(channels, width=6):
    """A network with no layer at zero, as a trained one."""
    torch.manual_seed(0)
    network = VARIANT.fresh(channels, width).eval().requires_grad_(False)
    for weight in network.parameters():
        weight.add_(torch.randn_like(weight) * 0.02)
    return network


def given(channels, sides=(48, 32)):
    return torch.rand(2, channels[0], *sides), torch.rand(2, 1, *sides) < 0.3


def spread(image, known):
    """Pull-push pixel by pixel: means of 2 x 2, weighted by what is known of them, then bilinear on the way back."""
    height, width = image.shape
    if (height, width) == (1, 1):
        return image
    mean, share = (np.zeros((math.ceil(height / 2), math.ceil(width / 2))) for _ in range(2))
    for y, x in np.ndindex(mean.shape):
        here = np.s_[2 * y : 2 * y + 2, 2 * x : 2 * x + 2]
        total = known[here].sum()
        mean[y, x] = (image[here] * known[here]).sum() / total if total else 0
        share[y, x] = min(1, 2 * known[here].mean())
    coarse = spread(mean, share)
    out = np.empty_like(image)
    for y, x in np.ndindex(image.shape):
        rows, columns = (between(i, n, len_) for i, n, len_ in zip((y, x), image.shape, coarse.shape, strict=True))
        smooth = sum(a * b * coarse[i, j] for i, a in rows for j, b in columns)
        out[y, x] = image[y, x] * known[y, x] + smooth * (1 - known[y, x])
    return out


def between(i, size, coarse):
    """The two coarse pixels around a fine one, with their weights; pixels are squares and end at the border."""
    place = min(max((i + 0.5) * coarse / size - 0.5, 0), coarse - 1)
    low = min(int(place), coarse - 1)
    return [(low, 1 - (place - low)), (min(low + 1, coarse - 1), place - low)]


@pytest.mark.parametrize("size", [(16, 16), (13, 21), (1, 9), (37, 2)])
def test_pull_push_is_its_formula(size):
    random = np.random.default_rng(3)
    image, known = random.random(size), (random.random(size) < 0.3).astype(float)
    known[0, 0] = 1
    found = pull_push(*(torch.from_numpy(x)[None, None] for x in (image, known)))
    assert np.allclose(found[0, 0].numpy(), spread(image, known), atol=1e-9)


def test_pull_push_keeps_what_is_known_and_continues_one_tone():
    image, known = torch.full((1, 1, 33, 50), 0.3), torch.zeros(1, 1, 33, 50)
    known[..., 7, 9] = 1
    assert torch.allclose(pull_push(image * known, known), image, atol=1e-6)
    photo, known = make_photo(), 1 - make_hole()
    assert torch.equal((pull_push(photo, known) * known), photo * known)


@pytest.mark.parametrize("channels", CHANNELS)
def test_a_new_network_gives_the_smooth_answer(channels):
    image, hole = given(channels)
    network = VARIANT.fresh(channels, 6)
    known = (~hole).float()
    assert torch.allclose(VARIANT.fill(network, image * known, hole), pull_push(image[:, -channels[1] :], known))


def test_it_sees_colors_the_hole_and_far_away():
    network = moved((4, 1))
    image, hole = given((4, 1), (64, 64))
    answer = VARIANT.fill(network, image, hole)
    for channel in range(4):
        other = image.clone()
        other[:, channel] = 1 - other[:, channel]
        assert not torch.allclose(VARIANT.fill(network, other, hole), answer, atol=1e-4)
    far = image.clone()
    far[..., 48:, 48:] = 0
    assert not torch.equal(VARIANT.fill(network, far, hole)[..., :8, :8], answer[..., :8, :8])


@pytest.fixture
def answers(monkeypatch):
    """What a function gives on a processor without instructions for bfloat16, and on one with them."""

    def both(run):
        found = []
        for can in (False, True):
            monkeypatch.setattr(mono, "cpu_computes_bf16", lambda can=can: can)
            found.append(run())
        return found

    return both


def test_in_bfloat16_it_is_a_level_off_at_most(answers, inputs):
    photo, hole = load_image(inputs / "astronaut.png")[..., :128, :128], make_hole(128, 128)
    exact, fast = answers(lambda: fill(photo, hole, "mono"))
    assert not torch.equal(fast, exact)
    assert (fast - exact).abs().max() < 1.5 / 255
    assert (fast - exact).square().mean().sqrt() < 0.1 / 255


def test_it_is_trained_at_full_precision(answers):
    network, (image, hole) = moved((4, 1)), given((4, 1))
    with torch.enable_grad():
        assert torch.equal(*answers(lambda: network(image, hole.float())))


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_the_shipped_weights_beat_the_classics(name):
    """As in benchmarks/gray.py, on photos of others: 1.9 dB in the mean of 193."""
    pixels = torch.from_numpy(np.array(getattr(data, name)())).permute(2, 0, 1)[None].float() / 255
    side = min(pixels.shape[-2:])
    photo = torch.nn.functional.interpolate(pixels[..., :side, :side], (256, 256), mode="area")
    hole = random_hole("free_form", 256, 256, 0.25, seed=3)
    truth = luminance(photo)
    ours, *classics = (fill(photo, hole, name) for name in ("mono", "telea", "navier_stokes"))
    assert psnr(ours, truth, hole > 0) > max(psnr(classic, truth, hole > 0) for classic in classics) + 1
    assert ssim(ours, truth) > max(ssim(classic, truth) for classic in classics) + 0.01
