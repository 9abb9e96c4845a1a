"""The command line as a user types it."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo, slow_but
from monochromic.cli import main
from monochromic.cli.shared import progress_bar
from monochromic.core import (
    Guide,
    PictureError,
    Settings,
    colorize,
    load_guide,
    load_hole,
    load_image,
    luminance,
    match_picture,
    measure,
    parse_points,
    parse_strokes,
    pipeline,
    restore,
    save_image,
)
from monochromic.core.harmonize import UNCHANGED
from monochromic.core.inpaint.stage import fill
from monochromic.core.io.sheet import MARK, mark_hole, report_sheet
from monochromic.core.metrics import add_lpips, load_lpips, plain_numbers
from PIL import Image
from scipy import ndimage


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_image(make_photo(), "old.png")
    save_image(make_hole(), "mask.png")
    save_image(luminance(make_photo()), "gray.png")
    return tmp_path


def run(*arguments):
    return main([str(a) for a in arguments])


def rounded(image):
    return (image * 255).round() / 255


def test_restore(place, capsys):
    assert run("restore", "old.png", "--mask", "mask.png", "-o", "new/x.png", "--backbone", "navier_stokes") == 0
    assert capsys.readouterr().out == "new/x.png\n"
    photo = load_image("old.png")
    expected = restore(photo, make_hole(), backbone="navier_stokes")
    assert torch.equal(load_image("new/x.png"), rounded(expected))
    assert sorted(p.name for p in place.iterdir()) == ["gray.png", "mask.png", "new", "old.png"]


def test_texture(place, capsys):
    save_image(make_hole(height=96, width=96), "mask.png")
    save_image(make_photo(height=96, width=96), "old.png")
    photo, arguments = load_image("old.png"), ("restore", "old.png", "--mask", "mask.png", "--backbone", "telea")
    for name, amount, seed in (("plain", 0.0, 0), ("rich", 1.0, 3)):
        assert run(*arguments, "-o", f"{name}.png", "--texture", amount, "--texture-seed", seed) == 0
        expected = restore(photo, load_hole("mask.png", photo), backbone="telea", texture=amount, seed=seed)
        assert torch.equal(load_image(f"{name}.png"), rounded(expected))
    assert not torch.equal(load_image("plain.png"), load_image("rich.png"))
    assert run(*arguments, "-o", "x.png", "--texture", 2) == 2
    assert "texture must lie in [0, 1], got 2" in capsys.readouterr().err


def test_auto_takes_both_backbones(place):
    hole = torch.zeros(1, 1, 96, 96)
    hole[..., 20:76, 20:76] = 1
    save_image(hole, "mask.png")
    save_image(make_photo(height=96, width=96), "old.png")
    named = {"x": [], "mono": ["mono"], "auto": ["auto"], "wide": ["patchmatch"]}
    for name, options in {key: ["--backbone", *value] if value else [] for key, value in named.items()}.items():
        assert run("restore", "old.png", "--mask", "mask.png", "-o", f"{name}.png", *options) == 0
    unasked, mono, auto, wide = (load_image(f"{name}.png") for name in named)
    assert torch.equal(unasked, mono)
    assert torch.equal(auto, wide)
    assert not torch.equal(auto, mono)
    assert run("restore", "old.png", "--mask", "mask.png", "-o", "v.png", "--backbone", "auto", "--variants", 2) == 0
    assert any(torch.equal(auto, load_image(f"v_v{number}.png")) for number in (1, 2))


def test_restore_by_the_photos_own_transparency(place):
    alpha = 255 - make_hole()[0, 0].numpy().astype(np.uint8) * 255
    rgb = np.asarray(Image.open("old.png"))
    Image.fromarray(np.dstack([rgb, alpha])).save("clear.png")
    assert run("restore", "clear.png", "-o", "x.png") == 0
    assert run("restore", "old.png", "--mask", "mask.png", "-o", "y.png") == 0
    assert torch.equal(load_image("x.png"), load_image("y.png"))


def test_mask_options(place):
    save_image(1 - make_hole(), "turned.png")
    assert run("restore", "old.png", "--mask", "turned.png", "--invert", "-o", "x.png") == 0
    assert run("restore", "old.png", "--mask", "mask.png", "-o", "y.png") == 0
    assert torch.equal(load_image("x.png"), load_image("y.png"))
    assert run("restore", "old.png", "--mask", "mask.png", "--grow", "2", "-o", "z.png") == 0
    wider = (load_image("z.png") != load_image("old.png")).any(1).sum()
    assert wider > (load_image("y.png") != load_image("old.png")).any(1).sum()


def test_report(place, capsys):
    save_image(make_photo(), "good.png")
    arguments = ["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--report", "r", "--reference", "good.png"]
    assert run(*arguments) == 0
    assert capsys.readouterr().out == "x.png\nr/x_report.png\n"
    sheet = load_image("r/x_report.png")
    marked = (sheet - torch.tensor(MARK).view(1, 3, 1, 1)).abs().amax(1) < 0.01
    assert marked.sum() == make_hole().sum()
    assert run(*arguments[:-2]) == 0
    assert load_image("r/x_report.png").shape[2] < sheet.shape[2]


def test_the_report_explains(place, caplog):
    plain = ["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--report", "r", "--backbone", "deepfill_v1"]
    assert run(*plain) == 0
    before, result = load_image("r/x_report.png"), load_image("x.png")
    assert run(*plain, "--explain") == 0
    assert torch.equal(load_image("x.png"), result)
    sheet = load_image("r/x_report.png")
    assert sheet.shape[2] > before.shape[2]
    assert run(*plain[:-1], "telea", "--method", "paper", "--iterations", "1", "--explain") == 0
    assert "nothing to explain: neither" in caplog.text


def test_report_sheet_reduces_large_pictures():
    photo, hole = make_photo(height=900, width=2000), make_hole(900, 2000)
    sheet = report_sheet({"a": mark_hole(photo, hole), "b": photo[:, :1], "c": photo}, [["x", "1"]])
    assert sheet.size == (2 * 640 + 3 * 16, 2 * (288 + 26 + 16) + 16 + 26)


def test_report_sheet_is_as_wide_as_its_table():
    photo, table = {"a": make_photo()}, [["", "word"], ["full", "1.25"]]
    narrow = report_sheet(photo, table)
    wide = report_sheet(photo, [row * 5 for row in table])
    assert narrow.width < wide.width
    ink = np.asarray(wide.convert("L")) < 128
    assert not ink[:, -16:].any()
    last, first = ink[-52:, wide.width - 60 :], ink[-52:, narrow.width - 60 : narrow.width]
    assert last.sum() == first.sum() > 20


def test_gray_photos_stay_gray_files(place):
    assert run("restore", "gray.png", "--mask", "mask.png", "-o", "x.png") == 0
    with Image.open("x.png") as picture:
        assert picture.mode == "L"


def test_16_bit_photos_keep_them(place):
    deep = np.random.default_rng(0).integers(0, 65536, (37, 53, 3), np.uint16)
    cv2.imwrite("deep.tif", deep)
    assert run("restore", "deep.tif", "--mask", "mask.png", "-o", "x.png") == 0
    known = make_hole()[0, 0].numpy() == 0
    assert np.array_equal(cv2.imread("x.png", cv2.IMREAD_UNCHANGED)[known], deep[known])
    assert run("restore", "deep.tif", "--mask", "mask.png", "-o", "x.jpg") == 0


def test_colorize_with_hints(place):
    save_image(make_photo() * (1 - make_hole()), "holed.png")
    (place / "hints.txt").write_text("20,12,#ff0000\n")
    assert (
        run("colorize", "holed.png", "--gray", "gray.png", "--mask", "mask.png", "-o", "x.png", "--hints", "hints.txt")
        == 0
    )
    guide = Guide(points=parse_points("20,12,#ff0000"))
    expected = colorize(load_image("holed.png"), load_image("gray.png"), make_hole(), guide=guide)
    assert torch.equal(load_image("x.png"), rounded(expected))
    rgba = np.zeros((37, 53, 4), np.uint8)
    rgba[12, 20] = (255, 0, 0, 255)
    Image.fromarray(rgba).save("hints.png")
    assert (
        run("colorize", "holed.png", "--gray", "gray.png", "--mask", "mask.png", "-o", "y.png", "--hints", "hints.png")
        == 0
    )
    assert torch.equal(load_image("x.png"), load_image("y.png"))


def test_colorize_matches_what_another_model_made(place, caplog):
    """By default; the drift is gone with off only where nobody took it off."""
    photo, hole = load_image("old.png"), make_hole()
    save_image((photo * 0.9).clamp(0, 1), "other.png")
    picture, common = load_image("other.png"), ["colorize", "old.png", "--gray", "other.png", "--mask", "mask.png"]
    matched = match_picture(photo, picture, hole)
    wanted = {
        "brightness": colorize(photo, matched.gray, hole),
        "colors": matched.image,
        "off": colorize(photo, luminance(picture), hole),
    }
    for name, image in wanted.items():
        assert run(*common, "--match", name, "-o", f"{name}.png") == 0
        assert torch.equal(load_image(f"{name}.png"), rounded(image)), name
    assert run(*common, "-o", "x.png") == 0
    assert torch.equal(load_image("x.png"), load_image("brightness.png"))
    assert "the brightness of gray was changed by" in caplog.text


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16", "RGBA;16"])
def test_a_soft_edge_changes_known_pixels_near_the_mask_alone(place, mode):
    """At 0 bit for bit what it is without the option; opacity and depth stay."""
    levels = np.random.default_rng(0).integers(2000, 60000, (37, 53, 4)).astype(np.uint16)
    if mode == "RGBA;16":
        cv2.imwrite("photo.png", levels)
    elif mode == "I;16":
        Image.fromarray(levels[..., 0]).save("photo.png")
    else:
        Image.fromarray((levels >> 8).astype(np.uint8)).convert(mode).save("photo.png")
    other = load_image("photo.png").expand(-1, 3, -1, -1) * torch.linspace(0.8, 1, 53) * 0.9
    other[..., ::3, ::3] *= 0.9
    save_image(other, "other.png")
    common = ["colorize", "photo.png", "--gray", "other.png", "--mask", "mask.png", "--grain", "0"]
    assert run(*common, "-o", "plain.png") == 0
    assert run(*common, "--feather", "0", "-o", "zero.png") == 0
    assert Path("zero.png").read_bytes() == Path("plain.png").read_bytes()
    assert run(*common, "--feather", "3", "-o", "soft.png") == 0
    plain, soft = (cv2.imread(name, cv2.IMREAD_UNCHANGED).reshape(37, 53, -1) for name in ("plain.png", "soft.png"))
    away = ndimage.distance_transform_edt(make_hole()[0, 0].numpy() == 0)
    assert (plain[away > 3] == soft[away > 3]).all()
    assert (plain[away == 0] == soft[away == 0]).all()
    assert (plain != soft)[(away > 0) & (away <= 3)].any()
    assert soft.dtype == (np.uint16 if "16" in mode else np.uint8)
    if "A" in mode:
        assert (plain[..., 3] == soft[..., 3]).all()


def test_a_soft_edge_that_cannot_be(place, capsys, caplog):
    common = ["colorize", "old.png", "--gray", "gray.png", "--mask", "mask.png", "-o", "x.png"]
    assert run(*common, "--feather", "65") == 2
    assert "feather must be 0 to 64 pixels, got 65; 0 changes no known pixel" in capsys.readouterr().err
    assert run(*common, "--feather", "4", "--match", "off") == 2
    assert "--feather blends a picture that is brought to the photo" in capsys.readouterr().err
    assert not Path("x.png").exists()
    assert run(*common, "--feather", "4") == 0
    assert UNCHANGED in caplog.text


def test_color_options_reach_the_method(place):
    """Strokes from a file, strength, brightness, and what the trained methods take."""
    stroke = '[{"points": [[0.3, 0.3], [0.5, 0.5]], "color": "#20c040", "width": 0.1}]'
    (place / "strokes.json").write_text(stroke)
    common = ["colorize", "old.png", "--gray", "gray.png", "--mask", "mask.png", "--hints", "strokes.json"]
    assert run(*common, "--strength", "0.5", "--free-luminance", "-o", "x.png") == 0
    guide = Guide(strokes=parse_strokes(stroke), strength=0.5)
    photo, gray = load_image("old.png"), load_image("gray.png")
    expected = colorize(photo, gray, make_hole(), guide=guide, keep_luminance=False)
    assert torch.equal(load_image("x.png"), rounded(expected))
    trained = ["--method", "paper", "--seed", "5", "--scales", "2", "--schedule", "convex", "--iterations", "3"]
    assert run(*common, *trained, "--stop-loss", "1e-9", "-o", "y.png") == 0
    settings = Settings(seed=5, scales=2, schedule="convex", iterations=3, stop_loss=1e-9)
    expected = colorize(photo, gray, make_hole(), "paper", Guide(strokes=parse_strokes(stroke)), settings=settings)
    assert torch.equal(load_image("y.png"), rounded(expected))


def test_score(place, capsys):
    save_image(make_photo(seed=3), "other.png")
    a, b = load_image("old.png"), load_image("other.png")
    assert run("score", "old.png", "other.png", "--mask", "mask.png", "--json", "--csv", "new/x.csv") == 0
    scores = json.loads(capsys.readouterr().out)
    expected = {region: measure(a, b, make_hole(), region)[0] for region in ("hole", "box", "full")}
    assert scores == {region: plain_numbers(numbers) for region, numbers in expected.items()}
    assert scores["full"]["lpips"] is scores["full"]["ms_ssim"] is None
    rows = list(csv.DictReader((place / "new" / "x.csv").read_text().splitlines()))
    assert [(row["picture"], row["region"]) for row in rows] == [("old.png", r) for r in ("hole", "box", "full")]
    assert [float(row["ciede2000"]) for row in rows] == [expected[r]["ciede2000"] for r in expected]
    assert {row["lpips"] for row in rows} == {""}
    assert run("score", "old.png", "other.png") == 0
    table = capsys.readouterr().out.splitlines()
    assert len(table) == 2
    assert table[1].split()[0] == "full"
    assert "LPIPS" not in table[0]
    assert float(table[1].split()[1]) == pytest.approx(scores["full"]["psnr"], abs=0.006)
    assert run("score", "old.png", "old.png", "--json") == 0
    assert json.loads(capsys.readouterr().out)["full"]["psnr"] is None


@pytest.fixture
def folders(place):
    """Three results as PNG, their originals partly as BMP, and a mask for each."""
    for folder in ("ours", "good", "masks"):
        (place / folder).mkdir()
    for i, ending in enumerate(("png", "bmp", "png")):
        side = 176 if i == 2 else 60
        save_image(make_photo(i, side, side), f"ours/p{i}.png")
        save_image(make_photo(i + 5, side, side), f"good/p{i}.{ending}")
        save_image(make_hole(side, side), f"masks/p{i}.png")
    (place / "ours" / "notes.txt").touch()
    return place


def test_score_folders(folders, capsys):
    """Every picture and the means, as JSON, table and CSV; a mean is over the pictures that a metric applies to."""
    assert run("score", "ours", "good", "--mask", "masks", "--json", "--csv", "x.csv") == 0
    found = json.loads(capsys.readouterr().out)
    expected = {}
    for i, ending in enumerate(("png", "bmp", "png")):
        a, b = load_image(f"ours/p{i}.png"), load_image(f"good/p{i}.{ending}")
        regions = ("hole", "box", "full")
        hole = make_hole(*a.shape[-2:])
        expected[f"p{i}"] = {r: plain_numbers(measure(a, b, hole, r)[0]) for r in regions}
    assert found["pictures"] == expected
    mean = sum(scores["hole"]["l1"] for scores in expected.values()) / 3
    assert found["mean"]["hole"]["l1"] == pytest.approx(mean)
    assert found["mean"]["full"]["ms_ssim"] == expected["p2"]["full"]["ms_ssim"]
    assert found["mean"]["full"]["lpips"] is None
    rows = list(csv.DictReader((folders / "x.csv").read_text().splitlines()))
    assert [row["picture"] for row in rows] == [n for n in ("p0", "p1", "p2", "mean of 3") for _ in range(3)]
    assert float(rows[-3]["l1"]) == pytest.approx(mean)
    assert run("score", "ours", "good", "--mask", "masks/p0.png") == 0
    table = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0].strip() for line in table[1:4]] == ["p0 hole", "p0 box", "p0 full"]
    assert table[-1].startswith("mean of 3 full")
    assert len({len(line) for line in table}) == 1
    assert run("score", "ours", "good") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:9].strip() for line in lines[1:]] == ["p0", "p1", "p2", "mean of 3"]


def test_score_says_what_references_are_left_over(folders, caplog):
    save_image(make_photo(), "good/more.png")
    assert run("score", "ours", "good") == 0
    assert "good has 1 more than ours" in caplog.text


@pytest.mark.parametrize(
    ("change", "arguments", "words"),
    [
        (None, ["ours", "good/p0.png"], "ours and good/p0.png must be two pictures, or two folders of them"),
        (("remove", "good/p1.bmp"), ["ours", "good"], "good lacks 1 of 3 pictures: p1"),
        (("remove", "masks/p2.png"), ["ours", "good", "--mask", "masks"], "masks lacks 1 of 3 pictures: p2"),
        (("copy", "good/p0.bmp"), ["ours", "good"], "good has two pictures of one name"),
        (("small", "good/p0.png"), ["ours", "good"], "ours/p0.png: image and reference must match"),
        (("black", "masks/p1.png"), ["ours", "good", "--mask", "masks"], "ours/p1.png: the hole is empty"),
        (("empty", "none"), ["none", "good"], "none has no pictures"),
        (None, ["ours", "good", "--csv", "ours/p0.png"], "give the name of a file that ends with .csv"),
        (None, ["ours", "good", "--csv", "old.png/x.csv"], "old.png is not a folder"),
        (
            None,
            ["old.png", "old.png", "--lpips", "alex"],
            "LPIPS (alex) needs weights alexnet and lpips_alex of your own",
        ),
    ],
)
def test_score_refuses(folders, capsys, change, arguments, words):
    kind, path = change or (None, None)
    if kind == "remove":
        (folders / path).unlink()
    elif kind == "empty":
        (folders / path).mkdir()
    elif kind is not None:
        side = 50 if kind == "small" else 60
        save_image(torch.zeros(1, 1, side, side), path)
    before = sorted(folders.rglob("*"))
    assert run("score", *arguments) == 2
    assert words in capsys.readouterr().err
    assert sorted(folders.rglob("*")) == before


def test_score_with_lpips(place, capsys, monkeypatch):
    """The user's own network, in the table and the JSON, as the library has it; nothing is loaded unasked."""
    monkeypatch.setenv("MONOCHROMIC_HOME", str(place / "home"))
    generator = torch.Generator().manual_seed(0)
    shapes = {0: (64, 3, 11, 11), 3: (192, 64, 5, 5), 6: (384, 192, 3, 3), 8: (256, 384, 3, 3), 10: (256, 256, 3, 3)}
    state = {f"features.{i}.weight": torch.randn(s, generator=generator) * 0.1 for i, s in shapes.items()}
    state |= {f"features.{i}.bias": torch.zeros(s[0]) for i, s in shapes.items()}
    torch.save(state, "alexnet.pth")
    torch.save({f"lin{i}.model.1.weight": torch.ones(1, s[0], 1, 1) for i, s in enumerate(shapes.values())}, "lin.pth")
    add_lpips("alex", "alexnet.pth", "lin.pth")
    save_image(make_photo(seed=3), "other.png")
    assert run("score", "old.png", "other.png", "--mask", "mask.png", "--lpips", "alex", "--json") == 0
    scores = json.loads(capsys.readouterr().out)
    network = load_lpips("alex")
    a, b = load_image("old.png"), load_image("other.png")
    for region in ("hole", "full"):
        expected = measure(a, b, make_hole(), region, lpips=network)[0]
        assert scores[region]["lpips"] == pytest.approx(expected["lpips"], rel=1e-4)
        assert scores[region]["lpips"] > 0
    assert run("score", "old.png", "old.png", "--lpips", "alex") == 0
    heading, row = capsys.readouterr().out.replace("PSNR dB", "PSNR").splitlines()
    assert row.split()[heading.split().index("LPIPS") + 1] == "0.0000"  # the region stands first


