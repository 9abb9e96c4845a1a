"""Kinds of damage: how they are asked for, which are filled, which are skipped, and what is said of them."""

import pytest
import torch
from conftest import make_photo
from monochromic.core import InputError, UnknownNameError, find_hole
from monochromic.core.damage_kinds import DAMAGE_KINDS, KIND_NAMES
from monochromic.core.detect import choose_kinds, kind_thresholds, parse_kinds, summary

LINES, SPECKS, LOST, AREAS, OVERLAYS = range(5)


@pytest.fixture
def photo():
    return 0.2 + 0.5 * make_photo(1, 200, 260)


@pytest.fixture
def found_in(monkeypatch, photo):
    """`find_hole` where the network sees what the test says, (1, 5, H, W)."""

    def find(seen, **options):
        monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen)
        return find_hole(photo, "classical", dilate=0, **options)

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
    assert torch.equal(found.skipped, union(planes, AREAS, OVERLAYS))
    assert torch.equal(found.kinds, planes)
    assert torch.equal(found.marks, (planes > 0.5).byte())
    assert torch.equal(found.probability, planes.amax(1, keepdim=True))


@pytest.mark.parametrize(("place", "filled"), [(LINES, 0), (OVERLAYS, 40)])
def test_a_sure_core_in_a_wide_weak_surround(place, filled, photo, monkeypatch):
    """A line so unsure all along is dropped; an overlay has soft edges, and is filled where it is sure."""
    seen = torch.zeros(1, 5, 200, 260)
    seen[0, place, 60:80, 50:90] = 0.1
    seen[0, place, 69:70, 50:90] = 0.9
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen)
    found = find_hole(photo, "learned", dilate=0, guard=False, kinds=[KIND_NAMES[place]])
    assert found.hole.sum() == filled


@pytest.mark.parametrize("place", range(5))
def test_a_kind_that_is_asked_for_is_filled_alone(planes, found_in, place):
    found = found_in(planes, kinds=[KIND_NAMES[place]])
    assert torch.equal(found.hole, union(planes, place))
    assert torch.equal(found.skipped, union(planes, *(i for i in range(5) if i != place)))


def test_kind_thresholds_their_own(planes, found_in):
    found = found_in(planes, threshold=0.7, kinds={"lines": 0.5, "specks": None, "areas": 0.55})
    assert torch.equal(found.hole, union(planes, LINES, AREAS))
    assert not (found.skipped * union(planes, SPECKS)).any()  # not probable enough to be damage at all


def test_an_area_that_is_asked_for_is_filled_in_spite_of_the_guard(planes, found_in):
    lines = planes.clone()
    lines[0, LINES, 80:130, 100:160] = 0.9
    assert not (found_in(lines).hole * union(planes, AREAS)).any()  # a thick island
    assert torch.equal(found_in(lines, kinds=["areas"]).hole, union(planes, AREAS))
    assert torch.equal(found_in(lines, kinds=["areas", "lines"]).hole, union(planes, AREAS, LINES))


def test_a_line_grows_over_an_area_that_is_left(planes, photo, monkeypatch):
    planes[0, LINES, 100:102, :] = 0.9
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: planes)
    found = find_hole(photo, dilate=2)
    assert found.hole[0, 0, 98:104, 120].all()
    assert not (found.hole * found.skipped).any()


def test_wide_specks_are_left_and_narrow_ones_filled(monkeypatch):
    """7 pixels are more than 1/100 of 600, and less than the 1/64 at which any part is left."""
    kinds = torch.zeros(1, 5, 600, 640)
    kinds[0, SPECKS, 40:45, 60:65] = kinds[0, SPECKS, 140:147, 100:107] = kinds[0, SPECKS, 280:287, 100:107] = 0.99
    kinds[0, LINES, 282:284, 80:136] = 0.99  # a short line through the second wide one
    kinds[0, LINES, 500:502, :] = 0.9  # a fold, so that the photo does not look undamaged
    monkeypatch.setattr("monochromic.core.detect.look.smooth_lines", lambda lines: lines * 0)
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: kinds)
    photo = 0.2 + 0.5 * make_photo(1, 600, 640)
    found = find_hole(photo, dilate=0)
    assert found.hole[0, 0, 40:45, 60:65].all()
    assert found.skipped[0, 0, 140:147, 100:107].all()
    assert found.hole[0, 0, 282:284, 80:136].all()
    assert torch.equal(found.hole + found.skipped, union(kinds, LINES, SPECKS))
    assert torch.equal(find_hole(photo, dilate=0, guard=False).hole, union(kinds, LINES, SPECKS))


def test_methods_that_tell_no_kinds(found_in, photo):
    one = torch.zeros(1, 1, 200, 260)
    one[..., 20:22, 30:200] = 0.9
    assert found_in(one).hole.sum() == 340
    with pytest.raises(InputError, match="'vcnet' does not tell kinds of damage apart"):
        find_hole(photo, "vcnet", kinds=["lines"])  # before its weights are looked for


def test_what_is_said(planes, found_in):
    words = summary(found_in(planes))[0]
    assert words == (
        "filled: 1 line, 1 speck and 1 lost part, 1.8 % of the photo; not filled: 1 area of 5.8 % and 1 overlay "
        "of 1.4 %, see the heat map"
    )
    assert summary(found_in(planes, kinds=[])) == [
        "filled: nothing; not filled: 1 doubtful line of 0.7 %, 1 speck of under 0.1 %, 1 lost part of 1.2 %, "
        "1 area of 5.8 % and 1 overlay of 1.4 %, see the heat map"
    ]


def test_a_widened_line_over_a_skipped_area_fills_no_area(planes, photo, monkeypatch):
    planes[0, LINES, 132:134, 90:170] = 0.9  # two pixels below the area
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: planes)
    found = find_hole(photo, dilate=4)
    assert (found.hole * planes[:, [AREAS]]).any()
    words = summary(found)[0]
    assert words.startswith("filled: 2 lines, 1 speck and 1 lost part, ")
    assert "not filled: 1 area of " in words


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


def test_the_kinds_asked_for():
    assert kind_thresholds(None, 0.4) == {kind.id: 0.4 for kind in DAMAGE_KINDS if kind.restored}
    assert kind_thresholds("areas", 0.4) == {"areas": 0.4}
    assert kind_thresholds(["areas", "lines"], 0.4) == {"areas": 0.4, "lines": 0.4}
    assert kind_thresholds({"areas": 0.2}, 0.4) == {"areas": 0.2}
    assert kind_thresholds((), 0.4) == {}
    with pytest.raises(UnknownNameError, match="did you mean 'lines'"):
        kind_thresholds(["line"], 0.5)
    with pytest.raises(InputError, match="threshold of areas must be at least 0 and below 1, got 1"):
        kind_thresholds({"areas": 1.0}, 0.5)
    with pytest.raises(InputError, match="the threshold must be at least 0"):
        kind_thresholds(None, -0.1)


def test_the_default_is_what_archives_need():
    restored = {kind.id for kind in DAMAGE_KINDS if kind.restored}
    assert restored == {"lines", "specks", "lost"}
    assert KIND_NAMES == ("lines", "specks", "lost", "areas", "overlays")
