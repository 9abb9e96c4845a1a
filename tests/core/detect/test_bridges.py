"""Bridges over the gaps of broken lines, and the skeletons that tell where a line ends and where it points."""

import cv2
import numpy as np
import pytest
import torch
from conftest import ROOT
from monochromic.core import find_hole, load_hole, load_image
from monochromic.core.detect import second_look
from monochromic.core.detect.bridges import MIN_LOGIT, bridges, thinned
from monochromic.core.detect.second_look import bridge_lines
from skimage.measure import euler_number
from skimage.morphology import dilation, skeletonize

TRACE = np.full((160, 200), MIN_LOGIT + 1, np.float32)


def drawn(*lines):
    """A mask (160, 200) with lines of x, y, x, y, width."""
    mask = np.zeros((160, 200), np.uint8)
    for x0, y0, x1, y1, width in lines:
        cv2.line(mask, (x0, y0), (x1, y1), 1, width)
    return mask > 0


LEFT = (10, 60, 80, 60, 4)


@pytest.mark.parametrize("seed", range(4))
def test_skeletons_are_about_those_of_scikit_image(seed):
    """It thins by the same paper, and then takes the inner corners of stairs away."""
    random = np.random.default_rng(seed)
    mask = drawn(*([*random.integers(0, 120, 4).tolist(), int(random.integers(1, 9))] for _ in range(7)))
    ours, theirs = thinned(mask) > 0, skeletonize(mask, method="zhang")
    assert euler_number(ours, connectivity=2) == euler_number(mask, connectivity=2)
    assert not (ours & ~mask).any()
    assert ours.sum() < 1.25 * theirs.sum()
    for one, other in ((ours, theirs), (theirs, ours)):
        assert (one & dilation(other, np.ones((3, 3)))).sum() > 0.97 * one.sum()


@pytest.mark.parametrize("width", [1, 3, 6])
@pytest.mark.parametrize("rise", [0, 12])
def test_a_gap_is_bridged_from_end_to_end_and_nothing_else_changes(width, rise):
    whole = drawn((10, 60 - rise, 190, 60 + rise, width))
    broken = whole.copy()
    broken[:, 85:120] = False
    bridge = bridges(broken, TRACE)
    assert cv2.connectedComponents((broken | bridge).astype(np.uint8))[0] == 2  # the ground, and one line
    assert not (bridge & ~dilation(whole, np.ones((5, 5)))).any()
    assert not bridge[:, :70].any()
    assert not bridge[:, 135:].any()


def test_without_a_trace_there_is_none():
    broken = drawn(LEFT, (120, 60, 190, 60, 4))
    assert bridges(broken, TRACE).any()
    assert not bridges(broken, TRACE - 2).any()
    assert not bridges(np.zeros_like(broken), TRACE).any()


@pytest.mark.parametrize(("beside", "joined"), [(0, True), (2, True), (3, False)])
def test_a_trace_counts_on_the_way_and_hardly_beside_it(beside, joined):
    trace = TRACE - 2
    trace[60 + beside] = MIN_LOGIT + 1
    assert bridges(drawn(LEFT, (120, 60, 190, 60, 4)), trace).any() == joined


def test_an_end_is_joined_once_and_to_the_nearest():
    near, far = (104, 63, 145, 66, 4), (124, 52, 190, 46, 4)
    for other in (near, far):
        assert bridges(drawn(LEFT, other), TRACE).any()
    lines = drawn(LEFT, near, far)
    _, label = cv2.connectedComponents((lines | bridges(lines, TRACE)).astype(np.uint8))
    assert label[60, 20] == label[66, 144]
    assert label[60, 20] != label[46, 188]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((120, 85, 190, 85, 4), id="beside"),
        pytest.param((120, 60, 175, 110, 4), id="turned"),
        pytest.param((120, 20, 120, 100, 4), id="across"),
        pytest.param((120, 60, 136, 60, 4), id="short"),
        pytest.param((120, 60, 190, 60, 20), id="wide"),
        pytest.param((155, 60, 199, 60, 4), id="far"),
    ],
)
def test_lines_that_do_not_go_on_in_one_another_stay_apart(other):
    assert not bridges(drawn(LEFT, other), TRACE).any()


def test_large_photos_are_bridged_at_their_own_size():
    broken = drawn(LEFT, (120, 60, 190, 60, 4))
    large = torch.from_numpy(broken.repeat(10, 0).repeat(10, 1).astype(np.uint8))[None, None]
    bridge = bridge_lines(large, torch.full(large.shape, 0.1))
    assert bridge.shape == large.shape
    assert bridge.dtype == large.dtype
    both = torch.maximum(large, bridge)[0, 0].numpy()
    assert cv2.connectedComponents(both)[0] == 2
    assert not bridge_lines(large, torch.zeros(large.shape)).any()


def test_the_fold_of_the_sample_is_whole(monkeypatch):
    """The network does not find the fold beside the badge."""
    inputs = ROOT / "workflows/input"
    photo, truth = load_image(inputs / "astronaut_scratched.png"), load_hole(inputs / "astronaut_scratches.png")
    beside_the_badge = (..., slice(322, 337), slice(150, 220))
    covered = []
    for max_share in (second_look.DAMAGED_SHARE, 1.0):
        monkeypatch.setattr(second_look, "DAMAGED_SHARE", max_share)
        hole = find_hole(photo).hole
        covered.append(float((hole * truth)[beside_the_badge].sum() / truth[beside_the_badge].sum()))
    assert covered[0] > 0.8
    assert covered[1] < 0.2
