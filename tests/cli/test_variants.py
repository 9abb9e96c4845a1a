"""`monochromic restore --variants`: which files are written, and what is refused."""

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.cli import main
from monochromic.core import load_image, restore_variants, save_image


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_image(make_photo(1, 64, 48), "old.png")
    save_image(make_hole(64, 48), "mask.png")
    return tmp_path


def run(*arguments):
    return main(["restore", "old.png", "--mask", "mask.png", *arguments])


def files(place):
    return sorted(
        str(path.relative_to(place)) for path in place.rglob("*.*") if path.name not in ("old.png", "mask.png")
    )


def test_each_variant_and_a_sheet_are_written(place, capsys):
    assert run("--variants", "3", "--texture-seed", "2") == 0
    names = [*(f"old_restored_v{i}.png" for i in (1, 2, 3)), "old_restored_variants.png"]
    assert capsys.readouterr().out.splitlines() == names
    assert files(place) == sorted(names)
    wanted = restore_variants("old.png", "mask.png", count=3, seed=2)
    for name, image in zip(names[:3], wanted.images, strict=True):
        assert torch.equal(load_image(name), (image[None] * 255).round() / 255)
    known = (make_hole(64, 48) == 0).expand(1, 3, -1, -1)
    assert all(torch.equal(load_image(name)[known], load_image("old.png")[known]) for name in names[:3])


def test_nothing_is_written_over_unless_named(place):
    telea = ("--variants", "2", "--backbone", "telea")
    assert run(*telea) == 0
    first = (place / "old_restored_v1.png").read_bytes()
    assert run(*telea) == 0
    assert (place / "old_restored_2_v1.png").read_bytes() == first
    assert run(*telea, "-o", "new/x.tif", "--report", "sheets", "--reference", "old.png") == 0
    assert files(place)[:4] == ["new/x_v1.tif", "new/x_v2.tif", "old_restored_2_v1.png", "old_restored_2_v2.png"]
    assert (place / "sheets" / "x_variants.png").is_file()


def test_one_file_where_nothing_is_filled(place, caplog):
    save_image(torch.zeros(1, 1, 64, 48), "mask.png")
    assert run("--variants", "4", "--backbone", "telea") == 0
    assert files(place) == ["old_restored_v1.png", "old_restored_variants.png"]
    assert "nothing was filled" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--variants", "0"], "--variants takes 1 to 16, got 0"),
        (["--variants", "17"], "--variants takes 1 to 16, got 17"),
        (["--variants", "two"], "--variants"),
        (["--variants", "2", "-o", "."], "is a folder"),
        (["--variants", "2", "-o", "x.gif"], "cannot write 'x_v1.gif'"),
        (
            ["--variants", "2", "--reference", "mask.png", "-o", "x.png", "--texture-seed", "-1"],
            "seed must be 0 or more",
        ),
        (["--variants", "2", "--reference", "gone.png"], "there is no picture 'gone.png'"),
        (["--variants", "2", "--weights", "mono", "--backbone", "telea"], "leave out backbones, or weights"),
    ],
)
def test_refusals(place, capsys, arguments, words):
    assert run(*arguments) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert files(place) == []


def test_an_input_is_never_written_over(place, capsys):
    save_image(make_hole(64, 48), "x_v2.png")
    assert main(["restore", "old.png", "--mask", "x_v2.png", "--variants", "2", "-o", "x.png"]) == 2
    assert "x_v2.png is one of the inputs" in capsys.readouterr().err