def test_load_guide_reads_each_kind_of_hints(place):
    (place / "h.txt").write_text("20,12,#ff0000")
    (place / "h.json").write_text('[{"points": [[0.3, 0.3]], "color": "#20c040", "width": 0.1}]')
    assert load_guide("h.txt", 0.5) == Guide(points=parse_points("20,12,#ff0000"), strength=0.5)
    assert load_guide("h.json").strokes == parse_strokes((place / "h.json").read_text())
    assert torch.equal(load_guide("old.png").picture[:, :3], load_image("old.png"))
    with pytest.raises(PictureError, match="cannot read the hints gone.txt"):
        load_guide("gone.txt")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["restore", "gone.png", "--mask", "mask.png", "-o", "x.png"], "there is no picture 'gone.png'"),
        (["restore", "old.png", "--mask", "gone.png", "-o", "x.png"], "there is no picture 'gone.png'"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--threshold", "0.3"], "do not go together"),
        (["restore", "old.png", "-o", "x.png", "--find", "clasical"], "did you mean 'classical'"),
        (["restore", "old.png", "-o", "x.png", "--find", "vcnet"], "fill holes but do not find them"),
        (["restore", "old.png", "-o", "x.png", "--find", "classical", "--grow", "-1"], "grows by 0 pixels or more"),
        (["mask", "old.png", "-o", "x.png", "--threshold", "1"], "threshold must be at least 0 and below 1, got 1"),
        (["mask", "old.png", "-o", "x.png", "--smallest", "-3"], "must have 0 pixels or more, got -3"),
        (["mask", "old.png", "-o", "x.png", "--protect", "gone.png"], "there is no picture 'gone.png'"),
        (["mask", "old.png", "-o", "x.png", "--heat", "x.png"], "x.png cannot be both the mask and the heat map"),
        (["mask", "old.png", "-o", "x.png", "--heat", "x.gif"], "cannot write 'x.gif'"),
        (["mask", "old.png", "-o", "old.png"], "old.png is one of the inputs"),
        (["mask", "old.png", "-o", "x.png", "--threshold", "0", "--grow", "99"], "all of photo 1 was taken for damage"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "x.gif"], "cannot write 'x.gif': end it with one of"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "old.png"], "old.png is one of the inputs"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "folder.png"], "folder.png is a folder"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "mask.png/x.png"], "is not a folder"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--report", "old.png/r"], "is not a folder"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--backbone", "tela"], "did you mean 'telea'"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--method", "magic"], "no color method 'magic'"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--grow", "-1"], "grows by 0 pixels or more"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--hints", "no.txt"], "cannot read the hints"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--hints", "far.txt"], "outside the photo"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--schedule", "cos"], "no rate schedule 'cos'"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--scales", "9"], "scales must be from 1 to 5"),
        (
            ["colorize", "old.png", "--gray", "gray.png", "--mask", "mask.png", "-o", "x.png", "--hints", "gray.json"],
            "cannot read the hints gray.json",
        ),
        (["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--reference", "old.png"], "add --report DIR"),
        (["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--explain"], "add --report DIR"),
        (["restore", "old.png", "--mask", "white.png", "-o", "x.png"], "covers all of photo 1"),
        (
            ["restore", "old.png", "--mask", "mask.png", "-o", "x.png", "--report", "r", "--reference", "small.png"],
            "the reference must be the size of the photo",
        ),
        (["colorize", "old.png", "--gray", "small.png", "--mask", "mask.png", "-o", "x.png"], "gray is 20 x 20 pixels"),
        (
            [
                "colorize",
                "old.png",
                "--gray",
                "gray.png",
                "--mask",
                "mask.png",
                "--match",
                "colors",
                "--hints",
                "far.txt",
            ],
            "leave out one of them",
        ),
        (["score", "old.png", "small.png"], "must match"),
        (["score", "text.png", "old.png"], "is not a picture that can be read"),
    ],
)
def test_refusals(place, capsys, arguments, words):
    """Exit code 2, one line that says why, and no file that was not there before."""
    (place / "folder.png").mkdir()
    (place / "far.txt").write_text("99,99,#ffffff")
    (place / "text.png").write_text("text")
    save_image(torch.ones(1, 1, 37, 53), "white.png")
    save_image(make_photo(height=20, width=20), "small.png")
    before = {p: p.read_bytes() for p in place.rglob("*") if p.is_file()}
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert {p: p.read_bytes() for p in place.rglob("*") if p.is_file()} == before


