"""The authors' weight files: told apart by their names and converted; or refused, and why."""

import hashlib
import itertools
import os
import pickle
import re
import signal
import subprocess
import sys
import time
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from conftest import slow_but
from fixtures import FOLDER, Fixture
from monochromic.core import BACKBONES, Backbone, InputError, WeightsError
from monochromic.core.io.files import hash_file
from monochromic.core.weights import all_entries, entries_for, find, get_entry, pickles, user_manifest
from monochromic.core.weights import load as models
from monochromic.core.weights.convert import convert, describe, save_weights
from monochromic.core.weights.detect import detect, find_matches, read_tensors, state_dicts
from monochromic.core.weights.load import load_network
from safetensors.torch import save_file
from tiny_network import at_home, inside, saved, their_weights, tiny_state, tiny_variant
from torch import nn


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    at_home(tmp_path / "home", monkeypatch)
    yield tmp_path / "home"
    models.clear()


OWN = [name for name, entry in all_entries().items() if entry.bundled and entry.backbone]


@pytest.mark.parametrize("name", OWN)
def test_our_own_files_are_taken_by_what_they_say(name):
    """As the trainer exports them: our names, which no `detect` of a published network knows."""
    entry = get_entry(name)
    mine = convert([find(entry)], "mine")
    assert (mine.backbone, mine.channels) == (entry.backbone, entry.channels)
    ours, again = inside(find(entry))[1], inside(find(mine))[1]
    assert ours.keys() == again.keys()
    assert all(torch.equal(ours[key], again[key]) for key in ours)
    assert load_network("mine").backbone.id == entry.backbone


def test_an_own_file_that_is_not_what_it_says(tmp_path):
    source = tmp_path / "mine.safetensors"
    save_file({"a": torch.zeros(1)}, source, {"monochromic": "1", "backbone": "gmcnn", "layout": "shepnerd"})
    with pytest.raises(WeightsError, match="does not fit gmcnn"):
        convert([source], "mine")
    save_file({"a": torch.zeros(1)}, source, {"monochromic": "1", "backbone": "gmcnn", "layout": "x"})
    with pytest.raises(WeightsError, match=r"is of gmcnn \(x\), which this version does not know"):
        convert([source], "mine")


def test_a_converted_file_says_what_it_is_and_loads(tmp_path, home):
    theirs, source = tiny_state(), tmp_path / "lab.pth"
    entry = convert([saved(source, theirs)], "mine", trained_on="roses")
    assert (entry.backbone, entry.variant, entry.channels, entry.license) == ("tiny", "lab", "RGB", "CC0")
    assert entry.trained_on == "roses"
    assert find(entry) == home / "weights" / f"mine-{entry.sha256[:12]}.safetensors"
    told, tensors = inside(find(entry))
    assert told == {
        "monochromic": "1",
        "backbone": "tiny",
        "layout": "lab",
        "channels": "RGB",
        "licence": "CC0",
        "source": "https://example.org/lab",
        "trained_on": "roses",
        "source_sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
    }
    assert torch.equal(tensors["layers.one.weight"], theirs["lab.conv.weight"])
    assert get_entry("mine") == entry
    assert entries_for("tiny") == [entry]
    backbone, variant, network, _ = load_network("mine")
    assert (backbone.id, variant.id, network.channels, network.training) == ("tiny", "lab", (3, 3), False)
    assert torch.equal(network.layers["one"].bias, theirs["lab.conv.bias"])
    written = {p.name for p in home.rglob("*") if p.is_file()}
    assert written == {entry.filename, "verified.json", "weights_manifest.json", "weights_manifest.lock"}


def test_converting_again_gives_the_same_bytes(tmp_path):
    source = saved(tmp_path / "lab.pth", tiny_state())
    first = convert([source], "mine")
    assert [convert([source], "mine") for _ in range(3)] == [first] * 3
    assert convert([saved(source, tiny_state(1))], "mine").sha256 != first.sha256
    assert len(entries_for("tiny")) == 1


def test_gray_weights_and_the_users_own_words(tmp_path):
    source = saved(tmp_path / "lab.pth", tiny_state(channels=1))
    entry = convert([source], "mine", license="MIT", source="https://example.org/us")
    assert (entry.channels, entry.license, entry.source) == ("gray", "MIT", "https://example.org/us")
    assert inside(find(entry))[0]["licence"] == "MIT"


