"""All pages of a file in one call of a command, its own profile kept, and the note of what was done."""

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.cli import main
from monochromic.core import load_image, load_photo, save_image
from monochromic.core.io.opening import picture_sizes
from picture_files import profile
from PIL import Image

KNOWN = make_hole()[0, 0] == 0
RESTORE = ("restore", "--mask", "mask.png", "--backbone", "telea")
COLORIZE = ("colorize", "--mask", "mask.png", "--gray", "gray.png")


def picture(seed, *size):
    return Image.fromarray((make_photo(seed, *size)[0].permute(1, 2, 0) * 255).round().byte().numpy())


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_image(make_hole(), "mask.png")
    save_image(make_photo().mean(1, keepdim=True), "gray.png")
    picture(0).save("album.tif", save_all=True, append_images=[picture(1), picture(2).convert("L")])
    picture(0).save("film.gif", save_all=True, append_images=[picture(1), picture(2)])
    return tmp_path


def known(path, page=None):
    return load_image(path, page)[..., KNOWN]


@pytest.mark.parametrize("command", [RESTORE, COLORIZE], ids=["restore", "colorize"])
@pytest.mark.parametrize("photo", ["album.tif", "film.gif"])
def test_all_pages(place, capsys, command, photo):
    """As pages of one TIFF file, which is the default, or as files of their own."""
    name, *options = command
    assert main([name, photo, *options, "--page", "all"]) == 0
    out = f"{photo[:-4]}_{name}d.tif"
    assert capsys.readouterr().out == f"{out}\n"
    assert main([name, photo, *options, "--page", "ALL", "-o", "new/x.png"]) == 0
    assert capsys.readouterr().out == "".join(f"new/x_{i}.png\n".replace("/", "/") for i in (1, 2, 3))
    assert len(picture_sizes(out)) == 3
    for page in (1, 2, 3):
        result = load_image(out, page)
        assert torch.equal(known(out, page), known(photo, page))
        assert torch.equal(load_image(f"new/x_{page}.png"), result)
        assert not torch.equal(result, load_image(photo, page))
        assert main([name, photo, *options, "--page", str(page), "-o", "one.png"]) == 0
        assert torch.equal(load_image("one.png"), result)


def test_masks_of_each_page_and_reports(place, capsys):
    other = make_hole().flip(-1)
    masks = [Image.fromarray((each[0, 0] * 255).byte().numpy()) for each in (make_hole(), other, make_hole())]
    masks[0].save("masks.tif", save_all=True, append_images=masks[1:])
    words = ["restore", "album.tif", "--page", "all", "--mask", "masks.tif", "--backbone", "telea", "--report", "r"]
    assert main([*words, "-o", "x.tif"]) == 0
    assert capsys.readouterr().out.split() == [*(f"r/x_report_{i}.png" for i in (1, 2, 3)), "x.tif"]
    changed = (load_image("x.tif", 2) != load_image("album.tif", 2)).any(1)[0]
    assert not changed[other[0, 0] == 0].any()
    assert changed.any()
    assert (
        main(["restore", "album.tif", "--page", "2", "--mask", "masks.tif", "--backbone", "telea", "-o", "y.png"]) == 0
    )
    assert torch.equal(load_image("y.png"), load_image("x.tif", 2))