def test_an_empty_mask_gives_the_photo_back(place):
    save_image(torch.zeros(1, 1, 37, 53), "black.png")
    assert (
        run("restore", "old.png", "--mask", "black.png", "-o", "x.png", "--report", "r", "--reference", "old.png") == 0
    )
    assert torch.equal(load_image("x.png"), load_image("old.png"))


def test_progress_is_quiet_where_there_is_no_terminal(capsys):
    with progress_bar("gray") as progress:
        progress(0, 2)
        progress(2, 2)
    assert capsys.readouterr().err == ""


def test_installed_command(place):
    out = subprocess.run(["monochromic", "--version"], capture_output=True, text=True, check=True, env=path_of_python())
    assert out.stdout.strip() == "0.1.0"
    missing = subprocess.run(["monochromic"], capture_output=True, text=True, check=False, env=path_of_python())
    assert missing.returncode == 0
    assert missing.stdout.startswith("usage:")


def path_of_python():
    return {**os.environ, "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"}  # noqa: PTH120


@pytest.mark.parametrize("unbuffered", slow_but([""], ["", "1"]))
def test_a_closed_pipe_is_no_error(place, unbuffered):
    command = "monochromic score old.png old.png --mask mask.png | true"
    env = {**path_of_python(), "PYTHONUNBUFFERED": unbuffered}
    out = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, check=False, env=env)
    assert out.returncode == 0
    assert out.stderr == b""


