"""Text files as people's editors write them."""

import pytest
from monochromic.core import InputError
from monochromic.core.io.files import read_text
from monochromic.core.weights.manifest import MANIFEST, read_manifest

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-32")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_text_in_any_encoding_that_says_what_it_is(tmp_path, encoding, newline):
    text = "a,b\né\u4e2d\U0001f600\n"
    (tmp_path / "x").write_bytes(text.replace("\n", newline).encode(encoding))
    assert read_text(tmp_path / "x") == text
    for order in ("le", "be"):
        if encoding != "utf-8" and not encoding.endswith("sig"):
            (tmp_path / "x").write_bytes(("\ufeff" + text).encode(f"{encoding}-{order}"))
            assert read_text(tmp_path / "x") == text


def test_an_empty_file(tmp_path):
    (tmp_path / "x").touch()
    assert read_text(tmp_path / "x") == ""


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_manifest_saved_by_an_editor(tmp_path, encoding):
    path = tmp_path / "manifest.json"
    path.write_bytes(MANIFEST.read_text("utf-8").encode(encoding))
    assert read_manifest(path) == read_manifest()
    path.write_bytes(b"\xff\xff")
    with pytest.raises(InputError, match="manifest.json"):
        read_manifest(path)