OTHER = {"disc.conv.weight": torch.zeros(2), "loss_percep.vgg.weight": torch.zeros(2)}
WRAPPED = {
    "as it is": lambda s: s,
    "state_dict": lambda s: {"state_dict": s, "epoch": 3},
    "module": lambda s: {f"module.{k}": v for k, v in s.items()},
    "mmagic": lambda s: {
        "meta": {"mmedit_version": "0.5", "iter": 7},
        "state_dict": {**{f"generator.{k}": v for k, v in s.items()}, **OTHER},
    },
    "edge_connect": lambda s: {"iteration": 5, "generator": s},
    "G": lambda s: {"D": OTHER, "G": {f"module.{k}": v for k, v in s.items()}},
    "netG": lambda s: {"netG": s, "netD": OTHER, "optim": {"state": {0: {"step": torch.zeros(1)}}}},
    "model of generator": lambda s: {"model": {f"generator.module.{k}": v for k, v in s.items()}},
    "params_ema": lambda s: {"params": {k: v + 1 for k, v in s.items()}, "params_ema": s},
    "ema first": lambda s: {"g_ema": s, "g": {k: v + 1 for k, v in s.items()}},
    "generator_ema": lambda s: {
        "state_dict": {f"generator{e}.{k}": v + n for k, v in s.items() for n, e in ((1, ""), (0, "_ema"))}
    },
    "parameters": lambda s: {k: nn.Parameter(v) for k, v in s.items()},
}


@pytest.mark.parametrize("wrapped", WRAPPED.values(), ids=WRAPPED)
@pytest.mark.parametrize("zipped", [True, False])
def test_nestings_and_prefixes(tmp_path, wrapped, zipped):
    theirs = tiny_state()
    source = saved(tmp_path / "x.ckpt", wrapped(theirs), _use_new_zipfile_serialization=zipped)
    found = detect({"x": read_tensors(source)})
    assert found.variant.id == "lab"
    assert torch.equal(found.tensors["layers.one.weight"], theirs["lab.conv.weight"])


def test_safetensors_under_any_name(tmp_path):
    save_file({f"generator.{k}": v for k, v in tiny_state().items()}, tmp_path / "x.pt")
    assert convert([tmp_path / "x.pt"], "mine").variant == "lab"


def test_half_precision_and_shared_memory_are_kept_apart(tmp_path):
    theirs = {k: v.half() for k, v in tiny_state().items()}
    theirs["lab.conv.bias"] = theirs["lab.conv.weight"][:, 0, 0, 0]
    entry = convert([saved(tmp_path / "x.pth", theirs)], "mine")
    assert inside(find(entry))[1]["layers.one.bias"].dtype == torch.float16
    assert load_network(entry).network.layers["one"].bias.dtype == torch.float32
    assert load_network(entry, dtype=torch.float16).network.layers["one"].bias.dtype == torch.float16


def test_a_network_in_two_files(tmp_path):
    edge = saved(tmp_path / "edge.pth", {"generator": their_weights("edge_conv", seed=1)})
    paint = saved(tmp_path / "paint.pth", {"generator": their_weights("paint_conv", seed=2)})
    entries = [convert(files, "mine") for files in ([edge, paint], [paint, edge])]
    assert [entry.variant for entry in entries] == ["pair", "pair"]
    assert set(load_network("mine").network.layers) == {"edge", "paint"}
    hashes = [hashlib.sha256(p.read_bytes()).hexdigest() for p in (paint, edge)]
    assert inside(find(entries[1]))[0]["source_sha256"] == " ".join(hashes)
    both = {"edge": their_weights("edge_conv"), "paint": their_weights("paint_conv")}
    assert convert([saved(tmp_path / "both.pth", both)], "mine").variant == "pair"
    with pytest.raises(WeightsError, match=r"edge.pth lacks paint\. of tiny \(pair\); give that file too"):
        convert([edge], "other")
    lab = saved(tmp_path / "lab.pth", tiny_state())
    with pytest.raises(WeightsError, match="lab.pth adds nothing to tiny"):
        convert([edge, paint, lab], "other")
    with pytest.raises(WeightsError, match="copy.pth adds nothing"):
        convert([edge, paint, saved(tmp_path / "copy.pth", their_weights("edge_conv"))], "other")


def refused(source, home, match):
    with pytest.raises(WeightsError, match=match) as raised:
        convert([source], "mine")
    assert not list(home.rglob("*"))
    assert "weights_only" not in str(raised.value)  # no advice to trust the file


def test_weights_of_something_else(tmp_path, home):
    refused(
        saved(tmp_path / "x.pth", {"state_dict": {"stem.weight": torch.zeros(2), "stem.bias": torch.zeros(1)}}),
        home,
        r"x.pth is of none .*: its tensors \(2\) begin with stem.weight, stem.bias; known are .*tiny \(lab, pair\)",
    )


