"""Where the system is not Unix: without its modules, calls and signals every command works.

They are hidden by a `sitecustomize` of the test's own, in the processes that a command starts, too.
"""

import ntpath
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.batch import places, sources
from monochromic.cli import main, many
from monochromic.core import save_image
from monochromic.core.io import files
from workflow_files import api, write

HIDE = """
import multiprocessing, os, signal, sys
MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "readline")
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hidden())
for name in MODULES:
    sys.modules.pop(name, None)
CALLS = ("fork", "forkpty", "sched_getaffinity", "sysconf", "pathconf", "statvfs", "mkfifo")
CALLS += ("getuid", "geteuid", "getgid", "getpgid", "killpg", "setsid", "chown", "fchmod", "lchown", "nice")
for name in CALLS:
    if hasattr(os, name):
        delattr(os, name)
SIGNALS = ("SIGHUP", "SIGQUIT", "SIGALRM", "SIGXCPU", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGPIPE", "pthread_sigmask")
for name in (*SIGNALS, "setitimer", "alarm", "sigwait", "pause"):
    if hasattr(signal, name):
        delattr(signal, name)
context = multiprocessing.context
for name in ("fork", "forkserver"):
    context._concrete_contexts.pop(name, None)
multiprocessing.set_start_method("spawn", force=True)
multiprocessing.get_all_start_methods = lambda: ["spawn"]
"""
SCRIPT = """
import os, sys
from monochromic.cli import main
if __name__ == "__main__":
    assert not hasattr(os, "fork")
    for words in WORDS:
        print(words, flush=True)
        assert main(words) == 0, words
"""
FAST = ["--mask", "mask.png", "--backbone", "telea", "--texture", "0"]
ROW = ["--use", "x", "--trained-on", "x", "--revision", "a" * 40, "--file", "a.safetensors", "--sha256", "b" * 64]
WORDS = [
    ["restore", "scans/p0.png", *FAST, "--report", "sheets", "-o", "one.png"],
    ["restore", "scans/p0.png", *FAST, "-o", "one.tif", "--note", "--keep-profile"],
    ["mask", "scans/p0.png", "-o", "found.png", "--method", "classical"],
    ["colorize", "scans/p0.png", "--gray", "one.png", "--mask", "mask.png", "-o", "color.png"],
    ["pad", "scans/p0.png", "--left", "4", "-o", "padded.png"],
    ["score", "one.png", "scans/p0.png", "--mask", "mask.png", "--csv", "scores.csv"],
    ["run", "mine.json", "--out", "out"],
    ["weights", "add", "mine", *ROW, "--repo", "a/b", "--size", "5", "--license", "x", "--source", "x"],
    ["weights", "convert", "mono.pth", "--as", "converted"],
    ["weights", "list"],
    ["weights", "verify", "converted"],
    ["restore", "scans/p0.png", "--mask", "mask.png", "--weights", "converted", "-o", "two.png"],
    ["batch", "scans", *FAST, "--out", "restored", "--workers", "2"],
    ["run", "mine.json", "--each", "Photo.image=scans", "--out", "each", "--workers", "1"],
]


@pytest.mark.slow
def test_every_command_works_without_what_only_unix_has(tmp_path, root):
    from safetensors.torch import load_file

    for seed, name in enumerate(("scans/p0.png", "scans/p1.png", "old.png")):
        save_image(make_photo(seed), tmp_path / name)
    save_image(make_hole(), tmp_path / "mask.png")
    torch.save(load_file(root / "weights" / "mono.safetensors"), tmp_path / "mono.pth")
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "sitecustomize.py").write_text(HIDE)
    (tmp_path / "script.py").write_text(SCRIPT.replace("WORDS", repr(WORDS)))
    write(api(), tmp_path / "mine.json")
    search = [str(tmp_path / "hidden"), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(search), "MONOCHROMIC_HOME": str(tmp_path / "home")}
    ended = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert (tmp_path / "restored" / "p1.png").read_bytes() != (tmp_path / "restored" / "p0.png").read_bytes()
    assert (tmp_path / "restored" / "p0.png").read_bytes() == (tmp_path / "one.png").read_bytes()
    assert (tmp_path / "each" / "p0.png").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["restore", "old.png", *FAST, "-o", "NUL.png"],
        ["restore", "old.png", *FAST, "-o", "con/a.png"],
        ["restore", "old.png", *FAST, "-o", "a:b.png"],
        ["restore", "old.png", *FAST, "-o", "new.png", "--report", "sheets."],
        ["score", "old.png", "old.png", "--csv", "aux.csv"],
        ["batch", "old.png", *FAST, "--out", "prn"],
        ["run", "mine.json", "--out", "aux"],
        ["run", "mine.json", "--set", "5.filename_prefix=nul.x/a", "--out", "o"],
        ["run", "mine.json", "--set", "5.filename_prefix=a:b", "--out", "o"],
        ["run", "mine.json", "--set", "5.filename_prefix=x. /y", "--out", "o"],
    ],
)
def test_what_windows_cannot_name_is_refused_before_the_work(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    save_image(make_photo(), "old.png")
    save_image(make_hole(), "mask.png")
    write(api(), "mine.json")
    monkeypatch.setattr(files, "WINDOWS", True)
    before = sorted(tmp_path.rglob("*"))
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Windows" in error
    assert sorted(tmp_path.rglob("*")) == before


def test_drives_of_windows(tmp_path, monkeypatch):
    """A list, a URL and a folder of results with drives; `ntpath` is what Windows has for `os.path`."""
    windows = SimpleNamespace(path=ntpath, sep="\\")
    for module in (sources, places, many):
        monkeypatch.setattr(module, "os", SimpleNamespace(**{**vars(os), **vars(windows)}))
    monkeypatch.setattr(sources, "stamp", lambda place: "x")
    (tmp_path / "list.csv").write_text("photo\nC:\\scans\\a.jpg\nsub\\c.jpg\n\\\\nas\\share\\d.jpg\n..\\e.jpg\n")
    found = [(source.place, source.name) for source in sources._listed(str(tmp_path / "list.csv"))]
    assert [name for _, name in found] == ["a.jpg", "sub/c.jpg", "d.jpg", "e.jpg"]
    assert [place for place, _ in found][:1] == ["C:\\scans\\a.jpg"]
    assert places.plain("file:///C:/scans") == "C:/scans"
    assert places.plain("file://nas/scans") == "nas/scans"
    assert not places.is_url("C:/scans")
    assert [many._without_end(name) for name in ("C:/", "C:/a/", "/", "s3://b/a/")] == ["C:/", "C:/a", "/", "s3://b/a"]
