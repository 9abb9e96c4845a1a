"""Places by URL, in file systems of fsspec that are there without a driver."""

from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from monochromic.batch import places
from monochromic.core import InputError, PictureError


class Plain(LocalFileSystem):
    """A store where a file is seen while it is written, and where one request in two fails."""

    protocol = "plain"
    count = 0

    def mv(self, path1, path2, **options):
        Plain.count += 1
        if Plain.count % 2:
            raise OSError("busy")
        super().mv(path1, path2)

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.removeprefix("plain://"))


@pytest.fixture(autouse=True)
def plain_store(monkeypatch):
    fsspec.register_implementation("plain", Plain, clobber=True)
    monkeypatch.setattr(places, "PAUSE", 0)


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
    """Packages of stores raise what they like; none of it is tried again or a fault of ours."""

    class StoreError(Exception):
        pass

    def isdir(self, path):
        raise StoreError("no credentials")

    monkeypatch.setattr(Plain, "isdir", isdir)
    with pytest.raises(InputError, match="cannot read plain://x: StoreError: no credentials"):
        places.is_folder("plain://x")


def test_what_is_not_there(tmp_path):
    assert places.stamp("memory://nothing/a.png") == places.MISSING
    with pytest.raises(PictureError, match="there is no picture"), places.as_file("memory://nothing/a.png"):
        pass
