"""The learned prior: every color it gives is one this photo has, and it knows when it does not know."""

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import Settings, chroma, colorize, luminance, random_hole
from monochromic.core.colorize.method import Callbacks, Task
from monochromic.core.colorize.network import adapt
from monochromic.core.colorize.prior import color_prior, prior_network
from monochromic.core.colorize.prior_network import PATCH, PriorNetwork
from monochromic.core.colorize.propagate import reduce_task
from skimage import data


def inputs_of(photo, hole):
    """What the prior gets of a photo: gray, known chroma, how much is known."""
    return luminance(photo), chroma(photo) * (1 - hole), 1 - hole


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_color_is_a_mean_of_known_ones(seed):
    """Chroma stays in the range of the known along every direction, so within their convex hull."""
    photo, hole = make_photo(seed, 96, 128), make_hole(96, 128)
    hole[..., 30:90, 40:110] = 1
    gray, mean, share = inputs_of(photo, hole)
    guess, _ = color_prior(gray, mean, share)
    known, found = mean[0][:, share[0, 0] > 0], guess[:, share[0, 0] == 0]
    turns = torch.linspace(0, 2 * torch.pi, 25)
    along = torch.stack([turns.cos(), turns.sin()], dim=1)
    assert ((along @ found).amax(1) <= (along @ known).amax(1) + 1e-5).all()


def test_known_pixels_keep_their_chroma_and_have_no_error():
    gray, mean, share = inputs_of(make_photo(), make_hole())
    guess, error = color_prior(gray, mean, share)
    known = share[0, 0] > 0
    assert torch.equal(guess[:, known], mean[0][:, known])
    assert (error[known] == 0).all()
    assert (error[~known] > 0).all()


def test_turning_the_hues_turns_the_guess_only():
    """A hidden pixel's place to look barely depends on the hue: the colors swapped give the guess swapped."""
    photo, hole = make_photo(3, 64, 64), make_hole(64, 64)
    gray, mean, share = inputs_of(photo, hole)
    guess, swapped = (color_prior(gray, c, share)[0] for c in (mean, mean.flip(1)))
    inside = share[0, 0] == 0
    apart = (swapped.flip(0) - guess)[:, inside].square().mean().sqrt()
    assert apart < 0.35 * (guess[:, inside] - mean.sum((0, 2, 3))[:, None] / share.sum()).square().mean().sqrt()


def test_only_the_tokens_named_are_attended_to():
    """Without tokens of the right half among the keys, its colors do not reach the hole."""
    network = PriorNetwork().eval()
    gray = torch.rand((1, 1, 32, 64), generator=torch.Generator().manual_seed(0))
    known = torch.ones_like(gray)
    known[..., 8:24, 8:24] = 0
    colors = torch.zeros(1, 2, 32, 64)
    colors[..., 32:] = 0.3
    tokens = torch.arange(8 * 16).view(8, 16)
    with torch.no_grad():
        left, every = (network(gray, colors, known, keys.flatten()[None])[0] for keys in (tokens[:, :8], tokens))
    middle = (..., slice(8 + PATCH, 24 - PATCH), slice(8 + PATCH, 24 - PATCH))
    assert left[middle].abs().max() < 1e-6
    assert every[middle].abs().max() > 1e-3


def test_training_fits_the_photo():
    """What is hidden in the known part of the photo is found better than before: a bound."""
    photo = torch.from_numpy(data.chelsea()[80:208, 60:188].copy()).permute(2, 0, 1)[None].float() / 255
    hole = random_hole("box", 128, 128, 0.2, seed=1)
    known, nothing = photo * (1 - hole), torch.zeros(1, 1, 128, 128, dtype=torch.bool)
    task = Task(known, luminance(photo), hole > 0, nothing, torch.zeros_like(known), 1.0)
    small, shipped = reduce_task(task), prior_network(photo.device)
    with torch.inference_mode(False), torch.enable_grad():
        trained = adapt(shipped, small, 1.0, Settings(iterations=40), Callbacks())

    def error(network):
        total = 0.0
        for seed in range(4):
            hidden = random_hole("box", 128, 128, 0.2, seed=seed) * (1 - hole)
            share = small.share * (1 - hidden)
            guess, _ = color_prior(small.gray, small.mean * share, share, network)
            total += ((guess - chroma(photo)[0]).square() * hidden[0]).sum().item()
        return total

    assert error(trained) < 0.95 * error(shipped)


def test_the_seed_is_all_that_is_random(photo, hole):
    one, again, other = (
        colorize(photo, luminance(photo), hole, "network", settings=Settings(seed=s, iterations=4)) for s in (1, 1, 2)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_trained_weights_are_mixed_with_the_shipped(photo, hole, monkeypatch):
    nothing = torch.zeros_like(hole, dtype=torch.bool)
    task = Task(photo, luminance(photo), hole > 0, nothing, torch.zeros_like(photo), 1.0)
    small, shipped = reduce_task(task), prior_network(photo.device)

    def weights(share):
        monkeypatch.setitem(adapt.__globals__, "TRAINED_SHARE", share)
        return torch.nn.utils.parameters_to_vector(
            adapt(shipped, small, 1.0, Settings(iterations=3), Callbacks()).parameters()
        )

    none, half, all_of_it = map(weights, (0.0, 0.5, 1.0))
    assert torch.equal(none, torch.nn.utils.parameters_to_vector(shipped.parameters()))
    assert (all_of_it - none).abs().max() > 1e-6
    assert torch.allclose(half, (none + all_of_it) / 2, atol=1e-7)


@pytest.mark.parametrize("method", ["propagate", "network", "paper"])
def test_as_comfyui_calls_it(method, photo, hole):
    """Under inference mode the result is the same."""
    settings = Settings(iterations=2)
    plain = colorize(photo, luminance(photo), hole, method, settings=settings)
    with torch.inference_mode():
        inside = colorize(photo.clone(), luminance(photo), hole, method, settings=settings)
    assert torch.equal(plain, inside)
