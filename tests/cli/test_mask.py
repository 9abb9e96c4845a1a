"""`monochromic mask`, and `monochromic restore` without a mask, as a user types them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import make_photo
from monochromic.cli import main
from monochromic.core import degrade, find_hole, heat_map, load_alpha, load_image, load_photo, restore, save_image
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect import summary
from monochromic.core.io.sheet import MARK
from PIL import Image


@pytest.fixture
def photo(tmp_path, monkeypatch):
    """A scratched photo, as its file holds it; a clean one and a mask of its left half are beside it."""
    monkeypatch.chdir(tmp_path)
    save_image(degrade(make_photo(2, 96, 130), "scratch", 0, seed=4).image, "old.png")
    save_image(torch.full((1, 3, 96, 130), 0.5), "clean.png")
    left = torch.zeros(1, 1, 96, 130)
    left[..., :65] = 1
    save_image(left, "left.png")
    return load_image("old.png")


def run(*arguments):
    return main([str(a) for a in arguments])


def rounded(image):
    return (image * 255).round() / 255


def test_mask(photo, capsys):
    assert run("mask", "old.png", "-o", "x.png", "--method", "classical", "--heat", "h.png") == 0
    assert capsys.readouterr().out == "x.png\nh.png\n"
    found = find_hole(photo, "classical")
    assert found.hole.any()
    assert torch.equal(load_image("x.png"), found.hole)
    assert torch.equal(load_image("h.png"), rounded(heat_map(photo, found.kinds)))


def test_mask_options(photo):
    options = ["--threshold", "0.7", "--grow", "0", "--smallest", "40", "--protect", "left.png"]
    assert run("mask", "old.png", "-o", "x.png", "--method", "classical", *options) == 0
    protect = load_image("left.png")
    wanted = find_hole(photo, "classical", threshold=0.7, dilate=0, min_area=40, protect=protect).hole
    assert wanted.any()
    assert torch.equal(load_image("x.png"), wanted)
    assert run("mask", "old.png", "-o", "y.png") == 0
    assert torch.equal(load_image("y.png"), find_hole(photo).hole)


@pytest.fixture
def rimmed(photo, monkeypatch):
    """A photo with a white margin, in which and inside of which damage seems to be."""
    picture, marks = torch.nn.functional.pad(0.6 * photo, (14, 14, 14, 14), value=1), torch.zeros(1, 1, 124, 158)
    save_image(picture, "rimmed.png")
    marks[..., 2:8, 20:140] = marks[..., 50:52, 20:140] = 0.9
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: marks)
    return load_image("rimmed.png")


@pytest.mark.parametrize("command", ["mask", "restore"])
def test_what_was_left_is_said_and_can_be_filled(rimmed, command, caplog):
    flag = "--method" if command == "mask" else "--find"
    assert run(command, "rimmed.png", "-o", "x.png", flag, "classical") == 0
    found, plain = (find_hole(rimmed, "classical", guard=guard) for guard in (True, False))
    assert (plain.hole - found.hole).sum() == 8 * 122  # grown by a pixel
    look = ["look at what was filled: --report DIR, or monochromic mask rimmed.png --heat FILE"] * (
        command == "restore"
    )
    assert caplog.messages == [f"rimmed.png: {summary(found)[0]}", *look]
    assert caplog.records[0].levelname == "INFO"
    assert "3.7 % of blank margin" in caplog.text
    assert run(command, "rimmed.png", "-o", "y.png", flag, "classical", "--no-guard") == 0
    assert caplog.messages[1 + len(look) :] == [f"rimmed.png: {summary(plain)[0]}", *look]
    for name, each in (("x.png", found), ("y.png", plain)):
        wanted = each.hole if command == "mask" else rounded(restore(rimmed, each.hole))
        assert torch.equal(load_image(name), wanted)


def test_where_all_was_left_that_is_said(photo, monkeypatch, caplog):
    marks = torch.zeros(1, 1, 96, 130)
    marks[..., 30:60, 40:70] = 0.9
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: marks)
    assert run("restore", "old.png", "-o", "x.png") == 0
    assert caplog.messages == [
        "old.png: filled: nothing; not filled: 1 thick part of 7.2 %, see the heat map",
        "nothing that looks damaged is filled in old.png; it is written as it is",
        "if that is damage: --no-guard fills it",
    ]
    assert torch.equal(load_image("x.png"), photo)


def test_how_to_fill_what_was_left_is_said(photo, monkeypatch, caplog):
    save_image(torch.full((1, 3, 160, 200), 0.5), "clean.png")
    kinds = torch.zeros(1, len(KIND_NAMES), 160, 200)
    kinds[:, KIND_NAMES.index("specks"), 30:32, 40:42] = 0.99  # nothing else
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: kinds.clone())
    assert run("mask", "clean.png", "-o", "x.png") == run("restore", "clean.png", "-o", "y.png") == 0
    assert caplog.messages[2::3] == ["if that is damage: --kinds specks fills more of it, --no-guard all of it"] * 2
    caplog.clear()
    assert run("mask", "clean.png", "-o", "x.png", "--kinds", "specks") == 0
    assert "if that is damage" not in caplog.text
    assert load_image("x.png").any()
    kinds[:, KIND_NAMES.index("specks"), 30:60, 40:70] = 0.99  # too thick
    assert run("mask", "clean.png", "-o", "x.png", "--kinds", "specks") == 0
    assert caplog.messages[-1] == "if that is damage: --no-guard fills it"


def test_the_guard_needs_no_mask(photo, capsys):
    assert run("restore", "old.png", "-o", "x.png", "--mask", "left.png", "--no-guard") == 2
    assert "--no-guard and --mask do not go together" in capsys.readouterr().err


def test_a_mask_of_nothing_is_said(photo, caplog):
    assert run("mask", "clean.png", "-o", "x.png", "--method", "classical") == 0
    assert caplog.messages == ["no damage was found in clean.png; the mask is empty"]
    assert not load_image("x.png").any()


def test_restore_without_a_mask(photo, capsys, caplog):
    assert run("restore", "old.png", "-o", "x.png", "--find", "classical", "--report", "r") == 0
    assert "look at what" not in caplog.text
    assert capsys.readouterr().out == "x.png\nr/x_report.png\n"
    hole = find_hole(photo, "classical").hole
    assert torch.equal(load_image("x.png"), rounded(restore(photo, hole)))
    marked = (load_image("r/x_report.png") - torch.tensor(MARK).view(1, 3, 1, 1)).abs().amax(1) < 0.01
    assert marked.sum() == hole.sum()
    assert run("restore", "old.png", "-o", "y.png") == 0
    assert torch.equal(load_image("y.png"), rounded(restore(photo, find_hole(photo).hole)))


def test_its_options_reach_the_hole(photo):
    options = ["--threshold", "0.7", "--grow", "5", "--smallest", "40", "--protect", "left.png"]
    assert run("restore", "old.png", "-o", "x.png", "--find", "classical", *options) == 0
    protect = load_image("left.png")
    hole = find_hole(photo, "classical", threshold=0.7, dilate=5, min_area=40, protect=protect).hole
    assert hole.any()
    assert torch.equal(load_image("x.png"), rounded(restore(photo, hole)))


def test_a_transparent_part_goes_first(photo):
    alpha = np.full((96, 130), 255, np.uint8)
    alpha[20:30, 40:60] = 0
    Image.fromarray(np.dstack([np.asarray(Image.open("old.png")), alpha])).save("clear.png")
    assert run("restore", "clear.png", "-o", "x.png") == 0
    changed = (load_image("x.png") != photo).any(1)[0]
    assert changed[20:30, 40:60].any()
    assert not changed[alpha > 0].any()
    assert run("restore", "clear.png", "-o", "y.png", "--find", "classical") == 0
    expected = restore(load_photo("clear.png"), find_hole(photo, "classical").hole)
    assert torch.equal(load_image("y.png"), rounded(expected))
    assert torch.equal(load_alpha("y.png"), load_alpha("clear.png"))


@pytest.mark.parametrize("bits", [8, 16])
def test_a_clean_photo_comes_back_bit_for_bit(photo, caplog, bits):
    save_image(make_photo(7, 60, 80) * 0.01 + 0.4, "calm.png", bits)
    assert run("restore", "calm.png", "-o", "x.png", "--find", "classical", "--report", "r") == 0
    assert "no damage was found in calm.png; it is written as it is" in caplog.text
    assert torch.equal(load_image("x.png"), load_image("calm.png"))
    with Image.open("r/x_report.png") as sheet:
        assert sheet.width > 2 * 80


def test_kinds(photo, capsys):
    """What is asked for, with a threshold of its own; wrong words are refused before the work."""
    assert run("mask", "old.png", "-o", "x.png", "--method", "classical", "--kinds", "lines=0.8") == 0
    wanted = find_hole(photo, "classical", kinds={"lines": 0.8}).hole
    assert wanted.any()
    assert torch.equal(load_image("x.png"), wanted)
    assert run("mask", "old.png", "-o", "y.png", "--method", "classical", "--kinds", "areas") == 0
    assert not load_image("y.png").any()
    assert run("restore", "old.png", "-o", "z.png", "--kinds", "areas", "--find", "classical") == 0
    assert torch.equal(load_image("z.png"), photo)
    capsys.readouterr()
    assert run("restore", "old.png", "-o", "n.png", "--mask", "left.png", "--kinds", "lines") == 2
    assert "--kinds and --mask do not go together" in capsys.readouterr().err
    wrong = {"line": "did you mean 'lines'", "lines=2": "below 1, got 2", "lines=x": "must be a number"}
    wrong["=0.5"] = "must stand before the threshold"
    for text, words in wrong.items():
        for command in ("mask", "restore"):
            capsys.readouterr()
            assert run(command, "nowhere.png", "-o", "n.png", "--kinds", text) == 2
            assert words in capsys.readouterr().err
    assert not Path("n.png").exists()


def test_all_kinds(photo, monkeypatch):
    kinds = torch.zeros(1, len(KIND_NAMES), 96, 130)
    for i in range(len(KIND_NAMES)):
        kinds[0, i, 10 + 15 * i : 12 + 15 * i, 20:100] = 0.9
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: kinds)
    monkeypatch.setattr("monochromic.core.detect.doubtful_specks.amid_edges", lambda specks: specks.contrast > 1)
    monkeypatch.setattr("monochromic.core.detect.look.blank_parts", lambda lost, *_: lost * 0)
    assert run("mask", "old.png", "-o", "x.png", "--grow", "0", "--kinds", "all") == 0
    assert torch.equal(load_image("x.png"), (kinds.amax(1, keepdim=True) > 0.5).float())
