"""EdgeConnect, judged by the authors' program."""

import re

import pytest
import torch
from conftest import make_hole, make_photo
from fixtures import Fixture
from monochromic.core.backbones.edge_connect import EDGE_CONNECT, build, convert, detect, fill, fresh

CHANNELS = [(1, 1), (3, 3), (4, 1)]


def authors_states(fixture):
    return {part: fixture.state(part) for part in ("edge", "inpaint")}


def joined(states):
    """One state of several files, each under the prefix by which it is detected."""
    return {detect(state) + name: value for state in states.values() for name, value in state.items()}


@pytest.fixture(scope="module")
def parity():
    fixture = Fixture("edge_connect")
    return fixture, build(convert(joined(authors_states(fixture))))


@pytest.fixture(scope="module")
def answers(parity):
    """Of each case what `fill` gives and what its networks see and say on the way."""
    fixture, network = parity
    found = {}
    for case in fixture.cases:
        image = fixture[f"{case}.image"].permute(2, 0, 1)[None] / 255
        hole = fixture[f"{case}.mask"][None, None] > 0
        with Probe(network) as seen, torch.inference_mode():
            seen["output"] = fill(network, image.masked_fill(hole, 0), hole)
        found[case] = seen, image, hole
    return found


class Probe:
    """Notes the input and output of the edge network and the output of its encoder."""

    def __init__(self, network):
        self.network, self.seen = network, {}

    def __enter__(self):
        edge = self.network.edge
        self.hooks = [
            edge.register_forward_hook(self.note_whole),
            edge.blocks[0].register_forward_pre_hook(self.note_encoded),
        ]
        return self.seen

    def note_whole(self, module, inputs, output):
        self.seen.update(edge_net_input=inputs[0], edge_map=output.sigmoid())

    def note_encoded(self, module, inputs):
        self.seen["encoded"] = inputs[0]

    def __exit__(self, *_):
        for hook in self.hooks:
            hook.remove()


def test_what_the_edge_network_sees(parity, answers):
    fixture, _ = parity
    for case in fixture.cases:
        seen, image, hole = answers[case]
        fixture.check(seen["edge_net_input"], case, "edge_net_input")
        parts = fixture[f"{case}.gray"], fixture[f"{case}.canny_edges"], fixture[f"{case}.mask_tensor"]
        wanted = torch.cat([parts[0].masked_fill(hole, 1), parts[1].masked_fill(hole, 0), parts[2]], 1)
        assert (seen["edge_net_input"] - wanted).abs().max() < 1e-6
        assert torch.equal(image, fixture[f"{case}.image_tensor"])


def test_the_edges_it_draws(parity, answers):
    fixture, _ = parity
    rows, columns = (slice(int(a), int(b)) for a, b in re.findall(r"(\d+):(\d+)", crop_text(fixture)))
    for case in fixture.cases:
        seen = answers[case][0]
        fixture.check(seen["edge_map"], case, "edge_map")
        if f"{case}.edge_encoder_crop" in fixture:
            fixture.check(seen["encoded"][..., rows, columns], case, "edge_encoder_crop")


def crop_text(fixture):
    return fixture.doc["arrays"]["edge_encoder_crop"]["description"]


def test_the_picture_it_paints(parity, answers):
    fixture, network = parity
    for case in fixture.cases:
        seen, image, hole = answers[case]
        fixture.check(seen["output"], case, "output")
        merged = torch.where(hole, seen["output"], image)
        fixture.check(merged, case, "merged")
        levels = (merged * 255).int()[0].permute(1, 2, 0) - fixture[f"{case}.result"].int()
        assert levels.abs().max() <= 1
        with torch.inference_mode():
            painted = network.paint(image.masked_fill(hole, 1), fixture[f"{case}.canny_edges"])
        fixture.check(painted, case, "output_with_canny_edges")


def test_detects_its_two_files_and_no_other():
    states = authors_states(Fixture("edge_connect"))
    assert {part: detect(state) for part, state in states.items()} == {"edge": "edge.", "inpaint": "inpaint."}
    for state in states.values():
        assert detect({k: v for k, v in state.items() if not k.startswith("middle")}) is None
        assert detect({**state, "conv1.weight": torch.zeros(1)}) is None
        assert detect({f"net.{k}": v for k, v in state.items()}) is None
    half = {k: v for k, v in states["edge"].items() if not k.startswith("encoder.1.weight")}
    assert detect(half) is None
    assert detect({}) is None


def test_spectral_norm_is_torchs_with_the_stored_vectors():
    generator = torch.Generator().manual_seed(0)
    state, wanted = authors_like(fresh((1, 1), 4), generator)
    ours = convert(state)
    for name, module in wanted.items():
        assert torch.allclose(ours[name], module.eval()(torch.zeros(1)), rtol=1e-4), name


