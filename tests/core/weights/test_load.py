"""Weights become networks: read once, kept, told from others; and which of several a backbone takes."""

import hashlib

import pytest
import torch
from monochromic.core import BACKBONES, DependencyError, WeightsError
from monochromic.core.host.host import using_host
from monochromic.core.weights import cached_path, entries_for, find
from monochromic.core.weights import load as models
from monochromic.core.weights.convert import convert, save_weights
from monochromic.core.weights.load import load_network
from monochromic.core.weights.select import load_model, readiness
from safetensors.torch import save_file
from tiny_network import at_home, inside, saved, tiny_state


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    at_home(tmp_path / "home", monkeypatch)
    yield tmp_path / "home"
    models.clear()


@pytest.fixture
def built_count(monkeypatch):
    """How often a network was built from tensors."""
    count = []
    build = BACKBONES["tiny"].variants[0].build
    counted = lambda state: count.append(1) or build(state)  # noqa: E731
    object.__setattr__(BACKBONES["tiny"].variants[0], "build", counted)
    return count


def test_the_second_call_loads_nothing(tmp_path, built_count):
    convert([saved(tmp_path / "x.pth", tiny_state())], "a")
    built_count.clear()
    first = load_network("a")
    assert load_network("a", "cpu", torch.float32) is first
    assert len(built_count) == 1
    assert load_network("a", dtype=torch.float64).network is not first.network
    models.clear()
    assert load_network("a") is not first
    assert len(built_count) == 3


def test_two_networks_stay(tmp_path, built_count):
    for n, name in enumerate("abc"):
        convert([saved(tmp_path / "x.pth", tiny_state(n))], name)
    built_count.clear()
    a, _, _ = load_network("a"), load_network("b"), load_network("a")
    load_network("c")  # sends away b, which was asked for less lately
    assert load_network("a") is a
    assert len(built_count) == 3
    load_network("b")
    assert len(built_count) == 4


def test_a_file_that_changed_is_read_again(tmp_path):
    source = tmp_path / "x.pth"
    first = load_network(convert([saved(source, tiny_state())], "a"))
    second = load_network(convert([saved(source, tiny_state(1))], "a"))
    assert not torch.equal(first.network.layers["one"].bias, second.network.layers["one"].bias)


def test_loading_inside_inference_mode(tmp_path):
    convert([saved(tmp_path / "x.pth", tiny_state())], "a")
    with torch.inference_mode():
        network = load_network("a").network
    assert not network.layers["one"].weight.is_inference()


def test_a_file_of_the_authors_in_a_model_folder(tmp_path):
    """As the Hub holds LaMa and MAT: safetensors under the authors' names, without our metadata."""
    theirs = tiny_state()
    save_file({f"generator.{k}": v for k, v in theirs.items()}, tmp_path / "theirs.safetensors")
    entry = convert([tmp_path / "theirs.safetensors"], "a")
    data = (tmp_path / "theirs.safetensors").read_bytes()
    hub = {"repo_id": "a/b", "revision": "0" * 40, "filename": "theirs.safetensors", "variant": None}
    entry = type(entry)(**{**vars(entry), **hub, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)})
    with using_host(model_folders=(tmp_path,)):
        model = load_network(entry)
    assert model.variant.id == "lab"
    assert torch.equal(model.network.layers["one"].bias, theirs["lab.conv.bias"])


def rewritten(entry, tensors, metadata, **changes):
    """The entry of a file that was written in place of its file."""
    path = cached_path(entry)
    save_weights(path, tensors, metadata)
    data = path.read_bytes()
    return type(entry)(**{**vars(entry), "sha256": hashlib.sha256(data).hexdigest(), "size": len(data), **changes})


