"""Workflow files in odd encodings, of odd JSON, and values that fit nothing: one line, exit code 2."""

import codecs
import json
from pathlib import Path

import pytest
from monochromic.cli import main
from workflow_files import api, refused, wired, write


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_encodings(place, capsys, mark, encoding):
    """Notepad and PowerShell write byte order marks and UTF-16."""
    text = json.dumps(api() | {"6": {"class_type": "PreviewAny", "inputs": {"source": "Übung 图"}}}, ensure_ascii=False)
    Path("w.json").write_bytes(mark + text.encode(encoding))
    assert main(["run", "w.json"]) == 0
    assert "Übung 图" in capsys.readouterr().out


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"\x80\x81", b"\xef\xbb\xbf", b"\0" * 9, b"nul", "ä".encode("latin-1")]
)
def test_files_that_are_no_json(place, capsys, data):
    Path("w.json").write_bytes(data)
    assert main(["run", "w.json"]) == 2
    assert "w.json is not JSON" in capsys.readouterr().err


@pytest.mark.parametrize("depth", [101, 900, 100_000])
@pytest.mark.parametrize(("left", "right"), [("[", "]"), ('{"nodes":[', "]}"), ('{"1":', "}")])
def test_deep_json(place, capsys, depth, left, right):
    text = left * depth + "1" + right * depth
    assert "w.json is nested deeper than 100 levels" in refused(capsys, text)


@pytest.mark.parametrize(
    ("node", "name", "value", "words"),
    [
        ("1", "image", 5, "input 'image' must be a name, got 5"),
        ("1", "image", None, "must be a name, got None"),
        ("1", "image", {"a": [1]}, "must be a name, got {'a': [1]}"),
        ("1", "image", "a\0b", "there is no picture 'a\\x00b'"),
        ("1", "image", "\ud800.png", "there is no picture '\\ud800.png'"),
        ("1", "image", "x" * 300, "there is no picture 'xxx"),
        ("1", "image", ["1", True], "must be a name, got ['1', True]"),
        ("2", "image", 1.5, "input 'image' must be a name, got 1.5"),
        ("2", "threshold", float("nan"), "input 'threshold' must be FLOAT, got nan"),
        ("2", "threshold", float("inf"), "must be FLOAT, got inf"),
        ("2", "threshold", 10**400, "must be FLOAT, got 1000"),
        ("2", "grow", float("inf"), "input 'grow' must be INT, got inf"),
        ("2", "grow", 2**70, "must be from 0 to 256"),
        ("2", "channel", ["x"], "input 'channel' must be a name, got ['x']"),
        ("3", "image", [float("nan"), 0], "is linked to node nan, which is not there"),
        ("3", "image", ["1", -1], "is linked to output -1 of node 1"),
        ("3", "image", [{"a": 1}, 0], "is linked to node {'a': 1}, which is not there"),
        ("3", "backbone", "y" * 10**6, "no choice for 'backbone' 'yyy"),
        ("5", "filename_prefix", "a\0b", "filename_prefix 'a\\x00b' holds a character that no file name may have"),
        ("5", "filename_prefix", "\ud800", "filename_prefix '\\ud800' holds a character"),
        ("5", "filename_prefix", "a\nb", "filename_prefix 'a\\nb' holds a character"),
        ("5", "filename_prefix", "ö" * 200, "has a name longer than 255 bytes"),
    ],
)
def test_values_of_any_kind(place, capsys, node, name, value, words):
    workflow = api()
    workflow[node]["inputs"][name] = value
    line = refused(capsys, workflow)
    assert words in line
    assert len(line) < 1500
    assert not (place / "output").exists()


@pytest.mark.parametrize("folder", [-1, None, [], "..", "/", "a\0b", "%width%" * 500])
def test_folders_of_any_kind(place, capsys, folder):
    load = {"class_type": "MonochromicLoadFolder", "inputs": {"folder": folder, "first": 0, "count": 0, "prefix": ""}}
    save = {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": ["1", 1]}}
    refused(capsys, {"1": load, "2": save}, "--input", ".")


@pytest.mark.parametrize(
    "key", ["nodes", "links", "definitions", "id", "type", "mode", "inputs", "outputs", "widgets_values"]
)
@pytest.mark.parametrize("value", [None, 5, "x", [[]], [{}], {"a": 1}, True])
def test_damaged_parts_of_a_saved_workflow(place, capsys, key, value):
    """Whatever stands in the place of a part: it runs, or one line says why not."""
    photo = (1, "LoadImage", ["old.png", "image"], [], ("IMAGE", "MASK"))
    reroute = (2, "Reroute", [], [("", "*", 1, 0)], ("*",))
    bypassed = (3, "MonochromicGrayInpaint", ["telea"], [("image", "IMAGE", 2, 0)], ("IMAGE", "MASK"), {"mode": 4})
    save = (4, "SaveImage", ["x"], [("images", "IMAGE", 3, 0)], ())
    for at in range(4):
        workflow = wired(photo, reroute, bypassed, save)
        ({"nodes": workflow, "links": workflow, "definitions": workflow}.get(key) or workflow["nodes"][at])[key] = value
        code = main(["run", write(workflow)])
        error = capsys.readouterr().err
        assert (code, error.count("\n")) in [(0, 0), (2, 1)], error
