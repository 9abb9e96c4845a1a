"""The scores of `benchmarks/real_scores.py` on masks drawn by hand, whose values are counted by hand."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch


@pytest.fixture(scope="module")
def scores():
    """The benchmark, which imports its neighbors by their bare names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
        yield importlib.import_module("real_scores")


def drawn(*lines):
    """A mask of text: # is True."""
    return np.array([[c == "#" for c in line] for line in lines])


def line_at(column, height=10, width=20):
    mask = np.zeros((height, width), bool)
    mask[:, column] = True
    return mask


def at(mask):
    """A mask as probabilities or a hole, (1, 1, H, W)."""
    return torch.from_numpy(np.asarray(mask, np.float32))[None, None]


@pytest.mark.parametrize(("sides", "pixels"), [((188, 268), 2), ((256, 256), 2), ((1104, 736), 3), ((4000, 3000), 12)])
def test_the_tolerance_grows_with_the_photo(scores, sides, pixels):
    assert scores.tolerance_of(*sides) == pixels


def test_within_is_in_a_circle(scores):
    mask = np.zeros((7, 7), bool)
    mask[3, 3] = True
    assert np.array_equal(
        scores.within(mask, 2),
        drawn(
            ".......",
            "...#...",
            "..###..",
            ".#####.",
            "..###..",
            "...#...",
            ".......",
        ),
    )
    assert not scores.within(np.zeros((3, 3), bool), 2).any()


@pytest.mark.parametrize(("column", "right"), [(8, 10), (9, 10), (10, 10), (11, 0)])
def test_a_line_may_be_off_by_the_tolerance(scores, column, right):
    counts = scores.count(line_at(column), line_at(8), None, 2)
    assert counts == (right, 10, right, 10)
    assert counts.precision == counts.recall == counts.f1 == right / 10


def test_precision_and_recall_by_hand(scores):
    """The truth is two lines of 10; found are 6 pixels beside the first, and 4 far from both."""
    truth = line_at(3) | line_at(16)
    found = np.zeros_like(truth)
    found[:6, 4] = True
    found[2:6, 9] = True
    counts = scores.count(found, truth, None, 1)
    assert counts == (6, 10, 6, 20)  # rows 0 to 5 of the first line: row 6 is sqrt(2) from the last found pixel
    assert counts.precision == 0.6
    assert counts.recall == 0.3
    assert counts.f1 == pytest.approx(0.4)


def test_a_found_pixel_may_explain_many_and_a_thick_find_costs_nothing_within_the_tolerance(scores):
    thick = line_at(7) | line_at(8) | line_at(9)
    assert scores.count(thick, line_at(8), None, 2) == (30, 30, 10, 10)
    assert scores.count(line_at(8), thick, None, 2) == (10, 10, 30, 30)


def test_what_is_ignored_is_not_judged_but_explains_its_neighbors(scores):
    truth, found, ignore = line_at(3) | line_at(16), line_at(3) | line_at(9), np.zeros((10, 20), bool)
    assert scores.count(found, truth, ignore, 1) == (10, 20, 10, 20)
    ignore[:, 7:] = True  # the false line and the missed one
    assert scores.count(found, truth, ignore, 1) == (10, 10, 10, 10)
    edge = np.zeros_like(ignore)
    edge[:, 3] = True
    assert scores.count(line_at(4), line_at(3), edge, 1) == (10, 10, 0, 0)


def test_nothing_found_and_nothing_to_find(scores):
    none, some = np.zeros((10, 20), bool), line_at(3)
    assert scores.count(none, some, None, 2).f1 == 0
    assert scores.count(some, none, None, 2).f1 == 0
    assert scores.count(none, none, None, 2).f1 == 1


def test_the_sweep_and_its_best_threshold(scores):
    """The true line has 0.6, a false one 0.32: only thresholds from 0.35 to 0.55 part them."""
    probability = np.where(line_at(3), 0.6, np.where(line_at(12), 0.32, 0.0))
    counts = scores.sweep(at(probability), line_at(3), None, 2)
    assert {t: c.f1 for t, c in counts.items() if 0.05 < t < 0.9} == {
        t: pytest.approx(2 / 3 if t < 0.32 else 1 if t < 0.6 else 0) for t in counts if 0.05 < t < 0.9
    }
    assert scores.best_threshold([counts]) == 0.55


