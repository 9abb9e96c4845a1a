"""`monochromic batch`: what it does with sources, masks, bad files, and when it is run again."""

import csv
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import torch
from batch_runs import batch, results
from conftest import make_photo, slow_but
from monochromic.batch.companions import Companions
from monochromic.batch.journal import Journal
from monochromic.batch.plan import CHUNK, Planner
from monochromic.batch.sources import expand
from monochromic.cli import main
from monochromic.core import load_image, load_photo, save_image
from picture_files import profile
from PIL import Image

OPTIONS = ["--backbone", "telea", "--texture", "0"]


def rows(out="out"):
    with sqlite3.connect(f"{out}/.monochromic/journal.sqlite") as base:
        found = base.execute("SELECT source, state, reason, tries FROM photos ORDER BY source").fetchall()
    base.close()
    return {os.path.relpath(source): rest for source, *rest in found}


def test_a_folder_gives_what_restore_gives(scans, capsys):
    """The oracle is the command for one photo. Run again, nothing is done twice; changes redo what they touch."""
    assert batch("scans", "--out", "out", "--mask", "mask.png") == 0
    assert capsys.readouterr().out.startswith("4 photos: 4 done; ")
    made = results(scans / "out")
    assert set(made) == {"p0.png", "p2.png", "sub/p1.png", "sub/p3.png"}
    for name in made:
        assert main(["restore", f"scans/{name}", "--mask", "mask.png", "-o", "one.png", *OPTIONS]) == 0
        assert (scans / "one.png").read_bytes() == made[name], name
    assert {tries for _, _, tries in rows().values()} == {1}

    save_image(make_photo(9, 40, 48), "scans/p0.png")
    (scans / "out" / "p2.png").unlink()
    assert batch("scans", "--out", "out", "--mask", "mask.png") == 0
    assert {name: row[2] for name, row in rows().items()} == {
        "scans/p0.png": 2,
        "scans/p2.png": 2,
        "scans/sub/p1.png": 1,
        "scans/sub/p3.png": 1,
    }
    again = results(scans / "out")
    assert [name for name in made if again[name] != made[name]] == ["p0.png"]

    assert batch("scans", "--out", "out", "--mask", "mask.png", "--grow", "1", "--limit", "3") == 0
    assert sum(tries for _, _, tries in rows().values()) == 9
    assert "1 left" in capsys.readouterr().out
    assert batch("scans", "--out", "out", "--mask", "mask.png", "--grow", "1", "--overwrite") == 0
    assert sum(tries for _, _, tries in rows().values()) == 13


def test_one_bad_file_costs_one_line(scans, capsys, caplog):
    (scans / "scans" / "broken.jpg").write_bytes(b"no picture")
    (scans / "scans" / "cut.png").write_bytes((scans / "scans" / "p0.png").read_bytes()[:400])
    Image.new("1", (14000, 14000)).save(scans / "scans" / "large.png")
    (scans / "scans" / ".hidden.png").write_bytes(b"")
    (scans / "masks" / "sub").mkdir(parents=True)
    for name in ("p0", "broken", "cut", "large", "sub/p1"):
        (scans / "masks" / f"{name}.png").write_bytes((scans / "mask.png").read_bytes())
    (scans / "masks" / "sub" / "p3.png").write_bytes((scans / "white.png").read_bytes())
    assert batch("scans", "--out", "out", "--mask", "masks") == 1
    said = capsys.readouterr()
    assert "7 photos: 2 done, 5 failed" in said.out
    found = rows()
    assert {name for name, row in found.items() if row[0] == "done"} == {"scans/p0.png", "scans/sub/p1.png"}
    words = {
        "scans/broken.jpg": "is not a picture",
        "scans/cut.png": "rows",
        "scans/large.png": "megapixels",
        "scans/p2.png": "masks/p2.png",
        "scans/sub/p3.png": "mask",
    }
    for name, part in words.items():
        assert part in found[name][1], found[name]
        assert "\n" not in found[name][1]
        assert "fault of the program" not in found[name][1]
    assert len(caplog.messages) == 5
    with (scans / "out" / "failed.csv").open(newline="") as file:
        listed = [os.path.relpath(row["photo"]) for row in csv.DictReader(file)]
    assert set(listed) == set(words)

    assert batch("scans", "--out", "out", "--mask", "masks") == 1  # not tried again
    assert {row[2] for row in rows().values()} == {1}
    (scans / "masks" / "p2.png").write_bytes((scans / "mask.png").read_bytes())
    assert batch("out/failed.csv", "--out", "out", "--mask", "masks", "--retry-failed") == 1
    found = rows()
    assert found["scans/broken.jpg"][2] == 2
    assert found["scans/p0.png"][2] == 1


