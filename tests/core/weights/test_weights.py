"""Weight files: what the manifest says of them, and that only the file it means is read."""

import ast
import hashlib
import json
import os
import re
import shutil
import threading
from dataclasses import replace
from functools import partial

import pytest
from forked import ended, fork
from monochromic.core import BACKBONES, InputError, MonochromicError, UnknownNameError, WeightsError
from monochromic.core.host.host import using_host
from monochromic.core.io import files
from monochromic.core.io.files import known_hash
from monochromic.core.weights import (
    MANIFEST,
    WeightFile,
    add_entry,
    all_entries,
    cached_path,
    check,
    data_folder,
    entries_for,
    find,
    format_manifest,
    get_entry,
    load_weights,
    locate,
    read_manifest,
    store,
    user_manifest,
)
from monochromic.core.weights.manifest import JSON_NAMES


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MONOCHROMIC_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def pack(root, tmp_path, monkeypatch):
    """A copy of the pack's weights, to be damaged."""
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
    load_weights("colour_prior")
    pack.write_bytes(damage(pack.read_bytes()))
    with pytest.raises(MonochromicError, match=f"are damaged: .* has {pack.stat().st_size} bytes and another sha256"):
        load_weights("colour_prior")


def test_a_pointer_of_git_lfs_is_not_weights(pack):
    pack.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(WeightsError, match="damaged.*install the pack again"):
        load_weights("colour_prior")


# The manifest


def test_the_manifest_is_written_as_it_is_read():
    assert format_manifest(read_manifest().values()).encode() == MANIFEST.read_bytes()


def test_an_id_may_be_there_once(tmp_path):
    path = tmp_path / "manifest.json"
    path.write_text(format_manifest([*read_manifest().values()] * 2))
    with pytest.raises(ValueError, match="twice"):
        read_manifest(path)


def test_no_file_is_there_twice():
    entries = read_manifest().values()
    assert len({entry.sha256 for entry in entries}) == len(entries)
    assert len({(entry.repo_id, entry.filename, entry.bundled) for entry in entries}) == len(entries)


def test_every_row_can_be_had_and_checked():
    for entry in read_manifest().values():
        if entry.id == "lama_torchscript":  # other packs' file, of the same weights as `lama`
            continue
        assert bool(entry.bundled) != bool(entry.repo_id)
        assert entry.bundled or re.fullmatch("[0-9a-f]{40}", entry.revision)
        assert entry.size or entry.size_note.startswith("about ")
        assert entry.bundled is None or entry.card


def test_the_rows_of_published_weights():
    """As collected from the Hub's pages."""
    entries = read_manifest()
    assert entries["mat"].size == 125_280_278
    assert entries["mat"].sha256.startswith("309dd6ce")
    assert entries["mat"].license == "CC BY-NC 4.0"
    assert (entries["lama"].size, entries["vgg16"].size) == (None, None)
    assert entries["lama"].page == (
        "https://huggingface.co/michaelgold/big-lama/blob/98ab7cface89a594b381f32fc7a9f2cae3f91ccc/big-lama.safetensors"
    )
    assert [entries[n].size_text for n in ("mat", "lama", "lpips_vgg")] == ["125.3 MB", "about 205 MB", "6.3 kB"]


def test_every_backbone_that_is_named_is_there():
    for entry in read_manifest().values():
        variants = [variant.id for variant in BACKBONES[entry.backbone].variants] if entry.backbone else []
        assert entry.variant is None or entry.variant in variants


def test_every_id_that_the_code_names_is_there(root):
    named = {}
    for folder in ("cli", "core", "nodes", "runner", "training", "benchmarks"):
        for path in (root / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                    "load_weights",
                    "load_network",
                    "get_entry",
                ):
                    named |= {a.value: path for a in node.args[:1] if isinstance(a, ast.Constant)}
    assert "colour_prior" in named
    assert set(named) <= set(read_manifest()), named


