"""VCNet in both variants, judged by the programs' own numbers."""

import re

import pytest
import torch
from conftest import make_hole, make_photo
from fixtures import Fixture
from monochromic.core.backbones import BACKBONES, vcnet_parts
from monochromic.core.backbones.vcnet import BATCH_NORM, PC_BLOCK, TF_BLOCKS, TF_NAMES, VCNET, block, fill, fresh
from monochromic.core.backbones.vcnet_parts import FixedContext, LearnedContext, doubled, resized
from monochromic.core.errors import WeightsError
from monochromic.core.weights.detect import detect

CHANNELS = [(1, 1), (3, 3), (4, 1)]
REPRODUCTION, OFFICIAL = VCNET.variants
ALMOST_ONE = 1 - 2**-24  # softer than 1 in 32 bits, so that `fill` looks at the image as the programs do


class Outputs:
    """Notes what some modules of a network give, by their path, and what the second network sees."""

    def __init__(self, network, paths):
        self.network, self.paths, self.seen = network, paths, {}

    def __enter__(self):
        self.hooks = [self.network.get_submodule(p).register_forward_hook(self.noting(p)) for p in self.paths]
        self.hooks.append(self.network.filling.register_forward_pre_hook(self.note_input))
        return self.seen

    def noting(self, path):
        return lambda module, inputs, output: self.seen.update({path: output})

    def note_input(self, module, inputs):
        self.seen["shown"] = inputs[0]

    def __exit__(self, *_):
        for hook in self.hooks:
            hook.remove()


def authors_states(fixture):
    return [fixture.state(name) for name in ("mpn", "rin")]


def joined(states):
    """One state of several, each under the prefix by which it is detected."""
    return {REPRODUCTION.detect(state) + name: value for state in states for name, value in state.items()}


def crop(fixture, name, found):
    """The rows and columns of an array that its description names."""
    ranges = re.findall(r"(\d+):(\d+)", fixture.doc["arrays"][name]["description"])
    rows, columns = (slice(int(a), int(b)) for a, b in (ranges * 2)[:2])
    return found[..., rows, columns]


def nchw(array):
    return array.permute(0, 3, 1, 2)


def unit(photo):
    """(1, 3, H, W) in [0, 1] of uint8 HWC."""
    return nchw(photo[None]) / 255


@pytest.fixture(scope="module")
def reproduction():
    fixture = Fixture("vcnet")
    network = REPRODUCTION.build(REPRODUCTION.convert(joined(authors_states(fixture))))
    found = {case: reproduced(fixture, network, case) for case in fixture.cases}
    return fixture, found


def reproduced(fixture, network, case):
    """All that the PyTorch program computes, through `predict` and `fill`."""
    hole = fixture[f"{case}.mask"][None, None] > 0
    image = torch.where(hole, unit(fixture[f"{case}.contaminant"]), unit(fixture[f"{case}.image"]))
    paths = "filling", "filling.encoder.0", "filling.encoder.9", "predicting.neck"
    with Outputs(network, paths) as seen, torch.inference_mode():
        predicted = network.predict(image)
        filled = fill(network, image, predicted.clamp(max=ALMOST_ONE))
    return {
        "input": image * 2 - 1,
        "predicted_mask": predicted,
        "neck": seen["predicting.neck"],
        "rin_input": seen["shown"],
        "output": seen["filling"].tanh(),
        "output_clamped": filled,
        "rin_pc1_crop": crop(fixture, "rin_pc1_crop", seen["filling.encoder.0"]),
        "rin_pc10_crop": crop(fixture, "rin_pc10_crop", seen["filling.encoder.9"]),
    }


BLOCK_ARRAYS = {"pcn_out_soft", "pcn_out_hard", "pcb_out"}


def test_everything_the_reproduction_computes(reproduction):
    fixture, found = reproduction
    assert set(fixture.doc["tolerance"]) - BLOCK_ARRAYS <= set(found[fixture.cases[0]])
    for case in fixture.cases:
        for name in set(fixture.doc["tolerance"]) - BLOCK_ARRAYS:
            if f"{case}.{name}" in fixture:
                fixture.check(found[case][name], case, name)
        assert (found[case]["input"] - fixture[f"{case}.input"]).abs().max() < 1e-6
        levels = (found[case]["output_clamped"] * 255).int()[0].permute(1, 2, 0) - fixture[f"{case}.result"].int()
        assert levels.abs().max() <= 1


