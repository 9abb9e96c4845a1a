"""PGGAN: what its variant promises, and that it learns. There is no program to compare it with."""

import torch
from monochromic.core.backbones.pggan import PGGAN

(VARIANT,) = PGGAN.variants
SIDES = 5 * PGGAN.multiple, 7 * PGGAN.multiple


def given(channels, batch=2, sides=SIDES):
    """A photo with something under the hole, and the hole."""
    return torch.rand(batch, channels[0], *sides), torch.rand(batch, 1, *sides) < 0.3


def fresh(channels, width=4):
    """A network whose norms have seen pictures, as a trained one's have."""
    torch.manual_seed(0)
    network = VARIANT.fresh(channels, width)
    with torch.no_grad():
        for _ in range(3):
            VARIANT.fill(network, *given(channels))
    return network.eval()


@torch.inference_mode()
def test_any_side_from_the_minimum_on():
    network = fresh((1, 1))
    for height in range(PGGAN.minimum, 6 * PGGAN.multiple, PGGAN.multiple):
        image, hole = given((1, 1), 1, (height, PGGAN.minimum))
        assert VARIANT.fill(network, image, hole).shape == image.shape


def test_foreign_tensors_are_not_detected():
    state = VARIANT.convert(fresh((1, 1)).state_dict())
    assert VARIANT.detect(state) == ""
    assert not any("num_batches_tracked" in name for name in state)
    assert VARIANT.detect({}) is None
    assert VARIANT.detect({**state, "extra.weight": torch.zeros(1)}) is None
    for name in state:
        assert VARIANT.detect({k: v for k, v in state.items() if k != name}) is None


@torch.inference_mode()
def test_a_block_whose_last_norm_is_closed_changes_nothing():
    """The blocks are residual: what came is added as it is."""
    block = fresh((1, 1)).blocks[3]
    torch.nn.init.zeros_(block.near[1].weight)
    x = torch.randn(1, 16, 9, 11)
    assert torch.equal(block(x), x)


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
