"""`benchmarks/experiment.py`: each table on two small photos, and what must be true of it on any machine."""

import csv
import importlib
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import make_photo, slow_but
from monochromic.core import fill, luminance, save_image
from PIL import Image

NAMES = (
    "domains",
    "scales",
    "schedules",
    "guidance",
    "pipelines",
    "course",
    "blind",
    "blind_ablation",
    "bottleneck",
    "edges",
    "diversity",
    "patches",
)
OFTEN = ("domains", "blind", "edges")  # needed by other tests, or soon done
SIDE = 64


@pytest.fixture(scope="module")
def bench():
    """The benchmark, which imports its neighbors by their bare names: a function from a module's name to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
        yield importlib.import_module


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def outcome(bench, folder):
    """The quick run of an experiment on two small photos, once for all tests."""
    found = {}

    def run(name):
        if name not in found:
            found[name] = run_small(bench, name, folder)
        return found[name]

    return run


def run_small(bench, name, folder, photos=()):
    experiment = bench("experiments.catalog").EXPERIMENTS[name]
    setup = bench("experiments.frame").Setup(small(experiment))
    return bench("experiments.run").run(experiment, setup, list(photos), name, folder)


def small(experiment):
    """`--quick`, on two photos of 64 x 64, with a step or two of what trains on the photo."""
    return replace(experiment.quick, photos=2, side=SIDE, iterations=2)


def means(outcome, column):
    """The mean of a column by method."""
    return {
        method: sum(outcome.cells[method, case.key][column] for case in outcome.cases) / len(outcome.cases)
        for method in outcome.methods
    }


def rows_of(path):
    """A CSV without its seconds, which no two runs share."""
    with path.open() as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def test_every_experiment_is_tried_here_and_explained(bench, root):
    experiments = bench("experiments.catalog").EXPERIMENTS
    assert tuple(experiments) == NAMES
    page = (root / "docs" / "experiments.md").read_text()
    for name in NAMES:
        assert f"benchmarks/experiment.py {name} " in page, name
        assert f"results/experiments/{name}_quick.md" in page, name
        assert (root / "benchmarks" / "results" / "experiments" / f"{name}_quick.md").is_file(), name


@pytest.mark.parametrize("name", slow_but(OFTEN, NAMES))
def test_a_table_has_every_cell(name, outcome, folder):
    found = outcome(name)
    assert len({(case.group, case.photo) for case in found.cases}) in (2, 4)  # 4: two kinds of holes
    rows = rows_of(folder / f"{name}.csv")
    assert [row["method"] for row in rows] == [m for m in found.methods for _ in found.cases]
    text = (folder / f"{name}.md").read_text()
    assert all(f"| `{method}` |" in text for method in found.methods)
    for path in (folder / f"{name}.jpg", folder / f"{name}.csv", folder / f"{name}.md"):
        assert path.stat().st_size > 0
    with Image.open(folder / f"{name}.jpg") as sheet:
        assert min(sheet.size) > SIDE


@pytest.mark.parametrize("name", slow_but(OFTEN, ["domains", "scales", "schedules", "pipelines", "bottleneck"]))
def test_known_pixels_are_exact(name, outcome):
    """Then the squared error of the full picture is that of the hole times its share."""
    found = outcome(name)
    for method in found.methods:
        for case in found.cases:
            scores = found.cells[method, case.key]
            gain = -10 * math.log10(case.hole.mean())
            assert scores["psnr_full"] == pytest.approx(scores["psnr_hole"] + gain, abs=1e-4)


@pytest.mark.parametrize("name", slow_but(OFTEN, ["domains", "pipelines", "bottleneck", "course"]))
def test_no_one_color_is_closer_than_the_mean(name, bench, outcome):
    found, floors = outcome(name), bench("experiments.floors")
    for case in found.cases:
        black, mean = (found.cells[m, case.key]["psnr_hole"] for m in (floors.UNTOUCHED, floors.ONE_COLOR))
        assert black < mean
        error, inside = floors.one_color(case) - case.image, case.hole > 0
        for step in (-0.02, 0.02):
            assert ((error + step) * inside).square().sum() > (error * inside).square().sum()


@pytest.mark.parametrize("name", slow_but(OFTEN, ["course", "diversity"]))
def test_a_table_is_the_same_again(name, outcome, bench, folder, tmp_path):
    outcome(name)
    run_small(bench, name, tmp_path)
    assert rows_of(folder / f"{name}.csv") == rows_of(tmp_path / f"{name}.csv")


def test_a_gray_photo_has_no_color_to_find(bench, tmp_path):
    for kind, channels in (("nature", 3), ("xray", 1), ("other", 3)):
        (tmp_path / kind).mkdir()
        save_image(make_photo(height=70, width=90)[:, :channels], tmp_path / kind / "a.png")
    found = run_small(bench, "domains", tmp_path / "out", [tmp_path])
    assert [case.group for case in found.cases] == ["nature", "xray"]
    (gray,) = (case for case in found.cases if case.group == "xray")
    decibels = {found.cells[m, gray.key]["psnr_full"] for m in ("propagate", "network", "paper")}
    assert len(decibels) == 1
    assert "nature (1) | xray (1)" in (tmp_path / "out" / "domains.md").read_text()


def test_a_hinted_pixel_has_its_color(bench, outcome):
    guidance = bench("experiments.guidance")
    case = outcome("guidance").cases[0]
    rows = guidance.methods(bench("experiments.frame").Setup(small(guidance.GUIDANCE)))
    hints = guidance.deepest(case.hole, guidance.POINTS)
    assert len(hints) == guidance.POINTS
    assert all(case.hole[0, 0, y, x] for x, y in hints)
    plain, guided = rows["no guide"](case), rows["five points"](case)
    assert torch.equal(guided[..., case.hole[0, 0] == 0], case.image[..., case.hole[0, 0] == 0])
    for x, y in hints:
        assert torch.allclose(guided[..., y, x], case.image[..., y, x], atol=2e-3)
    assert not all(torch.allclose(plain[..., y, x], case.image[..., y, x], atol=2e-3) for x, y in hints)
    off = rows["paper, five points, loss off"](case) - rows["paper, no guide"](case)
    assert {(x, y) for y, x in off[0].abs().amax(0).gt(1e-6).nonzero().tolist()} <= set(hints)


def test_the_same_mask_goes_to_every_network(outcome):
    found = outcome("blind")
    for case in found.cases:
        predicted = {found.cells[m, case.key]["bce"] for m in found.methods if m.endswith("predicted mask")}
        assert len(predicted) == 1
        true = found.cells["mono, true mask", case.key]
        assert (true["bce"], true["f1"]) == (0, 1)


def test_vcnet_with_all_parts_is_the_backbone(bench, outcome):
    blind = bench("experiments.blind")
    for case in outcome("blind_ablation").cases:
        damage = blind.damaged(case)
        assert torch.equal(blind.ablated("true mask", case).picture, fill(damage.image, damage.hole, "vcnet"))


def test_edge_connect_with_its_own_edges_is_the_backbone(bench, outcome):
    edges = bench("experiments.edges")
    found = outcome("edges")
    for case in found.cases:
        assert found.cells["edges true", case.key]["likeness"] == pytest.approx(1, abs=1e-5)
        assert math.isnan(found.cells["edges none", case.key]["likeness"])
        assert torch.equal(edges.painted("predicted", case).picture, fill(case.holed, case.hole, "edge_connect"))


def test_without_texture_all_fills_are_one(outcome):
    found = outcome("diversity")
    apart, best, mean = (means(found, column) for column in ("distance", "psnr_best", "psnr_mean"))
    assert apart["mono, texture 0"] == 0
    assert best["mono, texture 0"] == pytest.approx(mean["mono, texture 0"])
    assert apart["mono, texture 1"] > 0
    assert all(best[m] >= mean[m] - 1e-4 for m in found.methods)


def test_each_way_to_make_texture_is_that_of_fill(bench, outcome):
    patches, found = bench("experiments.patches"), outcome("patches")
    assert found.methods == ["one gray, the true mean", "mono", "mono, quilt", "mono, features", "patchmatch"]
    case = found.cases[0]
    truth, hole = luminance(case.image), case.hole > 0
    answers = {m: patches.methods(bench("experiments.frame").Setup(None))[m](case) for m in found.methods[1:4]}
    assert all(torch.equal(answer[~hole], truth[~hole]) for answer in answers.values())
    assert not torch.equal(answers["mono"], answers["mono, features"])  # too little is known here for a quilt
    assert torch.equal(answers["mono, features"], fill(case.holed, case.hole, texture=1, texture_by="features"))
    for case in found.cases:
        flat = found.cells["one gray, the true mean", case.key]
        assert flat["psnr"] == pytest.approx(-10 * math.log10(flat["mse"] / 100), abs=1e-3)


def test_holes_and_mosaics_cover_alike(bench):
    course = bench("experiments.course")
    for side in (64, 100, 256):
        box, mosaic = course.COURSE.holes["holes"](side, 3), course.COURSE.holes["mosaics"](side, 3)
        assert box.shape == mosaic.shape == (1, 1, side, side)
        assert box.mean().item() == pytest.approx(mosaic.mean().item(), abs=0.03)
        assert not torch.equal(mosaic, course.mosaic(side, 4))


def test_intervals(bench):
    tables, case = bench("experiments.tables"), bench("experiments.frame").Case
    mean, half = tables.mean_and_half([1.0, 2.0, 3.0, math.nan])
    assert (mean, half) == pytest.approx((2, 4.302653 / math.sqrt(3)))  # t of 2 degrees, from a printed table
    assert tables.shown([1.0], ".1f") == "1.0"
    assert tables.shown([math.nan], ".1f") == "-"
    cases = [case("g", photo, None, None, seed) for photo, seed in (("a", 0), ("a", 1), ("b", 0))]
    cells = {("m", c.key): {"x": v} for c, v in zip(cases, (1.0, 3.0, 5.0), strict=True)}
    cells |= {("n", c.key): {"x": 1.0} for c in cases}
    assert tables.column_of(cells, "m", cases, "x") == [2, 5]
    assert tables.differences(cells, "m", "n", cases, "x") == [1, 4]


def test_going_on(bench, folder, tmp_path, outcome):
    """Finished cells are not run again, one whose line was cut short is; with other settings all are."""
    run, frame = bench("experiments.run"), bench("experiments.frame")
    experiment = bench("experiments.catalog").EXPERIMENTS["edges"]
    first, ran = run_small(bench, "edges", tmp_path), []
    counting = replace(
        experiment, methods=lambda setup: {n: noted(n, m, ran) for n, m in experiment.methods(setup).items()}
    )

    def again(side=SIDE):
        ran.clear()
        return run.run(counting, frame.Setup(replace(small(experiment), side=side)), [], "edges", tmp_path)

    assert str(again().cells) == str(first.cells)  # as text, since nan is not nan
    assert ran == []
    journal = tmp_path / "work" / "edges" / "cells.jsonl"
    journal.write_text(journal.read_text()[:-20])
    again()
    assert ran == [first.methods[-1]]
    assert len(again(side=72).cells) == len(first.cells) == len(ran)
    assert json.loads(journal.read_text().splitlines()[0])["side"] == 72


def noted(name, method, ran):
    def run(case):
        ran.append(name)
        return method(case)

    return run


def test_the_command(bench, tmp_path, capsys):
    command = bench("experiment")
    command.main(["list"])
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(NAMES)
    command.main(["edges", "--count", "1", "--side", "64", "--holes", "2", "--out", str(tmp_path / "here")])
    assert "1 photo of 64 x 64, 2 cases." in capsys.readouterr().out
    assert {p.name for p in (tmp_path / "here").iterdir()} == {
        "edges_quick.csv",
        "edges_quick.md",
        "edges_quick.jpg",
        "work",
    }
    full = command.plan_of(command.arguments(["scales", "--full"]))
    assert (full.side, full.iterations) == (256, 0)


@pytest.mark.parametrize("made", [None, "file", "empty"])
def test_folders_without_photos(made, bench, tmp_path):
    place = tmp_path / "photos"
    if made == "file":
        place.write_text("")
    elif made:
        place.mkdir()
    with pytest.raises(SystemExit, match="give (one with pictures|a folder of PNG)"):
        bench("experiment").main(["domains", "--photos", str(place), "--out", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()