HOSTED = WeightFile(
    id="ours",
    backbone="telea",
    trained_on="roses",
    channels="gray",
    repo_id="team/nets",
    revision="0" * 40,
    filename="a/b c.safetensors",
    sha256="1" * 64,
    size=5,
    license="MIT",
    source="us",
)
WRONG = [
    ({"id": "Ours"}, "id must be small letters"),
    ({"id": "../x"}, "id must be"),
    ({"id": ""}, "id must be"),
    ({"revision": "main"}, "revision must be a commit, 40 hexadecimal digits, never a branch, got 'main'"),
    ({"revision": "0" * 39}, "revision must be"),
    ({"revision": "A" * 40}, "revision must be"),
    ({"revision": None}, "repo_id needs revision"),
    ({"repo_id": None}, "revision needs repo_id"),
    ({"repo_id": "nets"}, "repo_id must be OWNER/NAME"),
    ({"filename": None}, "needs bundled or filename"),
    ({"filename": "../x.safetensors"}, "filename must be"),
    ({"filename": "/x.safetensors"}, "filename must be"),
    ({"filename": "x.pth"}, "filename must be a .safetensors"),
    ({"bundled": "weights/x.safetensors"}, "needs bundled or filename, and not both"),
    ({"bundled": "x.safetensors", "filename": None}, "bundled must be"),
    ({"bundled": "weights/x.safetensors", "filename": None}, "repo_id needs filename"),
    ({"use": "a test"}, "needs use or backbone, and not both"),
    ({"backbone": None}, "needs use or backbone"),
    ({"backbone": None, "use": "a test", "variant": "x"}, "variant needs backbone"),
    ({"channels": None}, "backbone needs channels"),
    ({"channels": "rgb"}, "channels must be gray or RGB"),
    ({"sha256": "1" * 63}, "sha256 must be"),
    ({"sha256": None}, "sha256 is missing"),
    ({"size": None}, "needs size or size_note"),
    ({"size_note": "about 5"}, "needs size or size_note, and not both"),
    ({"size": 0}, "size must be a positive number of bytes, .* got 0"),
    ({"size": True}, "size must be"),
    ({"size": "5"}, "size must be"),
    ({"license": None}, "license is missing"),
    ({"license": " "}, "license must be a text"),
    ({"license": 5}, "license must be a text"),
    ({"source": None}, "source is missing"),
    ({"trained_on": None}, "trained_on is missing"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_rows_that_are_not_complete(change, message, root):
    with pytest.raises(InputError, match=message):
        replace(HOSTED, **change)
    assert faults(
        {"version": 1, "weights": [{**HOSTED.to_json(), **{JSON_NAMES.get(k, k): v for k, v in change.items()}}]},
        schema(root),
    )


def test_rows_are_as_the_schema_says(root, tmp_path):
    assert not faults(json.loads(MANIFEST.read_text()), schema(root))
    local = replace(HOSTED, repo_id=None, revision=None, variant="x", size=None, size_note="small")
    document = json.loads(format_manifest([HOSTED, local]))
    assert not faults(document, schema(root))
    assert set(HOSTED.to_json()) == set(schema(root)["$defs"]["entry"]["properties"])
    for change in (lambda entry: entry.pop("layout"), lambda entry: entry.update(license="MIT")):
        broken = json.loads(format_manifest([HOSTED]))
        change(broken["weights"][0])
        assert faults(broken, schema(root))
        (tmp_path / "m.json").write_text(json.dumps(broken))
        with pytest.raises(InputError, match=r"m.json: a weights entry has exactly the fields .*look at"):
            read_manifest(tmp_path / "m.json")


def schema(root):
    return json.loads((root / "core" / "weights" / "manifest.schema.json").read_text())


def faults(value, rule, whole=None):
    """What JSON Schema has against a value; only the words that our schema uses."""
    whole = whole or rule
    known = {"$schema", "$defs", "$ref", "title", "description", "type", "const", "enum", "pattern", "items"}
    known |= {"minimum", "maximum", "maxLength"}
    assert set(rule) <= known | {"properties", "required", "additionalProperties", "anyOf", "oneOf", "allOf"}
    found = []
    if "$ref" in rule:
        found += faults(value, whole["$defs"][rule["$ref"].removeprefix("#/$defs/")], whole)
    types = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None)}
    if "type" in rule and (not isinstance(value, types[rule["type"]]) or isinstance(value, bool)):
        return [*found, f"{value!r} is no {rule['type']}"]
    if ("const" in rule and value != rule["const"]) or ("enum" in rule and value not in rule["enum"]):
        found.append(f"{value!r} is not allowed")
    if "pattern" in rule and isinstance(value, str) and not re.search(rule["pattern"], value):
        found.append(f"{value!r} does not match")
    if "minimum" in rule and value < rule["minimum"]:
        found.append(f"{value} is too small")
    if "maximum" in rule and value > rule["maximum"]:
        found.append(f"{value} is too large")
    if "maxLength" in rule and isinstance(value, str) and len(value) > rule["maxLength"]:
        found.append(f"{value!r} is too long")
    if isinstance(value, dict):
        properties = rule.get("properties", {})
        found += [f"{name} is missing" for name in rule.get("required", ()) if name not in value]
        if rule.get("additionalProperties") is False:
            found += [f"{name} is too much" for name in value if name not in properties]
        found += [f for name, r in properties.items() if name in value for f in faults(value[name], r, whole)]
    if isinstance(value, list) and "items" in rule:
        found += [f for item in value for f in faults(item, rule["items"], whole)]
    for word, wanted in (("anyOf", lambda n: n >= 1), ("oneOf", lambda n: n == 1)):
        if word in rule and not wanted(sum(not faults(value, r, whole) for r in rule[word])):
            found.append(f"{word} of {value!r}")
    return found + [f for r in rule.get("allOf", ()) for f in faults(value, r, whole)]


