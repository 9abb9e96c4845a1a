"""GMCNN against the authors' program, and what any network file promises."""

import functools
import re

import pytest
import torch
from conftest import make_photo
from fixtures import Fixture
from monochromic.core.backbones.gmcnn import GMCNN, NAMES

VARIANT = GMCNN.variants[0]
CHANNELS = [(1, 1), (3, 3), (4, 1)]


@functools.cache
def runs():
    """Every case through `fill`: the fixture, the case, and what was seen on the way by name."""
    fixture = Fixture("gmcnn")
    network = load(fixture.state())
    return [(fixture, case, watched(network, fixture, case)) for case in fixture.cases]


def watched(network, fixture, case):
    seen = {}
    hooks = [
        network.columns[0].register_forward_pre_hook(lambda _, given: seen.update(input=given[0])),
        network.merge.register_forward_pre_hook(lambda _, given: seen.update(branches=given[0])),
        network.photo.register_forward_hook(lambda _, __, found: seen.update(unbounded=found)),
        network.register_forward_hook(lambda _, __, found: seen.update(output=found)),
    ]
    image = fixture[f"{case}.image"].permute(2, 0, 1)[None] / 255
    hole = fixture[f"{case}.mask"][None, None] > 127
    with torch.inference_mode():
        seen["filled"] = VARIANT.fill(network, image.masked_fill(hole, 0), hole)
    for hook in hooks:
        hook.remove()
    return seen


def load(state):
    assert VARIANT.detect(state) == ""
    return VARIANT.build(VARIANT.convert(state))


def test_the_networks_input_is_the_programs():
    for fixture, case, seen in runs():
        torch.testing.assert_close(seen["input"], fixture[f"{case}.input"], atol=1e-6, rtol=0)


def test_the_columns_are_the_programs():
    for fixture, case, seen in runs():
        branches = seen["branches"]
        fixture.check(branches.mean((0, 2, 3)), case, "branches_channel_mean")
        fixture.check(branches.std((0, 2, 3)), case, "branches_channel_std")
        where = re.findall(r"(\d+):(\d+)", fixture.doc["arrays"]["branches_crop"]["description"])
        rows, columns = (slice(int(first), int(end)) for first, end in where)
        fixture.check(branches[..., rows, columns], case, "branches_crop")


def test_the_output_is_the_programs():
    for fixture, case, seen in runs():
        statistics = torch.stack([seen["unbounded"].mean(), seen["unbounded"].std()])
        fixture.check(statistics, case, "output_before_clamp_mean_std")
        fixture.check(seen["output"], case, "output")


def test_the_completed_photo_is_the_programs():
    for fixture, case, seen in runs():
        image, hole = fixture[f"{case}.image"], fixture[f"{case}.mask"][..., None] > 127
        filled = (seen["filled"][0].permute(1, 2, 0) * 255).to(torch.uint8)
        apart = torch.where(hole, filled, image).int() - fixture[f"{case}.result"].int()
        assert apart.abs().max() <= 1


def task(channels, height=196, width=204, batch=1):
    """A photo with as many channels, zero in a hole of a box and a line, and the hole."""
    photo = make_photo(batch=2 * batch, height=height, width=width).reshape(batch, 6, height, width)
    hole = torch.zeros(batch, 1, height, width, dtype=torch.bool)
    for i in range(batch):
        hole[i, :, 60 + 20 * i : 120, 50 : 100 + 30 * i] = True
    hole[..., 7, :] = True
    return photo[:, : channels[0]].masked_fill(hole, 0), hole


@pytest.mark.parametrize("channels", CHANNELS)
def test_fresh_networks_fill_the_smallest_and_odd_multiples(channels):
    network = VARIANT.fresh(channels, 4).eval()
    assert network.channels == channels
    assert min(len(value) for name, value in network.state_dict().items() if "photo" not in name) == 4
    for height, width in [(GMCNN.minimum, GMCNN.minimum + GMCNN.multiple), (GMCNN.minimum + 12, GMCNN.minimum)]:
        image, hole = task(channels, height, width)
        with torch.inference_mode():
            filled = VARIANT.fill(network, image, hole)
        assert filled.shape == (1, channels[1], height, width)
        assert filled.amin() >= 0
        assert filled.amax() <= 1
        assert filled.std() > 1e-3


def authors_state():
    """The authors' names with small tensors."""
    ours = VARIANT.fresh((3, 3), 4).state_dict()
    return {theirs: ours[name] for theirs, name in NAMES.items()}


def test_authors_names_are_detected_and_foreign_ones_are_not():
    state = authors_state()
    assert VARIANT.detect(state | {"netD.layers.0.weight": torch.zeros(1)}) == ""
    assert load(state).channels == (3, 3)
    assert VARIANT.detect(load(state).state_dict()) is None
    assert VARIANT.detect({}) is None
    for missing in ("EB1.11.bias", "EB3.17.weight", "decoding_layers.0.weight"):
        assert VARIANT.detect({name: value for name, value in state.items() if name != missing}) is None


def test_a_state_of_another_shape_is_refused():
    state = VARIANT.convert(authors_state())
    state["merge.weight"] = state["merge.weight"][:, 1:]
    with pytest.raises(RuntimeError, match="merge.weight"):
        VARIANT.build(state)