def test_weights_that_two_layouts_claim(tmp_path, home, monkeypatch):
    twin = Backbone("twin", "Twin", "none", "CC0", variants=(tiny_variant("lab"),))
    monkeypatch.setitem(BACKBONES, "twin", twin)
    refused(saved(tmp_path / "x.pth", tiny_state()), home, r"could be tiny \(lab\) or twin \(lab\); it is not used")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"lab.conv.bias": torch.zeros(4)}, r"has the names of tiny \(lab\), but is not of it: .*size mismatch"),
        ({"lab.conv.bias": None}, r"has the names of tiny \(lab\), but is not of it: .*lab.conv.bias"),
        ({"lab.conv.bias": torch.tensor([1, float("nan"), 1])}, "the weights hold NaN or infinity .*bias"),
        ({"lab.conv.weight": torch.zeros(1).expand(60000, 60000, 3, 3)}, "conv.weight is no plain tensor"),
        ({"lab.conv.weight": torch.zeros(3, 3, 3, 3).to_sparse()}, "conv.weight is no plain tensor"),
        ({"lab.conv.weight": torch.zeros(3, 3, 3, 3, device="meta")}, "conv.weight is no plain tensor"),
    ],
)
def test_weights_that_do_not_fit(tmp_path, home, change, match):
    state = {k: v for k, v in {**tiny_state(), **change}.items() if v is not None}
    refused(saved(tmp_path / "x.pth", state), home, match)


class Bomb:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (self.mark,)


@pytest.mark.parametrize("write", [torch.save, lambda c, p: p.write_bytes(pickle.dumps(c)), None])
def test_a_program_in_a_pickle_is_not_run(tmp_path, home, write):
    content = {**tiny_state(), "meta": Bomb(str(tmp_path / "ran"))}
    path = tmp_path / "x.pth"
    if write is None:
        torch.save(content, path, _use_new_zipfile_serialization=False)
    else:
        write(content, path)
    refused(path, home, "x.pth is not read: it .*more than tensors")
    assert not (tmp_path / "ran").exists()