def test_control_c_while_torch_is_read(tmp_path):
    """The command's way in reads nothing heavy before it can be stopped."""
    (tmp_path / "torch.py").write_text("raise KeyboardInterrupt")
    script = "import sys; from monochromic.cli import main; sys.exit(main(['weights', 'list']))"
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, env=env)
    assert (out.returncode, out.stdout, out.stderr) == (130, b"", b"monochromic: stopped\n")


@pytest.mark.parametrize("name", ["numpy", "torch"])
def test_control_c_while_a_library_is_read_that_swallows_it(tmp_path, name):
    """As numpy does where its import is interrupted at some places; at others torch aborts the process."""
    lines = ["import os, signal", "try:", "    os.kill(os.getpid(), signal.SIGINT)", "    [i for i in range(1000)]"]
    went_on = tmp_path / "went_on"
    lines += ["except KeyboardInterrupt:", "    pass", f"open({str(went_on)!r}, 'w').close()"]
    (tmp_path / f"{name}.py").write_text("\n".join(lines))
    script = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    script += "from monochromic.cli import main; sys.exit(main())"
    env = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    out = subprocess.run([sys.executable, "-c", script, "weights", "list"], capture_output=True, check=False, env=env)
    assert (out.returncode, out.stdout, out.stderr) == (130, b"", b"monochromic: stopped\n")
    assert not went_on.exists()


def test_control_c_leaves_nothing_behind(place, capsys, monkeypatch):
    """Cancelled in the middle of the work, on however slow a machine: exit code 130, one line, no file."""
    save_image(make_photo(height=2000, width=2000), "large.png")
    save_image(torch.nn.functional.interpolate(make_hole(), (2000, 2000)), "large_mask.png")
    before = sorted(p.name for p in place.iterdir())
    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    monkeypatch.setattr(pipeline, "fill", lambda *args, **options: (timer.start(), fill(*args, **options))[1])
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        assert run("restore", "large.png", "--mask", "large_mask.png", "-o", "x.png") == 130
    finally:
        signal.signal(signal.SIGINT, usual)
    assert capsys.readouterr().err == "monochromic: stopped\n"
    assert sorted(p.name for p in place.iterdir()) == before
