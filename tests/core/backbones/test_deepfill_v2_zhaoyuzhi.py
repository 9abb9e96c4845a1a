"""The two variants against their authors' program, and what every variant promises."""

from functools import cache, partial

import pytest
import torch
from fixtures import Fixture
from monochromic.core.backbones.deepfill_v2_zhaoyuzhi import MINIMUM, MULTIPLE, VARIANTS

COLOR, GRAY = VARIANTS
FIXTURES = {COLOR.id: "deepfill_v2_zhaoyuzhi", GRAY.id: "deepfill_v2_gray_zhaoyuzhi"}
CHANNELS = [(1, 1), (3, 3), (4, 1)]
each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.id)


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


@cache
def loaded(name):
    """A fixture with its network, made the way a file of weights is."""
    variant = next(variant for variant in VARIANTS if FIXTURES[variant.id] == name)
    fixture = Fixture(name)
    return fixture, variant.build(variant.convert(fixture.state()))


def example(channels=3, batch=2, height=MINIMUM, width=MINIMUM + 2 * MULTIPLE):
    """Photos that are zero inside holes, which differ from one to the next."""
    generator = torch.Generator().manual_seed(2)
    image = torch.rand(batch, channels, height, width, generator=generator)
    hole = torch.zeros(batch, 1, height, width, dtype=torch.bool)
    for i in range(batch):
        hole[i, :, 9 * i : 30 + 9 * i, 20:51] = True
    return image.masked_fill(hole, 0), hole


def traced(modules, run):
    """What `run` returns, and what went into and came out of each of `modules` meanwhile."""
    seen = {}
    handles = [m.register_forward_hook(lambda m, given, output: seen.update({m: (given[0], output)})) for m in modules]
    answer = run()
    for handle in handles:
        handle.remove()
    return answer, [seen[m] for m in modules]


def matches_photo(filled, image, hole, wanted):
    """Whether the composite, truncated to 8 bits, is the saved photo but for one level."""
    pasted = torch.where(hole, filled, image)
    saved = (pasted * 255).clamp(0, 255).to(torch.uint8)[0].permute(1, 2, 0).squeeze(-1)
    assert saved.shape == wanted.shape
    assert (saved.int() - wanted.int()).abs().max() <= 1


def test_color_is_the_authors():
    fixture, network = loaded(FIXTURES[COLOR.id])
    assert network.channels == (3, 3)
    for case in fixture.cases:
        image, hole = fixture[f"{case}.image_tensor"], fixture[f"{case}.mask_tensor"].bool()
        modules = [network.coarse, network.refinement, network]
        filled, (first, second, whole) = traced(modules, partial(COLOR.fill, network, image, hole))
        fixture.check(first[0], case, "coarse_input")
        fixture.check(second[0], case, "refine_input")
        fixture.check(whole[1][0], case, "coarse")
        fixture.check(whole[1][1], case, "output")
        matches_photo(filled, image, hole, fixture[f"{case}.result"])


def test_gray_is_the_authors():
    fixture, network = loaded(FIXTURES[GRAY.id])
    assert network.channels == (1, 1)
    for case in fixture.cases:
        gray, hole = fixture[f"{case}.gray_tensor"], fixture[f"{case}.mask_tensor"].bool()
        modules = [network.stage, network]
        filled, (stage, whole) = traced(modules, partial(GRAY.fill, network, gray.masked_fill(hole, 0), hole))
        fixture.check(stage[0], case, "net_input")
        fixture.check(whole[1], case, "output")
        matches_photo(filled, gray, hole, fixture[f"{case}.result"])


@each_variant
def test_the_norm_is_of_one_power_iteration(variant):
    """`torch.nn.utils.spectral_norm` in training makes one iteration before it divides: an independent program."""
    generator = torch.Generator().manual_seed(3)
    state = authors(variant, 6)
    for prefix in {name.removesuffix("weight_bar") for name in state if name.endswith("weight_bar")}:
        weight = state[f"{prefix}weight_bar"]
        conv = torch.nn.utils.spectral_norm(torch.nn.Conv2d(*weight.shape[1::-1], 3, bias=False), eps=1e-12).train()
        u = torch.randn(len(weight), generator=generator)
        u /= u.norm()
        conv.weight_orig.data, conv.weight_u, state[f"{prefix}weight_u"] = weight, u.clone(), u
        conv(torch.zeros(1, weight.shape[1], 3, 3))
        found = [t for t in variant.convert(state).values() if t.shape == weight.shape]
        assert any(torch.allclose(t, conv.weight, atol=1e-6) for t in found)


def authors(variant, width, channels=(3, 3)):
    """A state dict of theirs at another width, made from a new network of ours by undoing the renaming."""
    generator = torch.Generator().manual_seed(5)
    state = {}
    for name, value in variant.fresh(channels, width).state_dict().items():
        stage, place, conv, tensor = name.split(".")
        place, conv = int(place), {"feature": "conv2d", "gate": "mask_conv2d"}[conv]
        if variant is GRAY:
            parts = [(0, "down"), (4, "b"), (12, "up")]
            start, part = max(p for p in parts if p[0] <= place)
            layer = f"{part}{place - start + 1}"
        else:
            layer = f"{stage}.{place}"
        if place not in (12, 14):
            state[f"{layer}.{conv}.{tensor}"] = value
            continue
        start = f"{layer}.gated_conv2d.{conv}.module."
        state[start + tensor.replace("weight", "weight_bar")] = value
        if tensor == "weight":
            state[start + "weight_u"] = torch.randn(len(value), generator=generator)
            state[start + "weight_v"] = torch.randn(value[0].numel(), generator=generator)
    return state


@each_variant
@pytest.mark.parametrize("channels", CHANNELS)
def test_other_widths_load_and_round_trip(variant, channels):
    state = authors(variant, 6, channels)
    assert variant.detect(state) == ""
    ours = variant.convert(state)
    network = variant.build(ours)
    assert network.channels == channels
    again = variant.build(dict(network.state_dict()))
    image, hole = example(channels[0], batch=1)
    assert torch.equal(variant.fill(network, image, hole), variant.fill(again, image, hole))
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())


def test_detects_only_its_own():
    for variant in VARIANTS:
        own = authors(variant, 4)
        assert all((other.detect(own) == "") == (other is variant) for other in VARIANTS)
        assert variant.detect({}) is None
        assert variant.detect({"coarse.0.conv2d.weight": torch.zeros(1), "down1.conv2d.weight": torch.zeros(1)}) is None
        assert variant.detect(variant.convert(own)) is None
        assert all(variant.detect({k: v for k, v in own.items() if k != gone}) is None for gone in own)


@each_variant
def test_detects_the_fixture(variant):
    fixture, _ = loaded(FIXTURES[variant.id])
    assert variant.detect(fixture.state()) == ""