def test_lists_patterns_and_names(scans):
    (scans / "list.csv").write_text("photo,mask\nscans/p0.png,mask.png\nscans/sub/p1.png,\n")
    (scans / "more.txt").write_text("scans/p0.png\n\nscans/p2.png\n")
    Image.open("scans/p0.png").save("scans/p0.bmp")
    assert batch("list.csv", "more.txt", "scans/p*.bmp", "scans/sub", "--out", "out", "--find", "classical") == 0
    names = {"scans/p0.png", "scans/sub/p1.png", "scans/p2.png", "p0.png", "sub/p3.png"}
    assert set(results(scans / "out")) == names
    assert main(["restore", "scans/p0.png", "--mask", "mask.png", "-o", "one.png", *OPTIONS]) == 0
    assert (scans / "one.png").read_bytes() == (scans / "out" / "scans" / "p0.png").read_bytes()


@pytest.mark.parametrize("word", ["scans", "scans/", "./scans//", "scans/../scans", "{place}/scans", "scans/sub/.."])
def test_folders_are_kept_however_their_name_is_spelled(scans, word):
    found = [*expand([word.format(place=scans)])]
    assert {source.name for source in found} == {"p0.png", "p2.png", "sub/p1.png", "sub/p3.png"}
    assert all(os.path.relpath(source.place, "scans") == source.name for source in found)


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("scans", {"p0.png", "sub/p3.png"}),
        ("scans/**/*.png", {"p0.png", "sub/p3.png"}),
        ("list.txt", {"scans/sub/p3.png"}),
    ],
)
def test_what_is_excluded_is_no_photo(scans, word, names):
    shutil.copy("scans/p0.png", "scans/sub/p3_mask.png")
    Path("list.txt").write_text("scans/sub/p1.png\nscans/sub/p3.png\nscans/sub/p3_mask.png\n")
    found = expand([word], exclude=["*_mask.png", "p2.*", "*sub/p1*"])
    assert {source.name for source in found} == names


def test_a_batch_without_what_is_excluded(scans, capsys):
    assert batch("scans", "--out", "out", "--mask", "mask.png", "--exclude", "p?.png") == 2
    assert "no picture is in 'scans' that --exclude leaves" in capsys.readouterr().err
    assert not Path("out").exists()
    assert batch("scans", "--out", "out", "--mask", "mask.png", "--exclude", "p[01]*", "--exclude", "p2*") == 0
    assert set(results(scans / "out")) == {"sub/p3.png"}


def test_equal_names_get_names_that_stay(scans):
    Image.open("scans/p0.png").save("scans/p0.bmp")
    assert batch("scans", "--out", "out", "--mask", "mask.png") == 0
    assert {"p0.png", "p0.png.png"} <= set(results(scans / "out"))
    Image.open("scans/p0.png").save("scans/p0.a.tif")
    Image.open("scans/p0.png").save("scans/P0.WEBP", lossless=True)
    assert batch("scans", "--out", "out", "--mask", "mask.png") == 0
    assert {row[2] for row in rows().values()} == {1}
    assert len(results(scans / "out")) == 7


def test_an_archive_is_a_source(scans):
    with zipfile.ZipFile("scans.zip", "w") as archive:
        for name in ("p0.png", "sub/p1.png"):
            archive.write(f"scans/{name}", f"album/{name}")
    arguments = ["zip://album::scans.zip", f"file://{scans}/scans/p2.png", "--mask", "mask.png"]
    assert batch(*arguments, "--out", "memory://x") == 2  # no journal
    assert batch(*arguments, "--out", f"file://{scans}/sent") == 0
    made = results(scans / "sent")
    assert {"album/p0.png", "album/sub/p1.png", "p2.png"} <= set(made)
    assert main(["restore", "scans/p0.png", "--mask", "mask.png", "-o", "one.png", *OPTIONS]) == 0
    assert made["album/p0.png"] == (scans / "one.png").read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_a_name_that_is_no_text_is_passed_over(scans, caplog):
    (scans / "scans" / os.fsdecode(b"\xff.png")).write_bytes((scans / "scans" / "p0.png").read_bytes())
    assert batch("scans", "--out", "out", "--mask", "mask.png", "--limit", "1") == 1
    assert "not UTF-8" in caplog.text
    assert set(results(scans / "out")) == {"p0.png"}


def test_a_dry_run_writes_nothing(scans, capsys, caplog):
    (scans / "scans" / "broken.jpg").write_bytes(b"no picture")
    before = sorted(scans.rglob("*"))
    assert batch("scans", "--out", "out", "--dry-run") == 1
    said = capsys.readouterr()
    assert "5 would be done, 0.0 megapixels; 1 of them would be refused" in said.out
    assert "broken.jpg" in caplog.text
    assert sorted(scans.rglob("*")) == before


