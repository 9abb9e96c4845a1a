"""Which files a workflow reads and writes: those of its folders, and those that the user named."""

import os
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import make_photo
from forked import ended, fork
from monochromic.cli import main
from monochromic.core import load_image, save_image
from monochromic.core.host.host import using_host
from monochromic.nodes import runtime
from monochromic.runner.comfy_nodes import HOST_CLASSES
from PIL import Image
from workflow_files import refused, write


def loading(name, kind="LoadImage", folder="album"):
    """A workflow that reads one file, or a folder, by whatever node."""
    loaders = {
        "LoadImage": {"image": name},
        "LoadImageOutput": {"image": name},
        "LoadImageMask": {"image": name, "channel": "red"},
        "MonochromicLoadMask": {"image": name, "channel": "luminance", "invert": False, "threshold": 0.5, "grow": 0},
        "MonochromicLoadFolder": {"folder": name, "first": 0, "count": 0, "prefix": "r/"},
    }
    return {
        "1": {"class_type": kind, "inputs": loaders[kind]},
        "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
    }


@pytest.fixture
def house(place):
    """in/ with a picture and an album, and secret/ beside it, where links of in/ lead as well."""
    for name in ("in/a.png", "in/album/x.png", "secret/s.png", "secret/album/s.png"):
        save_image(make_photo(), name)
    Path("in/out.png").symlink_to("../secret/s.png")
    Path("in/away").symlink_to("../secret")
    Path("in/album/out.png").symlink_to("../../secret/s.png")
    Path("in/same.png").symlink_to("a.png")
    Path("in/loop.png").symlink_to("loop.png")
    return place


