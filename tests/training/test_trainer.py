"""The trainer: it learns, goes on as if it had not been stopped, and its weights load."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
import trainer
from checkpoint import load_state, read, save_state
from conftest import make_hole, make_photo, slow_but
from monochromic.core import fill
from monochromic.core.io.files import hash_file
from monochromic.core.weights import WeightFile, data_folder
from monochromic.core.weights.load import load_network
from photos import load_photos
from PIL import Image
from recipe import Phase, load_recipe
from tiny_recipes import RECIPES, TINY, assert_equal, go_on
from train import export
from trainer import Samples, Training, precision_here, train

KILLED = """
task = "gray"
warmup = 8
decay = 80
phases = [{ side = 32, batch = 4, samples = 120 }]
network = { backbone = "mono", layout = "monochromic", widths = [4, 8, 16] }
"""


@pytest.fixture
def photos(folder):
    return load_photos(folder)


def loss_on(recipe, network, photos, count=24):
    """The loss on samples that no training here sees."""
    samples = Samples(recipe, photos, 32, range(10_000, 10_000 + count))
    batch = tuple(torch.stack(each) for each in zip(*(samples[i] for i in range(count)), strict=True))
    with torch.no_grad():
        return recipe.module.loss_of(network, batch, recipe.losses).loss


@pytest.mark.parametrize(
    ("has_bf16", "wanted", "taken"), [(True, "bf16", "bf16"), (False, "bf16", "no"), (True, "no", "no")]
)
def test_bf16_is_for_processors_that_have_it(has_bf16, wanted, taken, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(trainer, "cpu_computes_bf16", lambda: has_bf16)
    assert precision_here(wanted) == taken


@pytest.mark.parametrize("name", slow_but(["rgb", "hinge"], ["autoencoder", "rgb", "colour_prior", "hinge", "wgan_gp"]))
def test_the_loss_falls(name, photos, tmp_path):
    recipe = RECIPES[name]
    before = loss_on(recipe, Training(recipe, tmp_path).average, photos)
    run = train(recipe, photos, tmp_path)
    assert loss_on(recipe, run.average, photos) < before - 0.01
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["seen"] == run.seen == recipe.samples
    assert ("judge" in lines[-1]) == (recipe.adversary is not None)
    with Image.open(tmp_path / "preview.jpg") as preview:
        assert preview.size == (3 * 32, 4 * 32)


@pytest.mark.parametrize("name", slow_but(["mono", "damage", "colour_prior", "hinge"], RECIPES))
def test_resuming_equals_not_stopping_to_the_bit(name, photos, tmp_path):
    """Cancelled within a phase and in the next; the first ends with a batch that is not full."""
    recipe = replace(RECIPES[name], phases=(Phase(32, 4, 14), Phase(48, 4, 8)))
    train(recipe, photos, tmp_path / "whole")
    (tmp_path / "parts").mkdir()
    for limit in (12, 18):
        go_on(recipe, photos, tmp_path / "parts", limit)
    train(recipe, photos, tmp_path / "parts")
    assert_equal(tmp_path / "whole", tmp_path / "parts", 22)


def test_a_kill_between_checkpoints_loses_nothing(root, folder, photos, tmp_path):
    told = tmp_path / "tiny.toml"
    told.write_text(KILLED)
    state = tmp_path / "killed" / "state.safetensors"
    command = [sys.executable, root / "training" / "train.py", told, folder, state.parent, "--every", "0.1"]
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}  # whose number decides the last bits
    with subprocess.Popen(command, env={**os.environ, **threads}, stdout=subprocess.DEVNULL) as process:
        while not state.exists() and process.poll() is None:
            time.sleep(0.005)
        time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    recipe = load_recipe(told)
    assert 0 < read(state)[1] < recipe.samples
    for out in ("killed", "whole"):
        train(recipe, photos, tmp_path / out)
    assert_equal(tmp_path / "killed", tmp_path / "whole", recipe.samples)


def test_a_write_that_breaks_off_leaves_the_checkpoint(tmp_path):
    resource = pytest.importorskip("resource")
    path, parts = tmp_path / "state.safetensors", {"network": torch.nn.Linear(100, 100)}
    save_state(path, parts, 5)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            save_state(path, {"network": torch.nn.Linear(100, 100)}, 9)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert load_state(path, parts) == 5
    save_state(path, parts, 9)
    assert read(path)[1] == 9


def test_what_is_no_checkpoint_of_this_recipe(tmp_path):
    Training(TINY, tmp_path)
    with pytest.raises(SystemExit, match="no checkpoint of a training"):
        read(tmp_path / "state.safetensors")
    (tmp_path / "state.safetensors").write_bytes(b"half")
    with pytest.raises(SystemExit, match="no checkpoint of a training"):
        Training(TINY, tmp_path)
    save_state(tmp_path / "state.safetensors", Training(RECIPES["rgb"], tmp_path / "new").parts, 4)
    with pytest.raises(SystemExit, match="is of another recipe, train into another folder: network"):
        Training(TINY, tmp_path)


def test_only_pictures_can_be_judged(tmp_path):
    with pytest.raises(SystemExit, match=r"damage has no pictures for an adversary"):
        Training(replace(RECIPES["damage"], adversary=RECIPES["hinge"].adversary), tmp_path)


@pytest.mark.parametrize("name", ["mono", "autoencoder"])
def test_exported_weights_load_as_a_backbone(name, tmp_path, capsys):
    recipe = RECIPES[name]
    run = Training(recipe, tmp_path)
    save_state(run.state, run.parts, 1234)
    target = data_folder() / "weights" / f"{name}_tiny.safetensors"
    export(recipe, run.state, target)
    told = json.loads(capsys.readouterr().out)
    assert told == {"sha256": hash_file(target), "size": target.stat().st_size}
    row = WeightFile(
        id=f"{name}_tiny",
        backbone=name,
        variant="monochromic",
        channels="gray",
        trained_on="nothing",
        filename=target.name,
        license="MIT",
        source="training",
        **told,
    )
    model = load_network(row)
    assert model.network.channels == (4, 1)
    half = {k: v.half().float() if v.is_floating_point() else v for k, v in run.average.state_dict().items()}
    assert all(torch.equal(v, half.get(k, half.get(f"network.{k}"))) for k, v in model.network.state_dict().items())
    assert fill(make_photo(), make_hole(), model, source="rgb").shape == (1, 1, 37, 53)
    again = tmp_path / "again.safetensors"
    export(recipe, run.state, again)
    assert again.read_bytes() == target.read_bytes()


@pytest.mark.parametrize(("name", "order"), [("mono", torch.channels_last), ("vcnet_slim", torch.contiguous_format)])
def test_networks_are_trained_in_the_order_of_memory_that_suits_them(name, order, root, photos, tmp_path):
    """In the other, a step of VCNet on a CPU ends the process: torch's kernel of a 1 x 1 convolution with a stride."""
    recipe = load_recipe(root / "training" / "recipes" / f"{name}.toml")
    recipe = replace(recipe, phases=(Phase(128, 2, 2),))  # at a side of 64 torch's kernel does not break
    run = Training(recipe, tmp_path)
    weights = [w for w in run.network.parameters() if w.ndim == 4 and min(w.shape) > 1]
    assert weights
    assert all(w.is_contiguous(memory_format=order) for w in weights)
    run.step(next(iter(run.batches(photos, workers=0))))
    assert run.seen
