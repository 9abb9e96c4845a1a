"""`monochromic weights` as a user types it."""

import hashlib
import json
import os

import pytest
import torch
from hub_server import COMMIT
from monochromic.cli.app import parse
from monochromic.core import BACKBONES, Backbone, InputError, MonochromicError, UnknownNameError, WeightsError
from monochromic.core.backbones.record import Variant, build_network
from monochromic.core.weights import get_entry, hub, read_manifest, user_manifest
from torch import nn


class One(nn.Conv2d):
    channels = (3, 1)


ONE = Variant(
    id="lab",
    source="https://example.org",
    license="CC0",
    detect=lambda state: "" if set(state) == {"w", "b"} else None,
    convert=lambda state: {"weight": state["w"], "bias": state["b"]},
    build=lambda state: build_network(lambda: One(3, 1, 1), state),
    fill=lambda network, image, hole: network(image),
    fresh=lambda channels, width: One(3, 1, 1),
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MONOCHROMIC_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(BACKBONES, "one", Backbone("one", "One", "none", "CC0", variants=(ONE,)))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def say(capsys):
    """Run a command and give what it prints."""

    def say(*arguments):
        options = parse(["weights", *arguments])
        options.command(options)
        return capsys.readouterr().out

    return say


@pytest.fixture
def converted(say, tmp_path):
    torch.save({"w": torch.ones(1, 3, 1, 1), "b": torch.zeros(1)}, "theirs.pth")
    return say("convert", "theirs.pth", "--as", "mine", "--trained-on", "roses", "--license", "MIT")


def test_list(say, converted):
    lines = say("list").splitlines()
    assert lines[0].split() == ["id", "for", "gives", "size", "license", "where"]
    assert [line.split()[0] for line in lines[1:]] == [*read_manifest(), "mine"]
    cells = {line.split()[0]: line for line in lines}
    assert cells["colour_prior"].endswith("shipped")
    assert all(text in cells["mat"] for text in ("RGB", "125.3 MB", "CC BY-NC 4.0", "to fetch from Acly/MAT"))
    assert all(text in cells["mine"] for text in ("one (lab)", "gray", "MIT", "here"))


def test_list_as_json(say, converted, home):
    rows = {row["id"]: row for row in json.loads(say("list", "--json"))}
    assert rows["mine"]["path"] == str(*home.glob("weights/mine-*.safetensors"))
    assert rows["mine"]["trained_on"] == "roses"
    assert rows["mat"]["path"] is None


def test_convert_path_and_verify(say, converted, home):
    path = next(home.glob("weights/mine-*.safetensors"))
    first, second = converted.splitlines()
    assert first.startswith("mine: one (lab), gives gray, ")
    assert first.endswith("license MIT")
    assert second == str(path)
    assert say("path", "mine") == f"{path}\n"
    assert say("verify", "mine") == f"mine: right: {path}\n"
    assert "lama: not here" in say("verify")
    status = path.stat()
    data = path.read_bytes()
    path.write_bytes(data[:-1] + b"x")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # what only reading it anew can tell
    assert say("path", "mine")
    with pytest.raises(WeightsError, match="1 weight file is missing or wrong"):
        say("verify")
    path.unlink()
    with pytest.raises(WeightsError, match="1 weight file is missing or wrong"):
        say("verify", "mine")
    assert "MISSING" in say("list")


def test_what_is_not_here(say):
    with pytest.raises(WeightsError, match="'mat' are not here; run `monochromic weights fetch mat`"):
        say("path", "mat")
    with pytest.raises(UnknownNameError, match="did you mean 'lama'"):
        say("fetch", "lamma")
    with pytest.raises(WeightsError, match="x.pth cannot be read"):
        say("convert", "x.pth", "--as", "mine")


ROW = {
    "--backbone": "one",
    "--channels": "gray",
    "--trained-on": "roses",
    "--repo": "team/nets",
    "--revision": COMMIT,
    "--file": "net.safetensors",
    "--sha256": "0" * 64,
    "--size": "5",
    "--license": "MIT",
    "--source": "us",
}


def flags(**changes):
    given = {**ROW, **{f"--{name}": value for name, value in changes.items()}}
    return [text for pair in given.items() for text in pair]


def test_add(say, home):
    assert say("add", "ours", *flags()) == f"ours: in {user_manifest()}\n"
    assert user_manifest().is_relative_to(home)
    assert get_entry("ours").page == f"https://huggingface.co/team/nets/blob/{COMMIT}/net.safetensors"
    with pytest.raises(InputError, match="already"):
        say("add", "ours", *flags())
    say("add", "ours", *flags(size="6"), "--replace")
    assert get_entry("ours").size == 6
    with pytest.raises(UnknownNameError, match="no backbone 'onee'; did you mean 'one'"):
        say("add", "theirs", *flags(backbone="onee"))
    with pytest.raises(InputError, match="never a branch"):
        say("add", "theirs", *flags(revision="main"))
    with pytest.raises(MonochromicError, match="the pack has weights 'lama'"):
        say("add", "lama", *flags())
    assert [row["id"] for row in json.loads(user_manifest().read_text())["weights"]] == ["ours"]


def test_fetch(say, converted, home, monkeypatch):
    data = next(home.glob("weights/mine-*.safetensors")).read_bytes()
    arrived = home / "arrived.safetensors"
    asked = []

    def fetch(row, *, again, progress):
        asked.append((row.repo_id, again))
        progress(len(data), len(data))
        arrived.write_bytes(data)
        return arrived

    monkeypatch.setattr(hub, "fetch", fetch)
    monkeypatch.setattr(hub, "cached_path", lambda row: arrived if arrived.exists() else None)
    say("add", "ours", *flags(sha256=hashlib.sha256(data).hexdigest(), size=str(len(data))))
    told, path = say("fetch", "ours").splitlines()
    assert told.startswith("ours: ")
    assert "license MIT, https://huggingface.co/team/nets" in told
    assert path == str(arrived)
    say("fetch", "ours")
    say("fetch", "ours", "--again")
    assert asked == [("team/nets", False), ("team/nets", True)]
    with pytest.raises(WeightsError, match="'mine' are on no Hub"):
        say("fetch", "mine", "--again")
