"""The body of our own networks: what a further level adds, and what is read off the weights."""

import pytest
import torch
from monochromic.core.layers.unet import MULTIPLE, UNet, widths_of

WIDTHS = [(4, 8, 16), (4, 8, 16, 6)]


def moved(network):
    """The network with no layer at zero, as a trained one."""
    torch.manual_seed(0)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.05)
    return network


@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("heads", [0, 2])
def test_sides_stay_and_widths_are_read(widths, heads):
    network = moved(UNet(3, 2, widths, heads))
    assert network(torch.rand(1, 3, MULTIPLE, 3 * MULTIPLE)).shape == (1, 2, MULTIPLE, 3 * MULTIPLE)
    assert widths_of(network.state_dict()) == widths


def test_a_level_added_to_trained_weights_changes_nothing_at_first():
    small, large = moved(UNet(3, 2, WIDTHS[0])), UNet(3, 2, WIDTHS[1])
    large.load_state_dict({**large.state_dict(), **small.state_dict()})
    image = torch.rand(1, 3, 32, 48)
    assert torch.allclose(large(image), small(image), atol=1e-6)
    assert not torch.allclose(moved(large)(image), small(image), atol=1e-3)


@pytest.mark.parametrize("widths", WIDTHS)
def test_a_network_says_which_sides_it_takes(widths):
    network = UNet(3, 2, widths)
    side = network.multiple
    assert MULTIPLE % side == 0
    assert network(torch.rand(1, 3, side, 3 * side)).shape == (1, 2, side, 3 * side)
    with pytest.raises(RuntimeError):
        network(torch.rand(1, 3, side // 2, 3 * side))


def test_the_same_with_and_without_gradients():
    network, image = moved(UNet(3, 2, WIDTHS[1])), torch.rand(1, 3, 32, 48)
    with torch.no_grad():
        without = network(image)
    assert torch.allclose(network(image), without, atol=1e-6)


@pytest.mark.parametrize("widths", WIDTHS)
def test_attention_is_at_the_smallest_size(widths):
    names = [name for name in UNet(3, 2, widths, 2).state_dict() if ".look." in name]
    assert names
    assert all(name.startswith("below." if len(widths) == 4 else "coarse.") for name in names)
