"""`benchmarks/levels.py` on a few samples: both trainings are measured, and go on where they were stopped.

Slow: `tests/training/test_levels.py` tries levels in `make test`.
"""

import json
import shutil
import subprocess
import sys

import pytest
from PIL import Image


@pytest.mark.slow
def test_curves_with_and_without(root, inputs, tmp_path):
    for folder, name in (("train", "astronaut"), ("test", "coffee_stain")):
        (tmp_path / folder).mkdir()
        shutil.copy(inputs / f"{name}.png", tmp_path / folder)
    options = [
        "--test",
        tmp_path / "test",
        "--share",
        "0.001",
        "--seeds",
        "0",
        "--every",
        "8",
        "--out",
        tmp_path / "out",
    ]
    command = [sys.executable, root / "benchmarks" / "levels.py", tmp_path / "train", *options]
    subprocess.run(command, check=True, capture_output=True)
    table = (tmp_path / "out" / "levels.md").read_text()
    assert "| without | 0 | 20 |" in table
    assert "| with levels | 0 | " in table
    with Image.open(tmp_path / "out" / "levels.jpg") as picture:
        assert picture.size == (1280, 440)
    logs = sorted((tmp_path / "out" / "levels_work").glob("*/curve.jsonl"))
    assert [path.parent.name for path in logs] == ["mono_levels_0", "mono_short_0"]
    curves = [path.read_text() for path in logs]
    samples, seconds, decibels = zip(*map(json.loads, curves[1].splitlines()), strict=True)
    assert samples == (0, 8, 16, 20)
    assert list(seconds) == sorted(seconds)
    assert decibels[0] == json.loads(curves[0].splitlines()[0])[2]  # both begin with the same weights
    subprocess.run(command, check=True, capture_output=True)
    assert [path.read_text() for path in logs] == curves
