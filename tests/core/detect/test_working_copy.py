"""Large photos are searched in a halved copy; what is found lies where it does in the photo."""

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from damage_photos import picture
from monochromic.core import degrade, find_hole
from monochromic.core.detect import summary, working_copy
from monochromic.core.detect.working_copy import (
    enlarged_marks,
    enlarged_probability,
    reduced_to_work,
    reduction_to_work,
)


@pytest.fixture
def small_is_large(monkeypatch):
    """Photos of 400 pixels and more a side count as large."""
    monkeypatch.setattr(working_copy, "WORKING_PIXELS", 100_000)
    monkeypatch.setattr(working_copy, "MAX_SIDE", 200)


@pytest.mark.parametrize(
    ("h", "w", "factor"),
    [(2448, 2448, 1), (2559, 4000, 1), (2560, 2560, 2), (3000, 4000, 2), (4000, 3000, 2), (6000, 8000, 4), (96, 96, 1)],
)
def test_only_photos_that_stay_large_are_reduced(h, w, factor):
    assert reduction_to_work(h, w) == factor


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_the_copy_holds_the_means_of_squares(factor):
    image = torch.rand(2, 3, 24, 40)
    expected = [
        cv2.resize(one.permute(1, 2, 0).numpy(), (40 // factor, 24 // factor), interpolation=cv2.INTER_AREA)
        for one in image
    ]
    copy = reduced_to_work(image, factor)
    assert np.allclose(copy.permute(0, 2, 3, 1), np.stack(expected), atol=1e-6)


def test_marks_lie_where_they_are_whatever_the_sides():
    for h, w in ((40, 56), (41, 55), (43, 53)):
        copy = reduced_to_work(torch.zeros(1, 1, h, w), 4)
        marks = (torch.rand(1, 2, *copy.shape[-2:]) > 0.5).byte()
        expected = np.kron(marks[0], np.ones((1, 4, 4), np.uint8))[:, :h, :w]
        assert np.array_equal(enlarged_marks(marks, h, w)[0], expected)
        ramp = torch.arange(copy.shape[-1]).expand(1, 1, *copy.shape[-2:]) / 20
        enlarged = enlarged_probability(ramp, h, w)
        assert enlarged.shape == (1, 1, h, w)
        at = (np.arange(w) + 0.5) / 4 - 0.5
        assert np.allclose(enlarged[0, 0, 5], np.clip(at, 0, copy.shape[-1] - 1) / 20, atol=1e-6)


@pytest.mark.parametrize(("min_area", "of_copy"), [(4, 1), (41, 11)])
def test_what_is_found_is_that_of_the_copy(small_is_large, min_area, of_copy):
    """The smallest part is in pixels of the photo."""
    photo = F.interpolate(picture("astronaut", 301, 240), size=(601, 480), mode="bicubic").clamp(0, 1)
    damaged = degrade(photo, ["scratch", "dust"], 0, seed=3)
    found = find_hole(damaged.image, dilate=0, min_area=min_area)
    assert found.hole.shape == found.skipped.shape == found.margin.shape == (1, 1, 601, 480)
    assert found.kinds.shape == found.marks.shape == (1, 5, 601, 480)
    assert found.kinds_in_copy.shape == found.marks_in_copy.shape == (1, 5, 301, 240)
    assert (found.hole * damaged.hole).sum() > 0.6 * damaged.hole.sum()
    assert (found.marks.amax(1, keepdim=True) >= found.hole).all()
    in_copy = find_hole(F.avg_pool2d(damaged.image, 2, ceil_mode=True), dilate=0, min_area=of_copy)
    assert np.array_equal(found.marks[0], np.kron(in_copy.marks[0], np.ones((1, 2, 2), np.uint8))[:, :601])
    assert np.array_equal(found.hole[0], np.kron(in_copy.hole[0], np.ones((1, 2, 2)))[:, :601])


def test_what_is_said_is_said_of_the_photo(small_is_large):
    """Which kind is likeliest where several are marked is told in the copy."""
    photo = F.interpolate(picture("astronaut", 301, 240), size=(601, 480), mode="bicubic").clamp(0, 1)
    found = find_hole(degrade(photo, ["scratch", "text", "stain"], 0, seed=3).image)
    nearest = F.interpolate(found.kinds_in_copy, scale_factor=2, mode="nearest-exact")[..., :601, :480]
    lines = summary(found)
    assert "not filled: " in lines[0]
    assert lines == summary(found._replace(kinds_in_copy=nearest, marks_in_copy=found.marks))