def test_files_that_say_something_else(tmp_path):
    entry = convert([saved(tmp_path / "x.pth", tiny_state())], "a")
    told, tensors = inside(find(entry))
    with pytest.raises(WeightsError, match=r"'a' should be of telea, but .* is of tiny \(lab\)"):
        load_network(type(entry)(**{**vars(entry), "backbone": "telea", "variant": None}))
    with pytest.raises(WeightsError, match=r"should be of tiny \(pair\), but"):
        load_network(type(entry)(**{**vars(entry), "variant": "pair"}))
    with pytest.raises(WeightsError, match=r"is of tiny \(new\), which this version does not know"):
        load_network(rewritten(entry, tensors, {**told, "layout": "new"}))
    with pytest.raises(WeightsError, match=r"does not fit tiny \(lab\): .*Missing key"):
        load_network(rewritten(entry, {"layers.one.weight": tensors["layers.one.weight"]}, told))
    with pytest.raises(WeightsError, match="are not of a backbone, but for: where the color stage looks"):
        load_network("colour_prior")


def test_a_library_that_is_missing_is_named_as_such(tmp_path):
    source = saved(tmp_path / "x.pth", tiny_state())
    entry = convert([source], "a")

    def build(state):
        raise DependencyError("tiny needs the package giant")

    object.__setattr__(BACKBONES["tiny"].variants[0], "build", build)
    for work in (lambda: convert([source], "b"), lambda: load_network(entry)):
        with pytest.raises(DependencyError, match="^tiny needs the package giant$"):
            work()


def test_the_users_weights_go_before_the_packs(tmp_path):
    """Slim weights of the pack step back; what gives RGB is taken where RGB is wanted."""
    gray, rgb = (saved(tmp_path / f"{n}.pth", tiny_state(channels=n)) for n in (1, 3))
    tiny = BACKBONES["tiny"]
    with pytest.raises(WeightsError, match="no weights for 'tiny' here and none to download; get a file"):
        load_model(tiny)
    assert readiness(tiny) == (2, "needs weights of your own: monochromic weights convert")
    convert([gray], "a")
    assert readiness(tiny) == (0, "")
    assert load_model(tiny).network.channels == (1, 1)
    with pytest.raises(WeightsError, match="no weights for 'tiny' that give RGB here"):
        load_model(tiny, rgb=True)
    assert readiness(tiny, rgb=True)[0] == 2
    convert([rgb], "b")
    assert load_model(tiny).network.channels == (1, 1)
    assert load_model(tiny, rgb=True).network.channels == (3, 3)
    assert [entry.id for entry in entries_for("mono")] == ["mono", "mono_rgb"]
    assert load_model(BACKBONES["mono"]).network.channels == (4, 1)
    assert load_model(BACKBONES["mono"], rgb=True).network.channels == (3, 3)
    object.__setattr__(BACKBONES["tiny"], "id", "mono")  # as if they were mono's
    convert([gray], "c")
    assert [entry.id for entry in entries_for("mono")] == ["c", "mono", "mono_rgb"]


def test_a_shipped_file_that_is_gone(tmp_path, monkeypatch):
    """The pack is broken then: nobody has to look for weights of their own."""
    monkeypatch.setattr("monochromic.core.weights.store.ROOT", tmp_path)
    with pytest.raises(WeightsError, match=r"'mono' are missing: .*mono.safetensors; install the pack again"):
        load_model(BACKBONES["mono"])


class TestCachedNetwork:
    def test_uses_do_not_displace_each_other(self):
        a, b = (models.cached_network(use, "cpu", object) for use in ("a", "b"))
        assert models.cached_network("a", "cpu", object) is a
        assert models.cached_network("a", "cuda", object) is not a
        assert models.cached_network("b", "cpu", object) is b
        assert models.cached_network("a", "cpu", object) is not a  # one of each use stays

    def test_it_goes_longest_unused_first(self):
        first, _ = (models.cached_network("a", key, object, keep=2) for key in (1, 2))
        models.cached_network("a", 1, object, keep=2)
        models.cached_network("a", 3, object, keep=2)
        assert models.cached_network("a", 1, pytest.fail, keep=2) is first

    def test_networks_are_made_outside_of_inference_mode(self):
        with torch.inference_mode():
            assert not models.cached_network("a", 1, lambda: torch.zeros(1)).is_inference()

    def test_a_network_that_cannot_be_made_is_tried_again(self):
        with pytest.raises(ZeroDivisionError):
            models.cached_network("a", 1, lambda: 1 / 0)
        assert models.cached_network("a", 1, lambda: 5) == 5
