"""The baseline: what its variant promises, how far it sees, and that it learns."""

import torch
from monochromic.core.backbones.autoencoder import AUTOENCODER

(VARIANT,) = AUTOENCODER.variants
SIDES = 5 * AUTOENCODER.multiple, 7 * AUTOENCODER.multiple


def given(channels, batch=2, sides=SIDES):
    """A photo with something under the hole, and the hole."""
    return torch.rand(batch, channels[0], *sides), torch.rand(batch, 1, *sides) < 0.3


def fresh(channels, width=4):
    torch.manual_seed(0)
    return VARIANT.fresh(channels, width).eval()


@torch.inference_mode()
def test_any_side_from_the_minimum_on():
    network = fresh((1, 1))
    for height in range(AUTOENCODER.minimum, 6 * AUTOENCODER.multiple, AUTOENCODER.multiple):
        image, hole = given((1, 1), 1, (height, AUTOENCODER.minimum))
        assert VARIANT.fill(network, image, hole).shape == image.shape


def test_foreign_tensors_are_not_detected():
    state = fresh((1, 1)).state_dict()
    assert VARIANT.detect(state) == ""
    assert VARIANT.detect({}) is None
    assert VARIANT.detect({**state, "extra.weight": torch.zeros(1)}) is None
    for name in state:
        assert VARIANT.detect({k: v for k, v in state.items() if k != name}) is None


def test_a_pixel_sees_as_far_as_the_docstring_says():
    side = 320
    network = fresh((1, 1), 1).double()
    for weight in network.parameters():
        torch.nn.init.constant_(weight, 0.05 if weight.ndim == 4 else 0)
    image = torch.zeros(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    hole = torch.zeros(1, 1, side, side, dtype=torch.bool)
    VARIANT.fill(network, image, hole)[0, 0, side // 2, side // 2].backward()
    seen = image.grad[0, 0].abs().sum(0).nonzero()
    assert 280 <= seen.max() - seen.min() <= 300


def test_it_learns():
    """Gradients reach every weight, and a few steps take the error down."""
    network = fresh((1, 1), 8).train()
    image, hole = torch.full((2, 1, *SIDES), 0.9), given((1, 1))[1]
    optimizer, losses = torch.optim.Adam(network.parameters(), lr=3e-3), []
    for _ in range(8):
        optimizer.zero_grad()
        loss = (VARIANT.fill(network, image.masked_fill(hole, 0), hole) - image).abs().mean()
        loss.backward()
        assert all(p.grad.abs().sum() > 0 for p in network.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]
