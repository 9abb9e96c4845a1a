"""What was found, as a sentence."""

import torch
from damage_photos import nothing
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect import Detection, summary
from monochromic.core.detect.summary import count_parts


def found(filled, left=None, margin=None):
    """As of a method that tells no kinds."""
    none = torch.zeros_like(filled)
    left, margin = (none if mask is None else mask for mask in (left, margin))
    return Detection(filled, left, margin, none, torch.maximum(filled, left), filled)


class TestSummary:
    def test_counts_and_shares(self):
        filled, left, margin = torch.zeros(3, 1, 1, 20, 50)
        filled[..., 5, 5:10] = filled[..., 10, 40] = filled[..., 11, 41] = 1
        left[..., 12:18, 10:20] = 1
        assert summary(found(filled)) == ["filled: 2 marks, 0.7 % of the photo"]
        alone = "filled: 2 marks, 0.7 % of the photo; not filled: 1 thick part of 6.0 %"
        assert summary(found(filled, left)) == [f"{alone}, see the heat map"]
        assert summary(found(filled, left), heat_map=False) == [alone]
        margin[..., :2, :] = left[..., :2, :20] = 1
        assert summary(found(filled, left, margin)) == [f"{alone} and 4.0 % of blank margin, see the heat map"]

    def test_nothing_and_hardly_anything(self):
        assert summary(found(nothing())) == ["filled: nothing"]
        speck = nothing()
        speck[..., 3, 3] = 1
        assert summary(found(speck)) == ["filled: 1 mark, under 0.1 % of the photo"]

    def test_less_than_half_of_each_mark(self):
        marks, hole = torch.zeros(1, len(KIND_NAMES), 20, 50), nothing(20, 50)
        marks[:, KIND_NAMES.index("specks"), 5, 5:10] = marks[:, KIND_NAMES.index("lines"), 8:18, 30] = 1
        hole[..., 5, 5:7] = hole[..., 8:12, 30] = 1
        detection = found(hole)._replace(kinds_in_copy=marks, marks_in_copy=marks)
        assert summary(detection) == ["filled: 2 parts of marks, 0.6 % of the photo"]

    def test_a_warning_where_it_is_much(self):
        for rows, warned in ((8, False), (9, True)):
            hole = torch.zeros(1, 1, 100, 10)
            hole[..., :rows, :] = 1
            assert ("; warning: more than 8 % of the photo" in summary(found(hole))[0]) == warned

    def test_a_line_for_each_photo(self):
        hole = nothing(batch=2)
        hole[1, ..., :10] = 1
        assert summary(found(hole)) == ["photo 1: filled: nothing", "photo 2: filled: 1 mark, 3.1 % of the photo"]

    def test_parts_that_touch_at_a_corner_are_one(self):
        mask = torch.eye(10)[None]
        assert count_parts(mask) == (1, 0.1)

    def test_crumbs_are_counted_with_the_area_they_lie_around(self):
        mask = torch.zeros(1, 10, 40)
        mask[..., 2:4, [5, 9, 20]] = 1  # gaps of 3 and 10 pixels
        assert [count_parts(mask, apart)[0] for apart in (0, 2, 3, 9, 10)] == [3, 3, 2, 2, 1]
        assert count_parts(mask, 10)[1] == 6 / 400
        left = torch.zeros(1, 1, 96, 120)  # 96 / 24 pixels apart
        left[..., 40:50, [10, 14, 21]] = 1
        assert "not filled: 2 thick parts of 0.3 %" in summary(found(nothing(96, 120), left))[0]
