"""What all commands, methods, backbones and nodes leave in the temporary folder: nothing.

The compiler of torch makes a folder there as soon as it is loaded, which takes more than a second, too; optimizers and
weights that are nowhere load it.
"""

import os
import subprocess
import sys

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.cli import names
from monochromic.core import save_image
from monochromic.nodes import NODE_CLASS_MAPPINGS
from safetensors.torch import load_file
from workflow_files import api, write

NETWORKS = [name for name in names.BACKBONES if name not in ("lama", "mat")]  # whose weights are shipped
DETECTORS = [name for name in names.DETECTORS if name != "vcnet"]
SMALL = ["--texture", "0", "--grain", "0"]
MASKED = ["--mask", "mask.png", "-o", "new.png"]
FILL = ["restore", "old.png", *MASKED, "--backbone"]
COLOR = ["colorize", "old.png", "--gray", "new.png", *MASKED[:2], "-o", "color.png"]
WORDS = [
    *([*FILL, name, *SMALL] for name in ("auto", *NETWORKS)),
    *([*FILL, "telea", "--texture", "1", "--texture-by", way] for way in names.TEXTURE_WAYS),
    *([*FILL, "mono", "--pipeline", pipeline] for pipeline in names.PIPELINES),
    [*FILL, "gmcnn", "--explain", "--report", "sheets", "--reference", "old.png", "--note"],
    [*FILL[:-1], "--variants", "2"],
    ["restore", "old.png", "-o", "new.tif", "--kinds", "all"],
    *([*COLOR, "--method", name, "--iterations", "2", "--hints", "hints.txt"] for name in names.METHODS[1:]),
    *([*COLOR, "--match", match, "--feather", "2"] for match in names.MATCHES[1:]),
    [*COLOR, "--hints", "hints.txt", "--strength", "1", "--free-luminance"],
    *(["mask", "old.png", "-o", "found.png", "--method", name, "--heat", "heat.png"] for name in DETECTORS),
    ["pad", "old.png", "--left", "4", "-o", "padded.png"],
    ["score", "new.png", "old.png", "--mask", "mask.png", "--csv", "scores.csv"],
    ["weights", "convert", "mono.pth", "--as", "mine"],
    ["weights", "list"],
    ["weights", "verify", "mine"],
    *(["run", name, "--out", "out"] for name in ("mine.json", "nodes.json", "degrade_and_measure")),
    ["batch", "scans", "--mask", "mask.png", "--out", "many", "--workers", "1", "--texture-by", "features"],
    ["run", "mine.json", "--each", "Photo.image=scans", "--out", "each", "--workers", "1"],
]
SCRIPT = """
import os, sys, tempfile
from pathlib import Path
from monochromic.cli import main
if __name__ == "__main__":
    from monochromic.cli.process import prepare
    prepare()
    for words in WORDS:
        print(words, flush=True)
        assert main(words) == 0, words
        assert "torch._dynamo" not in sys.modules, words
        left = [path for path in Path(tempfile.gettempdir()).iterdir() if not path.name.startswith("pymp-")]
        assert not left, (words, left)
"""


def node(kind, **links):
    """A node with the widgets it has at first."""
    kind = f"Monochromic{kind}"
    inputs = NODE_CLASS_MAPPINGS[kind].INPUT_TYPES()["required"]
    widgets = {name: options["default"] for name, (_, options) in inputs.items() if "default" in options}
    return {"class_type": kind, "inputs": {**widgets, **links}}


def all_nodes():
    """The nodes that work on a photo, and what saves their pictures."""
    photo = {"image": ["1", 0]}
    nodes = [
        node("GrayInpaint", **photo, mask=["2", 0], texture=1.0),
        node("RgbInpaint", **photo, mask=["2", 0]),
        node("CompareBackbones", **photo, mask=["2", 0], backbones="telea, glcic"),
        node("FillVariants", **photo, mask=["2", 0]),
        node("ProgressiveColorize", **photo, gray=["10", 0], mask=["10", 1], method="network"),
        node("Degrade", **photo),
        node("Pad", **photo),
    ]
    workflow = {**{number: api()[number] for number in ("1", "2")}, "3": node("BlindMaskPredict", **photo)}
    for number, made in enumerate(nodes, 10):
        saving = {"class_type": "SaveImage", "inputs": {"images": [str(number), 0], "filename_prefix": "x"}}
        workflow |= {str(number): made, str(number + 10): saving}
    return workflow


@pytest.mark.slow
def test_nothing_stays_in_the_temporary_folder(tmp_path, root):
    for name in ("old.png", "scans/p0.png"):
        save_image(make_photo(0, 64, 72), tmp_path / name)
    save_image(make_hole(64, 72), tmp_path / "mask.png")
    (tmp_path / "hints.txt").write_text("20,12,#c03020")
    torch.save(load_file(root / "weights" / "mono.safetensors"), tmp_path / "mono.pth")
    write(api(), tmp_path / "mine.json")
    write(all_nodes(), tmp_path / "nodes.json")
    (tmp_path / "script.py").write_text(SCRIPT.replace("WORDS", repr(WORDS)))
    (tmp_path / "watched").mkdir()
    env = {**os.environ, "TMPDIR": str(tmp_path / "watched"), "MONOCHROMIC_HOME": str(tmp_path / "home")}
    env.pop("TORCHINDUCTOR_CACHE_DIR", None)  # which the compiler has set here if a test before has loaded it
    ended = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout[-1000:] + ended.stderr
    assert not list((tmp_path / "watched").iterdir())  # that of multiprocessing stays to the end of the process
