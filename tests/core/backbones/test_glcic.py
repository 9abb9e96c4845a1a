"""The completion network against the two programs it comes from, and what variants promise."""

import re
from functools import cache

import pytest
import torch
from fixtures import Fixture
from monochromic.core.backbones.glcic import GLCIC

VARIANTS = {variant.id: variant for variant in GLCIC.variants}
FIXTURES = {"otenim": "glcic", "mmagic": "mmagic_global_local"}
CHANNELS = [(1, 1), (3, 3), (4, 1)]
each_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


def authors_file(variant):
    """The fixture of a variant and what a file of its authors' holds."""
    fixture = Fixture(FIXTURES[variant])
    if isinstance(fixture.doc["fill"].get("constant_buffers"), str):  # a remark that there are none
        del fixture.doc["fill"]["constant_buffers"]
    mean = {"mpv": torch.tensor(fixture.doc["mpv"])} if "mpv" in fixture.doc else {}
    return fixture, fixture.state() | mean


@cache
def program(variant):
    """The fixture of a variant with its network, made the way a file of weights is."""
    fixture, state = authors_file(variant)
    for limits in fixture.doc["tolerance"].values():  # mmagic's state no mean
        limits.setdefault("recommended_mean_atol", limits["recommended_atol"])
    variant = VARIANTS[variant]
    assert variant.detect(state) == ""
    return fixture, variant.build(variant.convert(state))


def traced(network, *inputs):
    """What every module of the network gives, by its name; the whole network's is called ""."""
    seen = {}

    def keep(name):
        return lambda _, given, output: seen.__setitem__(name, output)

    handles = [module.register_forward_hook(keep(name)) for name, module in network.named_modules()]
    network(*inputs)
    for handle in handles:
        handle.remove()
    return seen


def window(fixture, name):
    """The rows and columns that an array is cut to, as its description says."""
    text = fixture.doc["arrays"][name]["description"]
    if found := re.search(r"rows (\d+):(\d+), columns (\d+):(\d+)", text):
        top, bottom, left, right = map(int, found.groups())
    else:
        found = re.search(r"(\d+)x(\d+) window at \((\d+),\s*(\d+)\)", text)
        height, width, top, left = map(int, found.groups())
        bottom, right = top + height, left + width
    return ..., slice(top, bottom), slice(left, right)


PLACES = {
    "output": "",
    "output_before_clamp": "last",
    "bottleneck_crop": "decoder.1",
    "encoder_crop": "encoder",
    "neck_crop": "middle",
}


@pytest.mark.parametrize(("variant", "flipped"), [("otenim", False), ("mmagic", True)])
def test_network_is_the_program(variant, flipped):
    fixture, network = program(variant)
    for case in fixture.cases:
        x, hole = fixture[f"{case}.input"].tensor_split([-1], dim=1)
        seen = traced(network, x.flip(1) if flipped else x, hole)
        arrays = {key.removeprefix(f"{case}.") for key in fixture.arrays if key.startswith(f"{case}.")}
        for name in arrays - {"image", "mask", "input", "result", "result_plain", "result_poisson"}:
            found = seen[PLACES[name]]
            if name.endswith("crop"):
                found = found[window(fixture, name)]
            elif flipped:
                found = found.flip(1)
            fixture.check(found, case, name)


@each_variant
def test_fill_is_the_saved_photo(variant):
    fixture, network = program(variant.id)
    for case in fixture.cases:
        photo = fixture[f"{case}.image"].permute(2, 0, 1)[None] / 255
        hole = fixture[f"{case}.mask"][None, None] > 0
        pasted = torch.where(hole, variant.fill(network, photo * ~hole, hole), photo)
        saved = (pasted * 255).round()[0].permute(1, 2, 0)
        result = "result_plain" if f"{case}.result_plain" in fixture else "result"
        assert (saved - fixture[f"{case}.{result}"]).abs().max() <= 1


