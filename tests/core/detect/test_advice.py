"""What to ask for, where nothing is filled."""

import pytest
import torch
from conftest import make_photo
from damage_photos import nothing
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect import Detection, find_hole, kinds_left

SIDE = 24


def found(*names, filled=False, at_eye=False, in_margin=False, tells_kinds=True):
    """A photo with a skipped mark of each of these kinds."""
    marks, hole = torch.zeros(1, len(KIND_NAMES), SIDE, SIDE, dtype=torch.uint8), nothing(SIDE, SIDE)
    for row, name in enumerate(names):
        marks[:, KIND_NAMES.index(name), 3 * row, 4:9] = 1
    skipped = marks.amax(1, keepdim=True)
    hole[..., 20, 20] = filled
    kinds = marks if tells_kinds else skipped
    return Detection(hole, skipped, skipped * in_margin, skipped * at_eye, kinds, kinds.float())


@pytest.mark.parametrize("names", [["specks"], ["lines"], ["lines", "specks"], ["specks", "lost"]])
def test_what_was_left_is_to_be_asked_for_alone(names):
    assert kinds_left(found(*names)) == names
    assert kinds_left(found(*names), ["lost", "specks", "lines"]) == names
    assert kinds_left(found(*names, "areas")) == names


def test_asking_does_not_help_where_all_or_some_were_asked_for():
    assert kinds_left(found("lines", "specks", "lost")) == []
    assert kinds_left(found("specks"), ["specks"]) == []
    assert kinds_left(found("specks"), {"specks": 0.3, "lines": None}) == []
    assert kinds_left(found("specks", tells_kinds=False)) == []
    assert kinds_left(found("areas")) == []


def test_nothing_to_say():
    assert kinds_left(found()) is None
    assert kinds_left(found("specks", filled=True)) is None
    assert kinds_left(found("specks", at_eye=True)) is None
    assert kinds_left(found("specks", in_margin=True)) is None


def test_what_is_left_in_a_margin_does_not_count():
    detection = found("lines", "specks")
    detection.margin[..., :2, :] = 1  # over the line
    assert kinds_left(detection) == ["specks"]


def test_of_several_photos_only_those_in_which_nothing_is_filled_count():
    filled, left = found("lines", filled=True), found("specks")
    both = Detection(*(torch.cat(pair) for pair in zip(filled, left, strict=True)))
    assert kinds_left(both) == ["specks"]


def test_marks_of_a_reduced_copy_count():
    marks = torch.zeros(1, len(KIND_NAMES), SIDE // 2, SIDE // 2, dtype=torch.uint8)
    marks[:, KIND_NAMES.index("specks"), 5, 5] = 1
    skipped = nothing(SIDE, SIDE).byte()
    skipped[..., 10:12, 10:12] = 1
    none = torch.zeros_like(skipped)
    assert kinds_left(Detection(none, skipped, none, none, marks, marks.float())) == ["specks"]


def test_who_asks_for_them_gets_them(monkeypatch):
    """Specks that are left because they are all there is."""
    kinds = torch.zeros(1, len(KIND_NAMES), 160, 200)
    kinds[:, KIND_NAMES.index("specks"), 80:82, 90:92] = kinds[:, KIND_NAMES.index("specks"), 30:32, 150:152] = 0.99
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: kinds.clone())
    photo = make_photo(3, 160, 200) * 0.01 + 0.5
    first = find_hole(photo)
    left = kinds_left(first)
    assert not first.hole.any()
    assert left == ["specks"]
    again = find_hole(photo, kinds=left)
    assert again.hole.any()
    assert kinds_left(again, left) is None