def part_of(fixture, module, name, inner):
    """A module of ours with the weights of one of the fixture's."""
    ours = {}
    for path, value in fixture.state(name).items():
        layer, _, kind = path.rpartition(".")
        ours[f"{inner[layer]}.{kind}"] = value
    module.load_state_dict(ours)
    return module


@torch.inference_mode()
def test_the_reproductions_normalization_and_block(monkeypatch):
    fixture = Fixture("vcnet")
    width = fixture.doc["networks"]["pcn"]["constructor"]["n_features"]
    inner = {k.removeprefix("pcn."): v.removeprefix("norm.") for k, v in PC_BLOCK.items() if k.startswith("pcn.")}
    norm = part_of(fixture, LearnedContext(width), "pcn", inner)
    sizes = fixture.doc["networks"]["pcb"]["constructor"]
    taken, given = sizes["channels_in"], sizes["channels_out"]
    whole = block(taken, given, sizes["kernel_size"], sizes["stride"], norm=LearnedContext(given))
    part_of(fixture, whole, "pcb", PC_BLOCK)
    for case in fixture.cases:
        fixture.check(whole(fixture[f"{case}.pcb_x"], fixture[f"{case}.pcb_mask"]), case, "pcb_out")
        for kind in ("soft", "hard"):
            x, hole = fixture[f"{case}.pcn_x"], fixture[f"{case}.pcn_mask_{kind}"]
            ours = norm(x, hole)
            assert torch.allclose(ours, torch.cat([norm(x[[i]], hole[[i]]) for i in range(len(x))]), atol=1e-6)
            with monkeypatch.context() as patch:  # the program's one sum over the batch
                patch.setattr(vcnet_parts, "area", torch.sum)
                theirs = norm(x, hole)
            fixture.check(theirs, case, f"pcn_out_{kind}")
            assert (theirs - ours).abs().max() > 1e-3


@pytest.fixture(scope="module")
def official():
    fixture = Fixture("vcnet_official")
    network = OFFICIAL.build(OFFICIAL.convert(fixture.state()))
    found = {case: computed(fixture, network, case) for case in fixture.cases}
    return fixture, found