def test_a_pickled_network_is_not_run(tmp_path, home):
    refused(saved(tmp_path / "x.pth", nn.Linear(1, 1)), home, r"more than tensors \(torch.nn.modules.linear.Linear\)")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("keep", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_a_cut_pickle(tmp_path, home, zipped, keep):
    path = saved(tmp_path / "x.pth", tiny_state(), _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    refused(path, home, "x.pth is not read: it is (empty|broken)")


BROKEN = {
    "it is a pointer of git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "it is a web page": b"\n<!DOCTYPE html><html></html>",
    "it is broken": b"hello, this is no pickle",
    "no whole safetensors file": (99).to_bytes(8, "little") + b'{"a": 1}',
    "it holds a list, not tensors by name": pickle.dumps([1, 2], protocol=2),
    "has no tensors by name": pickle.dumps({"a": 1}, protocol=2),
}


@pytest.mark.parametrize(("match", "data"), BROKEN.items())
def test_files_that_hold_no_weights(tmp_path, home, match, data):
    path = tmp_path / "x.pth"
    if data[:1] == b"\x80":
        torch.save(pickle.loads(data), path)
    else:
        path.write_bytes(data)
    refused(path, home, match)


def test_no_file_and_a_folder(tmp_path, home):
    refused(tmp_path / "none.pth", home, "none.pth cannot be read: No such file")
    refused(tmp_path, home, "cannot be read: Is a directory")


def test_a_dict_that_holds_itself():
    content = {"a": {}, "state_dict": tiny_state()}
    content["a"]["b"] = content
    assert len(state_dicts(content)) == 1
    assert detect({"x": content}).variant.id == "lab"


def test_ids_that_cannot_be_taken(tmp_path, home):
    source = saved(tmp_path / "x.pth", tiny_state())
    for name in ("lama", "../evil", "Big", "a/b", ""):
        with pytest.raises(InputError, match=r"the pack has weights 'lama'|id must be (small letters|a text)"):
            convert([source], name)
    assert not list(home.rglob("*"))


def test_a_user_manifest_that_is_broken_is_not_overwritten(tmp_path, home):
    home.mkdir()
    user_manifest().write_text("{")
    with pytest.raises(WeightsError, match=r"your weights manifest cannot be used; repair or remove it: .*home"):
        convert([saved(tmp_path / "x.pth", tiny_state())], "mine")
    assert [p.read_text() for p in home.iterdir()] == ["{"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path, home, monkeypatch):
    source = saved(tmp_path / "x.pth", tiny_state())
    entry = convert([source], "mine")
    before = find(entry).read_bytes()

    def full(tensors, path, metadata):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(WeightsError, match="cannot write .*mine.safetensors: .*No space left"):
        convert([saved(source, tiny_state(1))], "mine")
    assert [p.name for p in (home / "weights").iterdir()] == [entry.filename]
    assert find(get_entry("mine")).read_bytes() == before


def test_a_home_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MONOCHROMIC_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(WeightsError, match="cannot write .*Not a directory"):
        convert([saved(tmp_path / "x.pth", tiny_state())], "mine")


def test_own_weights_can_be_described_and_saved(tmp_path):
    backbone = BACKBONES["tiny"]
    variant = backbone.variants[0]
    network = variant.fresh((4, 1), 8)
    told = describe(backbone, variant, network, "MIT", "us", trained_on="roses")
    save_weights(tmp_path / "own.safetensors", network.state_dict(), told)
    assert inside(tmp_path / "own.safetensors")[0]["channels"] == "gray"


def test_the_users_rows_come_after_the_packs(tmp_path):
    convert([saved(tmp_path / "x.pth", tiny_state())], "a")
    first, *_, last = all_entries()
    assert (first, last) == ("colour_prior", "a")


# The networks there are, with the names that their authors' programs give

NETWORKS = {  # backbone of each fixture; those that are not registered yet are passed over
    "mmagic_deepfillv1": "deepfill_v1",
    "mmagic_deepfillv2": "deepfill_v2",
    "mmagic_global_local": "glcic",
    "mmagic_pconv": "partial_conv",
    "mmagic_aot_gan": "aot_gan",
    "deepfill_v1": "deepfill_v1",
    "deepfill_v2": "deepfill_v2",
    "deepfill_v2_tf": "deepfill_v2",
    "deepfill_v2_zhaoyuzhi": "deepfill_v2",
    "deepfill_v2_gray_zhaoyuzhi": "deepfill_v2",
    "gmcnn": "gmcnn",
    "glcic": "glcic",
    "partial_conv": "partial_conv",
    "edge_connect": "edge_connect",
}
SMALL = ("deepfill_v1", "deepfill_v2", "deepfill_v2_tf", "glcic", "mmagic_deepfillv2", "mmagic_global_local")


@pytest.mark.parametrize("name", slow_but(SMALL, NETWORKS))
def test_published_files(name, tmp_path):
    if not (FOLDER / f"{name}.npz").exists():
        pytest.skip(f"no fixture {name} in {FOLDER}")
    fixture = Fixture(name)
    states = [fixture.state(network) for network in fixture.doc["networks"]]
    wrap = WRAPPED["mmagic" if name.startswith("mmagic") else "edge_connect"]
    contents = [wrap({k.removeprefix("generator."): v for k, v in state.items()}) for state in states]
    files = {f"{n}.pth": read_tensors(saved(tmp_path / f"{n}.pth", c)) for n, c in enumerate(contents)}
    assert len([match for match in find_matches(files) if not match.missing]) == 1
    assert detect(files).backbone.id == NETWORKS[name]


# Values, and files that ask for endless work


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        (torch.tensor([1, float("nan"), 1]), r"the weights hold NaN or infinity \(.*bias\)"),
        (torch.tensor([1, float("-inf"), 1]), r"the weights hold NaN or infinity \(.*bias\)"),
        (torch.ones(3, dtype=torch.float8_e4m3fn), "bias has values of the type float8_e4m3fn; .* float16 or float32"),
        (torch.ones(3, dtype=torch.float8_e5m2), "bias has values of the type float8_e5m2"),
        (torch.ones(3, dtype=torch.complex64), "bias has values of the type complex64"),
    ],
)
def test_values_that_are_no_weights(tmp_path, home, ours, value, words):
    """Said of the weights, and when they are read: not of the picture that comes of them."""
    source = saved(tmp_path / "x.pth", tiny_state())
    if not ours:
        source = saved(source, {**tiny_state(), "lab.conv.bias": value})
        with pytest.raises(WeightsError, match=words):
            convert([source], "mine")
        assert not list(home.rglob("*"))
        return
    entry = convert([source], "mine")
    told, tensors = inside(find(entry))
    path = tmp_path / "changed.safetensors"
    save_weights(path, {**tensors, "layers.one.bias": value}, told)
    path.replace(find(entry))
    changed = replace(entry, sha256=hash_file(home / "weights" / entry.filename))
    changed = replace(changed, size=(home / "weights" / entry.filename).stat().st_size)
    with pytest.raises(WeightsError, match=words):
        load_network(changed)