KINDS = ["LoadImage", "LoadImageMask", "MonochromicLoadMask", "LoadImageOutput"]
AWAY = [
    "../secret/s.png",
    "sub/../../secret/s.png",
    "{}/secret/s.png",
    "out.png",
    "away/s.png",
    "../secret/s.png [input]",
]
AWAY += ["../secret/s.png [output]", "../../secret/s.png [temp]"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", AWAY)
def test_pictures_outside_are_refused(house, capsys, kind, name):
    assert "files elsewhere are read where --set names them" in refused(
        capsys, loading(name.format(house), kind), "--input", "in"
    )


@pytest.mark.parametrize("name", ["../secret", "../secret/album", "{}/secret/album", "away", "away/album"])
def test_folders_outside_are_refused(house, capsys, name):
    workflow = loading(name.format(house), "MonochromicLoadFolder")
    assert "there is no folder" in refused(capsys, workflow, "--input", "in")


@pytest.mark.parametrize("name", ["a.png", "./a.png", "album/../a.png", "same.png", "a.png [input]", "{}/in/a.png"])
@pytest.mark.parametrize("kind", KINDS[:3])
def test_pictures_inside_are_read(house, kind, name):
    assert main(["run", write(loading(name.format(house), kind)), "--input", "in"]) == 0


@pytest.mark.parametrize(
    ("node_input", "value", "kind"),
    [
        ("image", "../secret/s.png", "LoadImage"),
        ("image", "secret/s.png", "LoadImageMask"),
        ("image", "{}/secret/s.png", "MonochromicLoadMask"),
        ("folder", "secret/album", "MonochromicLoadFolder"),
        ("folder", "{}/secret/album", "MonochromicLoadFolder"),
    ],
)
def test_what_the_user_names_is_read_from_anywhere(house, node_input, value, kind):
    workflow = write(loading("gone", kind))
    assert main(["run", workflow, "--input", "in", "--set", f"1.{node_input}={value.format(house)}"]) == 0


@pytest.mark.parametrize(("kind", "name"), [("LoadImage", "out.png"), ("MonochromicLoadMask", "../secret/s.png")])
def test_nothing_outside_is_opened(house, kind, name):
    """Python's own record of every file that is opened and every folder that is listed, in a process of its own."""

    def opened(workflow, *options):
        def run():
            found = []

            def watch(event, args):
                if event in ("open", "os.listdir", "os.scandir") and isinstance(args[0], (str, bytes, os.PathLike)):
                    found.append(os.path.realpath(os.fsdecode(args[0])))

            sys.addaudithook(watch)
            code = main(["run", write(workflow), "--input", "in", "--out", "made", *options])
            Path("found").write_text("\n".join(found))
            return code

        code = ended(fork(run))
        return code, [path for path in Path("found").read_text().splitlines() if "/secret" in path]

    assert opened(loading(name, kind)) == (2, [])
    assert opened(loading("album", "MonochromicLoadFolder")) == (0, [])
    code, read = opened(loading("a.png", kind), "--set", "1.image=secret/s.png")
    assert code == 0
    assert read == [f"{house.resolve()}/secret/s.png"] * len(read) != []


def test_an_album_leaves_out_what_is_hidden_or_broken_and_says_so(house, capsys, caplog):
    save_image(make_photo(3), "in/album/y.ppm.png")
    os.rename("in/album/y.ppm.png", "in/album/y.JPE")  # noqa: PTH104
    Path("in/album/._x.png").write_bytes(b"\0\x05\x16\x07")
    Path("in/album/b.tiff").write_text("no picture")
    Path("in/album/notes.txt").write_text("no picture")
    Path("in/album/l.png").symlink_to("l.png")
    workflow = loading("album", "MonochromicLoadFolder")
    workflow["3"] = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": ["1", 1]}}
    assert main(["run", write(workflow), "--input", "in", "--out", "o"]) == 0
    assert sorted(p.name for p in Path("o/r").iterdir()) == ["x_00001_.png", "y_00001_.png"]
    assert [m.split(":")[0] for m in caplog.messages] == ["b.tiff is passed over"]
    for name in ("x.png", "y.JPE"):
        Path(f"in/album/{name}").write_text("nothing")
    assert "none of the 3 pictures can be read; of the first: " in refused(capsys, workflow, "--input", "in")


def test_albums_take_every_format_that_is_read(tmp_path):
    """Oracle: Pillow's list of what it opens."""
    Image.init()
    for ending in (".jp2", ".jpe", ".jfif", ".ppm", ".pgm", ".tga", ".psd", ".mpo", ".ico", ".apng", ".heic", ".avif"):
        (tmp_path / f"a{ending}").touch()
    (tmp_path / "A.PNG").touch()
    for ending in (".txt", ".pdf", ".eps", ".mpg", ".json", ""):
        (tmp_path / f"b{ending}").touch()
    assert len(runtime.pictures_in(tmp_path)) == 13


def test_what_cannot_be_listed_is_passed_over(house, monkeypatch):
    """A loop of links, a link to nowhere, and a folder that may not be read (root reads all, so it is a stand-in)."""
    Path("in/album-loop").symlink_to("album-loop")
    Path("in/nowhere.png").symlink_to("nowhere")
    scan = os.scandir

    def scandir(path):
        if Path(path).name == "lost+found":
            raise PermissionError
        return scan(path)

    Path("in/lost+found").mkdir()
    monkeypatch.setattr(os, "scandir", scandir)
    with using_host(input_folders=(Path("in"), Path("gone"))):
        assert runtime.list_pictures() == ["a.png", "out.png", "same.png"]
        assert runtime.list_folders() == ["album"]
    assert main(["run", write(loading("a.png")), "--input", "in"]) == 0


def test_pictures_of_the_output_folder(place, capsys):
    save_image(make_photo(), "o/sub/p.png")
    save_image(make_photo(), "o/temp/t.png")
    for name in ("sub/p.png [output]", "t.png [temp]", "old.png [input]", "old.png"):
        assert main(["run", write(loading(name)), "--out", "o"]) == 0
    assert main(["run", write(loading("sub/p.png [output]", "LoadImageOutput")), "--out", "o"]) == 0
    line = refused(capsys, loading("gone.png"))
    assert line.count(str(place)) == 1


def test_pages_of_which_only_some_are_transparent(place):
    """ComfyUI stops here; a page without transparency has a mask of its size in which nothing is marked."""
    rgba = np.random.default_rng(0).integers(0, 256, (6, 9, 4), np.uint8)
    first, second = Image.fromarray(rgba[..., :3].copy()), Image.fromarray(rgba)
    for pages in ((first, second), (second, first)):
        pages[0].save("m.tif", save_all=True, append_images=pages[1:])
        images, masks = HOST_CLASSES["LoadImage"]().load("m.tif")
        assert images.shape == (2, 6, 9, 3)
        assert masks.shape == (2, 6, 9)
        plain = pages.index(first)
        assert not masks[plain].any()
        assert torch.equal(masks[1 - plain], 1 - torch.from_numpy(rgba[..., 3] / np.float32(255)))


def saving(prefix):
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": "old.png"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": prefix}},
    }


def files(folder="."):
    return sorted(str(p.relative_to(folder)) for p in Path(folder).rglob("*") if p.is_file())


