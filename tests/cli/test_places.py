"""No command writes over a file that it reads, by whatever spelling or link; and places are checked before work."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import make_hole, make_photo
from monochromic.cli import main
from monochromic.cli.places import same_place
from monochromic.core import PictureError, save_image
from monochromic.core.io.images import MAX_SIDE, check_sides
from PIL import Image

COMMANDS = {  # what is typed, with the file that each of its places would write
    "restore": (["restore", "in/old.png", "--mask", "in/mask.png", "--backbone", "telea"], ("-o {}",)),
    "reference": (["restore", "in/old.png", "--mask", "in/mask.png", "--reference", "in/hint.png"], ("--report {}",)),
    "hints": (["restore", "in/old.png", "--mask", "in/mask.png", "--hints", "in/hint.png"], ("-o {}", "--report {}")),
    "protect": (["restore", "in/old.png", "--protect", "in/mask.png"], ("-o {}", "--report {}")),
    "mask": (["mask", "in/old.png", "--protect", "in/mask.png"], ("-o {}", "--heat {}")),
    "colorize": (["colorize", "in/old.png", "--gray", "in/hint.png", "--mask", "in/mask.png"], ("-o {}",)),
    "score": (["score", "in/old.png", "in/hint.png", "--mask", "in/mask.png"], ("--csv {}",)),
    "folders": (["score", "in", "in"], ("--csv {}",)),
}
CASES = [(name, place) for name, (_, places) in COMMANDS.items() for place in places]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_image(make_photo(), "in/old.png")
    save_image(make_hole(), "in/mask.png")
    save_image(make_photo(1), "in/hint.png")
    return tmp_path


def spellings(path, ending):
    """Other names of a file with an ending, each in a folder of its own."""
    stem = path.stem
    for folder in ("hard", "soft", "chain"):
        (path.parent.parent / folder).mkdir(exist_ok=True)
    root = path.parent.parent
    (root / "hard" / f"{stem}{ending}").hardlink_to(path)
    (root / "soft" / f"{stem}{ending}").symlink_to(path)
    (root / "chain" / f"{stem}{ending}").symlink_to(root / "soft" / f"{stem}{ending}")
    yield from (root / folder / f"{stem}{ending}" for folder in ("hard", "soft", "chain"))


@pytest.mark.parametrize(("name", "place"), CASES)
def test_inputs_are_never_written_over(files, capsys, name, place):
    words, _ = COMMANDS[name]
    kind = {"-o {}": ".png", "--heat {}": ".png", "--report {}": "_report.png", "--csv {}": ".csv"}[place]
    read = [files / word for word in words if word.startswith("in/")] or sorted((files / "in").iterdir())
    before = {path: (path.read_bytes(), path.stat().st_ino) for path in read}
    for path in read:
        others = [*spellings(path, kind)]
        if kind == ".png":
            others += [path, files / "new" / ".." / "in" / path.name, f"./in//{path.name}"]
        for other in others:
            report = kind == "_report.png"
            words_of_place = place.format(Path(other).parent if report else other).split()
            out = ["-o", f"out/{path.stem}.png"] if report else ["-o", "out/x.png"] * (place == "--heat {}")
            assert main([*words, *words_of_place, *out]) == 2, other
            assert "would be overwritten" in capsys.readouterr().err
        for folder in ("hard", "soft", "chain"):
            shutil.rmtree(files / folder)
    assert {path: (path.read_bytes(), path.stat().st_ino) for path in read} == before
    assert not (files / "out").exists()


def test_an_unlike_name_is_written(files):
    assert main(["restore", "in/old.png", "--mask", "in/mask.png", "--backbone", "telea", "-o", "in/new.png"]) == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a/b.png", "a/./b.png", True),
        ("a/b.png", "a/c/../b.png", True),
        ("a/B.png", "a/b.png", True),
        ("a/e\u0301.png", "a/\u00e9.png", True),
        ("a/b.png", "a/c.png", False),
        ("a/b.png", "c/b.png", False),
    ],
)
def test_places_that_are_not_there_yet(tmp_path, monkeypatch, one, other, same):
    monkeypatch.chdir(tmp_path)
    assert same_place(one, other) is same
    assert same_place(tmp_path / one, other) is same


def test_two_results_are_two_files(files, capsys):
    words = ["mask", "in/old.png", "-o", "out/x.png", "--heat", "out/X.png"]
    assert main(words) == 2
    assert "both the mask and the heat map" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["-o {}.png", "-o {}/x.png", "--report {}", "--report out/{}/x"])
def test_long_names(files, capsys, place):
    words = ["restore", "in/old.png", "--mask", "in/mask.png", "--backbone", "telea", *place.format("n" * 300).split()]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("monochromic: ")
    assert error.count("\n") == 1
    assert not (files / "out").exists()


def test_a_name_that_only_the_report_makes_too_long(files, capsys):
    words = ["restore", "in/old.png", "--mask", "in/mask.png", "--backbone", "telea"]
    assert main([*words, "-o", "n" * 250 + ".png", "--report", "out"]) == 2
    assert "has 261 bytes" in capsys.readouterr().err
    assert main([*words, "-o", "n" * 240 + ".png", "--report", "out"]) == 0
    assert sorted(len(p.name) for p in (*files.glob("n*"), *files.glob("out/*"))) == [244, 251]


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "x.jpg"), ("WEBP", "x.webp")])
def test_the_widest_picture_of_a_format(tmp_path, kind, name):
    """Pillow is the oracle: the limit is the widest that it writes, and one more it does not."""
    side = MAX_SIDE[kind]
    Image.new("L", (side, 1)).save(tmp_path / name, kind)
    check_sides(name, 1, side)
    for size in ((side + 1, 1), (1, side + 1)):
        with pytest.raises(PictureError, match=f"{side} a side; use .png"):
            check_sides(name, *size)
        with pytest.raises((OSError, ValueError)):
            Image.new("L", size).save(tmp_path / f"wide{name}", kind)


@pytest.mark.parametrize("command", ["restore", "mask", "colorize"])
def test_width_is_checked_before_the_work(files, capsys, command):
    Image.fromarray(np.zeros((2, MAX_SIDE["WEBP"] + 1), np.uint8)).save("in/old.png")
    more = {"colorize": ["--gray", "in/old.png", "--mask", "in/mask.png"]}.get(command, [])
    assert main([command, "in/old.png", "out/x.webp", *more]) == 2
    assert "WEBP holds 16383 a side" in capsys.readouterr().err
    assert not (files / "out").exists()
