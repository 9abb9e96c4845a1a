"""Kinds of damage: which are filled, which are left, what is said of them, and how they look."""

import pytest
import torch
from conftest import make_photo
from monochromic.core import InputError, UnknownNameError, find_hole, heat_map, luminance
from monochromic.core.damage_kinds import DAMAGE_KINDS, KIND_NAMES
from monochromic.core.detect import summary
from monochromic.core.detect.marks import choose_kinds, parse_kinds

LINES, SPECKS, LOST, AREAS, OVERLAYS = range(5)


@pytest.fixture
def photo():
    return 0.2 + 0.5 * make_photo(1, 200, 260)


@pytest.fixture
def found_in(monkeypatch, photo):
    """`find_hole` where the network sees what the test says, (1, 5, H, W)."""

    def find(seen, **options):
        monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen)
        return find_hole(photo, "classical", grow=0, **options)

    return find


@pytest.fixture
def planes(photo):
    """A line, a speck, a torn side, an area in the middle, and lettering; all of probability 0.6."""
    kinds = torch.zeros(1, 5, 200, 260)
    kinds[0, LINES, 20:22, 30:200] = 0.6
    kinds[0, SPECKS, 40:43, 60:63] = 0.6
    kinds[0, LOST, 150:200, :12] = 0.6
    kinds[0, AREAS, 80:130, 100:160] = 0.6
    kinds[0, OVERLAYS, 150:156, 100:220] = 0.6
    return kinds


def union(planes, *kinds):
    return (planes[:, list(kinds)].amax(1, keepdim=True) > 0.5).to(planes)


def test_by_default_lines_specks_and_lost_parts_are_filled(planes, found_in):
    found = found_in(planes)
    assert torch.equal(found.hole, union(planes, LINES, SPECKS, LOST))
    assert torch.equal(found.left, union(planes, AREAS, OVERLAYS))
    assert torch.equal(found.kinds, planes)
    assert torch.equal(found.marks, (planes > 0.5).byte())
    assert torch.equal(found.probability, planes.amax(1, keepdim=True))


@pytest.mark.parametrize("place", range(5))
def test_a_kind_that_is_asked_for_is_filled_alone(planes, found_in, place):
    found = found_in(planes, kinds=[KIND_NAMES[place]])
    assert torch.equal(found.hole, union(planes, place))
    assert torch.equal(found.left, union(planes, *(i for i in range(5) if i != place)))


def test_thresholds_of_their_own(planes, found_in):
    found = found_in(planes, threshold=0.7, kinds={"lines": 0.5, "specks": None, "areas": 0.55})
    assert torch.equal(found.hole, union(planes, LINES, AREAS))
    assert not (found.left * union(planes, SPECKS)).any()  # not probable enough to be damage at all


def test_an_area_that_is_asked_for_is_filled_in_spite_of_the_guard(planes, found_in):
    lines = planes.clone()
    lines[0, LINES, 80:130, 100:160] = 0.9
    assert not (found_in(lines).hole * union(planes, AREAS)).any()  # a thick island
    assert torch.equal(found_in(lines, kinds=["areas"]).hole, union(planes, AREAS))
    assert torch.equal(found_in(lines, kinds=["areas", "lines"]).hole, union(planes, AREAS, LINES))


def test_a_line_grows_over_an_area_that_is_left(planes, photo, monkeypatch):
    planes[0, LINES, 100:102, :] = 0.9
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: planes)
    found = find_hole(photo, grow=2)
    assert found.hole[0, 0, 98:104, 120].all()
    assert not (found.hole * found.left).any()


