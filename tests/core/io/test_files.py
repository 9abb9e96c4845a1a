"""Files: what a killed process left is removed, a lock is one process's, and JSON is bounded."""

import os
import sys
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


DEVICES = ("con", "NUL", "Prn.txt", "aux.tar.gz", "COM1", "lpt9.png", "CONIN$", "com²", "NUL .png", "nul  ")
FINE = ("console", "nul1.png", "a.con", "com10.png", "lpt", "é.png", ".hidden", "a b", "a..b", "con_1.png")


@pytest.mark.skipif(sys.version_info >= (3, 15), reason="the oracle is gone there")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [*DEVICES, *FINE])
def test_devices_of_windows(monkeypatch, name):
    """The oracle is pathlib, which knows the names of devices."""
    from pathlib import PureWindowsPath

    monkeypatch.setattr(files, "WINDOWS", True)
    assert (files.unfit_name(Path("a", name)) == name) == PureWindowsPath(name).is_reserved() == (name in DEVICES)
    assert files.unfit_name(Path(name, "..", "a.png")) == (name if name in DEVICES else None)


@pytest.mark.parametrize(
    "name", ["a:b.png", "a?.png", "a*", 'a".png', "a|b", "a<b>", "a\n.png", "a.", "a ", "...", "nul.png"]
)
def test_what_windows_cannot_name_is_not_written(tmp_path, monkeypatch, name):
    """Elsewhere it is: a name with a colon would be a stream of another file there, and NUL would hold nothing."""
    write_bytes(b"x", tmp_path / name)
    (tmp_path / name).unlink()
    monkeypatch.setattr(files, "WINDOWS", True)
    with pytest.raises(PictureError, match="Windows takes no file or folder named"):
        write_bytes(b"x", tmp_path / name)
    with pytest.raises(PictureError, match="Windows takes no"):
        write_bytes(b"x", tmp_path / name / "a.png")
    assert list(tmp_path.iterdir()) == []
    write_bytes(b"x", tmp_path / ".." / tmp_path.name / "a.png")


@pytest.mark.parametrize("times", [0, 3, 99])
def test_a_file_that_a_viewer_has_open(tmp_path, monkeypatch, times):
    """Windows refuses to put another in its place as long as that is so."""
    write_bytes(b"old", tmp_path / "a.png")
    replace, left = Path.replace, [times]

    def busy(part, path):
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError(13, "The process cannot access the file")
        return replace(part, path)

    monkeypatch.setattr(files, "WINDOWS", True)
    monkeypatch.setattr(files, "BUSY_PAUSE", 0)
    monkeypatch.setattr(Path, "replace", busy)
    if times > files.BUSY_TRIES:
        with pytest.raises(PictureError, match="cannot write .*a.png: The process cannot access"):
            write_bytes(b"new", tmp_path / "a.png")
    else:
        write_bytes(b"new", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == (b"old" if times > files.BUSY_TRIES else b"new")
    assert len(list(tmp_path.iterdir())) == 1
