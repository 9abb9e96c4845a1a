"""The U-Net of partial convolutions and its layer against the programs they come from, and what variants promise."""

import re
from functools import cache

import pytest
import torch
from fixtures import Fixture
from monochromic.core.backbones.partial_conv import PARTIAL_CONV, PartialConv2d, convert_naoto0804

VARIANTS = {variant.id: variant for variant in PARTIAL_CONV.variants}
FIXTURES = {"naoto0804": "partial_conv", "mmagic": "mmagic_pconv"}
CHANNELS = [(1, 1), (3, 3), (4, 1)]
each_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


@cache
def program(variant):
    """The fixture of a variant with its network, made the way a file of weights is."""
    fixture = Fixture(FIXTURES[variant])
    for limits in fixture.doc["tolerance"].values():  # mmagic's state no mean
        limits.setdefault("recommended_mean_atol", limits["recommended_atol"])
    state, variant = fixture.state(), VARIANTS[variant]
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


@pytest.mark.parametrize(("variant", "flipped"), [("naoto0804", False), ("mmagic", True)])
def test_network_is_the_program(variant, flipped):
    fixture, network = program(variant)
    for case in fixture.cases:
        x, known = fixture[f"{case}.input"], fixture[f"{case}.mask_tensor"][:, :1]
        seen = traced(network, x.flip(1) if flipped else x, known)
        checked = set()
        for name in fixture.doc["tolerance"]:
            if f"{case}.{name}" not in fixture:
                continue
            place = re.fullmatch(r"(enc|dec|output)_?(\d?)_?(\w*)", name)
            module = {"enc": f"down.{place[2]}", "dec": f"up.{place[2]}", "output": ""}[place[1]]
            features, became_known = seen[module]
            if module == "":
                features, became_known = features.flip(1) if flipped else features, became_known.expand(-1, 3, -1, -1)
            found = became_known if place[3] == "mask" else features
            if place[3] == "crop":
                found = found[window(fixture, name)]
            elif place[3] == "channel_mean":
                found = found.mean((0, 2, 3))
            fixture.check(found, case, name)
            checked.add(name)
        arrays = {key.removeprefix(f"{case}.") for key in fixture.arrays if key.startswith(f"{case}.")}
        assert checked == arrays - {"image", "mask", "input", "mask_tensor", "result"}


@each_variant
def test_fill_is_the_saved_photo(variant):
    fixture, network = program(variant.id)
    for case in fixture.cases:
        photo = fixture[f"{case}.image"].permute(2, 0, 1)[None] / 255
        hole = fixture[f"{case}.mask"][None, None] > 0
        pasted = torch.where(hole, variant.fill(network, photo * ~hole, hole), photo)
        saved = (pasted * 255).round()[0].permute(1, 2, 0)
        assert (saved - fixture[f"{case}.result"]).abs().max() <= 1


@cache
def layer_fixture():
    return Fixture("partial_conv_layers")


def layer(name):
    """A layer of the fixture; naoto0804's by way of `convert`."""
    options = dict(layer_fixture().doc["networks"][name]["constructor"])
    many = options.pop("multi_channel", True)
    options.pop("return_mask", None)
    state = layer_fixture().state(name)
    if "input_conv.weight" in state:
        ours = convert_naoto0804({f"enc_1.conv.{key}": value for key, value in state.items()})
        state = {key.removeprefix("down.1.conv."): value for key, value in ours.items()}
    made = PartialConv2d(**options)
    made.load_state_dict(state)
    return made, "mask_multi" if many else "mask_single"


@pytest.mark.parametrize("name", ["n0", "n1", "n2", "n3", "n4", "n5", "k0", "k1"])
def test_layer_is_the_program(name):
    fixture, (made, mask) = layer_fixture(), layer(name)
    for case in fixture.cases:
        calls = {"": fixture[f"{case}.{mask}"], "nomask_": None}
        for call in ("", "nomask_") if name.startswith("n") else ("",):
            out, seen = made(fixture[f"{case}.x"], calls[call])
            fixture.check(out, case, f"{name}_{call}out")
            fixture.check(seen.expand(fixture[f"{case}.{name}_{call}mask"].shape), case, f"{name}_{call}mask")


def test_every_layer_of_the_fixture_is_tested():
    assert sorted(layer_fixture().doc["networks"]) == ["k0", "k1", *(f"n{i}" for i in range(6))]