@pytest.mark.parametrize("times", slow_but(["2"], ["2", "20"]))
def test_a_run_survives_kill_9_ctrl_c_and_sigterm_at_any_moment(tmp_path, times):
    """See the program: what is said to be done is whole and never done again; in the end all is as undisturbed."""
    command = [sys.executable, str(Path(__file__).parents[1] / "batch_stopped.py"), str(tmp_path), times, "12"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("all 12 equal") == 2


def test_a_run_survives_the_kill_of_its_workers(tmp_path):
    """See the program: a photo whose worker was killed is tried again, and all results are as undisturbed."""
    command = [sys.executable, str(Path(__file__).parents[1] / "batch_killed.py"), str(tmp_path), "3", "20", "workers"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr
    assert "all 20 equal" in ended.stdout


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc for the process that starts the workers")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_a_signal_to_all_processes_while_the_workers_start(scans, sent, code):
    """Ctrl-C of a terminal reaches what starts the workers, too, which reads the library then."""
    command = [sys.executable, "-m", "monochromic", "batch", "scans", "--out", "out", "--mask", "mask.png", *OPTIONS]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    while not any(b"forkserver" in Path(f"/proc/{number}/cmdline").read_bytes() for number in children(run.pid)):
        assert run.poll() is None
        time.sleep(0.01)
    time.sleep(0.2)
    os.killpg(run.pid, sent)
    error = run.communicate(timeout=120)[1].decode()
    assert run.returncode == code, error
    assert error.splitlines() == [
        "monochromic: stopping after what is in hand; press Ctrl-C again to stop at once",
        "monochromic: stopped",
    ]


def children(number):
    return Path(f"/proc/{number}/task/{number}/children").read_text().split()


WRONG = [
    (["nothing"], "there is no photo, folder or list 'nothing'"),
    (["empty"], "no picture is in 'empty'"),
    (["scans/*.xyz"], "no picture is in"),
    (["scans", "--mask", "nothing.png"], "given by --mask"),
    (["scans", "--workers", "0"], "--workers must be at least 1, got 0"),
    (["scans", "--timeout", "0"], "--timeout must be more than 0"),
    (["scans", "--out", "scans"], "would be written over"),
    (["bad.csv"], "names its columns: photo"),
    (["long.csv"], "cannot read the list 'long.csv': line 1: field larger"),
    (["nosuch://x", "--journal", "x"], "cannot read nosuch://x"),
    (["zip://*.png::mask.png"], "cannot read zip://*.png::mask.png: File is not a zip file"),
    (["tar://x::mask.png"], "cannot read tar://x::mask.png"),
    (["zip://::nothing.zip"], "No such file or directory"),
    (["data://,x"], "data://,x cannot be reached"),
    (["scans", "--weights", "glcic_slim", "--backbone", "mlp"], "weights 'glcic_slim' are of glcic, not of mlp"),
    (["dir://x"], "cannot read dir://x"),
    (["scans", "--mask", "zip://x::mask.png"], "File is not a zip file"),
    (["scans", "--mask", "\udcff.png"], "\\xff.png, given by --mask, has a name that is not UTF-8"),
    (["scans", "--mask", "mask.png", "--find", "both"], "do not go together"),
    (["scans", "--weights", "nothing"], "nothing"),
    (["scans", "--mask", "mask.png", "--out", "taken"], "cannot write to taken"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG)
def test_wrong_words_are_refused_in_one_line(scans, capsys, arguments, words):
    (scans / "empty").mkdir()
    (scans / "taken").write_text("")
    (scans / "bad.csv").write_text("file\nx.png\n")
    (scans / "long.csv").write_text(f'photo\n"{"x" * 200_000}"\n')
    (scans / "\udcff.png").write_bytes((scans / "mask.png").read_bytes())
    photo = (scans / "scans" / "p0.png").read_bytes()
    assert batch(*([] if "--out" in arguments else ["--out", "out"]), *arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert not (scans / "out").exists()
    assert (scans / "scans" / "p0.png").read_bytes() == photo


def test_odd_lines_of_a_list_cost_one_line_each(scans, caplog):
    """Archives that are none, pipes, folders and names that no file can have; the good photo would be done."""
    os.mkfifo("pipe.png")
    lines = ["mask.png", "zip://a.png::mask.png", "zip://::mask.png", "nul\0.png", "x" * 300, ".", "/", "pipe.png"]
    (scans / "list.txt").write_text("\n".join(lines))
    assert batch("list.txt", "--out", "out", "--dry-run") == 1
    refused = [record.getMessage() for record in caplog.records]
    assert len(refused) == len(lines) - 1
    assert not any("fault of the program" in line for line in refused)
    assert any("pipe" in line and "not a file" in line for line in refused)
    assert any("its name is not UTF-8" in line for line in refused)


def test_a_reference_gives_numbers_and_a_sheet(scans):
    assert batch("scans", "--out", "out", "--mask", "mask.png", "--reference", "scans", "--report", "sheets") == 0
    with sqlite3.connect("out/.monochromic/journal.sqlite") as base:
        numbers = [row[0] for row in base.execute("SELECT numbers FROM photos")]
    base.close()
    assert all('"psnr"' in text for text in numbers)
    assert {path.name for path in (scans / "sheets").rglob("*.png")} == {f"p{i}_report.png" for i in range(4)}


def test_profiles_are_kept_and_notes_written_as_restore_does(scans, capsys):
    """Also where the mask is an erased copy in the photo's own colors, and where nothing is filled."""
    adobe = profile(2.2, swap=True)
    for name in ("p0", "p2", "sub/p1", "sub/p3"):
        Image.open(f"scans/{name}.png").save(f"scans/{name}.png", icc_profile=adobe)
        (scans / "masks" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("mask.png", f"masks/{name}.png")
    erased = Image.open("scans/p0.png")
    erased.paste((255, 255, 255), (8, 8, 20, 20))
    erased.save("masks/p0.png", icc_profile=adobe)
    save_image(torch.zeros(1, 1, 40, 48), "masks/p2.png")
    for options in ([], ["--keep-profile", "--note"]):
        assert batch("scans", "--out", "out", "--mask", "masks", *options) == 0
        for name, data in results(scans / "out").items():
            words = [f"scans/{name}", "--mask", f"masks/{name}", "-o", "one.png"]
            assert main(["restore", *words, *OPTIONS, *options]) == 0
            assert (scans / "one.png").read_bytes() == data, (name, options)
        with Image.open("out/sub/p1.png") as result:
            assert (result.info.get("icc_profile") == adobe) == ("--keep-profile" in options)
        assert bool(load_photo("out/sub/p1.png").metadata.xmp) == ("--note" in options)
    capsys.readouterr()
    for more in (["--format", "bmp"], ["--reference", "scans"]):
        assert batch("scans", "--out", "out", "--mask", "masks", "--keep-profile", *more) == 2
        assert more[0].strip("-").replace("format", ".bmp") in capsys.readouterr().err


def test_ctrl_c_finishes_what_is_in_hand(scans, monkeypatch):
    """Pressed once the photos that were handed out end; the rest waits for the next run."""
    from monochromic.batch.pool import LocalPool

    for i in range(10, 30):
        save_image(make_photo(i, 40, 48), f"scans/q{i}.png")
    submit, count = LocalPool.submit, iter(range(100))

    def press(self, task):
        submit(self, task)
        if next(count) == 4:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(LocalPool, "submit", press)
    assert batch("scans", "--out", "out", "--mask", "mask.png") == 130
    found = rows()
    assert [row[0] for row in found.values()].count("done") == 5
    monkeypatch.undo()
    os.chdir(scans)
    assert batch("scans", "--out", "out", "--mask", "mask.png") == 0
    assert {row[2] for row in rows().values()} == {1}
    assert load_image("out/q29.png").shape == (1, 3, 40, 48)


def test_other_threads_do_all_again_and_other_workers_nothing(scans, capsys):
    """The last bits of a result depend on the threads of a worker."""
    assert batch("scans", "--out", "out", "--mask", "mask.png", "--limit", "1") == 0
    for words, left in ((["--workers", "1"], 0), (["--threads", "2"], 1)):
        capsys.readouterr()
        assert batch("scans/p0.png", "--out", "out", "--mask", "mask.png", "--dry-run", *words) == 0
        assert f"{left} would be done" in capsys.readouterr().out


def test_a_run_that_cannot_begin_leaves_nothing_behind(scans):
    assert batch("scans", "--out", "out", "--mask", "mask.png", "--backbone", "lama") == 2
    assert not (scans / "out").exists()


def test_the_backbone_may_be_chosen_by_the_hole(scans):
    assert batch("scans/p0.png", "--out", "out", "--mask", "mask.png", "--backbone", "auto") == 0
    one = ["--mask", "mask.png", "--backbone", "auto", "-o", "one.png"]
    assert main(["restore", "scans/p0.png", *one]) == 0
    assert (scans / "out" / "p0.png").read_bytes() == (scans / "one.png").read_bytes()


def test_every_photo_of_many_is_planned(scans):
    """Photos are added by the thousand."""
    for i in range(2 * CHUNK + 5):
        (scans / "many" / f"{i // 100}").mkdir(parents=True, exist_ok=True)
        (scans / "many" / f"{i // 100}" / f"{i}.png").touch()
    journal = Journal(None)
    Planner(journal, "out", ".png", "settings").add(expand(["many"]), Companions({}))
    assert len({task.out for task in journal.tasks()}) == 2 * CHUNK + 5
    journal.close()
