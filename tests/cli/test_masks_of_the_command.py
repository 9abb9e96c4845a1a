"""Masks given to the command: what it says of them, and its options to read them."""

import json

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.cli import main
from monochromic.core import load_image, luminance, save_image
from PIL import Image

DRAWN = make_hole()[0, 0].numpy() > 0


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_image(make_photo(), "old.png")
    save_image(luminance(make_photo()), "gray.png")
    save_image(make_hole(), "white.png")
    Image.fromarray(np.where(DRAWN[..., None], np.array((255, 0, 0), np.uint8), 0).astype(np.uint8)).save("red.png")
    Image.fromarray(DRAWN * np.uint8(100)).save("dark.png")
    Image.fromarray(np.zeros((37, 53), np.uint8)).save("black.png")
    return tmp_path


def restored(*words):
    assert main(["restore", "old.png", "-o", "x.png", "--backbone", "telea", *words]) == 0
    return load_image("x.png")


COMMANDS = {
    "restore": ["restore", "old.png", "-o", "x.png", "--backbone", "telea"],
    "colorize": ["colorize", "old.png", "--gray", "gray.png", "-o", "x.png"],
    "score": ["score", "gray.png", "old.png", "--json"],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "words",
    [
        ["red.png"],
        ["red.png", "--mask-channel", "red"],
        ["red.png", "--mask-channel", "luminance", "--mask-threshold", "0.2"],
        ["dark.png"],
        ["dark.png", "--mask-threshold", "0.3"],
    ],
    ids=" ".join,
)
def test_every_command_reads_a_mask_alike(place, capsys, command, words):
    def result(*mask):
        assert main([*COMMANDS[command], "--mask", *mask]) == 0
        printed = capsys.readouterr().out
        return json.loads(printed) if command == "score" else load_image("x.png").numpy().tolist()

    assert result(*words) == result("white.png")


def test_nothing_to_fill_is_said(place, caplog):
    assert torch.equal(restored("--mask", "black.png"), load_image("old.png"))
    assert caplog.messages[0].startswith("the mask black.png marks nothing to fill: its largest value is 0 of 255")
    assert caplog.messages[1] == (
        "nothing was filled: old.png is written as it is; --mask-channel and --mask-threshold say what of the mask is "
        "filled"
    )
    caplog.clear()
    restored("--mask", "red.png", "--mask-channel", "luminance")
    assert "its largest value is 76 of 255, and only what is brighter than 128 of 255 is filled" in caplog.messages[0]


def test_a_copy_of_the_photo_as_its_mask(place, caplog):
    copy = (make_photo() * (1 - make_hole()) + make_hole())[0].permute(1, 2, 0).mul(255).round().byte().numpy()
    Image.fromarray(copy).save("copy.png")
    changed = (restored("--mask", "copy.png") != load_image("old.png")).any(1)
    assert changed.float().mean() > 0.1
    assert not (changed & (torch.nn.functional.max_pool2d(make_hole(), 3, 1, 1)[:, 0] == 0)).any()
    assert caplog.messages == ["the mask copy.png is a copy of the photo: what differs is filled"]


def test_a_hint_shows_in_a_gray_file(place, caplog):
    (place / "hints.txt").write_bytes("20,12,#ff0000\r\n".encode("utf-16"))
    Image.open("gray.png").convert("L").save("one.png")
    Image.open("one.png").convert("RGB").save("three.png")
    results = []
    for name in ("one", "three"):
        words = ["restore", f"{name}.png", "--mask", "white.png", "--hints", "hints.txt", "--backbone", "telea"]
        assert main([*words, "-o", "x.png"]) == 0
        results.append(load_image("x.png"))
    assert torch.equal(*results)
    assert np.ptp(results[0][0, :, 12, 20].numpy()) > 0.2


@pytest.mark.parametrize("grow", ["53", "100000", "9" * 40])
@pytest.mark.parametrize("command", ["restore", "colorize", "mask"])
def test_a_hole_grown_by_more_than_the_photo(place, capsys, command, grow):
    noisy = make_photo()
    noisy[..., 18, :] = 1
    save_image(noisy, "old.png")
    words = (
        ["mask", "old.png", "-o", "x.png", "--method", "classical"]
        if command == "mask"
        else [*COMMANDS[command], "--mask", "white.png"]
    )
    code = main([*words, "--grow", grow])
    error = capsys.readouterr().err
    assert code == 2
    assert "covers all of photo 1" in error or "all of photo 1 was taken for damage" in error
    assert error.count("\n") == 1
    assert not (place / "x.png").exists()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["--mask", "red.png", "--mask-channel", "rad"], "no mask channel 'rad'; did you mean 'red'"),
        (["--mask", "red.png", "--mask-threshold", "1"], "threshold must be at least 0 and below 1, got 1"),
        (["--mask", "red.png", "--mask-threshold", "nan"], "threshold must be at least 0 and below 1, got nan"),
        (["--mask-threshold", "0.2"], "--mask"),
        (["--mask-channel", "red"], "--mask"),
    ],
)
def test_wrong_options_are_one_line(place, capsys, command, words, answer):
    assert main([*COMMANDS[command], *words]) == 2
    error = capsys.readouterr().err
    assert answer in error
    assert error.count("\n") == 1
    assert not (place / "x.png").exists()
