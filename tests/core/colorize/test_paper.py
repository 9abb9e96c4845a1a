"""The paper's method against its own program, number by number (parity fixtures), and its options."""

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import slow_but
from monochromic.core.colorize.adam import Adam
from monochromic.core.colorize.paper import train_step
from monochromic.core.colorize.pyramid import enlarge, image_pyramid, known_pyramid
from monochromic.core.colorize.residual import ResidualNetwork, build

PARITY = Path(os.environ.get("MONOCHROMIC_PARITY", Path(__file__).parents[4] / "shared" / "parity"))
needs_fixtures = pytest.mark.skipif(
    not (PARITY / "eii_color.npz").exists(), reason=f"no parity fixtures in {PARITY}; name them in MONOCHROMIC_PARITY"
)


@pytest.fixture(scope="module")
def fixture():
    spec = importlib.util.spec_from_file_location("fill", PARITY / "fill.py")
    fill = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fill)
    return json.loads((PARITY / "eii_color.json").read_text()), np.load(PARITY / "eii_color.npz"), fill


def filled_network(fixture, name, dtype):
    doc, _, fill = fixture
    spec = doc["networks"][name]
    seeds = {k: doc["fill"][k] for k in ("seed", "gain")}
    state = fill.fill_state_dict(spec["state_dict"], prefix=spec["fill_prefix"], **seeds)
    net = ResidualNetwork({"gray": 1, "color": 4}[name])
    net.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})
    return net.to(dtype)


def given(arrays, case, name, dtype):
    tensor = {
        key: torch.from_numpy(arrays[f"{case}.{key}"]).to(dtype) for key in ("gray_tensor", "target", "known_mask")
    }
    source = tensor["gray_tensor"]
    if name == "color":
        source = torch.cat([source, torch.from_numpy(arrays[f"{case}.previous_scale_upsampled"]).to(dtype)], 1)
    return source, tensor["target"], tensor["known_mask"]


def check(found, arrays, doc, case, key, tolerance=None):
    limits = doc["tolerance"][tolerance or key]
    difference = np.abs(np.asarray(found) - arrays[f"{case}.{key}"])
    assert difference.max() <= limits["recommended_atol"], key
    assert difference.mean() <= limits["recommended_mean_atol"], key


@needs_fixtures
@pytest.mark.parametrize("case", slow_but(["a"], ["a", "b"]))
@pytest.mark.parametrize("name", ["gray", "color"])
def test_forward_and_five_steps_are_the_programs(fixture, case, name):
    """In float64; in float32 only the first step: where rounding turns one ReLU over, and processors round differently,
    all that follows is another training."""
    doc, arrays, _ = fixture
    for dtype, steps in ((torch.float32, 1), (torch.float64, 5)):
        net = filled_network(fixture, name, dtype)
        source, target, known = given(arrays, case, name, dtype)
        optimizer = Adam(net.parameters(), 0.01)
        losses = []
        for step in range(steps):
            out, loss = train_step(net, optimizer, source, target, known)
            losses.append(loss)
            if step == 0:
                check(out, arrays, doc, case, f"{name}_out_train_mode")
            if step == 0 and dtype == torch.float64:
                check(net.model[1].weight.grad, arrays, doc, case, f"{name}_grad_first_conv_step0")
                check(net.model[3].blocks[1].weight.grad, arrays, doc, case, f"{name}_grad_block0_conv0_step0")
    check(losses, arrays, doc, case, f"{name}_loss_per_step_float64", f"{name}_loss_per_step")
    check(out, arrays, doc, case, f"{name}_out_last_step_float64", f"{name}_out_train_mode")
    check(net(source).detach(), arrays, doc, case, f"{name}_out_after_float64", f"{name}_out_train_mode")


@needs_fixtures
@pytest.mark.parametrize("case", ["a", "b"])
def test_what_goes_to_the_next_scale(fixture, case):
    arrays = fixture[1]
    wanted = arrays[f"{case}.next_scale_input_uint8"]
    found = enlarge(torch.from_numpy(arrays[f"{case}.gray_out_last_step"]), *wanted.shape[:2])
    assert np.array_equal((found[0].permute(1, 2, 0) * 255).round().byte().numpy(), wanted)


@needs_fixtures
def test_pyramids_are_the_programs(fixture):
    arrays = fixture[1]
    image = torch.from_numpy(arrays["a.pyramid_image"]).permute(2, 0, 1)[None] / 255
    hole = torch.from_numpy(arrays["a.pyramid_mask"])[None, None] / 255
    for k, (pictures, known) in enumerate(zip(image_pyramid(image, 3), known_pyramid(hole, 3), strict=True)):
        assert np.abs(pictures.numpy() - arrays[f"a.pyramid_image_{k}"]).max() < 1e-6
        assert np.array_equal(known.numpy(), arrays[f"a.pyramid_mask_{k}"])


def test_first_weights_are_drawn_as_torch_does_but_from_a_seed(untouched_rng):
    one, two, other = (build(4, torch.zeros(1), seed) for seed in (3, 3, 4))
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))
    assert not torch.equal(one.model[1].weight, other.model[1].weight)
    bound = (32 * 9) ** -0.5
    for values in (one.model[12].weight, one.model[12].bias):
        assert values.abs().max() <= bound
        assert values.std().item() == pytest.approx(bound / 3**0.5, rel=0.3)