class Weight(torch.nn.Module):
    """A weight that `torch.nn.utils.spectral_norm` can wrap; calling gives it as it is used."""

    def __init__(self, value):
        super().__init__()
        self.weight = torch.nn.Parameter(value)

    def forward(self, _):
        return self.weight


def authors_like(network, generator):
    """A state under the authors' names made of our network, and the used weights of its edge half by our names."""
    theirs = {"enter": "encoder.1", "down.0": "encoder.4", "down.1": "encoder.7"}
    theirs |= {"up.0": "decoder.0", "up.1": "decoder.3", "leave": "decoder.7"}
    state, wanted = {}, {}
    for name, value in network.state_dict().items():
        part, layer, kind = re.fullmatch(r"(edge|inpaint)\.(.+)\.(weight|bias)", name).groups()
        block = re.fullmatch(r"blocks\.(\d+)\.(wide|near)", layer)
        their = f"middle.{block[1]}.conv_block.{1 if block[2] == 'wide' else 5}" if block else theirs[layer]
        value = torch.randn(value.shape, generator=generator)
        if part == "inpaint" or layer == "leave":
            state[f"{part}.{their}.{kind}"] = value
            continue
        wrapped = torch.nn.utils.spectral_norm(Weight(value), dim=int(layer.startswith("up")))
        state |= {f"{part}.{their}.{kind}": v for kind, v in wrapped.state_dict().items()}
        state[f"{part}.{their}.bias"] = torch.randn(len(wrapped.weight_u), generator=generator)
        wanted[name] = wrapped
    return state, wanted


@pytest.mark.parametrize("channels", CHANNELS)
def test_sizes_are_read_off_the_tensors(channels):
    state, _ = authors_like(fresh(channels, 4), torch.Generator().manual_seed(1))
    state = {k: v for k, v in state.items() if not re.match(r"edge\.middle\.[4-7]", k)}
    parts = [{k.removeprefix(p): v for k, v in state.items() if k.startswith(p)} for p in ("edge.", "inpaint.")]
    assert tuple(detect(part) for part in parts) == EDGE_CONNECT.variants[0].parts
    ours = convert(state)
    network = build(ours)
    assert network.channels == channels
    assert (len(network.edge.blocks), len(network.inpaint.blocks)) == (4, 8)
    again = build(network.state_dict()).state_dict()
    assert list(again) == list(network.state_dict())
    assert all(torch.equal(again[k], v) for k, v in ours.items())


def photos(channels, height=36, width=52, batch=2):
    photo = make_photo(height=height, width=width, batch=batch)
    photo = torch.cat([photo, photo.mean(1, keepdim=True)], 1)
    taken = {1: photo[:, 3:], 3: photo[:, :3], 4: photo}[channels]
    hole = make_hole(height, width, batch).bool()
    hole[-1] = hole[-1].flip(-1)
    return taken, hole


@pytest.fixture(params=CHANNELS, ids=str)
def network(request):
    with torch.random.fork_rng():
        torch.manual_seed(4)
        return fresh(request.param, 4).eval()


def test_fills_any_photo_of_its_sizes(network):
    taken, given = network.channels
    least = EDGE_CONNECT.minimum
    for height, width in ((36, 52), (least, least), (least, least + EDGE_CONNECT.multiple)):
        image, _ = photos(taken, height, width)
        hole = torch.zeros(2, 1, height, width, dtype=torch.bool)
        hole[..., 4:9, 3:8] = True
        for dtype in (torch.float32, torch.float64, torch.bfloat16):
            with torch.inference_mode():
                filled = fill(network.to(dtype), image.masked_fill(hole, 0), hole)
            assert filled.shape == (2, given, height, width)
            assert filled.dtype == image.dtype
            assert filled.min() >= 0
            assert filled.max() <= 1
        network.float()


def test_what_lies_under_the_hole_does_not_matter(network):
    image, hole = photos(network.channels[0])
    with torch.inference_mode():
        wanted = fill(network, image.masked_fill(hole, 0), hole)
        for value in (0.3, 1, float("nan")):
            assert torch.equal(fill(network, image.masked_fill(hole, value), hole), wanted)
        assert not torch.equal(fill(network, image * 0.5, hole), wanted)


def test_the_edges_of_rgb_and_gray_come_from_the_gray():
    with torch.random.fork_rng():
        torch.manual_seed(4)
        network = fresh((4, 1), 4).eval()
    image, hole = photos(4)
    other = torch.cat([1 - image[:, :3], image[:, 3:]], 1)
    inputs = []
    hook = network.edge.register_forward_hook(lambda module, given, output: inputs.append(given[0]))
    with hook, torch.inference_mode():
        fill(network, image, hole), fill(network, other, hole)
    assert torch.equal(*inputs)
    assert inputs[0][:, 1].any()
