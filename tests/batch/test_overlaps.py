"""Nothing that a run reads is written over, and no file is written twice: refused before any work."""

import sqlite3
from pathlib import Path

import pytest
from batch_runs import batch, results
from conftest import make_photo
from monochromic.batch.journal import Journal
from monochromic.core import PictureError, save_image


def files():
    return {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


def refused(capsys, *arguments):
    before = files()
    assert batch(*arguments) == 2
    assert files() == before
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


@pytest.fixture
def mixed(scans):
    """scans with photos whose results, or their sheets, have the names of others."""
    for name in ("a.jpg", "a.png", "a_report.png"):
        save_image(make_photo(5, 40, 48), f"scans/{name}")
    save_image(make_photo(5, 40, 48), "a.jpg")
    save_image(make_photo(6, 40, 48), "out/b.png")
    Path("masks").mkdir()
    for name in ("a.png", "b_report.png"):
        Path("masks", name).write_bytes(Path("mask.png").read_bytes())
    Path("pairs.csv").write_text("photo,mask\nout/b.png,masks/a.png\na.jpg,mask.png\n")
    return scans


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (["scans", "--out", "scans"], "scans/a.png"),  # of a.jpg
        ([".", "--out", ".", "--mask", "mask.png"], "mask.png"),
        (["scans/a.png", "out/b.png", "scans/p0.png", "--out", "scans"], "scans/a.png"),
        (["pairs.csv", "--out", "masks"], "masks/a.png"),  # of another photo
        (["scans/*.jpg", "scans/*.png", "--out", "linked"], "scans/a.png"),
        (["a.jpg", "link.png", "--out", "scans"], "link.png"),  # of the photo that it links to
        (["scans/*.png", "--out", "new", "--report", "scans"], "scans/a_report.png"),
        (["scans/*.png", "--out", "new", "--report", "linked"], "scans/a_report.png"),
        (["out/b.png", "--out", "new", "--mask", "masks/b_report.png", "--report", "masks"], "masks/b_report.png"),
        (["scans/*.png", "--out", "new", "--report", "new"], "new/a_report.png"),
        (["scans/*.png", "--out", "new/x", "--report", "new/../new/x"], "a_report.png"),
    ],
)
@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_a_plan_that_would_lose_something(mixed, capsys, arguments, place, more):
    Path("linked").symlink_to("scans")
    Path("link.png").symlink_to("scans/a.png")
    error = refused(capsys, *arguments, *more)
    assert "would be written over" in error
    assert place in error
    assert ("--report" in error) == ("--report" in arguments)


def test_a_sheet_below_the_results(mixed, capsys):
    """x/a_report.png is the sheet of a.png, and the result of x/a_report.png; and the other way round."""
    for name in ("more/x/a_report.png", "more/a.png", "other/x/a.png", "other/a_report.png"):
        save_image(make_photo(7, 40, 48), name)
    assert "would be written over" in refused(capsys, "more", "--out", "new", "--report", "new/x")
    assert "would be written over" in refused(capsys, "other", "--out", "new/x", "--report", "new")
    assert batch("more", "--out", "new", "--report", "new/y", "--dry-run") == 0
    assert batch("other", "--out", "new", "--report", "new/x", "--dry-run") == 0


def test_results_of_an_earlier_run_are_no_photos(scans, capsys, caplog):
    """Into the folder of the photos themselves, as long as no name is taken."""
    for name in ("p0.png", "p2.png", "sub/p1.png", "sub/p3.png"):
        (scans / "scans" / name).rename(scans / "scans" / name.replace(".png", ".jpg"))
    assert batch("scans", "--out", "scans", "--mask", "mask.png") == 0
    made = results(scans / "scans")
    assert len(made) == 8
    capsys.readouterr()
    assert batch("scans", "--out", "scans", "--mask", "mask.png") == 0
    assert capsys.readouterr().out.startswith("4 photos: 4 done (4 before)")
    assert "4 of the photos are results of an earlier run" in caplog.text
    assert results(scans / "scans") == made


def test_a_file_that_no_run_wrote_is_kept(scans, capsys):
    save_image(make_photo(9, 40, 48), "out/p2.png")
    error = refused(capsys, "scans", "--out", "out", "--mask", "mask.png")
    assert "'p2.png' is in out already" in error
    assert "--overwrite" in error
    assert batch("scans/p0.png", "--out", "out", "--dry-run") == 0
    assert batch("scans", "--out", "out", "--overwrite", "--dry-run") == 0


def test_another_programs_database_is_no_journal(scans, capsys):
    with sqlite3.connect("theirs.sqlite") as base:
        base.execute("CREATE TABLE places (url TEXT)")
    base.close()
    error = refused(capsys, "scans", "--out", "out", "--journal", "theirs.sqlite")
    assert "database of another program" in error


def test_a_journal_that_cannot_be_used_is_let_go_at_once(tmp_path):
    """Even while the error is held, which names the journal in its traceback."""
    place = tmp_path / "theirs.sqlite"
    with sqlite3.connect(place, timeout=0) as base:
        base.execute("CREATE TABLE places (url TEXT)")
    with pytest.raises(PictureError) as error:
        Journal(place)
    base.execute("CREATE TABLE more (url TEXT)")
    base.close()
    assert "another program" in str(error.value)


@pytest.mark.parametrize(
    ("out", "words"), [("", "--out is empty"), ("zip://x::new.zip", "cannot be written into zip://x::new.zip")]
)
def test_places_that_take_no_results(scans, capsys, out, words):
    assert words in refused(capsys, "scans", "--out", out, "--journal", "j.sqlite")