def endless():
    """A pickle of a few bytes: a key of 2 to the power of 60 parts, whose hash never ends."""
    return b"\x80\x02}(" + b")q\x00" + b"h\x00h\x00\x86q\x00" * 60 + b"K\x01u."


def test_a_pickle_that_never_ends(tmp_path, home, monkeypatch):
    monkeypatch.setattr(pickles, "SECONDS", 2)
    (tmp_path / "x.pth").write_bytes(endless())
    with pytest.raises(WeightsError, match="x.pth is not read: it takes more than 2 s; get the plain weights"):
        convert([tmp_path / "x.pth"], "mine")
    assert not list(home.rglob("*"))


def wait_for_a_child_of(number, seconds=60):
    """Until the process has one, or for so long where the system does not tell."""
    listed, end = Path(f"/proc/{number}/task/{number}/children"), time.monotonic() + seconds
    if not listed.exists():
        end = time.monotonic() + 12
    while time.monotonic() < end and not (listed.exists() and listed.read_text()):
        time.sleep(0.05)
    time.sleep(0.5)


def test_a_pickle_that_never_ends_is_stopped(tmp_path, home):
    """The trial runs in a process of its own, so that Ctrl-C ends it."""
    (tmp_path / "x.pth").write_bytes(endless())
    script = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    script += "from monochromic.cli import main; sys.exit(main())"
    words = ["weights", "convert", str(tmp_path / "x.pth"), "--as", "mine"]
    child = subprocess.Popen([sys.executable, "-c", script, *words], stderr=subprocess.PIPE)
    wait_for_a_child_of(child.pid)
    assert child.poll() is None
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=20)[1] == b"monochromic: stopped\n"
    assert child.returncode == 130


def test_archives_that_hold_far_more_than_they_are(tmp_path, home):
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("archive/data.pkl", "w", force_zip64=True) as file:
            file.write(b"\x80\x02")
            for _ in range(40):
                file.write(b"N0" * (1 << 22))
            file.write(b"}.")
        archive.writestr("archive/version", "3\n")
    refused(path, home, r"bomb.pth is not read: of its 0\.\d MB, 336 MB would come")


def test_a_pickle_that_takes_much_memory(tmp_path, home, monkeypatch):
    """An old file says how large its storages are, and torch makes them before it reads them."""
    state = {"lab.conv.weight": torch.zeros(1)}
    torch.save(state, tmp_path / "x.pth", _use_new_zipfile_serialization=False)
    data = (tmp_path / "x.pth").read_bytes()
    count = re.search(rb"X\x03\x00\x00\x00cpuq.K\x01", data)
    assert count
    data = data[: count.end() - 2] + b"\x8a\x05\x00\x00\x00\x00\x02" + data[count.end() :]
    (tmp_path / "x.pth").write_bytes(data)
    refused(tmp_path / "x.pth", home, "x.pth is not read: it ")


# The file and its row


def killed_at(number, home, work):
    """Do some work in a process that ends, without a word, before it touches a file of `home` for that time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which this work does not use
        child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    touched = itertools.count(1)

    def audit(event, arguments):
        ours = event in ("os.rename", "open", "os.remove", "os.chmod", "os.mkdir") and str(home) in str(arguments[0])
        if ours and next(touched) == number:
            os._exit(9)

    sys.addaudithook(audit)
    work()
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_time(tmp_path, home):
    """Whenever it is killed, the row and the file are both the old ones or both the new."""
    first, second = (saved(tmp_path / f"{i}.pth", tiny_state(i)) for i in range(2))
    old = convert([first], "mine")
    new = convert([second], "other")
    seen, code, number = set(), 9, 0
    while code:
        number += 1
        code = killed_at(number, home, lambda: convert([second], "mine"))
        assert code in (0, 9)
        entry = get_entry("mine")
        assert find(entry) is not None
        assert entry.sha256 in (old.sha256, new.sha256)
        seen.add(entry.sha256)
        if entry.sha256 == new.sha256:
            convert([first], "mine")
    assert number > 10
    assert seen == {old.sha256, new.sha256}
    convert([first], "mine")
    assert {p.name for p in (home / "weights").iterdir()} == {old.filename, new.filename}
    assert not [*home.rglob("*.part")]


def test_files_of_an_entry_that_is_replaced_go(tmp_path, home):
    source = tmp_path / "x.pth"
    before = [convert([saved(source, tiny_state(i))], "mine") for i in range(3)]
    assert [p.name for p in (home / "weights").iterdir()] == [before[-1].filename]
    other = convert([source], "mine-2")
    assert {p.name for p in (home / "weights").iterdir()} == {before[-1].filename, other.filename}