def test_hole_has_the_color_of_the_training_photos():
    otenim = VARIANTS["otenim"]
    state = authors_state("otenim", small(otenim))
    state.pop("hole_colour")
    published = otenim.build(otenim.convert(state))
    given = otenim.build(otenim.convert(state | {"mpv": torch.tensor([0.1, 0.2, 0.3])}))
    assert published.hole_colour.tolist() == pytest.approx([0.506, 0.425, 0.383])
    assert given.hole_colour.tolist() == pytest.approx([0.1, 0.2, 0.3])
    image, hole = example(3)
    assert (otenim.fill(published, image, hole) - otenim.fill(given, image, hole)).abs().max() > 1e-4


def small(variant, channels=(3, 3), width=4):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return variant.fresh(channels, width).eval()


def example(channels, height=13 * GLCIC.multiple, width=9 * GLCIC.multiple):
    """Two photos, zero inside holes that differ."""
    generator = torch.Generator().manual_seed(2)
    hole = torch.zeros(2, 1, height, width, dtype=torch.bool)
    hole[0, :, 9:31, 5:22] = hole[1, :, 20:, 14:] = True
    return torch.rand(2, channels, height, width, generator=generator) * ~hole, hole


@each_variant
def test_fill_takes_the_smallest_photo(variant):
    image, hole = example(1, GLCIC.minimum, GLCIC.minimum)
    assert variant.fill(small(variant, (1, 1)), image, hole).shape == image.shape


def authors_name(variant, name):
    """A name of ours as the authors write it."""
    part, _, rest = name.partition(".")
    if part == "last":
        return ("conv17." if variant == "otenim" else "decoder.dec7.conv.") + rest
    if part == "hole_colour":
        return name
    place, kind, tensor = rest.split(".")
    if variant == "mmagic":
        start = {"encoder": "encoder.enc", "middle": "dilation_neck.dilation_convs.", "decoder": "decoder.dec"}[part]
        return f"{start}{int(place) + (part != 'middle')}.{kind.replace('norm', 'bn')}.{tensor}"
    number = {"encoder": 1, "middle": 7, "decoder": 11}[part] + int(place)
    conv = "deconv" if number in (13, 15) else "conv"
    return f"{conv if kind == 'conv' else 'bn'}{number}.{tensor}"


def authors_state(variant, network):
    """The tensors of a network of ours under the authors' names."""
    return {authors_name(variant, name): value for name, value in network.state_dict().items()}


@each_variant
@pytest.mark.parametrize("channels", CHANNELS)
def test_slim_networks_of_the_authors_load(variant, channels):
    network = small(variant, channels, 2)
    state = authors_state(variant.id, network)
    state.pop("hole_colour", None)
    assert variant.detect(state) == ""
    found = variant.build(variant.convert(state))
    assert found.channels == channels
    first, theirs = found.encoder[0].conv.weight, network.encoder[0].conv.weight
    assert torch.equal(first[:, -1], theirs[:, -1])
    assert torch.equal(first[:, :-1], theirs[:, :-1].flip(1) if variant.id == "mmagic" else theirs[:, :-1])
    uncounted = {name: value for name, value in state.items() if not name.endswith("tracked")}
    assert variant.convert(state).keys() == variant.convert(uncounted).keys()


@each_variant
def test_build_refuses_what_it_does_not_know(variant):
    state = authors_state(variant.id, small(variant)) | {"more.weight": torch.zeros(3)}
    state.pop("hole_colour", None)
    with pytest.raises(RuntimeError, match=re.escape("more.weight")):
        variant.build(variant.convert(state))


def test_detect_tells_the_variants_apart():
    states = {name: authors_state(name, small(variant)) for name, variant in VARIANTS.items()}
    for name, variant in VARIANTS.items():
        assert {other: variant.detect(state) for other, state in states.items()} == {
            other: "" if other == name else None for other in states
        }


@each_variant
@pytest.mark.parametrize("foreign", ["mmagic_pconv", "partial_conv", "mmagic_deepfillv1", "deepfill_v2_tf"])
def test_detect_says_none_to_others(variant, foreign):
    for network in Fixture(foreign).doc["networks"].values():
        assert variant.detect({name: torch.zeros(0) for name, _ in network["state_dict"]}) is None
    assert variant.detect(small(variant).state_dict()) is None
