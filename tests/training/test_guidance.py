"""Shift-Net's guidance loss against the authors' layer, and within a step."""

import gray
import pytest
import torch
from conftest import make_hole, make_photo
from fixtures import Fixture
from guidance import guidance, guided_answer
from monochromic.core.backbones.shift_net import ShiftNet

LOSSES = {"l1": 1.0, "guidance": 0.01}


def network(backbone="shift_net", layout="zhaoyi_yan"):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return gray.make({"backbone": backbone, "layout": layout, "width": 2, "channels": [1, 1]})


def test_it_is_the_programs():
    fixture = Fixture("shift_net")
    features = fixture["u.unit_input"].requires_grad_()
    loss = guidance(features.chunk(2, 1)[0], fixture["u.unit_guidance_target"], fixture["u.unit_flag"].float())
    fixture.check(loss.mean()[None], "u", "unit_guidance_loss")
    loss.mean().backward()
    fixture.check(features.grad, "u", "unit_guidance_grad")


def test_the_target_is_what_the_encoder_sees_of_the_whole_photo():
    """No hole in the features of a first pass: with that pass's own answer nothing would be left to learn."""
    net, photo, hole = network().eval(), make_photo(height=256, width=256)[:, :1], make_hole(256, 256)
    inner = next(m for m in net.modules() if isinstance(m, ShiftNet))
    seen = []
    inner.encoder[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    _, loss = guided_answer(net, photo, hole)
    assert loss.shape == (1,)
    whole, holed = seen
    assert torch.equal(whole[:, :1], photo * 2 - 1)
    assert torch.equal(whole[:, 1:], 1 - hole)
    assert torch.equal(holed[:, :1], (photo * 2 - 1) * (1 - hole))


def test_a_step_learns_from_it():
    batch = make_photo(height=256, width=256), make_hole(256, 256)
    grads = []
    for losses in (LOSSES, {"l1": 1.0}):
        net = network()
        result = gray.loss_of(net, batch, losses)
        result.loss.backward()
        inner = next(m for m in net.modules() if isinstance(m, ShiftNet))
        grads.append({name: p.grad for name, p in inner.named_parameters()})
        assert not any(module._forward_pre_hooks for module in net.modules())
    guided, plain = grads
    assert torch.equal(guided["decoder.0.conv.weight"], plain["decoder.0.conv.weight"])  # behind the shift layer
    assert not torch.equal(guided["decoder.3.conv.weight"], plain["decoder.3.conv.weight"])  # before it


def test_another_network_refuses_it():
    batch = make_photo(height=64, width=64), make_hole(64, 64)
    with pytest.raises(SystemExit, match="guidance is a loss of the backbone shift_net alone"):
        gray.loss_of(network("autoencoder", "monochromic"), batch, LOSSES)