def test_manifests_that_are_none(tmp_path):
    for text in ("", "[]", "{}", '{"weights": 5}', '{"weights": [5]}', "\x00"):
        (tmp_path / "m.json").write_text(text)
        with pytest.raises(InputError, match=r"m\.json: "):
            read_manifest(tmp_path / "m.json")


# The user's own manifest and folder


def test_a_row_of_the_users(home, root):
    assert get_entry("lama").id == "lama"
    add_entry(HOSTED)
    assert user_manifest() == home / "weights_manifest.json"
    assert list(all_entries()) == [*read_manifest(), "ours"]
    assert get_entry("ours") == HOSTED
    assert format_manifest([HOSTED]) == user_manifest().read_text()
    with pytest.raises(InputError, match="has weights 'ours' already"):
        add_entry(HOSTED)
    other = replace(HOSTED, size=6)
    add_entry(other, replace=True)
    assert get_entry("ours") == other
    with pytest.raises(InputError, match="the pack has weights 'lama' already"):
        add_entry(replace(HOSTED, id="lama"), replace=True)
    with pytest.raises(UnknownNameError, match="did you mean 'ours'"):
        get_entry("our")


@pytest.mark.parametrize("name", [each.id for each in BACKBONES.values() if each.variants])
def test_a_backbone_typed_for_its_weights(name):
    """Says which weights there are for it, unless these have its name."""
    expected = [entry.id for entry in entries_for(name)]
    if name in expected:
        assert get_entry(name).backbone == name
    else:
        with pytest.raises(UnknownNameError, match=f"for the backbone {name}: {'.*'.join(expected)}, which comes with"):
            get_entry(name)


def test_the_users_manifest_names_no_file_of_the_pack(home):
    bundled = replace(HOSTED, repo_id=None, revision=None, filename=None, bundled="weights/x.safetensors")
    with pytest.raises(InputError, match="only the pack's own entries may be bundled"):
        add_entry(bundled)
    home.mkdir()
    user_manifest().write_text(format_manifest([bundled]))
    with pytest.raises(WeightsError, match="only the pack's own entries may be bundled"):
        all_entries()
    load_weights("colour_prior")


def test_the_packs_rows_win(home, caplog):
    home.mkdir()
    user_manifest().write_text(format_manifest([replace(HOSTED, id="lama")]))
    assert all_entries()["lama"].repo_id == "michaelgold/big-lama"
    assert "the pack has an entry 'lama' too" in caplog.text


