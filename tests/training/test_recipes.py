"""Recipes: the shipped ones, and what is said of wrong ones."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from checkpoint import start_from
from conftest import ROOT
from monochromic.core.weights.detect import read_tensors
from recipe import Phase, Recipe, load_recipe
from task import TASKS

WEIGHTS = ROOT / "weights"
SHIPPED = sorted((ROOT / "training" / "recipes").glob("*.toml"))
MONO = 'network = { backbone = "mono", layout = "monochromic", widths = [4, 8, 16] }\n'
GOOD = 'task = "gray"\nphases = [{ side = 64, batch = 4, samples = 8 }]\n' + MONO


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_shipped_recipes_make_their_networks(path):
    recipe = load_recipe(path)
    assert recipe.samples >= 10_000
    network = recipe.module.make(recipe.network)
    in_16_bits = 2 * sum(p.numel() for p in network.parameters())
    assert in_16_bits < (14e6 if path.stem.startswith("mono") else 6e6)
    if "channels" in recipe.network:
        assert network.channels == tuple(recipe.network["channels"])


@pytest.mark.parametrize("name", ["mono_gray", "autoencoder_slim", "partial_conv_slim"])
def test_rgb_is_as_gray_but_for_its_channels(name):
    names = name, name.removesuffix("_gray") + "_rgb"
    gray, rgb = (load_recipe(ROOT / "training" / "recipes" / f"{each}.toml") for each in names)
    assert rgb == Recipe(**{**vars(gray), "network": {**gray.network, "channels": [3, 3]}})


@pytest.mark.parametrize("name", [path.stem for path in SHIPPED if (WEIGHTS / f"{path.stem}.safetensors").is_file()])
def test_every_training_goes_on_from_its_shipped_weights(name, capsys):
    recipe = load_recipe(ROOT / "training" / "recipes" / f"{name}.toml")
    network = recipe.module.make(recipe.network)
    start_from(network, WEIGHTS / f"{name}.safetensors")
    fitting, _, number, *_ = capsys.readouterr().out.split()
    assert fitting == number == str(len(network.state_dict()))


def test_mono_sharp_is_trained_on_from_mono():
    mono, sharp = (load_recipe(ROOT / "training" / "recipes" / f"{name}.toml") for name in ("mono", "mono_sharp"))
    assert sharp.network == mono.network


def test_the_adversarial_training_is_another_only_by_its_adversary():
    plain, other = (
        load_recipe(ROOT / "training" / "recipes" / f"glcic_{each}.toml") for each in ("slim", "adversarial")
    )
    assert other == Recipe(**{**vars(plain), "adversary": other.adversary})
    assert plain.adversary is None


def test_every_task_keeps_its_promises():
    for name in TASKS:
        recipe = Recipe(name, (Phase(8, 1, 1),))
        assert set(recipe.module.TAKES) == {"network", "data", "losses"}
        assert all(callable(getattr(recipe.module, part)) for part in ("make", "sample", "loss_of", "preview"))


def test_the_rate_and_the_phases():
    recipe = Recipe("gray", (Phase(64, 4, 100), Phase(128, 2, 50)), warmup=10, decay=40)
    assert recipe.samples == 150
    assert [recipe.rate_factor(n) for n in (0, 4, 9, 110, 130, 150, 170)] == pytest.approx([0.1, 0.5, 1, 1, 0.5, 0, 0])
    assert recipe.phase_at(0) == (Phase(64, 4, 100), 100)
    assert recipe.phase_at(99) == (Phase(64, 4, 100), 100)
    assert recipe.phase_at(100) == (Phase(128, 2, 50), 150)


def test_a_phase_may_have_losses_of_its_own():
    own = {"mse": 1.0}
    recipe = Recipe("gray", (Phase(64, 4, 100), Phase(64, 4, 50, own)), losses={"l1": 1.0})
    assert [recipe.losses_at(n) for n in (0, 99, 100, 149)] == [{"l1": 1.0}] * 2 + [own] * 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("task = ", "is no recipe"),
        (GOOD.replace("gray", "grey"), "no task 'grey'; there are: gray"),
        (GOOD + "speed = 3", "no setting 'speed'; there are: adversary"),
        ('task = "gray"', "'phases' is missing"),
        ('task = "gray"\nphases = []', "phases are missing"),
        (GOOD.replace("64", "0"), "side, batch, samples and window must be at least 1"),
        (GOOD.replace(MONO, ""), "'backbone' is missing"),
        (GOOD.replace("side", "size"), "size"),
        (GOOD + 'precision = "fp8"', "precision must be one of bf16, no, got 'fp8'"),
        (GOOD + "[losses]\nps = 1", r"\[losses\] of gray takes .*, not 'ps'"),
        (GOOD.replace("8 }", "8, losses = { ps = 1 } }"), r"\[losses\] of gray takes .*, not 'ps'"),
        (GOOD + "[data]\nhole = 1", r"\[data\] of gray takes count, coverage, grain, holes, photos, place, not"),
        (GOOD.replace("8 }", "8, data = { hole = 1 } }"), r"\[data\] of gray takes .*, not 'hole'"),
        (GOOD.replace("8 }", "8, until = 20 }"), "until must be figures by name"),
        (GOOD + '[adversary]\nkind = "soft"', "kind must be one of hinge, wgan_gp"),
        (GOOD + '[adversary]\nkind = "hinge"\nnetwork = "vgg"', "network one of sn_patch, patch, global_local"),
    ],
)
def test_wrong_recipes(text, words, tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(SystemExit, match=words) as caught:
        load_recipe(path)
    assert "see the files in training/recipes" in str(caught.value)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("levels", [3, 4])
def test_sides_are_those_the_network_takes(task, levels, tmp_path):
    """What is refused cannot be trained, what is not can: each side up to 48, by a step of the task itself."""
    widths = [4, 8, 8, 8][:levels] if task != "colour_prior" else [8, 8, 8]
    backbone = {"backbone": "mono", "layout": "monochromic"} if task == "gray" else {}
    network = {"widths": widths, **backbone}
    recipe = Recipe(task, (Phase(64, 1, 1),), network=network)
    photos = [np.random.default_rng(0).integers(0, 256, (90, 80, 3), np.uint8)]
    (tmp_path / "eyes.csv").write_text("0,40,40,20,0.99\n")
    data = {"eyes": str(tmp_path / "eyes.csv")} if task == "eyes" else {}
    with torch.random.fork_rng():
        made = recipe.module.make(network)
    for side in (8, 16, 24, 32, 40, 44, 48):
        tried = replace(recipe, phases=(Phase(side, 1, 1),))
        batch = tuple(part[None] for part in recipe.module.sample(photos, side, np.random.default_rng(1), data))
        if side % made.multiple:
            with pytest.raises(ValueError, match=f"side must be a multiple of {made.multiple}, for this network"):
                tried.check_sides()
            if task != "colour_prior":  # which is only worse there
                with pytest.raises(RuntimeError):
                    recipe.module.loss_of(made, batch, {})
        else:
            tried.check_sides()
            assert recipe.module.loss_of(made, batch, {}).loss.isfinite()


def test_sides_below_the_least(tmp_path):
    path = tmp_path / "gmcnn.toml"
    path.write_text((ROOT / "training" / "recipes" / "gmcnn_slim.toml").read_text().replace("side = 208", "side = 192"))
    with pytest.raises(SystemExit, match="side must be a multiple of 4, at least 196, for this network, got 192"):
        load_recipe(path)


def test_a_recipe_that_is_not_there(tmp_path):
    with pytest.raises(SystemExit, match=r"none.toml is no recipe"):
        load_recipe(tmp_path / "none.toml")


def test_a_layout_that_is_not_there():
    recipe = Recipe("gray", (Phase(64, 1, 1),), network={"backbone": "glcic", "layout": "x", "width": 4})
    with pytest.raises(SystemExit, match="layout of glcic must be one of otenim, mmagic"):
        recipe.module.make(recipe.network)
    with torch.random.fork_rng():
        assert recipe.module.make({**recipe.network, "layout": "otenim"}).channels == (4, 1)


def test_the_slim_networks_are_trained_alike():
    """But for what they are, and two for the size of their samples; so is Mono in mono_short."""
    paths = [path for path in SHIPPED if path.stem.endswith(("_slim", "_short"))]
    told = {path.stem: {**vars(load_recipe(path)), "network": {}} for path in paths}
    assert told["gmcnn_slim"].pop("phases") == (Phase(208, 8, 20_000),)
    assert told["shift_net_slim"].pop("phases") == (Phase(256, 8, 20_000),)
    wanted = told.pop("mono_short")
    assert wanted["phases"] == (Phase(128, 8, 20_000),)
    assert len(told) == 14
    assert all({**wanted, **each} == wanted for each in told.values())


NOT_SHIPPED = "_rgb", "_gray", "_short", "_adversarial", "_levels", "_sharp"


@pytest.mark.parametrize("name", [path.stem for path in SHIPPED if not path.stem.endswith(NOT_SHIPPED)])
def test_a_recipe_makes_the_shape_of_what_is_shipped(name):
    recipe = load_recipe(ROOT / "training" / "recipes" / f"{name}.toml")
    with torch.random.fork_rng():
        network = recipe.module.make(recipe.network)
    network = getattr(network, "network", network)
    weights = ROOT / "weights" / f"{name}.safetensors"
    ours, shipped = network.state_dict(), read_tensors(weights)
    assert {k: v.shape for k, v in ours.items()} == {k: v.shape for k, v in shipped.items()}
