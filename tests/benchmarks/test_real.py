"""The scores of `benchmarks/real.py` on masks drawn by hand, whose values are counted by hand."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch


@pytest.fixture(scope="module")
def real():
    """The benchmark, which imports its neighbors by their bare names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
        yield importlib.import_module("real")


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
def test_the_tolerance_grows_with_the_photo(real, sides, pixels):
    assert real.tolerance_of(*sides) == pixels


def test_near_is_within_a_circle(real):
    mask = np.zeros((7, 7), bool)
    mask[3, 3] = True
    assert np.array_equal(
        real.near(mask, 2),
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
    assert not real.near(np.zeros((3, 3), bool), 2).any()


@pytest.mark.parametrize(("column", "right"), [(8, 10), (9, 10), (10, 10), (11, 0)])
def test_a_line_may_be_off_by_the_tolerance(real, column, right):
    counts = real.count(line_at(column), line_at(8), None, 2)
    assert counts == (right, 10, right, 10)
    assert counts.precision == counts.recall == counts.f1 == right / 10


def test_precision_and_recall_by_hand(real):
    """The truth is two lines of 10; found are 6 pixels beside the first, and 4 far from both."""
    truth = line_at(3) | line_at(16)
    found = np.zeros_like(truth)
    found[:6, 4] = True
    found[2:6, 9] = True
    counts = real.count(found, truth, None, 1)
    assert counts == (6, 10, 6, 20)  # rows 0 to 5 of the first line: row 6 is sqrt(2) from the last found pixel
    assert counts.precision == 0.6
    assert counts.recall == 0.3
    assert counts.f1 == pytest.approx(0.4)


def test_a_found_pixel_may_explain_many_and_a_thick_find_costs_nothing_within_the_tolerance(real):
    thick = line_at(7) | line_at(8) | line_at(9)
    assert real.count(thick, line_at(8), None, 2) == (30, 30, 10, 10)
    assert real.count(line_at(8), thick, None, 2) == (10, 10, 30, 30)


def test_what_is_ignored_is_not_judged_but_explains_its_neighbors(real):
    truth, found, ignore = line_at(3) | line_at(16), line_at(3) | line_at(9), np.zeros((10, 20), bool)
    assert real.count(found, truth, ignore, 1) == (10, 20, 10, 20)
    ignore[:, 7:] = True  # the false line and the missed one
    assert real.count(found, truth, ignore, 1) == (10, 10, 10, 10)
    edge = np.zeros_like(ignore)
    edge[:, 3] = True
    assert real.count(line_at(4), line_at(3), edge, 1) == (10, 10, 0, 0)


def test_nothing_found_and_nothing_to_find(real):
    none, some = np.zeros((10, 20), bool), line_at(3)
    assert real.count(none, some, None, 2).f1 == 0
    assert real.count(some, none, None, 2).f1 == 0
    assert real.count(none, none, None, 2).f1 == 1


def test_the_sweep_and_its_best_threshold(real):
    """The true line has 0.6, a false one 0.32: only thresholds from 0.35 to 0.55 part them."""
    probability = np.where(line_at(3), 0.6, np.where(line_at(12), 0.32, 0.0))
    counts = real.sweep(at(probability), line_at(3), None, 2)
    assert {t: c.f1 for t, c in counts.items() if 0.05 < t < 0.9} == {
        t: pytest.approx(2 / 3 if t < 0.32 else 1 if t < 0.6 else 0) for t in counts if 0.05 < t < 0.9
    }
    assert real.best_threshold([counts]) == 0.55


def test_the_sweep_drops_parts_that_find_hole_drops(real):
    probability = np.zeros((10, 20))
    probability[2, 2:5] = 1  # 3 pixels: fewer than find_hole keeps
    assert real.sweep(at(probability), line_at(3), None, 2)[0.5].found == 0
    probability[2, 5] = 1
    assert real.sweep(at(probability), line_at(3), None, 2)[0.5].found == 4


def test_the_common_threshold_is_that_of_the_best_mean(real):
    """F1 of 1, 0.8, 0 and of 0, 0.7, 1: each photo's best is an end, the mean's is the middle."""
    scores = {0.2: (10, 0), 0.5: (8, 7), 0.8: (0, 10)}
    sweeps = [{t: real.Counts(n[i], 10, n[i], 10) for t, n in scores.items()} for i in (0, 1)]
    assert [real.best_threshold([each]) for each in sweeps] == [0.2, 0.8]
    assert real.best_threshold(sweeps) == 0.5


def test_pooled_counts_weigh_by_pixels(real):
    both = real.pooled([real.Counts(1, 2, 1, 4), real.Counts(9, 10, 27, 36)])
    assert both == (10, 12, 28, 40)
    assert both.f1 == pytest.approx(2 * (10 / 12) * 0.7 / (10 / 12 + 0.7))


def test_discs(real):
    assert real.disc(3).tolist() == [[1, 1, 1]] * 3
    assert real.disc(4).tolist() == [[0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 1, 0]]
    assert real.disc(5).sum() == 21


@pytest.mark.parametrize("diameter", [3, 4, 5, 8])
def test_opening_leaves_a_disc_where_it_is_and_takes_lines_away(real, diameter):
    mask = np.zeros((20, 30), bool)
    mask[6 : 6 + diameter, 4 : 4 + diameter] = real.disc(diameter)
    alone = mask.copy()
    mask[15:17] = True
    mask[:, 25] = True
    assert np.array_equal(real.opened(mask, diameter), alone)


def test_islands_in_faces(real):
    hole = np.zeros((60, 80), bool)
    hole[10:14, 10:14] = True  # in the first face
    hole[20:24, 18:25] = True  # 2 of 7 columns in it
    hole[30:34, 16:21] = True  # 4 of 5 columns in it, and a tail
    hole[32, 21:80] = True
    hole[15, 5:19] = True  # a line
    hole[50:54, 60:64] = True  # in no face
    faces = [(4, 5, 16, 40), (70, 1, 9, 9)]
    assert real.islands_in(hole, faces) == [(10, 10, 4, 4), (16, 30, 5, 4)]
    assert real.islands_in(hole, []) == []
    assert real.islands_in(np.zeros_like(hole), faces) == []


def test_an_island_of_damage_is_none(real):
    hole = np.zeros((60, 80), bool)
    hole[10:14, 10:14] = hole[20:24, 10:14] = True
    damage = np.zeros_like(hole)
    damage[10:14, 10:12] = True  # half of the first
    damage[20:24, 10:13] = True  # 3 of 4 columns of the second
    assert real.islands_in(hole, [(4, 5, 16, 40)], damage) == [(10, 10, 4, 4)]
    assert real.islands_in(hole, [(4, 5, 16, 40)], ~hole) == [(10, 10, 4, 4), (10, 20, 4, 4)]


def test_an_island_between_two_faces_lies_in_neither(real):
    hole = np.zeros((60, 80), bool)
    hole[10:14, 18:22] = True
    assert real.islands_in(hole, [(10, 5, 10, 20), (20, 5, 10, 20)]) == []
    assert real.islands_in(hole, [(10, 5, 11, 20), (20, 5, 10, 20)]) == [(18, 10, 4, 4)]


@pytest.fixture
def folder(tmp_path):
    """A photo with truth and a part not judged, and a control, in a folder of their own."""
    from monochromic.core import save_image

    photo = torch.full((1, 3, 60, 80), 0.5)
    photo[..., 20:22, 10:70] = 1
    truth, ignore = torch.zeros(1, 1, 60, 80), torch.zeros(1, 1, 60, 80)
    truth[..., 20:22, 10:70] = 1
    ignore[..., :, 70:] = 1
    save_image(photo, tmp_path / "a.png")
    save_image(truth, tmp_path / "a.truth.png")
    save_image(ignore, tmp_path / "a.ignore.png")
    save_image(torch.full((1, 1, 60, 80), 0.5), tmp_path / "c2_clean.png")
    return tmp_path


def found_at(real, hole):
    """A search that found this hole."""
    return lambda *_: real.Search(at(hole), at(hole), at(hole), 0.0)


def run(real, patch, arguments):
    patch.setattr("sys.argv", ["real.py", *map(str, arguments)])
    real.main()


def test_the_report(real, folder, monkeypatch, capsys):
    hole = np.zeros((60, 80), bool)
    hole[18:22, 10:40] = True  # the left half of the truth, and two rows above it
    hole[30:36, 75:] = True  # not judged
    hole[50:55, 60:65] = True  # a false alarm of 25 pixels
    faces = folder / "faces.json"
    faces.write_text(json.dumps({"a.png": [[70, 30, 10, 10], [10, 18, 20, 4], [60, 50, 5, 10]]}))
    monkeypatch.setattr(real, "search", found_at(real, hole))
    monkeypatch.setattr(real, "FACES", faces)
    run(real, monkeypatch, [folder, "--json", folder / "out.json", "--sheet", folder / "sheets"])
    printed = capsys.readouterr().out
    recall = 2 * 32 / 120  # two columns more are within the tolerance
    precision = 120 / 145
    f1 = 2 * precision * recall / (precision + recall)
    scores = f"{f1:.3f} | {precision:.3f} | {recall:.3f} | {f1:.3f} | 0.99"
    faces = f"3 | 1 | {100 * (30 + 80 + 25) / (100 + 80 + 50):.2f}"
    assert f"| {folder.name}/a.png | {scores} | 3.65 | {faces} |" in printed
    assert f"| {folder.name}/c2_clean.png (control) | - | - | - | - | - | 3.65 | - | - | - |" in printed
    assert {p.name for p in (folder / "sheets").iterdir()} == {
        f"{folder.name}_a.jpg",
        f"{folder.name}_c2_clean.jpg",
    }
    told = json.loads((folder / "out.json").read_text())
    assert told["photos"][0]["islands"] == [[60, 50, 5, 5]]
    assert told["summary"]["mean F1"] == pytest.approx(f1)
    assert told["summary"]["% filled of controls, worst"] == pytest.approx(100 * 175 / 4800)


def test_clean_folders_are_controls(real, folder, monkeypatch, capsys):
    monkeypatch.setattr(real, "search", found_at(real, np.zeros((60, 80), bool)))
    for arguments in ([folder, "--clean"], ["--clean", folder]):
        run(real, monkeypatch, arguments)
        assert "a.png (control)" in capsys.readouterr().out
    run(real, monkeypatch, [folder, "--controls", "none"])
    assert "(control)" not in capsys.readouterr().out


def test_the_search_is_that_of_find_hole(real):
    from monochromic.core import degrade, find_hole

    image = degrade(torch.linspace(0.2, 0.8, 96).expand(1, 3, 96, 96), "scratch", difficulty=0, seed=1).image
    found, expected = real.search(image, "classical", None), find_hole(image, "classical")
    assert torch.equal(found.hole, expected.hole)
    assert torch.equal(found.plain, find_hole(image, "classical", grow=0).hole)
    assert torch.equal(found.kinds, expected.kinds)
    assert 0 < found.plain.sum() < found.hole.sum()
    assert real.search(image, "classical", 0.9).hole.sum() < found.hole.sum()


def test_the_boxes_of_faces(real):
    faces = real.read_faces()
    assert sum(map(len, faces.values())) > 100
    for name, boxes in faces.items():
        for left, top, width, height in boxes:
            assert left >= 0 <= top, name
            assert width >= 10 <= height, name