def test_where_the_users_files_are(monkeypatch, home, tmp_path):
    assert data_folder() == home
    monkeypatch.delenv("MONOCHROMIC_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    places = {"linux": ".local/share", "darwin": "Library/Application Support", "win32": "AppData/Local"}
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    for platform, place in places.items():
        monkeypatch.setattr("sys.platform", platform)
        assert data_folder() == tmp_path / place / "monochromic"
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert data_folder() == tmp_path / "data" / "monochromic"


# Files are verified the first time they are seen


@pytest.fixture
def local(home):
    """A file of the user's own with its entry."""
    path = home / "weights" / "own.safetensors"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"abcde")
    place = {"repo_id": None, "revision": None, "filename": "own.safetensors"}
    return path, replace(HOSTED, id="own", sha256=hashlib.sha256(b"abcde").hexdigest(), **place)


@pytest.fixture
def hashed(monkeypatch):
    """The files that were read to be hashed."""
    seen, hash_file = [], files.hash_file
    monkeypatch.setattr(files, "hash_file", lambda path: seen.append(path.name) or hash_file(path))
    return seen


def test_a_file_is_read_once(local, hashed):
    path, entry = local
    assert [locate(entry), find(entry), find(entry)] == [path] * 3
    assert hashed == ["own.safetensors"]
    check(path, entry, again=True)
    assert len(hashed) == 2
    os.utime(path, ns=(1, 1))
    find(entry)
    assert len(hashed) == 3
    path.write_bytes(b"abcdf")
    with pytest.raises(WeightsError, match=f"another sha256 than expected, {entry.sha256}, 5 bytes; it is not used"):
        find(entry)
    path.write_bytes(b"abcde")
    assert find(entry) == path


def test_under_a_host_hashes_are_remembered_in_its_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MONOCHROMIC_HOME", str(tmp_path / "home"))
    (tmp_path / "file").write_bytes(b"x")
    with using_host(model_folders=(tmp_path / "models", tmp_path / "more")):
        found = known_hash(tmp_path / "file")
        assert found == known_hash(tmp_path / "file") == hashlib.sha256(b"x").hexdigest()
    assert json.loads((tmp_path / "models" / "verified.json").read_text())[str(tmp_path / "file")][2] == found
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "models"]


def test_another_row_for_a_file_that_was_seen(local):
    entry = local[1]
    find(entry)
    with pytest.raises(WeightsError, match="damaged"):
        find(replace(entry, sha256="2" * 64))


@pytest.mark.parametrize("text", ["", "[]", '{"x": 5}', "PLACE"])
def test_a_broken_memory_is_no_hindrance(local, home, hashed, text):
    path, entry = local
    memory = home / "verified.json"
    memory.write_text(text.replace("PLACE", json.dumps({str(path): [5]})))
    assert [find(entry), find(entry)] == [path] * 2
    assert len(hashed) == 1


def test_a_memory_that_cannot_be_written(local, home, hashed):
    path, entry = local
    (home / "verified.json").mkdir()
    assert [find(entry), find(entry)] == [path] * 2
    assert len(hashed) == 2
    assert sorted(p.name for p in home.iterdir()) == ["verified.json", "weights"]


def test_a_file_that_is_gone_or_cannot_be_read(local):
    path, entry = local
    path.unlink()
    assert find(entry) is None
    with pytest.raises(WeightsError, match=r"'own' are not here: own.safetensors .*MIT\); it was made from us and put"):
        locate(entry)
    with pytest.raises(WeightsError, match="'own' cannot be read"):
        check(path, entry)


def test_a_file_that_is_no_safetensors(local, monkeypatch):
    path, entry = local
    add_entry(entry)
    with pytest.raises(WeightsError, match="'own' cannot be read: .*own.safetensors"):
        load_weights("own")
    assert cached_path(entry) == path


