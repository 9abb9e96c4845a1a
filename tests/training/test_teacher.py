"""Learning from what `mono` fills."""

import gray
import losses
import pytest
import teacher
import torch
from conftest import make_hole, make_photo
from monochromic.core import fill, load_image
from monochromic.core.errors import WeightsError
from teacher import lesson, taught

LOSSES = {"taught": 1.0, "l1": 5.0, "gradient": 2.0}
CHANNELS = {"backbone": "autoencoder", "layout": "monochromic", "width": 2}


def network(channels=(1, 1)):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return gray.make({**CHANNELS, "channels": list(channels)})


def test_the_lesson_is_what_mono_fills(inputs):
    """As the library fills it, with the true gray around."""
    photo, hole = load_image(inputs / "astronaut.png")[..., :128, :128], make_hole(128, 128)
    assert torch.allclose(lesson(photo, hole), fill(photo, hole, "mono"), atol=1e-5)


def test_the_lesson_does_not_know_the_truth():
    photo, hole = make_photo(height=64, width=64), make_hole(64, 64)
    other = torch.where(hole > 0, 1 - photo, photo)
    assert torch.equal(lesson(photo, hole) * hole, lesson(other, hole) * hole)


def test_with_the_truth_for_a_lesson_its_gradient_is_that_of_psnr():
    truth, hole = make_photo(height=32, width=32)[:, :1], make_hole(32, 32)
    answer = torch.rand(truth.shape, generator=torch.Generator().manual_seed(1), requires_grad=True)
    grads = [
        torch.autograd.grad(loss.sum(), answer)[0]
        for loss in (taught(answer, truth, truth, hole), losses.psnr(answer, truth, hole))
    ]
    assert grads[0].abs().sum() > 0
    assert torch.allclose(*grads)


def test_a_step_learns_the_lesson_and_not_the_truth():
    """What it learns does not depend on the truth but by one factor, that of the squared error."""
    photo, hole = make_photo(height=64, width=64), make_hole(64, 64)
    directions = []
    for image in (photo, torch.where(hole > 0, 1 - photo, photo)):
        net = network()
        gray.loss_of(net, (image, hole), {"taught": 1.0}).loss.backward()
        grads = torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None])
        directions.append(grads / grads.norm())
    assert torch.allclose(*directions, atol=1e-5)


def test_the_other_losses_compare_with_the_lesson():
    photo, hole = make_photo(height=64, width=64), make_hole(64, 64)
    net, target = network(), lesson(photo, hole)
    answer = net(gray.to_y(photo) * (1 - hole), hole)
    expected = taught(answer, gray.to_y(photo), target, hole) + 5 * losses.l1(answer, target, hole)
    expected = (expected + 2 * losses.gradient(answer, target, hole)).mean()
    assert torch.allclose(gray.loss_of(net, (photo, hole), LOSSES).loss, expected)


def test_a_network_that_gives_rgb_refuses_it():
    batch = make_photo(height=64, width=64), make_hole(64, 64)
    with pytest.raises(SystemExit, match="taught is a loss of networks that give gray"):
        gray.loss_of(network((3, 3)), batch, LOSSES)


def test_without_the_weights_of_mono_it_says_what_is_missing(monkeypatch):
    def missing(*_):
        raise WeightsError("there are no weights for 'mono'")

    monkeypatch.setattr(teacher, "load_model", missing)
    teacher._teacher.cache_clear()
    with pytest.raises(SystemExit, match="the loss taught needs mono: there are no weights"):
        lesson(make_photo(height=64, width=64), make_hole(64, 64))