def test_wide_specks_are_left_and_narrow_ones_filled(monkeypatch):
    """7 pixels are more than 1/100 of 600, and less than the 1/64 at which any part is left."""
    kinds = torch.zeros(1, 5, 600, 640)
    kinds[0, SPECKS, 40:45, 60:65] = kinds[0, SPECKS, 140:147, 100:107] = kinds[0, SPECKS, 280:287, 100:107] = 0.9
    kinds[0, LINES, 282:284, 80:230] = 0.9  # a line through the second wide one
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: kinds)
    photo = 0.2 + 0.5 * make_photo(1, 600, 640)
    found = find_hole(photo, grow=0)
    assert found.hole[0, 0, 40:45, 60:65].all()
    assert found.left[0, 0, 140:147, 100:107].all()
    assert found.hole[0, 0, 282:284, 80:230].all()
    assert torch.equal(found.hole + found.left, union(kinds, LINES, SPECKS))
    assert torch.equal(find_hole(photo, grow=0, guard=False).hole, union(kinds, LINES, SPECKS))


def test_methods_that_tell_no_kinds(found_in, photo):
    one = torch.zeros(1, 1, 200, 260)
    one[..., 20:22, 30:200] = 0.9
    assert found_in(one).hole.sum() == 340
    with pytest.raises(InputError, match="'vcnet' does not tell kinds of damage apart"):
        find_hole(photo, "vcnet", kinds=["lines"])  # before its weights are looked for


def test_what_is_said(planes, found_in):
    words = summary(found_in(planes))[0]
    assert words == (
        "filled: 1 line, 1 speck and 1 lost part, 1.8 % of the photo; left: 1 area of 5.8 % and 1 overlay of 1.4 %, "
        "see the heat map"
    )
    assert summary(found_in(planes, kinds=[])) == [
        "filled: nothing; left: 1 thick line of 0.7 %, 1 speck of under 0.1 %, 1 lost part of 1.2 %, "
        "1 area of 5.8 % and 1 overlay of 1.4 %, see the heat map"
    ]


def test_a_heat_map_has_the_color_of_the_most_probable_kind(photo):
    kinds = torch.zeros(1, 5, *photo.shape[-2:])
    for i in range(5):
        kinds[0, i, 40 * i : 40 * i + 20] = 1
        kinds[0, (i + 1) % 5, 40 * i : 40 * i + 20] = 0.4
    heat = heat_map(photo, kinds)
    gray = luminance(photo).expand(-1, 3, -1, -1)
    for i, kind in enumerate(DAMAGE_KINDS):
        here = slice(40 * i, 40 * i + 20)
        color = torch.tensor(kind.color).view(1, 3, 1, 1)
        assert torch.allclose(heat[..., here, :], 0.1 * gray[..., here, :] + 0.9 * color, atol=1e-6)
        below = slice(40 * i + 20, 40 * i + 40)
        assert torch.equal(heat[..., below, :], gray[..., below, :])
    with pytest.raises(InputError, match="probability"):
        heat_map(photo, kinds[:, :2])


def test_kinds_as_text():
    assert parse_kinds("lines, specks=0.3") == {"lines": None, "specks": 0.3}
    assert parse_kinds(" ") == {}
    assert parse_kinds("all, areas=0.7") == {**dict.fromkeys(KIND_NAMES), "areas": 0.7}
    with pytest.raises(InputError, match=r"threshold of lines must be a number, such as lines=0.5, got 'lines=x'"):
        parse_kinds("lines=x")
    with pytest.raises(InputError, match=r"must stand before the threshold, such as lines=0.5, got '=0.5'"):
        parse_kinds("lines, =0.5")


def test_switches():
    usual = {"lines": True, "specks": True, "lost": True, "areas": False, "overlays": False}
    assert choose_kinds(usual) is None
    assert choose_kinds({}) is None
    assert choose_kinds({**usual, "areas": True}) == dict.fromkeys(("lines", "specks", "lost", "areas"))
    assert choose_kinds({**usual, "lost": False}, "lines=0.4") == {"lines": 0.4, "specks": None}
    with pytest.raises(InputError, match="areas has a threshold but is off"):
        choose_kinds(usual, "areas=0.4")


def test_a_name_that_is_no_kind(found_in, planes):
    with pytest.raises(UnknownNameError, match="did you mean 'overlays'"):
        found_in(planes, kinds=["overlay"])