def test_folders_of_other_programs_are_looked_in_last(local, tmp_path):
    """What is there counts if it is the right file; another of the same name is not ours to complain of."""
    path, entry = local
    shared = tmp_path / "inpaint"
    shared.mkdir()
    other = shared / path.name
    with using_host(shared_folders=(tmp_path / "none", shared)):
        other.write_bytes(path.read_bytes())
        assert find(entry) == path
        path.rename(tmp_path / "kept")
        assert find(entry) == other
        right = other.read_bytes()
        for wrong in (right[:-1] + bytes([right[-1] ^ 1]), right + b"x", b""):
            other.write_bytes(wrong)
            assert find(entry) is None
        other.unlink()
        other.mkdir()
        assert find(entry) is None
    assert find(entry) is None


def test_lama_as_other_packs_keep_it(tmp_path):
    entry = get_entry("lama_torchscript")
    assert (entry.backbone, entry.filename, entry.size) == ("lama", "big-lama.pt", 205669692)
    assert [e.id for e in entries_for("lama")] == ["lama", "lama_torchscript"]


# What a user may write into it, and several at once


@pytest.mark.parametrize(
    ("change", "words"),
    [
        *[
            ({"repo_id": f"a/{name}"}, "repo_id must be OWNER/NAME")
            for name in ("b..c", "b--c", "b.git", "-b", "b.", "")
        ],
        *[({"repo_id": name}, "repo_id must be OWNER/NAME") for name in ("a..b/c", "-a/b", "a./b", "a", "a/b/c")],
        ({"repo_id": "a/" + "b" * 97}, "repo_id must be OWNER/NAME"),
        ({"size": 10**400}, "size must be a positive number of bytes, .* got a long number"),
        ({"size": 10**15 + 1}, "size must be a positive number of bytes"),
        ({"id": "n" * 101}, "id must be .* 100 at most"),
        ({"filename": "n" * 300 + ".safetensors"}, "filename must have at most 250 letters"),
        ({"source": "a\udcff"}, "source must be a text"),
    ],
)
def test_rows_that_cannot_be_used(root, change, words):
    """Refused by the row and by the schema; and of the Hub's names those that its own library refuses."""
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    with pytest.raises(InputError, match=words) as error:
        replace(HOSTED, **change)
    assert len(str(error.value)) < 500
    if "source" not in change:
        assert faults({"version": 1, "weights": [{**HOSTED.to_json(), **change}]}, schema(root))
    if change.get("repo_id", "").count("/") == 1:
        with pytest.raises(HFValidationError):
            validate_repo_id(change["repo_id"])


@pytest.mark.parametrize("name", ["a/b", "A_b/c.d-e_f", "a/" + "b" * 90, "0/_"])
def test_names_of_repositories_that_the_hub_takes(root, name):
    from huggingface_hub.utils import validate_repo_id

    validate_repo_id(name)
    row = replace(HOSTED, repo_id=name)
    assert not faults({"version": 1, "weights": [row.to_json()]}, schema(root))
    assert cached_path(row) is None


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"weights":' + "[" * 50_000 + "]" * 50_000 + "}", '{"weights": [' + "9" * 5000 + "]}"]
)
def test_manifests_that_are_nested_deep(home, text):
    home.mkdir()
    user_manifest().write_text(text)
    with pytest.raises(WeightsError, match="cannot be used; repair or remove it") as error:
        all_entries()
    assert len(str(error.value)) < 1000


def test_the_page_names_no_password(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "https://user:secret@hub.example:8/x/")
    assert HOSTED.page.startswith("https://hub.example:8/x/team/nets/blob/")


def test_rows_that_several_processes_add(home):
    def add(name):
        for i in range(5):
            add_entry(replace(HOSTED, id=f"{name}-{i}"))

    names = ["a", "b", "c", "d"]
    children = [fork(partial(add, name)) for name in names]
    assert [ended(child) for child in children] == [0] * len(names)
    added = all_entries().keys() - read_manifest().keys()
    assert added == {f"{name}-{i}" for name in names for i in range(5)}


def test_rows_that_several_threads_add(home):
    rows = [replace(HOSTED, id=f"row-{i}") for i in range(24)]
    threads = [threading.Thread(target=add_entry, args=(row,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all_entries().keys() - read_manifest().keys() == {row.id for row in rows}
