"""What the commands do with odd picture files: pages, cut files, metadata, profiles and transparency."""

import numpy as np
import pytest
import tifffile
import torch
from conftest import make_hole, make_photo
from monochromic.cli import main
from monochromic.core import load_alpha, load_image, load_photo, save_image
from picture_files import profile
from PIL import Image

KNOWN = make_hole()[0, 0] == 0


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_image(make_hole(), "mask.png")
    save_image(make_photo().mean(1, keepdim=True), "gray.png")
    return tmp_path


def run(*arguments):
    return main([*arguments, "--mask", "mask.png"] if arguments[0] != "mask" else list(arguments))


def pictures(count):
    arrays = [(make_photo(seed)[0].permute(1, 2, 0) * 255).round().byte().numpy() for seed in range(count)]
    return [Image.fromarray(array) for array in arrays]


@pytest.mark.parametrize("command", [("restore",), ("colorize", "--gray", "gray.png"), ("mask",)])
def test_pages(place, capsys, command):
    first, *others = pictures(3)
    first.save("album.tif", save_all=True, append_images=others)
    assert run(command[0], "album.tif", *command[1:], "-o", "x.png") == 2
    assert "it holds 3 pictures" in capsys.readouterr().err
    assert not (place / "x.png").exists()
    assert run(command[0], "album.tif", *command[1:], "-o", "x.png", "--page", "2") == 0
    if command[0] != "mask":
        assert np.array_equal(np.asarray(Image.open("x.png"))[KNOWN], np.asarray(others[0])[KNOWN])
    assert run(command[0], "album.tif", *command[1:], "-o", "y.png", "--page", "4") == 2
    assert "has no page 4; it holds 3" in capsys.readouterr().err


def test_a_cut_file(place, capsys):
    pictures(1)[0].resize((212, 148)).save("whole.jpg", quality=95)
    data = (place / "whole.jpg").read_bytes()
    (place / "cut.jpg").write_bytes(data[: len(data) // 2])
    assert run("restore", "cut.jpg", "-o", "x.png", "--backbone", "telea") == 2
    assert "--accept-truncated" in capsys.readouterr().err
    assert run("restore", "cut.jpg", "-o", "x.png", "--backbone", "telea", "--accept-truncated") == 0
    missing = load_photo("cut.jpg", accept_truncated=True).missing[0, 0].bool()
    changed = (load_image("x.png") != load_image("cut.jpg", accept_truncated=True)).any(1)[0]
    assert changed[missing].float().mean() > 0.5


def test_metadata_and_profile(place):
    exif = Image.Exif()
    exif[270], exif[274] = "Grandma, 1961", 3
    pictures(1)[0].save("scan.jpg", exif=exif, dpi=(600, 600), icc_profile=profile(1.8))
    for command in (("restore", "--backbone", "telea"), ("colorize", "--gray", "gray.png")):
        for ending in ("jpg", "png", "tif", "webp"):
            assert run(command[0], "scan.jpg", *command[1:], "-o", f"x.{ending}") == 0
            with Image.open(f"x.{ending}") as picture:
                tags = picture.getexif()
                assert (tags[270], tags.get(274, 1)) == ("Grandma, 1961", 1)
                assert "sRGB" in picture.info["icc_profile"].decode("utf-16-be", "ignore")
                assert round(float((picture.info.get("dpi") or [tags[282]])[0])) == 600
            if ending != "jpg":
                assert torch.equal(load_image(f"x.{ending}")[..., KNOWN], rounded(load_image("scan.jpg"))[..., KNOWN])


def rounded(image):
    return (image * 255).round() / 255


def test_transparency_is_kept(place, caplog):
    array = np.dstack([np.asarray(pictures(1)[0]), np.full((37, 53), 255, np.uint8)])
    array[:, :9] = 0
    Image.fromarray(array).save("cut.png")
    for ending in ("png", "tif", "webp"):
        assert run("restore", "cut.png", "-o", f"x.{ending}", "--backbone", "telea") == 0
        assert torch.equal(load_alpha(f"x.{ending}"), load_alpha("cut.png"))
        assert torch.equal(load_image(f"x.{ending}")[..., KNOWN], load_image("cut.png")[..., KNOWN])
    assert not caplog.text
    assert run("restore", "cut.png", "-o", "x.jpg", "--backbone", "telea") == 0
    assert "cannot hold what is transparent" in caplog.text


def test_tiff_that_pillow_does_not_open(place):
    """Its size is checked against the format to write before the work; that reads it the same way."""
    levels = np.random.default_rng(0).integers(0, 65536, (37, 53, 2), np.uint16)
    tifffile.imwrite("deep.tif", levels, photometric="minisblack", extrasamples=["unassalpha"])
    for ending in ("png", "tif", "jpg"):
        assert run("restore", "deep.tif", "-o", f"x.{ending}", "--backbone", "telea") == 0
    photo = load_photo("x.tif")
    assert (photo.bits, photo.image.shape[1], photo.alpha is None) == (16, 1, False)
    tifffile.imwrite("wide.tif", np.zeros((1, 70_000), np.float16))
    assert run("restore", "wide.tif", "-o", "y.jpg", "--backbone", "telea") == 2
