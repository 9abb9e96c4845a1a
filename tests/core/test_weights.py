"""Weight files: only the file the manifest means is read."""

import json
import shutil

import pytest
from monochromic.core import MonochromicError, UnknownNameError, WeightsError
from monochromic.core.weights import load_weights, manifest, read_manifest, store


@pytest.fixture
def pack(root, tmp_path, monkeypatch):
    """A copy of the pack's manifest and weights, to be damaged."""
    shutil.copytree(root / "weights", tmp_path / "weights")
    monkeypatch.setattr(store, "ROOT", tmp_path)
    return tmp_path / "weights" / "colour_prior.safetensors"


def test_shipped_weights_are_read(pack):
    tensors = load_weights("colour_prior")
    assert sum(t.numel() for t in tensors.values()) * 2 == pytest.approx(pack.stat().st_size, rel=0.02)


def test_a_name_that_is_not_there():
    with pytest.raises(UnknownNameError, match=r"no weights 'color_prior'; .*'colour_prior'"):
        load_weights("color_prior")


def test_a_missing_file(pack):
    pack.unlink()
    with pytest.raises(WeightsError, match=r"'colour_prior' are missing: .*colour_prior.safetensors; install"):
        load_weights("colour_prior")


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:500] + bytes([b[500] ^ 1]) + b[501:], lambda b: b""])
def test_a_damaged_file(pack, damage):
    pack.write_bytes(damage(pack.read_bytes()))
    with pytest.raises(MonochromicError, match=f"are damaged: .* has {pack.stat().st_size} bytes and another sha256"):
        load_weights("colour_prior")


def test_a_pointer_of_git_lfs_is_not_weights(pack):
    pack.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(WeightsError, match="damaged"):
        load_weights("colour_prior")


def test_an_id_may_be_there_once(tmp_path):
    rows = json.loads(manifest.MANIFEST.read_text())["weights"]
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"version": 1, "weights": rows * 2}))
    with pytest.raises(ValueError, match="twice"):
        read_manifest(path)
