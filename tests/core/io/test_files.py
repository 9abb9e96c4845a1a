"""Files: what a killed process left is removed, a lock is one process's, and JSON is bounded."""

import os
import time
from pathlib import Path

import pytest
from forked import ended, fork
from monochromic.core import PictureError
from monochromic.core.io import files
from monochromic.core.io.files import atomic_write, file_lock, parse_json, write_bytes


def killed(path):
    """A process that ends within a write; its number."""

    def work():
        with atomic_write(path) as part:
            part.write_bytes(b"half")
            os._exit(9)

    return fork(work)


def test_what_a_killed_process_left_goes_at_the_next_run(tmp_path):
    """Only of the same file, and only where its process is gone."""
    for name in ("x.png", "y.png"):
        assert ended(killed(tmp_path / name)) == 9
    left = {p.name for p in tmp_path.iterdir()}
    assert len(left) == 2
    with atomic_write(tmp_path / "x.png") as ours:
        ours.write_bytes(b"ours")
        write_bytes(b"another's", tmp_path / "x.png")
        assert ours.exists()
    assert (tmp_path / "x.png").read_bytes() == b"ours"
    assert {p.name for p in tmp_path.iterdir()} == {"x.png", *(n for n in left if "y.png" in n)}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system does not tell which processes have ended")
def test_what_a_process_left_that_nobody_has_asked_for_goes_too(tmp_path):
    """It has its number until then."""
    child = killed(tmp_path / "x.png")
    while not files._is_zombie(child):
        time.sleep(0.01)
    write_bytes(b"new", tmp_path / "x.png")
    assert [path.name for path in tmp_path.iterdir()] == ["x.png"]
    ended(child)


def test_what_another_machine_writes_stays(tmp_path, monkeypatch):
    ended(killed(tmp_path / "x.png"))
    monkeypatch.setattr(files, "_machine", lambda: "0000000x")
    write_bytes(b"", tmp_path / "x.png")
    assert len(list(tmp_path.glob(".*.part"))) == 1


@pytest.mark.parametrize("name", ["n" * 250 + ".png", "é" * 120 + ".png", "木" * 80 + ".png"])
def test_long_names(tmp_path, name):
    write_bytes(b"x", tmp_path / name)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_lock_that_another_holds(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LOCK_SECONDS", 0.2)
    with file_lock(tmp_path / "a.lock"):
        words = r"another process holds .*a\.lock for 0.2 s"
        with pytest.raises(PictureError, match=words), file_lock(tmp_path / "a.lock"):
            pass
        with file_lock(tmp_path / "b.lock"):
            pass
    with file_lock(tmp_path / "a.lock"):
        pass


def test_a_lock_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PictureError, match="cannot write .*a.lock: "), file_lock(tmp_path / "file" / "a.lock"):
        pass


def test_json(tmp_path):
    assert parse_json('{"a": [1, 2.5, null]}') == {"a": [1, 2.5, None]}
    for text in ("", "{", "[" * 100_000, "[" * 100_000 + "]" * 100_000, "9" * 5000):
        with pytest.raises(ValueError, match=r"."):
            parse_json(text)
