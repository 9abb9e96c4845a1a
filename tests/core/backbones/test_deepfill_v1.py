"""DeepFill v1: the arrays of both programs, and what every network promises."""

from contextlib import contextmanager
from functools import cache

import pytest
import torch
from fixtures import Fixture
from monochromic.core.backbones.deepfill_parts import mmagic_names, names
from monochromic.core.backbones.deepfill_v1 import DAA233, DEEPFILL_V1, MMAGIC, daa233_names

VARIANTS = {"deepfill_v1": DAA233, "mmagic_deepfillv1": MMAGIC}
THEIRS = {"daa233": daa233_names(), "mmagic": mmagic_names(".conv")}
WHERE = {
    "output_before_clamp": ("fine.decoder.6", "output"),
    "attention_input": ("fine.borrowing.attention", "input"),
    "attention_output": ("fine.borrowing.attention", "output"),
    "stage1_enc6_crop": ("coarse.encoder", "output"),
    "stage2_conv_branch_crop": ("fine.neck", "output"),
    "stage_1_input": ("coarse", "input"),
    "coarse": ("coarse", "output"),
}
EVERY = pytest.mark.parametrize("variant", DEEPFILL_V1.variants, ids=lambda variant: variant.id)
CHANNELS = pytest.mark.parametrize("channels", [(1, 1), (3, 3), (4, 1)], ids=str)
IMAGES = ("coarse", "output", "output_before_clamp")


@cache
def loaded(name):
    """The fixture, and the network of its weights."""
    fixture = Fixture(name)
    state, variant = fixture.state(), VARIANTS[name]
    assert [x.id for x in DEEPFILL_V1.variants if x.detect(state) == ""] == [variant.id]
    return fixture, variant.build(variant.convert(state))


def photo_cases(fixture):
    return [case for case in fixture.cases if f"{case}.image" in fixture]


def given(fixture, case):
    """The photo (1, 3, H, W) in [0, 1] and the hole."""
    hole = fixture[f"{case}.mask"][None, None] > 0
    return fixture[f"{case}.image"].permute(2, 0, 1)[None] / 255, hole


@contextmanager
def watched(network):
    """What comes by in passes, by the names of `WHERE`."""
    seen = {}

    def keep(name, side):
        return lambda module, inputs, output: seen.update({name: inputs[0] if side == "input" else output})

    hooks = [
        network.get_submodule(path).register_forward_hook(keep(name, side)) for name, (path, side) in WHERE.items()
    ]
    yield seen
    for hook in hooks:
        hook.remove()


@torch.inference_mode()
@pytest.mark.parametrize("name", VARIANTS)
def test_every_array_is_that_of_the_program(name):
    fixture, network = loaded(name)
    bgr = fixture.doc.get("channel_order") == "BGR"
    for case in photo_cases(fixture):
        image = fixture[f"{case}.input"][:, :3]
        hole = given(fixture, case)[1].float()
        with watched(network) as found:
            _, found["output"] = network(image.flip(1) if bgr else image, hole)
        for array in ("output", *WHERE):
            if f"{case}.{array}" in fixture:
                value = found[array].flip(1) if bgr and array in IMAGES else found[array]
                fixture.check(value[..., 8:16, 8:16] if "crop" in array else value, case, array)


@torch.inference_mode()
@pytest.mark.parametrize("name", VARIANTS)
def test_fill_sees_and_gives_what_the_program_does(name):
    fixture, network = loaded(name)
    for case in photo_cases(fixture):
        image, hole = given(fixture, case)
        with watched(network) as found:
            filled = torch.where(hole, VARIANTS[name].fill(network, image * ~hole, hole), image) * 255
        wanted, marks = fixture[f"{case}.input"].tensor_split([3], dim=1)
        if not marks.shape[1]:
            marks = torch.cat([torch.ones_like(image[:, :1]), fixture[f"{case}.mask_tensor"]], dim=1)
        wanted = torch.cat([wanted.flip(1) if "mmagic" in name else wanted, marks], dim=1)
        torch.testing.assert_close(found["stage_1_input"], wanted, rtol=0, atol=1e-6)
        assert near(filled.round() if "mmagic" in name else filled.floor(), fixture[f"{case}.result"])


def near(levels, saved):
    """Whether a picture (1, 3, H, W) is within a level of the one that the program saved, (H, W, 3)."""
    return (levels[0].permute(1, 2, 0) - saved.float()).abs().max() <= 1


def made(variant, channels, width=4, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return variant.fresh(channels, width).eval()


def noise(channels, batch=1, height=72, width=88):
    """A photo with a hole for each item, 9 by 11 times the multiple."""
    generator = torch.Generator().manual_seed(1)
    hole = torch.zeros(batch, 1, height, width, dtype=torch.bool)
    for item in range(batch):
        hole[item, :, 16 + 8 * item : 40, 24 : 48 + 16 * item] = True
    return torch.rand(batch, channels, height, width, generator=generator), hole


@torch.inference_mode()
@EVERY
@CHANNELS
def test_names_of_theirs_and_other_widths_are_read(variant, channels):
    network = made(variant, channels, width=3)
    ours = network.state_dict()
    pairs = list(zip(THEIRS[variant.id], names(), strict=True))
    theirs = {f"{a}.{part}": ours[f"{b}.{part}"] for a, b in pairs for part in ("weight", "bias")}
    assert variant.detect(theirs | {"discriminator.weight": torch.zeros(1)}) == ""
    converted = variant.convert(theirs)
    assert converted.keys() == ours.keys()
    again = variant.build(variant.convert(theirs))
    assert again.channels == channels
    if channels == (1, 1) or variant is DAA233:
        assert all(torch.equal(value, ours[name]) for name, value in again.state_dict().items())
    assert variant.build(ours).state_dict().keys() == ours.keys()


def test_a_wrong_file_is_not_detected():
    states = {name: Fixture(name).state() for name in (*VARIANTS, "mmagic_deepfillv2", "deepfill_v2_tf", "glcic")}
    for variant in DEEPFILL_V1.variants:
        assert [name for name, state in states.items() if variant.detect(state) is not None] == [
            name for name, its in VARIANTS.items() if its is variant
        ]
        assert variant.detect({}) is None
        assert variant.detect(made(variant, (3, 3)).state_dict()) is None
        theirs = {f"{name}.{part}": torch.zeros(1) for name in THEIRS[variant.id] for part in ("weight", "bias")}
        assert variant.detect(theirs) == ""
        for name in theirs:
            assert variant.detect({k: v for k, v in theirs.items() if k != name}) is None


@EVERY
def test_the_dtype_is_the_photos_and_the_network_may_have_another(variant):
    image, hole = noise(1)
    network = made(variant, (1, 1)).double()
    with torch.inference_mode():
        assert variant.fill(network, image, hole).dtype == torch.float32
        assert variant.fill(network.bfloat16(), image, hole).isfinite().all()


@EVERY
def test_every_weight_can_be_trained(variant):
    image, hole = noise(1)
    network = made(variant, (1, 1)).train()
    coarse, output = network(image * ~hole, hole.float())
    (coarse.square().sum() + output.square().sum()).backward()
    assert all(p.grad.isfinite().all() and p.grad.any() for p in network.parameters())