def test_the_sweep_drops_parts_that_find_hole_drops(scores):
    probability = np.zeros((10, 20))
    probability[2, 2:5] = 1  # 3 pixels: fewer than find_hole keeps
    assert scores.sweep(at(probability), line_at(3), None, 2)[0.5].found == 0
    probability[2, 5] = 1
    assert scores.sweep(at(probability), line_at(3), None, 2)[0.5].found == 4


def test_the_common_threshold_is_that_of_the_best_mean(scores):
    """F1 of 1, 0.8, 0 and of 0, 0.7, 1: each photo's best is an end, the mean's is the middle."""
    pixels = {0.2: (10, 0), 0.5: (8, 7), 0.8: (0, 10)}
    sweeps = [{t: scores.Counts(n[i], 10, n[i], 10) for t, n in pixels.items()} for i in (0, 1)]
    assert [scores.best_threshold([each]) for each in sweeps] == [0.2, 0.8]
    assert scores.best_threshold(sweeps) == 0.5


def test_pooled_counts_weigh_by_pixels(scores):
    both = scores.pooled([scores.Counts(1, 2, 1, 4), scores.Counts(9, 10, 27, 36)])
    assert both == (10, 12, 28, 40)
    assert both.f1 == pytest.approx(2 * (10 / 12) * 0.7 / (10 / 12 + 0.7))


def test_discs(scores):
    assert scores.disc(3).tolist() == [[1, 1, 1]] * 3
    assert scores.disc(4).tolist() == [[0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 1, 0]]
    assert scores.disc(5).sum() == 21


@pytest.mark.parametrize("diameter", [3, 4, 5, 8])
def test_opening_leaves_a_disc_where_it_is_and_takes_lines_away(scores, diameter):
    mask = np.zeros((20, 30), bool)
    mask[6 : 6 + diameter, 4 : 4 + diameter] = scores.disc(diameter)
    alone = mask.copy()
    mask[15:17] = True
    mask[:, 25] = True
    assert np.array_equal(scores.opened(mask, diameter), alone)


def test_islands_in_faces(scores):
    hole = np.zeros((60, 80), bool)
    hole[10:14, 10:14] = True  # in the first face
    hole[20:24, 18:25] = True  # 2 of 7 columns in it
    hole[30:34, 16:21] = True  # 4 of 5 columns in it, and a tail
    hole[32, 21:80] = True
    hole[15, 5:19] = True  # a line
    hole[50:54, 60:64] = True  # in no face
    faces = [(4, 5, 16, 40), (70, 1, 9, 9)]
    assert scores.islands_in(hole, faces) == [(10, 10, 4, 4), (16, 30, 5, 4)]
    assert scores.islands_in(hole, []) == []
    assert scores.islands_in(np.zeros_like(hole), faces) == []


def test_an_island_of_damage_is_none(scores):
    hole = np.zeros((60, 80), bool)
    hole[10:14, 10:14] = hole[20:24, 10:14] = True
    damage = np.zeros_like(hole)
    damage[10:14, 10:12] = True  # half of the first
    damage[20:24, 10:13] = True  # 3 of 4 columns of the second
    assert scores.islands_in(hole, [(4, 5, 16, 40)], damage) == [(10, 10, 4, 4)]
    assert scores.islands_in(hole, [(4, 5, 16, 40)], ~hole) == [(10, 10, 4, 4), (10, 20, 4, 4)]


def test_an_island_between_two_faces_lies_in_neither(scores):
    hole = np.zeros((60, 80), bool)
    hole[10:14, 18:22] = True
    assert scores.islands_in(hole, [(10, 5, 10, 20), (20, 5, 10, 20)]) == []
    assert scores.islands_in(hole, [(10, 5, 11, 20), (20, 5, 10, 20)]) == [(18, 10, 4, 4)]
