"""The context encoder against its program, where it looks and pastes, and what any network file promises."""

import functools

import pytest
import torch
from conftest import make_photo
from fixtures import Fixture
from monochromic.core.backbones.context_encoder import CONTEXT_ENCODER, GRAY_MEAN, NAMES, RGB_MEAN, fresh

VARIANT = CONTEXT_ENCODER.variants[0]
CHANNELS = [(1, 1), (3, 3), (4, 1)]
MEANS = {1: [GRAY_MEAN], 3: list(RGB_MEAN), 4: [*RGB_MEAN, GRAY_MEAN]}
HOLES = {  # height, width, and top, bottom, left, right of the hole's box
    "as trained": (128, 128, 36, 92, 36, 92),
    "longer than hidden": (300, 260, 100, 196, 90, 130),
    "in a corner": (150, 171, 0, 40, 151, 171),
    "along a border": (160, 240, 130, 160, 20, 220),
    "a speck at the end": (131, 200, 130, 131, 199, 200),
    "the whole photo": (141, 133, 0, 141, 0, 133),
    "far larger": (700, 410, 40, 690, 5, 400),
}


@functools.cache
def runs():
    """Every case through `fill`: the fixture, the case, and what was seen on the way by name."""
    fixture = Fixture("context_encoder")
    network = load(fixture.state())
    return [(fixture, case, watched(network, fixture, case)) for case in fixture.cases]