def test_files_that_do_not_go_together_are_refused_before_the_work(place, capsys):
    masks = [Image.open("mask.png"), Image.open("mask.png")]
    masks[0].save("two.tif", save_all=True, append_images=masks[1:])
    before = sorted(place.rglob("*"))
    save_image(make_photo(), "one.png")
    for words, answer in (
        (
            ["album.tif", "--page", "all", "--mask", "two.tif"],
            "'two.tif' holds 2 pictures, and the photo is page 3; --mask",
        ),
        (["one.png", "--mask", "two.tif"], "'two.tif' holds 2 pictures, and the photo is one; --mask takes"),
        (
            ["album.tif", "--page", "all", "--mask", "mask.png", "--hints", "h.txt"],
            "--hints are for one picture, and 3",
        ),
        (["album.tif", "--page", "some"], "takes a number from 1, or all, got 'some'"),
        (["album.tif", "--mask", "mask.png"], "or --page all"[3:]),
        (["album.tif", "--page", "all", "-o", "album.tif"], "would be overwritten"),
        (["album.tif", "--page", "all", "-o", "x.png", "--mask", "x_2.png"], "would be overwritten by"),
    ):
        if "x_2.png" in words:
            save_image(make_hole(), "x_2.png")
        if "h.txt" in words:
            (place / "h.txt").write_text("1,1,#ff0000")
        assert main(["restore", *words]) == 2
        error = capsys.readouterr().err
        assert answer in error
        assert error.count("\n") == 1
    assert sorted({*place.rglob("*")} - {*before}) == [place / name for name in ("h.txt", "one.png", "x_2.png")]


def test_a_mask_is_found_for_each_page(place, capsys):
    assert main(["mask", "album.tif", "--page", "all", "--method", "classical", "--heat", "h.png"]) == 0
    assert capsys.readouterr().out.split() == [*(f"h_{i}.png" for i in (1, 2, 3)), "album_mask.tif"]
    assert len(picture_sizes("album_mask.tif")) == 3
    assert main([*RESTORE[:1], "album.tif", "--page", "all", "--mask", "album_mask.tif", "--backbone", "telea"]) == 0


@pytest.mark.parametrize("command", [RESTORE, COLORIZE], ids=["restore", "colorize"])
def test_the_profile_is_kept(place, command, capsys):
    name, *options = command
    adobe = profile(2.2, swap=True)
    picture(0).save("scan.tif", icc_profile=adobe)
    for ending in ("tif", "png", "jpg", "webp"):
        assert main([name, "scan.tif", *options, "--keep-profile", "-o", f"x.{ending}"]) == 0
        with Image.open(f"x.{ending}") as result:
            assert result.info["icc_profile"] == adobe
            if ending != "jpg":
                stored = np.asarray(Image.open("scan.tif"))
                assert np.array_equal(np.asarray(result)[KNOWN], stored[KNOWN])
    assert main([name, "scan.tif", *options, "-o", "y.png"]) == 0
    with Image.open("y.png") as result:
        assert result.info["icc_profile"] != adobe
    capsys.readouterr()
    assert main([name, "scan.tif", *options, "--keep-profile", "-o", "x.bmp"]) == 2
    assert "a .bmp file holds no color profile" in capsys.readouterr().err


def test_an_erased_copy_in_the_kept_profile_is_the_mask(place, caplog):
    picture(0).save("scan.png", icc_profile=profile(2.2, swap=True))
    array = np.array(picture(0))
    array[~KNOWN.numpy()] = 255
    Image.fromarray(array).save("erased.png", icc_profile=profile(2.2, swap=True))
    words = ["restore", "scan.png", "--mask", "erased.png", "--backbone", "telea", "--keep-profile", "-o", "x.png"]
    assert main(words) == 0
    assert "the mask erased.png is a copy of the photo: what differs is filled" in caplog.text


def test_the_note(place):
    assert main([*RESTORE[:1], "gray.png", *RESTORE[1:], "-o", "x.png"]) == 0
    assert load_photo("x.png").metadata.xmp is None
    assert main([*RESTORE[:1], "gray.png", *RESTORE[1:], "-o", "x.png", "--note"]) == 0
    share = 100 * make_hole().mean().item()
    assert f" {share:.3g} % of the picture (telea)".encode() in load_photo("x.png").metadata.xmp
    save_image(torch.zeros(1, 1, 37, 53), "black.png")
    assert main(["restore", "gray.png", "--mask", "black.png", "-o", "x.png", "--note"]) == 0
    assert load_photo("x.png").metadata.xmp is None
