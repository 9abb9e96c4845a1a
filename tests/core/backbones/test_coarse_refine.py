"""Coarse and refine: no program of others to compare with, so its wiring, and what every network promises."""

import pytest
import torch
from monochromic.core.backbones.coarse_refine import MONOCHROMIC
from monochromic.core.backbones.deepfill_v1 import DAA233
from monochromic.core.backbones.deepfill_v2 import PYTORCH

CHANNELS = pytest.mark.parametrize("channels", [(1, 1), (3, 3), (4, 1)], ids=str)


def made(channels, width=4):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return MONOCHROMIC.fresh(channels, width).eval()


def noise(channels, batch=1, height=20, width=28):
    """A photo with a hole for each item, 5 by 7 times the multiple."""
    generator = torch.Generator().manual_seed(1)
    hole = torch.zeros(batch, 1, height, width, dtype=torch.bool)
    for item in range(batch):
        hole[item, :, 4 + 2 * item : 12, 6 : 12 + 4 * item] = True
    return torch.rand(batch, channels, height, width, generator=generator), hole


@torch.inference_mode()
@CHANNELS
def test_the_second_stage_sees_the_first_pasted_into_the_hole(channels):
    image, hole = noise(channels[0])
    network, seen = made(channels), {}
    network.coarse.register_forward_hook(lambda module, inputs, output: seen.update(first=inputs[0], coarse=output))
    network.fine.register_forward_hook(lambda module, inputs, output: seen.update(second=inputs[0], fine=output))
    filled = MONOCHROMIC.fill(network, image, hole)
    taken, given = channels
    signed = torch.where(hole, 0, image * 2 - 1)
    marks = torch.cat([torch.ones_like(hole), hole], dim=1).float()
    pasted = torch.where(hole, seen["coarse"], signed[:, -given:])
    assert torch.equal(seen["first"], torch.cat([signed, marks], dim=1))
    assert torch.equal(seen["second"], torch.cat([signed[:, : taken - given], pasted, marks], dim=1))
    assert torch.equal(filled, (seen["fine"] + 1) / 2)
    assert seen["coarse"].abs().max() <= 1


def test_a_saved_state_of_any_width_comes_back():
    for width in (3, 8):
        state = made((4, 1), width).state_dict()
        assert MONOCHROMIC.detect(state) == ""
        again = MONOCHROMIC.build(MONOCHROMIC.convert(state | {"other.weight": torch.zeros(1)}))
        assert again.channels == (4, 1)
        assert not again.training
        assert again.state_dict().keys() == state.keys()
        assert all(torch.equal(value, state[name]) for name, value in again.state_dict().items())
    with pytest.raises(RuntimeError, match="size mismatch"):
        MONOCHROMIC.build(state | {"fine.neck.0.weight": torch.zeros(5, 5, 3, 3)})


def test_states_of_others_are_not_detected():
    state = made((1, 1)).state_dict()
    for name in state:
        assert MONOCHROMIC.detect({k: v for k, v in state.items() if k != name}) is None
    for other in (DAA233, PYTORCH):
        assert MONOCHROMIC.detect(other.fresh((1, 1), 4).state_dict()) is None
        assert other.detect(state) is None


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_16_bits_are_near(dtype):
    image, hole = noise(1)
    network = made((1, 1))
    with torch.inference_mode():
        wanted = MONOCHROMIC.fill(network, image, hole)
        found = MONOCHROMIC.fill(network.to(dtype), image, hole)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, wanted, rtol=0, atol=0.02)


def test_every_weight_can_be_trained():
    image, hole = noise(1)
    network = made((1, 1)).train()
    coarse, output = network(image * ~hole, hole.float())
    (coarse.square().sum() + output.square().sum()).backward()
    assert all(p.grad.isfinite().all() and p.grad.any() for p in network.parameters())
