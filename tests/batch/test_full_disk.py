"""A disk that is really full: a run stops with one line, nothing is half-written, and it goes on once there is room."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from batch_runs import batch, results
from conftest import make_hole, make_photo
from monochromic.core import save_image

SIDE = 96  # a photo is about 27 KB


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """A disk of a size of its own in `small`; `scans` with twelve photos, and `mask.png`."""
    monkeypatch.chdir(tmp_path)
    for i in range(12):
        save_image(make_photo(i, SIDE, SIDE), f"scans/p{i:02}.png")
    save_image(make_hole(SIDE, SIDE), "mask.png")
    Path("small").mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() or not shutil.which("mount"):
        pytest.skip("a disk of its own is mounted by root")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", "small"], capture_output=True).returncode:
        pytest.skip("this machine mounts nothing")
    yield tmp_path / "small"
    subprocess.run(["umount", "small"], check=True)


def resize(size):
    subprocess.run(["mount", "-o", f"remount,size={size}", "small"], check=True)


def full(capsys, *arguments):
    """A run that stops, and the line that it says."""
    capsys.readouterr()
    assert batch("scans", "--mask", "mask.png", *arguments) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_where_results_have_no_room_the_run_stops_and_goes_on(disk, capsys):
    assert batch("scans", "--mask", "mask.png", "--out", "free") == 0
    expected = results(Path("free"))
    resize("260k")
    said = full(capsys, "--out", "small/out")
    assert re.search("(No space left on device; mend that|the disk is full; make room) and run the same command", said)
    found = results(disk / "out")
    assert 0 < len(found) < len(expected)
    assert found.items() <= expected.items()
    assert "small/out" in full(capsys, "--out", "small/out")
    assert results(disk / "out") == found
    resize("4m")
    assert batch("scans", "--mask", "mask.png", "--out", "small/out") == 0
    assert results(disk / "out") == expected
    before = int(re.search(r"\((\d+) before\)", capsys.readouterr().out)[1])
    assert 0 <= len(found) - before <= 1, "what is written is done, but for the last of which the journal had no room"


def test_where_the_journal_has_no_room_the_run_stops_and_goes_on(disk, capsys):
    said = full(capsys, "--out", "out", "--journal", "small/run.sqlite")
    assert "run.sqlite: the disk is full; make room and run the same command again" in said
    resize("4m")
    assert batch("scans", "--mask", "mask.png", "--out", "out", "--journal", "small/run.sqlite") == 0
    assert len(results(Path("out"))) == 12


def test_where_only_the_report_has_no_room_all_photos_are_done(disk, capsys):
    resize("4m")
    assert batch("scans", "--mask", "mask.png", "--out", "small/out") == 0
    (disk / "out" / "report.html").unlink()
    used = shutil.disk_usage(disk).used
    resize(used + 8192)
    capsys.readouterr()
    assert batch("scans", "--mask", "mask.png", "--out", "small/out") == 2
    said = capsys.readouterr()
    assert "12 photos: 12 done (12 before)" in said.out
    assert "report.html: No space left on device" in said.err
    assert not (disk / "out" / "report.html").exists()