def watched(network, fixture, case):
    seen = {}
    hooks = [
        network.register_forward_pre_hook(lambda _, given: seen.update(input=given[0])),
        network.middle.squeeze.conv.register_forward_hook(lambda _, __, found: seen.update(bottleneck=found)),
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


def test_the_output_is_the_programs():
    for fixture, case, seen in runs():
        fixture.check(seen["bottleneck"], case, "bottleneck_conv")
        fixture.check(seen["output"], case, "output")


def test_the_completed_photo_is_the_programs():
    """All of it: the program pastes the overlap, too, and so does `fill`."""
    for fixture, case, seen in runs():
        filled = (seen["filled"][0].permute(1, 2, 0) * 255).to(torch.uint8)
        assert (filled.int() - fixture[f"{case}.result"].int()).abs().max() <= 1


class Mirror(torch.nn.Module):
    """In place of the network: answers what it sees in the middle, in the last channels, and keeps all it sees."""

    def __init__(self, channels):
        super().__init__()
        self.channels = channels

    def forward(self, x):
        assert x.shape[1:] == (self.channels[0], 128, 128)
        self.seen = x
        return x[:, -self.channels[1] :, 32:96, 32:96]


def place(name, channels):
    """A ramp with as many channels, a hole of two ends of its box, and by how much the photo has to be reduced."""
    height, width, top, bottom, left, right = HOLES[name]
    rows, columns = torch.linspace(0, 1, height)[:, None], torch.linspace(0, 1, width)
    ramp = (0.7 * rows + 0.3 * columns) * torch.linspace(1, 0.7, channels).view(1, -1, 1, 1)
    hole = torch.zeros(1, 1, height, width, dtype=torch.bool)
    scale = max(1, (bottom - top) / 56, (right - left) / 56)
    end = int(6 * scale) + 4
    hole[..., top : min(top + end, bottom), left : min(left + end, right)] = True
    hole[..., max(top, bottom - end) : bottom, max(left, right - end) : right] = True
    return ramp, hole, scale


def near(hole, pixels):
    """The hole grown by so many pixels to all sides."""
    for side in ((2 * pixels + 1, 1), (1, 2 * pixels + 1)):
        hole = torch.nn.functional.max_pool2d(hole.float(), side, 1, [n // 2 for n in side]) > 0
    return hole


@pytest.mark.parametrize("name", HOLES)
@pytest.mark.parametrize("channels", CHANNELS)
def test_what_is_seen_goes_back_where_it_was(name, channels):
    """A ramp, reduced and enlarged again, shows a shift of a pixel; and the hole gets the mean pixel it hid."""
    ramp, hole, scale = place(name, channels[0])
    filled = VARIANT.fill(Mirror(channels), ramp.masked_fill(hole, 0), hole)
    assert filled.shape == (1, channels[1], *ramp.shape[2:])
    slope = 0.7 / ramp.shape[2] + 0.3 / ramp.shape[3]
    rim = int(2 * scale) + 1 if scale > 1 else 0
    clear = ~near(hole, rim).expand_as(filled)
    apart = (filled - ramp[:, -channels[1] :]).abs()
    assert apart[clear].max() <= slope * (scale if scale > 1 else 1e-3)
    mean = torch.tensor(MEANS[channels[0]][-channels[1] :]).view(-1, 1, 1).expand_as(filled)
    deep = ~near(~hole, rim).expand_as(filled)
    assert deep.any()
    torch.testing.assert_close(filled[deep], mean[deep], atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", HOLES)
def test_a_full_hole_is_hidden_within_the_middle(name):
    height, width, top, bottom, left, right = HOLES[name]
    hole = torch.zeros(1, 1, height, width, dtype=torch.bool)
    hole[..., top:bottom, left:right] = True
    mirror = Mirror((3, 3))
    VARIANT.fill(mirror, torch.full((1, 3, height, width), 1.0).masked_fill(hole, 0), hole)
    hidden = mirror.seen[0, 0] < 0.999
    assert hidden[36:92, 36:92].any()
    assert torch.equal(hidden, (mirror.seen[0, 0] - (2 * RGB_MEAN[0] - 1)).abs() < 1e-5)
    inner = hidden.clone()
    if top > 0 and bottom < height:
        inner[35:93] = False
        assert not inner.any()
    if left > 0 and right < width:
        hidden[:, 35:93] = False
        assert not hidden.any()


def test_the_window_stays_in_the_photo_where_the_hole_can_stay_hidden():
    mirror = Mirror((1, 1))
    image = torch.linspace(0, 1, 128).expand(1, 1, 128, 128)
    hole = torch.zeros(1, 1, 128, 128, dtype=torch.bool)
    hole[..., 50:60, 70:90] = True
    VARIANT.fill(mirror, image.masked_fill(hole, 0), hole)
    seen = (mirror.seen + 1) / 2
    torch.testing.assert_close(seen[~hole], image[~hole])


def task(channels, height=129, width=157, batch=1):
    """A photo with as many channels, zero in a hole that differs from item to item, and the hole."""
    photo = make_photo(batch=2 * batch, height=height, width=width).reshape(batch, 6, height, width)
    hole = torch.zeros(batch, 1, height, width, dtype=torch.bool)
    for i in range(batch):
        hole[i, :, 30 + 20 * i : 80, 50 : 90 + 50 * i] = True
    return photo[:, : channels[0]].masked_fill(hole, 0), hole


def new(channels, width=4, **options):
    return fresh(channels, width, **options).eval()


@pytest.mark.parametrize("channel_wise", [False, True])
@pytest.mark.parametrize("channels", CHANNELS)
def test_fresh_networks_fill_any_size(channels, channel_wise):
    network = new(channels, channel_wise=channel_wise)
    assert network.channels == channels
    for height, width in [(CONTEXT_ENCODER.minimum, 131), (257, CONTEXT_ENCODER.minimum)]:
        image, hole = task(channels, height, width)
        with torch.inference_mode():
            filled = VARIANT.fill(network, image, hole)
        assert filled.shape == (1, channels[1], height, width)
        assert filled.amin() >= 0
        assert filled.amax() <= 1
        assert filled[hole.expand_as(filled)].std() > 1e-3


def test_an_empty_hole_is_no_error():
    image, hole = task((3, 3))
    assert VARIANT.fill(new((3, 3)), image, torch.zeros_like(hole)).shape == image.shape


@pytest.mark.parametrize(("dtype", "apart"), [(torch.float64, 1e-5), (torch.bfloat16, 0.05), (torch.float16, 0.01)])
def test_the_precision_stays(dtype, apart):
    network = new((1, 1), channel_wise=True)
    image, hole = task((1, 1))
    single = VARIANT.fill(network, image, hole)
    found = VARIANT.fill(network.to(dtype), image.to(dtype), hole)
    assert found.dtype == dtype
    torch.testing.assert_close(found.float(), single, atol=apart, rtol=0)


@pytest.mark.parametrize("channel_wise", [False, True])
@pytest.mark.parametrize(("channels", "width"), [((1, 1), 4), ((3, 3), 6), ((4, 1), 5)])
def test_other_sizes_load_and_come_back(channels, width, channel_wise, untouched_rng):
    with torch.random.fork_rng():
        network = new(channels, width, channel_wise=channel_wise)
    again = VARIANT.build(network.state_dict())
    assert again.channels == channels
    assert not again.training
    image, hole = task(channels)
    assert torch.equal(VARIANT.fill(network, image, hole), VARIANT.fill(again, image, hole))


def authors_state():
    """The authors' names with small tensors."""
    ours = fresh((3, 3), 4).state_dict()
    return {theirs: ours[name] for theirs, name in NAMES.items()}


def test_authors_names_are_detected_with_and_without_counters():
    state = authors_state()
    assert load(state).channels == (3, 3)
    counters = {f"main.{3 + 3 * i}.num_batches_tracked": torch.tensor(7) for i in range(9)}
    assert load(state | counters).channels == (3, 3)


def test_foreign_names_are_not():
    state = authors_state()
    assert VARIANT.detect({}) is None
    assert VARIANT.detect(load(state).state_dict()) is None
    assert VARIANT.detect(state | {"main.30.weight": torch.zeros(1)}) is None
    discriminator = {name: value for name, value in state.items() if int(name.split(".")[1]) < 12}
    assert VARIANT.detect(discriminator) is None


def test_a_state_of_another_shape_is_refused():
    state = VARIANT.convert(authors_state())
    state["up.1.conv.weight"] = state["up.1.conv.weight"][1:]
    with pytest.raises(RuntimeError, match="up.1.conv.weight"):
        VARIANT.build(state)
