"""`monochromic run WORKFLOW --each`: the pixels of `monochromic run` for each photo."""

import json

import pytest
from batch_runs import results
from monochromic.cli import main
from PIL import Image, ImageChops


@pytest.fixture
def workflow(scans):
    nodes = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "x.png"}, "_meta": {"title": "Your photo"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "sub/a"}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "b"}},
    }
    (scans / "mine.json").write_text(json.dumps(nodes))
    return "mine.json"


def test_a_workflow_for_each_photo(scans, workflow, capsys):
    (scans / "scans" / "bad.png").write_bytes(b"no picture")
    (scans / "scans" / "p2.png").rename(scans / "scans" / "p0+2.png")  # as the second picture of p0
    command = ["run", workflow, "--each", "Your photo.image=scans", "--workers", "1", "--out", "out"]
    assert main(command) == 1
    assert "5 photos: 4 done, 1 failed" in capsys.readouterr().out
    made = results(scans / "out")
    assert {"p0.png", "p0+2.png", "p0+2.png.png", "p0+2.png+2.png", "sub/p1.png", "sub/p1+2.png"} <= set(made)
    assert made["p0+2.png"] != made["p0+2.png.png"]
    assert main(["run", workflow, "--set", "1.image=scans/p0.png", "--out", "one"]) == 0
    pictures = [Image.open(path) for path in (scans / "one" / "sub" / "a_00001_.png", scans / "out" / "p0.png")]
    assert ImageChops.difference(*pictures).getbbox() is None
    assert main([*command, "--dry-run"]) == 0
    assert "4 done before, 1 failed before" in capsys.readouterr().out


def test_what_does_not_go_together(scans, workflow, capsys):
    assert main(["run", workflow, "--limit", "3"]) == 2
    assert "--limit is for many photos; add --each" in capsys.readouterr().err
    assert main(["run", workflow, "--each", "1.image=scans", "--each", "2.images=scans"]) == 2
    assert "--each takes one input" in capsys.readouterr().err
    assert main(["run", workflow, "--each", "image"]) == 2
    assert "--each takes NODE.INPUT=SOURCE, got 'image'" in capsys.readouterr().err
    assert main(["run", workflow, "--each", "9.image=scans"]) == 2
    assert "no node '9'" in capsys.readouterr().err
