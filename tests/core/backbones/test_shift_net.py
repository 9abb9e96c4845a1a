"""Shift-Net against the authors' program, where its shift layer departs from it, and the names of its file."""

import functools
import re

import pytest
import torch
from fixtures import Fixture
from monochromic.core.backbones.shift_net import NAMES, SHIFT_NET, SHIFTED, Shift, fresh, hole_cells

VARIANT = SHIFT_NET.variants[0]
CASES = ("a", "b", "c")


@functools.cache
def runs():
    """Every case through `fill`: the fixture, the case, and what was seen on the way by name."""
    fixture = Fixture("shift_net")
    network = load(fixture.state())
    return [(fixture, case, watched(network, fixture, case)) for case in CASES]


def watched(network, fixture, case):
    seen = {}
    hooks = [
        network.register_forward_pre_hook(lambda _, given: seen.update(input=given[0])),
        network.shift.register_forward_hook(
            lambda _, given, found: seen.update(features=given[0], cells=given[1], shifted=found)
        ),
        network.decoder[0].register_forward_hook(lambda _, __, found: seen.update(before_tanh=found)),
        network.register_forward_hook(lambda _, __, found: seen.update(output=found)),
    ]
    image = fixture[f"{case}.image"].permute(2, 0, 1)[None] / 255
    hole = fixture[f"{case}.mask"][None, None] > 127
    with torch.inference_mode():
        seen["filled"] = VARIANT.fill(network, image.masked_fill(hole, 0), hole)
        seen["sources"] = network.shift.sources(seen["features"], seen["cells"])
    for hook in hooks:
        hook.remove()
    return seen


def load(state):
    assert VARIANT.detect(state) == ""
    return VARIANT.build(VARIANT.convert(state))


def crop(fixture, case, name, x):
    """The part of `x` that the fixture keeps, as the words on the array say."""
    words = fixture.doc["arrays"][name]["description"]
    rows, columns = re.search(rf"\b{case} rows (\d+:\d+), columns (\d+:\d+)", words).groups()
    return x[(..., *(slice(*map(int, span.split(":"))) for span in (rows, columns)))]


def test_the_networks_input_is_the_programs():
    fixture, case, seen = runs()[0]
    torch.testing.assert_close(seen["input"], fixture[f"{case}.input"], atol=1e-6, rtol=0)


def test_the_shift_layer_gets_what_the_programs_gets():
    for fixture, case, seen in runs():
        features = seen["features"]
        assert torch.equal(seen["cells"], fixture[f"{case}.shift_mask"] > 0)
        fixture.check(features[0].mean((1, 2)), case, "shift_input_channel_mean")
        fixture.check(features[0].std((1, 2)), case, "shift_input_channel_std")
        fixture.check(crop(fixture, case, "shift_input_crop", features), case, "shift_input_crop")


def test_the_same_cells_are_copied():
    for fixture, case, seen in runs():
        assert torch.equal(seen["sources"][0].int(), fixture[f"{case}.shift_source"])
        shifted = seen["shifted"][:, -256:]
        assert torch.equal(seen["shifted"][:, :512], seen["features"])
        fixture.check(shifted[0].mean((1, 2)), case, "shifted_channel_mean")
        fixture.check(crop(fixture, case, "shift_input_crop", shifted), case, "shifted_crop")


def test_the_output_is_the_programs():
    for fixture, case, seen in runs():
        before = seen["before_tanh"]
        fixture.check(torch.stack([before.mean(), before.std()]), case, "before_tanh_mean_std")
        if case == "a":
            fixture.check(seen["output"], case, "output")
        else:
            fixture.check(crop(fixture, case, "output_crop", seen["output"]), case, "output_crop")


def test_the_saved_photo_is_the_programs():
    """All of it: the program does not put the known pixels back."""
    fixture, case, seen = runs()[2]
    filled = (seen["filled"][0].permute(1, 2, 0) * 255).to(torch.uint8)
    assert (filled.int() - fixture[f"{case}.result"].int()).abs().max() <= 1


