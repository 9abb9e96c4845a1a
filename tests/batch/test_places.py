"""Places by URL, in file systems of fsspec that are there without a driver."""

from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from monochromic.batch import places, stores
from monochromic.core import PictureError


class BusyError(Exception):
    """As drivers have them: no OSError."""


class Plain(LocalFileSystem):
    """A store where a file is seen while it is written, and where one request in two fails."""

    protocol = "plain"
    count = 0
    down = False

    def _fail(self):
        Plain.count += 1
        if Plain.down or Plain.count % 2:
            raise (BusyError if Plain.count % 4 == 1 else OSError)("busy")

    def mv(self, path1, path2, **options):
        self._fail()
        super().mv(path1, path2)

    def ls(self, path, detail=False, **options):
        self._fail()
        return LocalFileSystem().ls(self._strip_protocol(path), detail, **options)

    def info(self, path, **options):
        self._fail()
        return LocalFileSystem().info(self._strip_protocol(path), **options)

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.removeprefix("plain://"))


@pytest.fixture(autouse=True)
def plain_store(monkeypatch):
    fsspec.register_implementation("plain", Plain, clobber=True)
    monkeypatch.setattr(stores, "PAUSE", 0)


def write(data):
    return lambda path: Path(path).write_bytes(data) and None


@pytest.mark.parametrize("store", ["memory://pictures", "plain://{}/pictures"])
def test_a_file_is_sent_whole(tmp_path, store):
    folder = store.format(tmp_path)
    places.store(f"{folder}/sub/a.png", write(b"abc"))
    places.store(f"{folder}/b.jpg", write(b"xy"))
    places.store(f"{folder}/b.txt", write(b"z"))
    found = list(places.pictures_in(folder))
    assert [entry.place.rpartition("/pictures/")[2] for entry in found] == ["b.jpg", "sub/a.png"]
    assert places.is_folder(folder)
    assert places.exists(f"{folder}/b.jpg")
    assert not places.exists(f"{folder}/c.jpg")
    assert [places.stamp(entry.place) for entry in found] == [entry.stamp for entry in found]
    assert [entry.place for entry in places.matching(f"{folder}/*.jpg")] == [found[0].place]
    with places.as_file(found[1].place) as path:
        assert path.endswith("a.png")
        assert Path(path).read_bytes() == b"abc"
    assert not [*tmp_path.rglob("*.part")]
    places.store(f"{folder}/b.jpg", write(b"longer"))
    assert places.stamp(found[0].place) != found[0].stamp


def test_errors_of_a_store_that_are_its_own(monkeypatch):
    """Packages of stores raise what they like; none of it is a fault of ours."""

    class StoreError(Exception):
        pass

    def isdir(self, path):
        raise StoreError("no credentials")

    monkeypatch.setattr(Plain, "isdir", isdir)
    monkeypatch.setattr(stores, "PAUSE", 0)
    with pytest.raises(PictureError, match="plain://x cannot be reached: no credentials; check the network"):
        places.is_folder("plain://x")


def test_what_is_not_there(tmp_path):
    assert places.stamp("memory://nothing/a.png") == places.MISSING
    with pytest.raises(PictureError, match="there is no picture"), places.as_file("memory://nothing/a.png"):
        pass


@pytest.mark.parametrize(
    "ask",
    [
        lambda place: [*places.pictures_in(place)],
        lambda place: [*places.matching(f"{place}/*.png")],
        places.is_folder,
        places.exists,
        places.stamp,
        lambda place: places.as_file(f"{place}/a.png").__enter__(),
        lambda place: places.store(f"{place}/a.png", write(b"a")),
    ],
)
def test_a_store_that_is_down_is_no_empty_one(tmp_path, monkeypatch, ask):
    monkeypatch.setattr(Plain, "down", True)
    monkeypatch.setattr(Plain, "cat_file", Plain.ls)
    with pytest.raises(PictureError, match=r"plain://.* cannot be reached: busy; check") as raised:
        ask(f"plain://{tmp_path}/pictures")
    assert "\n" not in str(raised.value)


def test_a_file_that_is_gone_is_removed_again_without_complaint(tmp_path):
    place = f"plain://{tmp_path}/a.png"
    places.store(place, write(b"a"))
    places.remove(place)
    places.remove(place)
    assert not places.exists(place)


def test_patterns_mean_in_a_store_what_they_mean_on_a_disk(tmp_path):
    """The oracle is `glob`."""
    for name in ("a.png", "b.jpg", "sub/a.png", "sub/deep/c.png", "sub/.d.png", ".e/a.png", "sub/n.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    for pattern in ("*.png", "**/*.png", "**", "sub/**/*.png", "s?b/[ab].*", "*/*/*.png", "**/deep/*", "sub/*", "x/*"):
        here = [entry.place for entry in places.matching(f"{tmp_path}/{pattern}")]
        there = [places.plain(entry.place) for entry in places.matching(f"plain://{tmp_path}/{pattern}")]
        assert sorted(place.removeprefix("plain://") for place in there) == sorted(here), pattern
