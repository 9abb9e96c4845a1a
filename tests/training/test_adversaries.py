"""Discriminators and their losses."""

import pytest
import torch
from adversarial import feature_matching, generator_loss, gradient_penalty, hinge, wasserstein
from adversary import KINDS, Adversary
from discriminators import DISCRIMINATORS, around_hole
from recipe import KINDS as NAMED
from recipe import NETWORKS, DiscriminatorConfig
from task import AdversaryInput


def adversary_input(batch=3, side=64):
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand(batch, 1, side, side, generator=generator)
    hole = torch.zeros(batch, 1, side, side)
    hole[..., 20:44, 8:40] = 1
    return AdversaryInput(torch.where(hole > 0, truth * 0.2 + 0.4, truth), truth, hole)


def test_the_recipe_names_what_there_is():
    assert set(NETWORKS) == set(DISCRIMINATORS)
    assert set(NAMED) == set(KINDS)


def test_scores_to_losses():
    true, generated = torch.tensor([2.0, 0.5, -1.0]), torch.tensor([-3.0, 0.0, 0.5])
    assert hinge(true, generated).item() == pytest.approx((0 + 0.5 + 2) / 3 + (0 + 1 + 1.5) / 3)
    assert wasserstein(true, generated).item() == pytest.approx(-2.5 / 3 - 1.5 / 3)
    assert generator_loss(generated).item() == pytest.approx(2.5 / 3)
    layers = [torch.zeros(1, 2), torch.ones(1, 4)], [torch.ones(1, 2), torch.full((1, 4), 3.0)]
    assert feature_matching(*layers).item() == pytest.approx(1.5)


def test_the_penalty_of_a_straight_critic():
    """The slope of w . x is w everywhere; only what lies in the hole counts."""
    _, truth, hole = adversary_input(2, 16)
    weight = torch.full((1, 1, 16, 16), 0.5)
    hole = torch.zeros(2, 1, 16, 16)
    hole[..., :4, :4] = 1  # a length of 0.5 * sqrt(16) = 2
    found = gradient_penalty(
        lambda x: (x * weight).sum((1, 2, 3)),
        truth[:2, :, :16, :16],
        torch.rand(2, 1, 16, 16),
        hole,
        torch.rand(2, 1, 1, 1),
    )
    assert found.item() == pytest.approx(1.0, abs=1e-4)


def test_contrast_is_of_all_that_the_discriminator_sees():
    """As if the pictures themselves had it, in its own loss and in the network's."""
    inputs = adversary_input()
    stretched = AdversaryInput(*(0.5 + 4 * (picture - 0.5) for picture in inputs[:2]), inputs.hole)
    losses = []
    for contrast, given in ((4.0, inputs), (1.0, stretched), (1.0, inputs)):
        torch.manual_seed(0)
        adversary = Adversary(DiscriminatorConfig("hinge", "patch", width=4, matching=1.0, contrast=contrast), 1)
        losses.append((adversary.loss(given).item(), adversary.loss_for_network(adversary.network, given).item()))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert losses[0] != pytest.approx(losses[2], rel=1e-2)


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_discriminators(name):
    torch.manual_seed(0)
    network = DISCRIMINATORS[name](1, 4).eval()
    answer, _, hole = adversary_input()
    features = network(answer, hole)
    assert features[-1].shape[:2] == {"sn_patch": (3, 16), "patch": (3, 1), "global_local": (3, 1)}[name]
    for i in range(3):
        torch.testing.assert_close(network(answer[[i]], hole[[i]])[-1], features[-1][[i]])
    if name != "patch":
        assert not torch.equal(network(answer, 1 - hole)[-1], features[-1])
    if name != "global_local":  # spectral norms: no layer stretches
        layers = network.train().body.layers
        for _ in range(30):
            network(answer, hole)
        norms = [torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2).item() for layer in layers]
        assert norms == pytest.approx([1] * len(norms), abs=0.05)


def test_the_part_around_a_hole():
    picture = torch.arange(64.0).view(1, 1, 8, 8).repeat(3, 1, 1, 1)
    hole = torch.zeros(3, 1, 8, 8)
    hole[0, 0, 3:6, 4:7] = 1  # its middle is 4, 5
    hole[1, 0, 0, 7] = 1
    part = around_hole(picture, hole)
    assert part.shape == (3, 1, 4, 4)
    assert torch.equal(part[0], picture[0, :, 2:6, 3:7])
    assert torch.equal(part[1], picture[1, :, 0:4, 4:8])
    assert torch.equal(part[2], picture[2, :, 2:6, 2:6])  # no hole: the middle


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_an_adversary_learns_to_tell_and_is_not_taught_by_the_network(kind, name):
    torch.manual_seed(0)
    pictures = adversary_input()
    adversary = Adversary(DiscriminatorConfig(kind, name, width=4, rate=3e-3, matching=1.0), 1)
    for _ in range(25):
        loss = adversary.loss(pictures)
        adversary.optimizer.zero_grad()
        loss.backward()
        adversary.optimizer.step()
    true, generated = (adversary.network(p, pictures.hole)[-1].mean() for p in (pictures.truth, pictures.answer))
    assert true > generated + 0.005
    adversary.optimizer.zero_grad()
    answer = pictures.answer.clone().requires_grad_()
    adversary.loss_for_network(adversary.network, AdversaryInput(answer, pictures.truth, pictures.hole)).backward()
    assert answer.grad.any()
    assert all(p.grad is None and p.requires_grad for p in adversary.network.parameters())