class TestShiftLayerAlone:
    """Two items of a few cells, in which the program's ways with equal and with empty features show."""

    def test_it_is_the_programs(self):
        fixture = Fixture("shift_net")
        cells = hole_cells(fixture["u.unit_mask"] > 127)
        assert torch.equal(cells, fixture["u.unit_flag"] > 0)
        assert torch.equal(Shift().sources(fixture["u.unit_input"], cells).int(), fixture["u.unit_source"])
        fixture.check(Shift()(fixture["u.unit_input"], cells), "u", "unit_output")

    def test_its_gradient_is_the_programs(self):
        fixture = Fixture("shift_net")
        features = fixture["u.unit_input"].requires_grad_()
        Shift()(features, fixture["u.unit_flag"] > 0).backward(fixture["u.unit_grad_output"])
        fixture.check(features.grad, "u", "unit_grad_input")

    def test_a_known_cell_without_features_is_not_copied_everywhere(self):
        """Unlike in the program, whose cosine with it is no number and wins."""
        fixture = Fixture("shift_net")
        cells, empty = fixture["z.unit_flag"] > 0, fixture.doc["cases"]["z"]["known_cell"]
        found = Shift().sources(fixture["z.unit_input"], cells)
        before = Shift().sources(fixture["u.unit_input"][:1], cells)
        assert set(fixture["z.unit_source"].unique().tolist()) == {-1, empty}
        assert not (found == empty).any()
        assert torch.equal(found[before != empty], before[before != empty])

    @pytest.mark.parametrize("share", [0.0, 1.0])
    def test_a_hole_of_no_cell_or_of_all_shifts_nothing(self, share):
        features = torch.rand(2, 6, 5, 4)
        answer = Shift()(features, torch.full((2, 1, 5, 4), share) > 0)
        assert torch.equal(answer[:, :6], features)
        assert not answer[:, 6:].any()

    def test_items_have_holes_of_their_own_and_pieces_are_the_whole(self):
        generator = torch.Generator().manual_seed(0)
        features = torch.rand(3, 8, 7, 9, generator=generator)
        cells = torch.rand(3, 1, 7, 9, generator=generator) < torch.tensor([0.1, 0.5, 0.9]).view(3, 1, 1, 1)
        together = Shift()(features, cells)
        assert len(set(cells.flatten(1).sum(1).tolist())) == 3
        for i in range(3):
            assert torch.equal(Shift(at_once=1)(features[[i]], cells[[i]]), together[[i]])


def test_cells_are_sampled_at_their_first_pixel():
    hole = torch.zeros(1, 1, 32, 40, dtype=torch.bool)
    hole[..., 1:8, :] = True  # covers no first pixel
    assert not hole_cells(hole).any()
    hole[..., 16, 24] = True
    assert hole_cells(hole).nonzero().tolist() == [[0, 0, 2, 3]]


@pytest.mark.parametrize("channels", [(1, 1), (3, 3), (4, 1)])
def test_fresh_networks_fill_odd_multiples(channels):
    network = fresh(channels, 4).eval()
    assert network.channels == channels
    assert len(network.decoder[SHIFTED].conv.weight) == 3 * 16
    for height, width in [(256, 264), (296, 256)]:
        hole = torch.zeros(1, 1, height, width, dtype=torch.bool)
        hole[..., 60:120, 50:100] = True
        with torch.inference_mode():
            filled = VARIANT.fill(network, torch.rand(1, channels[0], height, width).masked_fill(hole, 0), hole)
        assert filled.shape == (1, channels[1], height, width)
        assert 0 <= filled.min() < filled.max() <= 1


def authors_state():
    """The authors' names with small tensors."""
    ours = fresh((3, 3), 2).state_dict()
    return {theirs: ours[name] for theirs, name in NAMES.items()}


def test_the_names_are_those_of_the_program():
    assert NAMES.keys() == {name for name, _ in Fixture("shift_net").doc["networks"]["net"]["state_dict"]}


def test_authors_names_are_detected_and_foreign_ones_are_not():
    state = authors_state()
    assert load(state).channels == (3, 3)
    older = {re.sub("weight$", "running_mean", name): value for name, value in state.items()}
    assert load(state | older).channels == (3, 3)
    assert VARIANT.detect({}) is None
    assert VARIANT.detect(load(state).state_dict()) is None
    assert VARIANT.detect(state | {"model.model.1.model.9.weight": torch.zeros(1)}) is None
    for missing in ("model.model.0.bias", "model.model.1.model.3.model.7.weight", "model.model.3.weight"):
        assert VARIANT.detect({name: value for name, value in state.items() if name != missing}) is None


def test_the_face_variant_is_not_taken_for_it():
    """Its names are others; it is not built."""
    spec = Fixture("shift_net").doc["networks"]["face"]["state_dict"]
    assert VARIANT.detect({name: torch.zeros(1) for name, _ in spec}) is None


def test_a_state_of_another_shape_is_refused():
    state = VARIANT.convert(authors_state())
    state["decoder.2.conv.weight"] = state["decoder.2.conv.weight"][1:]
    with pytest.raises(RuntimeError, match="decoder.2.conv.weight"):
        VARIANT.build(state)