@pytest.mark.parametrize(
    ("prefix", "file"),
    [
        ("", "._00001_.png"),  # as ComfyUI names it
        (".", "._00001_.png"),
        ("a/..", "._00001_.png"),
        ("a/", "a_00001_.png"),
        ("a/../b/./c", "b/c_00001_.png"),
        ("a//b", "a/b_00001_.png"),
        ("..x", "..x_00001_.png"),
        ("{}/o/new/abs", "abs_00001_.png"),
        ("Grüße 图/ü", "Grüße 图/ü_00001_.png"),
        ("%width%x%height%", "53x37_00001_.png"),
    ],
)
def test_prefixes_stay_in_the_output_folder(place, prefix, file):
    before = files()
    assert main(["run", write(saving(prefix.format(place))), "--out", "o/new"]) == 0
    assert files("o/new") == [file]
    assert files() == sorted([*before, "w.json", f"o/new/{file}"])


@pytest.mark.parametrize(
    "prefix", ["..", "../x", "a/../..", "{}/x", "/", "a/../../o/newer", "link/x", "x" * 300, "\x7f"]
)
def test_prefixes_that_lead_out_are_refused(place, capsys, prefix):
    Path("o/new").mkdir(parents=True)
    Path("o/new/link").symlink_to("../..")
    before = files()
    assert main(["run", write(saving(prefix.format(place))), "--out", "o/new"]) == 2
    error = capsys.readouterr().err
    assert "node 2 (SaveImage): filename_prefix" in error
    assert error.count("\n") == 1
    assert files() == sorted([*before, "w.json"])


@pytest.mark.skipif(os.name == "nt", reason="a drive there, a plain letter here")
@pytest.mark.parametrize("prefix", ["C:\\x", "C:x", "\\\\server\\share\\x"])
def test_drives_are_names_elsewhere(place, prefix):
    assert main(["run", write(saving(prefix)), "--out", "o"]) == 0
    assert files("o") == [f"{prefix}_00001_.png"]


def test_names_that_came_by_a_link_are_checked_too(place, capsys):
    """A prefix is known only when the folder was read."""
    save_image(make_photo(), "in/album/x.png")
    workflow = loading("album", "MonochromicLoadFolder")
    workflow["1"]["inputs"]["prefix"] = "../"
    workflow["2"] = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": ["1", 1]}}
    assert main(["run", write(workflow), "--input", "in", "--out", "o/new"]) == 2
    assert "filename_prefix '../x' leads out of the output folder" in capsys.readouterr().err
    assert not Path("o").exists()


def test_eight_runs_into_one_folder(place):
    """Each picture has a name of its own, and none is lost. All begin to write at once."""
    write(saving("x"), "w.json")
    waiting, go = os.pipe()

    def run(number):
        with Path(f"said{number}").open("w") as sys.stdout:
            os.read(waiting, 1)
            return main(["run", "w.json"])

    children = [fork(partial(run, i)) for i in range(8)]
    os.write(go, bytes(8))
    assert [ended(child) for child in children] == [0] * 8
    os.close(waiting), os.close(go)
    said = [Path(f"said{i}").read_text().strip() for i in range(8)]
    assert sorted(said) == [f"output/x_0000{i}_.png" for i in range(1, 9)]
    for name in said:
        assert torch.equal(load_image(name), load_image("old.png"))
    assert files("output") == [Path(name).name for name in sorted(said)]


@pytest.mark.parametrize("links", [True, False])
def test_a_name_that_is_taken_meanwhile_is_left_alone(place, monkeypatch, links):
    """Another program writes the next number after the folder was listed; with hard links and without, as on FAT."""
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(PermissionError()))
    Path("o").mkdir()
    listed = Path.iterdir

    def iterdir(folder):
        names = list(listed(folder))
        Path("o/a_00001_.png").write_text("theirs")
        return iter(names)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    with using_host(output_folder=Path("o")):
        saved = HOST_CLASSES["SaveImage"]().save(torch.zeros(2, 4, 6, 3), "a")["ui"]["images"]
    assert [s["filename"] for s in saved] == ["a_00002_.png", "a_00003_.png"]
    assert Path("o/a_00001_.png").read_text() == "theirs"
    assert sorted(os.listdir("o")) == [f"a_0000{i}_.png" for i in (1, 2, 3)]  # noqa: PTH208


def test_batch_numbers_do_not_overwrite(place):
    with using_host(output_folder=Path("o")):
        save = HOST_CLASSES["SaveImage"]().save
        names = [save(torch.zeros(2, 4, 6, 3), "b%batch_num%")["ui"]["images"] for _ in range(2)]
    assert len({n["filename"] for each in names for n in each}) == 4
