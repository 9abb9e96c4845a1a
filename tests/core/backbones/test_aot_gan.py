"""AOT-GAN against the program it comes from, under both sets of its names, and what variants promise."""

import re
from functools import cache

import pytest
import torch
from fixtures import Fixture
from monochromic.core.backbones.aot_gan import AOT_GAN

VARIANTS = {variant.id: variant for variant in AOT_GAN.variants}
SIDES = AOT_GAN.minimum, AOT_GAN.minimum + 3 * AOT_GAN.multiple
each_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


@cache
def program():
    """The fixture with its network, made the way a file of weights is."""
    fixture = Fixture("mmagic_aot_gan")
    for limits in fixture.doc["tolerance"].values():
        limits.setdefault("recommended_mean_atol", 10 * limits["measured_mean_float32_vs_float64"])
    state, variant = fixture.state(), VARIANTS["mmagic"]
    assert variant.detect(state) == ""
    return fixture, variant.build(variant.convert(state))


def researchmm_names(state):
    """The tensors under the names of the authors' own program: written down apart from the network's table."""
    layers = {"encoder.encoder.1": "encoder.1", "encoder.encoder.2": "encoder.3", "encoder.encoder.3": "encoder.5"}
    layers |= {"decoder.decoder.0": "decoder.0.conv", "decoder.decoder.1": "decoder.2.conv"}
    layers |= {"decoder.decoder.2": "decoder.4"}
    renamed = {}
    for name, value in state.items():
        layer, tensor = name.split(".conv.")
        layer = layers.get(layer, layer).replace("dilation_neck.model", "middle")
        layer = re.sub(r"blocks\.(\d)", r"block0\1", layer)
        renamed[f"{layer}.{tensor}"] = value
    return renamed


def window(fixture, name):
    """The rows and columns that an array is cut to, as its description says."""
    found = re.search(r"(\d+)x(\d+) window at \((\d+),\s*(\d+)\)", fixture.doc["arrays"][name]["description"])
    height, width, top, left = map(int, found.groups())
    return ..., slice(top, top + height), slice(left, left + width)


def test_network_is_the_program():
    fixture, network = program()
    for case in fixture.cases:
        x = fixture[f"{case}.input"]
        encoded = network.encoder(x)
        found = {
            "encoder_crop": encoded,
            "block0_crop": network.blocks[0](encoded),
            "neck_crop": network.blocks(encoded),
        }
        assert set(fixture.doc["tolerance"]) == {"output", *found}
        for name, value in found.items():
            fixture.check(value[window(fixture, name)], case, name)
        fixture.check(network(*x.split([3, 1], 1)), case, "output")


@each_variant
def test_the_saved_result_comes_out(variant):
    fixture, network = program()
    for case in fixture.cases:
        image = fixture[f"{case}.image"].movedim(-1, 0)[None] / 255
        hole = fixture[f"{case}.mask"][None, None] > 0
        answer = variant.fill(network, image.masked_fill(hole, 0), hole)
        result = torch.where(hole, answer, image).mul(255).round()[0].movedim(0, -1)
        assert (result - fixture[f"{case}.result"]).abs().max() <= 1


def test_both_sets_of_names_are_one_network():
    fixture, network = program()
    state = researchmm_names(fixture.state())
    variant = VARIANTS["researchmm"]
    assert variant.detect(state) == ""
    assert VARIANTS["mmagic"].detect(state) is None
    assert variant.detect(fixture.state()) is None
    ours, wanted = variant.convert(state), network.state_dict()
    assert ours.keys() == wanted.keys()
    assert all(torch.equal(ours[name], wanted[name]) for name in wanted)


@each_variant
def test_foreign_or_incomplete_tensors_are_not_detected(variant):
    state = program()[0].state()
    if variant.id == "researchmm":
        state = researchmm_names(state)
    assert variant.detect(state) == ""
    assert variant.detect({}) is None
    assert variant.detect({"conv1.weight": torch.zeros(1)}) is None
    for name in list(state):
        assert variant.detect({k: v for k, v in state.items() if k != name}) is None


@pytest.mark.parametrize(("channels", "width", "blocks"), [((1, 1), 4, 8), ((4, 1), 8, 3), ((3, 3), 12, 1)])
@each_variant
def test_saved_tensors_of_any_width_build(variant, channels, width, blocks):
    network = variant.fresh(channels, width, blocks).eval()
    again = variant.build(network.state_dict())
    assert (again.channels, len(again.blocks), again.training) == (channels, blocks, False)
    image, hole = torch.rand(1, channels[0], *SIDES), torch.rand(1, 1, *SIDES) < 0.3
    assert torch.equal(variant.fill(again, image, hole), variant.fill(network, image, hole))


def test_smaller_sides_do_not_work():
    """The stated minimum is the true one."""
    network, smaller = VARIANTS["mmagic"].fresh((1, 1), 4), AOT_GAN.minimum - AOT_GAN.multiple
    with pytest.raises(RuntimeError):
        network(torch.rand(1, 1, smaller, 64), torch.zeros(1, 1, smaller, 64))
