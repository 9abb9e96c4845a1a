"""The weights of the pack: every backbone but the two large ones runs in a fresh installation."""

import socket

import pytest
import torch
from monochromic.core import BACKBONES, WeightsError, fill, luminance, psnr, random_hole
from monochromic.core.weights import manifest
from monochromic.core.weights.load import clear
from monochromic.core.weights.select import fingerprint_of, load_model, readiness, readiness_of
from monochromic.core.weights.store import cached_path
from skimage import data

FETCHED = ("lama", "mat")
SHIPPED = [name for name in BACKBONES if name not in FETCHED]
HAZE = "context_encoder"  # its one vector for all of the photo learns slowly: no more than tones, so far


@pytest.fixture
def nothing_but_the_pack(tmp_path, monkeypatch):
    """A home without weights, and no network."""
    monkeypatch.setenv("MONOCHROMIC_HOME", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was asked"))
    clear()
    yield
    clear()


@pytest.mark.parametrize("name", SHIPPED)
def test_it_fills_as_well_as_a_mean_at_least(name, nothing_but_the_pack):
    photo = torch.from_numpy(data.chelsea()[20:276, 100:356].transpose(2, 0, 1)).float()[None] / 255
    hole = random_hole("free_form", 256, 256, 0.25, seed=3)
    ready = readiness(BACKBONES[name])
    assert ready == (0, ""), f"{name} does not run: {ready[1]}; ship weights (weights/)"
    model = load_model(BACKBONES[name])
    gray, truth, inside = fill(photo, hole, model), luminance(photo), hole > 0
    assert torch.equal(gray[~inside], truth[~inside])
    mean = torch.where(inside, truth[~inside].mean(), truth)
    ours, plain = (psnr(picture, truth, inside).item() for picture in (gray, mean))
    assert ours > plain + (-0.25 if name == HAZE else 0.25), f"{name} fills no better than the mean of what is known"


@pytest.mark.parametrize("name", FETCHED)
def test_the_others_say_what_they_would_download(name, nothing_but_the_pack):
    state, told = readiness(BACKBONES[name])
    assert state == 1
    assert told.startswith("downloads ")


@pytest.mark.parametrize(("name", "what"), [("shift_net", "get a file of https://github.com/"), ("mlp", "train it")])
def test_those_without_weights_say_what_to_do(name, what, nothing_but_the_pack, monkeypatch):
    """A backbone added before its weights are; today all have some."""
    monkeypatch.setattr("monochromic.core.weights.manifest._both", lambda: ({}, {}))
    assert readiness(BACKBONES[name]) == (2, "needs weights of your own: monochromic weights convert")
    with pytest.raises(WeightsError, match=f"{what}.* and run `monochromic weights convert FILE --as {name}`"):
        load_model(BACKBONES[name])


@pytest.mark.parametrize("rgb", [False, True])
def test_a_menu_reads_the_manifests_once(nothing_but_the_pack, monkeypatch, rgb):
    read, text = [], manifest.read_text
    each = {name: readiness(backbone, rgb=rgb) for name, backbone in BACKBONES.items()}
    monkeypatch.setattr(manifest, "read_text", lambda path: read.append(path) or text(path))
    assert readiness_of(BACKBONES.values(), rgb=rgb) == each
    assert read == [manifest.MANIFEST]


def test_a_file_of_the_pack_that_is_gone_is_missed(nothing_but_the_pack, monkeypatch):
    """And not replaced by other weights of the same backbone, such as those for RGB."""
    here = "monochromic.core.weights.select.cached_path"
    monkeypatch.setattr(here, lambda entry: None if entry.id == "mono" else cached_path(entry))
    assert fingerprint_of("mono").startswith("mono ")
