"""How much memory is there, by the files of Linux made by hand; and pictures that it does not suffice for."""

import pytest
import torch
from monochromic.cli import main
from monochromic.core import PictureError, load_image, save_image
from monochromic.core.host import available
from monochromic.core.host.available import available_memory
from PIL import Image


def test_what_is_left_is_less_than_there_is(monkeypatch):
    monkeypatch.delenv(available.SETTING, raising=False)
    left = available_memory()
    assert left is not None
    assert 1e6 < left < 1e15


@pytest.mark.parametrize(("said", "expected"), [("2.5", 2.5e9), ("0", 0)])
def test_what_the_user_says_counts(said, expected, monkeypatch):
    monkeypatch.setenv(available.SETTING, said)
    assert available_memory() == expected
    monkeypatch.setenv(available.SETTING, "much")
    assert available_memory() == pytest.approx(available._left(), rel=0.5)


@pytest.mark.parametrize(("limit", "left"), [("1000", 400), ("500", 0), ("max", None)])
@pytest.mark.parametrize(
    "names", [("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")]
)
def test_what_a_container_leaves(names, limit, left, tmp_path, monkeypatch):
    """The limit less what is used, but for files that are kept only while there is room."""
    monkeypatch.setattr(available, "CGROUPS", tmp_path)
    monkeypatch.setattr(available, "_own_group", lambda: "user/job")
    folder = tmp_path / ("user/job" if names[0] == "memory.max" else "memory")
    folder.mkdir(parents=True)
    for name, text in zip((*names, "memory.stat"), (limit, "700", "anon 5\ninactive_file 100"), strict=True):
        (folder / name).write_text(text)
    assert list(available._of_container()) == ([] if left is None else [left])


def test_a_picture_that_memory_does_not_suffice_for(tmp_path, monkeypatch, capsys):
    """A file of a few kilobytes is refused before it is decoded; the message says how much it takes."""
    monkeypatch.chdir(tmp_path)
    Image.new("1", (6000, 4000)).save("large.png")
    save_image(torch.ones(1, 1, 9, 9), "mask.png")
    monkeypatch.setenv(available.SETTING, "0.5")
    words = "large.png' cannot be read: it is 6000 x 4000 pixels: to read it takes about 0.7 GB of memory, and 0.5 GB"
    with pytest.raises(PictureError, match=words):
        load_image("large.png")
    monkeypatch.setenv(available.SETTING, "1")
    for words in (["restore", "large.png", "--mask", "mask.png"], ["mask", "large.png"]):
        assert main(words) == 2
        error = capsys.readouterr().err
        assert (
            "the work takes about 1.4 GB of memory, and 1.0 GB are free; close other programs, scale it down" in error
        )
        assert "MONOCHROMIC_MEMORY=2 to try it all the same" in error
    monkeypatch.setenv(available.SETTING, "2")
    assert load_image("large.png").shape == (1, 1, 4000, 6000)
