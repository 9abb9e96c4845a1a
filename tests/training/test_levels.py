"""Levels of difficulty: when a phase ends early, what its samples are, and that a stopped training goes on the same."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from checkpoint import read
from conftest import ROOT
from gray import draw_hole
from levels import Levels, levels_of
from photos import load_photos, simplest
from recipe import Phase, Recipe, load_recipe
from tiny_recipes import RECIPES, assert_equal, go_on
from train import export
from trainer import Samples, Training, train

LEVELS = Recipe("gray", (Phase(32, 4, 100, until={"psnr": 20}, window=8), Phase(32, 4, 40)))


def after(levels, seen, psnr, count=4):
    return levels.after(seen, count, {"loss": torch.tensor(1.0), "psnr": torch.tensor(psnr)})


@pytest.fixture
def photos(folder):
    return load_photos(folder)


class TestWhenALevelEnds:
    def test_at_its_figure(self):
        levels = Levels(LEVELS)
        assert after(levels, 4, 25.0) == 4  # of too few samples
        assert after(levels, 8, 14.0) == 8  # mean 19.5
        assert after(levels, 12, 21.0) == 100  # 20.25
        assert levels.skipped == 88

    def test_it_is_the_mean_of_about_the_window(self):
        """Half of each batch of 4 in 8 counts: by hand 10, 10, 19.5, 20.25."""
        levels, means = Levels(LEVELS), []
        for seen, psnr in ((4, 10.0), (8, 10.0), (12, 29.0)):
            assert after(levels, seen, psnr) == seen
            means.append(levels.means.item())
        assert means == [10, 10, 19.5]
        assert after(levels, 16, 21.0) == 100
        assert levels.means == levels.counted == 0

    def test_at_its_samples(self):
        levels = Levels(LEVELS)
        assert [after(levels, seen, 5.0) for seen in (96, 100)] == [96, 100]
        assert levels.skipped == 0

    def test_the_next_level_begins_anew(self):
        twice = replace(LEVELS, phases=(LEVELS.phases[0], LEVELS.phases[0], LEVELS.phases[1]))
        levels = Levels(twice)
        for seen in (96, 100, 104):
            assert after(levels, seen, 50.0 if seen > 96 else 0.0) == seen
        assert after(levels, 108, 20.0) == 200

    def test_all_figures_are_needed(self):
        levels = Levels(replace(LEVELS, phases=(Phase(32, 4, 100, until={"a": 1, "b": 2}, window=4), Phase(32, 4, 4))))
        assert levels.after(4, 4, {"a": torch.tensor(3.0), "b": torch.tensor(1.0)}) == 4
        assert levels.after(8, 4, {"a": torch.tensor(1.0), "b": torch.tensor(2.0)}) == 100

    def test_one_without_a_figure_has_no_levels(self):
        assert levels_of(RECIPES["mono"]) is None

    def test_a_figure_that_the_task_does_not_have(self):
        levels = Levels(replace(LEVELS, phases=(Phase(32, 4, 100, until={"f1": 1}), Phase(32, 4, 4))))
        with pytest.raises(SystemExit, match="until must name figures of gray: loss, psnr, not 'f1'"):
            after(levels, 4, 3.0)


EASY = Phase(32, 4, 20, data={"holes": [0, 1], "place": 0.5, "photos": 0.3}, until={"psnr": 0.0}, window=8)
TWO = (EASY, Phase(48, 4, 12))


@pytest.mark.parametrize("name", ["mono", "hinge"])
def test_stopped_within_a_level_it_goes_on_the_same_to_the_bit(name, photos, tmp_path):
    recipe = replace(RECIPES[name], phases=TWO)
    run = train(recipe, photos, tmp_path / "whole")
    assert run.levels.skipped == 12
    (tmp_path / "parts").mkdir()
    go_on(recipe, photos, tmp_path / "parts", 4)
    assert read(tmp_path / "parts" / "state.safetensors")[1] == 4
    train(recipe, photos, tmp_path / "parts")
    assert_equal(tmp_path / "whole", tmp_path / "parts", 32)


def test_what_is_never_reached_changes_nothing(photos, tmp_path):
    plain = replace(RECIPES["autoencoder"], phases=(Phase(32, 4, 12), Phase(48, 4, 8)))
    hard = replace(plain, phases=(Phase(32, 4, 12, until={"psnr": 99.0}), Phase(48, 4, 8)))
    runs = [train(recipe, photos, tmp_path / str(i)) for i, recipe in enumerate((plain, hard))]
    first, second = (run.average.state_dict() for run in runs)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_exported_weights_say_how_many_samples_they_saw(photos, tmp_path, capsys):
    from monochromic.core.weights.own import read_metadata

    recipe = replace(RECIPES["mono"], phases=TWO)
    train(recipe, photos, tmp_path)
    assert "reached psnr" in capsys.readouterr().out
    export(recipe, tmp_path / "state.safetensors", tmp_path / "a.safetensors")
    assert read_metadata(tmp_path / "a.safetensors")["samples"] == "20"
    assert json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-1])["seen"] == 32


class TestSamples:
    def test_a_phase_has_options_of_its_own(self, photos):
        recipe = replace(RECIPES["mono"], phases=TWO, data={"coverage": [0.3, 0.4]})
        assert recipe.data_at(19) == {"coverage": [0.3, 0.4], "holes": [0, 1], "place": 0.5, "photos": 0.3}
        assert recipe.data_at(20) == {"coverage": [0.3, 0.4]}
        for i in range(6):
            hole = Samples(recipe, photos, 32, range(20))[i][1]
            assert hole.shape == (1, 32, 32)
        assert len(Samples(recipe, photos, 32, range(20)).photos) == 1
        assert len(Samples(recipe, photos, 48, range(20, 32)).photos) == 3

    @pytest.mark.parametrize("place", [0.25, 0.6])
    def test_holes_lie_in_the_middle(self, place):
        side, random = 64, np.random.default_rng(0)
        margin = (side - round(place * side)) // 2
        for _ in range(20):
            hole = draw_hole(side, random, {"holes": [0.2] * 5, "place": place, "count": [1, 3]})
            assert hole.shape == (1, side, side)
            assert set(hole.unique().tolist()) == {0, 1}
            rows, columns = (hole[0].amax(axis).nonzero() for axis in (1, 0))
            for at in (rows, columns):
                assert margin <= at.min()
                assert at.max() < side - margin

    def test_their_number(self):
        """The same area in four boxes or more lies in more parts."""
        cv2 = pytest.importorskip("cv2")

        def parts(count):
            random, data = np.random.default_rng(1), {"holes": [0, 1], "coverage": [0.01, 0.011], "count": [count] * 2}
            drawn = [draw_hole(128, random, data)[0].numpy().astype(np.uint8) for _ in range(20)]
            return np.mean([cv2.connectedComponents(hole)[0] - 1 for hole in drawn])

        assert parts(4) > 2 * parts(1) >= 2

    def test_without_the_options_samples_are_as_before(self):
        one, other = np.random.default_rng(5), np.random.default_rng(5)
        assert torch.equal(draw_hole(64, one, {}), draw_hole(64, other, {"place": 1}))
        assert one.random() == other.random()

    def test_the_simplest_photos(self):
        random = np.random.default_rng(0)
        noisy, smooth = random.integers(0, 255, (60, 40, 3), np.uint8), np.full((50, 60, 3), 99, np.uint8)
        ramp = np.linspace(0, 255, 3600).reshape(60, 60, 1).repeat(3, 2).astype(np.uint8)
        given = [noisy, ramp, smooth]
        assert [id(p) for p in simplest(given, 0.67)] == [id(ramp), id(smooth)]
        assert [id(p) for p in simplest(given, 0.01)] == [id(smooth)]
        assert simplest(given, 1) is given


def test_the_shipped_levels_end_as_hard_as_the_training_without():
    plain, levels = (load_recipe(ROOT / "training" / "recipes" / f"mono_{n}.toml") for n in ("short", "levels"))
    assert replace(levels, phases=plain.phases) == plain
    assert levels.samples == plain.samples
    last = levels.phases[-1]
    assert (last.side, last.batch, last.data, last.until) == (128, 8, {}, {})
    assert [phase.side for phase in levels.phases] == sorted({phase.side for phase in levels.phases})
    for name in ("photos", "place"):
        assert [phase.data.get(name, 1) for phase in levels.phases] == sorted(
            p.data.get(name, 1) for p in levels.phases
        )


@pytest.mark.parametrize("data", [{"data": {"photos": 0.5}}, {"phases": (EASY,)}])
def test_not_on_the_device(data, photos, tmp_path):
    with pytest.raises(SystemExit, match="train without --on-device"):
        train(replace(RECIPES["mono"], **data), photos, tmp_path, on_device=True)
    assert Training(RECIPES["mono"], tmp_path).seen == 0