def smoothed(hole):
    """The program's blending of a hard hole, as vcnet_official.md words it."""
    sigma, size = 1 / 40, 15
    half = sigma + (2 * sigma + 1) / size / 2
    steps = torch.special.ndtr(torch.linspace(-half, half, size + 1, dtype=torch.float64)).diff()
    kernel = torch.outer(steps, steps).sqrt()
    kernel = (kernel / kernel.sum()).float()[None, None]
    grown = hole
    for _ in range(4):
        around = torch.nn.functional.conv2d(grown, kernel, padding=size // 2) * (1 - hole)
        grown = around + hole
    return grown


@torch.inference_mode()
def computed(fixture, network, case):
    """All that the TensorFlow program computes, NCHW, by array."""
    tapped = {name[: -len("_crop")] for name in fixture.doc["arrays"] if name.endswith("_crop")}
    blocks = {scope: TF_BLOCKS[scope] for scope in tapped}
    hole = smoothed((fixture[f"{case}.mask"][None, None] > 0).float())
    image = unit(fixture[f"{case}.image"]) * (1 - hole) + unit(fixture[f"{case}.contaminant"]) * hole
    shown = image * 2 - 1
    with Outputs(network, [*blocks.values(), "filling", "predicting"]) as seen:
        predicted = network.predict(image)
        filled = fill(network, image, predicted.clamp(max=ALMOST_ONE))
    output = filled * 2 - 1
    found = {
        "mask_soft": hole,
        "input": shown,
        "mask_logit": seen["predicting"],
        "predicted_mask": predicted,
        "output_before_clip": seen["filling"],
        "output": output,
        "complete": output * predicted + shown * (1 - predicted),
    }
    for scope, path in blocks.items():
        found[f"{scope}_channel_mean"] = seen[path].mean((0, 2, 3))
        found[f"{scope}_crop"] = crop(fixture, f"{scope}_crop", seen[path])
    neck = network.predicting.bottleneck(shown)
    found["output_embrace"] = network.filling(shown * (1 - predicted), predicted, neck).clamp(-1, 1)
    return found | computed_units(fixture, case)


def computed_units(fixture, case):
    """The normalization and the resizings alone."""
    if f"{case}.cn_x" not in fixture:
        return {}
    x, small = (nchw(fixture[f"{case}.{name}"]) for name in ("cn_x", "small"))
    holes = {name: nchw(fixture[f"{case}.cn_mask_{name}"]) for name in ("soft", "hard", "large")}
    norm = FixedContext()
    quadrupled = fixture[f"{case}.bilinear_align_corners"].shape[1:3]
    return {
        "cn_out_soft": norm(x, holes["soft"]),
        "cn_out_hard": norm(x, holes["hard"]),
        "cn_out_resized_mask": norm(x, holes["large"]),
        "nearest_align_corners": doubled(small),
        "bilinear_align_corners": torch.nn.functional.interpolate(
            small, quadrupled, mode="bilinear", align_corners=True
        ),
        "nearest_default_down": resized(holes["large"], x),
    }


def test_everything_the_official_program_computes(official):
    fixture, found = official
    for case in fixture.cases:
        for name in fixture.doc["tolerance"]:
            if f"{case}.{name}" in fixture:
                ours = found[case][name]
                fixture.check(ours.permute(0, 2, 3, 1) if ours.ndim == 4 else ours, case, name)
        assert torch.equal(fixture[f"{case}.mask_nhwc"][0, ..., 0] > 0, fixture[f"{case}.mask"] > 0)


def test_detects_its_own_and_no_other():
    first, second = authors_states(Fixture("vcnet"))
    official = Fixture("vcnet_official").state()
    assert (REPRODUCTION.detect(first), REPRODUCTION.detect(second)) == REPRODUCTION.parts
    assert OFFICIAL.detect(official) == ""
    for state in (official, {}, {**first, "other.weight": torch.zeros(1)}, {f"net.{k}": v for k, v in first.items()}):
        assert REPRODUCTION.detect(state) is None
    for layer in ("rb4.conv1.weight", "conv1.bias", "cb1.conv1.weight"):
        assert REPRODUCTION.detect({k: v for k, v in first.items() if k != layer}) is None
    assert REPRODUCTION.detect({k: v for k, v in second.items() if "sqex" not in k}) is None
    for state in (first, second, joined([first, second]), {}):
        assert OFFICIAL.detect(state) is None
    for missing in ("cmp_conv4_atrous/c3/kernel", "mask_output/bias"):
        assert OFFICIAL.detect({k: v for k, v in official.items() if not k.endswith(missing)}) is None
    other = {"blind_inpaint_net/cmp_conv1/cn_se/fc1/kernel": torch.zeros(1)}  # the program's other normalization
    assert OFFICIAL.detect({**official, **other}) is None


def test_the_published_file_is_one_of_several_state_dicts(monkeypatch):
    monkeypatch.setitem(BACKBONES, VCNET.id, VCNET)
    wanted, theirs = authors_like(REPRODUCTION, (3, 3), torch.Generator().manual_seed(2))
    nested = {p[:-1]: {k.removeprefix(p): v for k, v in theirs.items() if k.startswith(p)} for p in REPRODUCTION.parts}
    other = {"image_to_features.0.bias": torch.zeros(4)}
    found = detect({"file": {"num_step": 200000, **nested, "D": other, "patch_D": other}})
    assert (found.backbone, found.variant) == (VCNET, REPRODUCTION)
    assert found.tensors.keys() == wanted.keys()
    assert all(torch.equal(found.tensors[k], v) for k, v in wanted.items())
    with pytest.raises(WeightsError, match=r"lacks rin\."):
        detect({"file": {"mpn": nested["mpn"]}})


def test_tensorflow_s_suffixes_and_other_variables():
    generator = torch.Generator().manual_seed(0)
    wanted, theirs = authors_like(OFFICIAL, (3, 3), generator)
    noisy = {f"{name}:0": value for name, value in theirs.items()}
    noisy |= {f"{name}/Adam:0": value for name, value in theirs.items()}
    noisy |= {"global_step": torch.zeros(()), "Variable:0": torch.zeros(15, 15, 1, 1)}
    assert OFFICIAL.detect(noisy) == ""
    ours = OFFICIAL.convert(noisy)
    assert ours.keys() == wanted.keys()
    assert all(torch.equal(ours[k], v) for k, v in wanted.items())


def new(variant, channels, width=4):
    with torch.random.fork_rng():
        torch.manual_seed(4)
        return fresh(channels, width, variant is OFFICIAL, finds=True).eval().requires_grad_(False)


def authors_like(variant, channels, generator, width=3):
    """Random tensors under our names, and the same under the authors'."""
    shapes = {k: v.shape for k, v in new(variant, channels, width).state_dict().items()}
    ours = {k: torch.randn(shape, generator=generator) for k, shape in shapes.items()}
    if variant is OFFICIAL:
        names = {v: k for k, v in TF_NAMES.items()}
        axes = {k: v.permute(2, 3, 1, 0) if v.ndim == 4 else v for k, v in ours.items()}
        return ours, {f"blind_inpaint_net/{names[k]}": v for k, v in axes.items()}
    return ours, reproductions_names(ours)


def reproductions_names(ours):
    """Written out apart from the tables of the network's file."""
    inner = {"first": "conv1", "second": "conv2", "shortcut": "projection"}
    inner |= {"norm.squeeze": "pcn.sqex.linear1", "norm.excite": "pcn.sqex.linear2"}
    theirs = {}
    for name, value in ours.items():
        path, kind = name.rsplit(".", 1)
        part, stage, *rest = path.split(".")
        block = {"predicting": "mpn.rb", "filling": "rin.pc"}[part]
        firsts = {"encoder": 1, "neck": 4, "decoder": 5 if part == "predicting" else 11}
        if stage in firsts:
            at = firsts[stage] + (int(rest.pop(0)) if stage != "neck" else 0)
            theirs[f"{block}{at}.{inner['.'.join(rest)]}.{kind}"] = value
        else:
            theirs[f"{block[:4]}{'cb1.' if stage == 'compress' else ''}conv1.{kind}"] = value
    return theirs


@pytest.fixture(params=VCNET.variants, ids=lambda variant: variant.id)
def variant(request):
    return request.param


@pytest.mark.parametrize("channels", CHANNELS)
def test_sizes_are_read_off_the_tensors(variant, channels):
    wanted, theirs = authors_like(variant, channels, torch.Generator().manual_seed(1))
    parts = [{k.removeprefix(p): v for k, v in theirs.items() if k.startswith(p)} for p in variant.parts]
    if variant is REPRODUCTION:
        idle = {f"{layer}.running_mean": torch.zeros(1) for layer in BATCH_NORM["mpn."]}
        parts[0] |= idle
        theirs |= {f"mpn.{k}": v for k, v in idle.items()}
    assert tuple(variant.detect(part) for part in parts) == variant.parts
    network = variant.build(variant.convert(theirs))
    assert network.channels == channels
    again = variant.build(network.state_dict()).state_dict()
    assert again.keys() == wanted.keys()
    assert all(torch.equal(again[k], v) for k, v in wanted.items())


def photos(channels, height=36, width=52, batch=2):
    photo = make_photo(height=height, width=width, batch=batch)
    photo = torch.cat([photo, photo.mean(1, keepdim=True)], 1)
    hole = make_hole(height, width, batch).bool()
    hole[-1] = hole[-1].flip(-1)
    return {1: photo[:, 3:], 3: photo[:, :3], 4: photo}[channels], hole


@pytest.fixture(params=CHANNELS, ids=str)
def network(request, variant):
    return new(variant, request.param)


def test_predicts_and_fills_any_photo_of_its_sizes(network, untouched_rng):
    taken, given = network.channels
    least = VCNET.minimum
    for height, width in ((36, 52), (least, least), (least, least + VCNET.multiple)):
        image, _ = photos(taken, height, width)
        hole = torch.zeros(2, 1, height, width, dtype=torch.bool)
        hole[..., 1:3, 2:4] = True
        for dtype in (torch.float32, torch.float64, torch.bfloat16):
            with torch.inference_mode():
                filled = fill(network.to(dtype), image.masked_fill(hole, 0), hole)
                predicted = network.predict(image.to(dtype))
            assert filled.shape == (2, given, height, width)
            assert filled.dtype == image.dtype
            assert predicted.shape == hole.shape
            for answer in (filled, predicted):
                assert answer.min() >= 0
                assert answer.max() <= 1


@pytest.mark.parametrize("share", [0, 1])
def test_no_hole_and_nothing_but_hole(network, share):
    image, hole = photos(network.channels[0])
    with torch.inference_mode():
        assert fill(network, image, torch.full_like(hole, bool(share))).isfinite().all()


def test_what_lies_under_the_hole_does_not_matter(network):
    image, hole = photos(network.channels[0])
    with torch.inference_mode():
        wanted = fill(network, image.masked_fill(hole, 0), hole)
        for value in (0.3, 1, float("nan")):
            assert torch.equal(fill(network, image.masked_fill(hole, value), hole), wanted)
            assert torch.equal(fill(network, image.masked_fill(hole, value), hole.float()), wanted)
        assert not torch.equal(fill(network, image * 0.5, hole), wanted)
        assert not torch.equal(fill(network, image.masked_fill(hole, 0), hole.flip(-2)), wanted)


def test_a_soft_hole(network):
    image, hole = photos(network.channels[0])
    with torch.inference_mode():
        wanted = fill(network, image.masked_fill(hole, 0), hole)
        soft = fill(network, image, hole * 0.7)
        assert not torch.allclose(soft, wanted, atol=1e-4)
        assert torch.equal(soft, fill(network, image, hole * 0.7))
        mixed = hole * 0.7
        mixed[..., 10:14, 14:20] = 1
        under = image.clone()
        under[..., 10:14, 14:20] = float("nan")
        assert torch.equal(fill(network, under, mixed), fill(network, image, mixed))


def test_a_batch_equals_its_items(network):
    image, hole = photos(network.channels[0])
    image[1] *= 0.4
    hole[1, :, :20] = True  # much larger than that of the other item
    with torch.inference_mode():
        both, soft, predicted = fill(network, image, hole), fill(network, image, hole * 0.8), network.predict(image)
        for i in range(2):
            alone = image[[i]], hole[[i]]
            assert (fill(network, *alone) - both[[i]]).abs().max() < 1e-5
            assert (fill(network, alone[0], alone[1] * 0.8) - soft[[i]]).abs().max() < 1e-5
            assert (network.predict(alone[0]) - predicted[[i]]).abs().max() < 1e-5


def test_16_bits_sum_in_32():
    """Whole planes of 100 and more overflow float16; the normalizations give what they give in 32 bits."""
    x = 100 + 3 * torch.randn(1, 4, 64, 64, generator=torch.Generator().manual_seed(0))
    hole = torch.zeros(1, 1, 64, 64)
    hole[..., 8:40, 8:40] = 1
    norm = FixedContext()
    assert torch.allclose(norm(x.half(), hole.half()).float(), norm(x, hole), rtol=2e-3)


def test_gradients_reach_every_weight(variant):
    network = new(variant, (1, 1)).requires_grad_(True)
    image, hole = photos(1)
    (network.predict(image).sum() + network(image, hole * 0.5).sum()).backward()
    assert all(value.grad is not None and value.grad.isfinite().all() for value in network.parameters())


def test_one_that_fills_only(variant):
    """What was trained for filling has no decoder of the first network: the rest of it fills as with one."""
    with torch.random.fork_rng():
        whole, part = new(variant, (1, 1)), variant.fresh((1, 1), 4)
    lacking = part.load_state_dict(whole.state_dict(), strict=False).unexpected_keys
    assert {name.split(".")[1] for name in lacking} == {"decoder", "compress", "leave"}
    again = variant.build(part.state_dict())
    image, hole = photos(1)
    assert torch.equal(variant.fill(again, image, hole), variant.fill(whole, image, hole))
    with pytest.raises(WeightsError, match=r"fill holes but do not find them; convert .* --as vcnet"):
        again.predict(image)
    variant.fill(part.requires_grad_(True), image, hole).sum().backward()
    assert all(value.grad is not None for value in part.parameters())