def test_layer_gives_zero_where_it_sees_nothing():
    made = PartialConv2d(2, 3, 3, padding=1, bias=True)
    known = torch.ones(1, 1, 9, 9)
    known[..., 2:7, 2:7] = 0
    out, seen = made(torch.rand(1, 2, 9, 9), known)
    inner = torch.zeros(1, 1, 9, 9, dtype=torch.bool)
    inner[..., 3:6, 3:6] = True
    assert torch.equal(seen == 0, inner)
    assert (out[inner.expand_as(out)] == 0).all()
    assert (out[~inner.expand_as(out)] != 0).all()


def test_layer_keeps_a_flat_photo_flat():
    made = PartialConv2d(1, 1, 5, padding=2, bias=False)
    known = (torch.arange(63).view(1, 1, 7, 9) % 3 == 0).float()
    torch.nn.init.constant_(made.weight, 0.04)
    out, _ = made(torch.full((1, 1, 7, 9), 0.7), known)
    assert torch.allclose(out, torch.full_like(out, 0.7))


def small(variant, channels=(3, 3), width=4):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return variant.fresh(channels, width).eval()


@each_variant
def test_fill_survives_a_hole_without_rim(variant):
    image = torch.zeros(1, 1, PARTIAL_CONV.minimum, PARTIAL_CONV.minimum)
    filled = variant.fill(small(variant, (1, 1)), image, torch.ones_like(image, dtype=torch.bool))
    assert filled.isfinite().all()


AUTHORS = {
    "naoto0804": {r"down\.(\d)": r"enc_\1", r"up\.(\d)": r"dec_\1", r"\.conv\.": ".conv.input_conv.", "norm": "bn"},
    "mmagic": {r"down\.(\d)": r"encoder.enc\1", r"up\.(\d)": r"decoder.dec\1", "norm": "bn"},
}
WINDOWS = {"naoto0804": "mask_conv.weight", "mmagic": "weight_mask_updater"}


def authors_state(variant, network):
    """The tensors of a network of ours under the authors' names, with their windows of ones."""
    state = {}
    for name, value in network.state_dict().items():
        for our, theirs in AUTHORS[variant].items():
            name = re.sub(our, theirs, name)
        state[name] = value
        if value.ndim == 4:
            state[name.replace("input_conv.", "").removesuffix("weight") + WINDOWS[variant]] = torch.ones_like(value)
    return state


@each_variant
@pytest.mark.parametrize("channels", CHANNELS)
def test_slim_networks_of_the_authors_load(variant, channels):
    network = small(variant, channels, 2)
    state = authors_state(variant.id, network)
    assert variant.detect(state) == ""
    found = variant.build(variant.convert(state))
    assert found.channels == channels
    first = found.down["1"].conv.weight
    theirs = network.down["1"].conv.weight
    assert torch.allclose(first, theirs.flip(1) if variant.id == "mmagic" else theirs / theirs[0].numel())
    uncounted = {name: value for name, value in state.items() if not re.search("tracked|mask", name)}
    assert variant.convert(state).keys() == variant.convert(uncounted).keys()


@each_variant
def test_build_refuses_what_it_does_not_know(variant):
    state = authors_state(variant.id, small(variant)) | {"more.weight": torch.zeros(3)}
    with pytest.raises(RuntimeError, match=re.escape("more.weight")):
        variant.build(variant.convert(state))


def test_detect_tells_the_variants_apart():
    naoto0804, mmagic = VARIANTS.values()
    states = {name: authors_state(name, small(variant)) for name, variant in VARIANTS.items()}
    assert naoto0804.detect(states["naoto0804"]) == mmagic.detect(states["mmagic"]) == ""
    assert naoto0804.detect(states["mmagic"]) is None
    assert mmagic.detect(states["naoto0804"]) is None


@each_variant
@pytest.mark.parametrize("foreign", ["mmagic_global_local", "glcic", "mmagic_deepfillv1", "vcnet"])
def test_detect_says_none_to_others(variant, foreign):
    networks = Fixture(foreign).doc["networks"].values()
    for network in networks:
        assert variant.detect({name: torch.zeros(0) for name, _ in network["state_dict"]}) is None
    assert variant.detect(small(variant).state_dict()) is None
