"""The pack in a real ComfyUI, over HTTP: `MONOCHROMIC_COMFYUI=/path/to/ComfyUI pytest tests -m comfyui`.

`MONOCHROMIC_COMFYUI_PYTHON` names the Python that has ComfyUI's requirements; without it this one is used.
"""

import json
import shutil
import subprocess
import urllib.error
from pathlib import Path

import pytest
import torch
from comfyui_server import PYTHON
from conftest import ROOT
from monochromic.cli import main
from monochromic.core import BACKBONES, load_image
from monochromic.nodes import NODE_CLASS_MAPPINGS
from monochromic.runner.comfy_nodes import HOST_CLASSES
from monochromic.runner.load import load_graph

pytestmark = pytest.mark.comfyui


def test_the_pack_loads_without_a_word(server):
    lines = [line for line in server.log.read_text().splitlines() if server.folder in line]
    assert len(lines) == 1, lines
    assert "seconds" in lines[0]
    assert "FAILED" not in lines[0]


def test_every_node_is_listed_as_it_describes_itself(server):
    listed = server.get("/object_info")
    for name, node in NODE_CLASS_MAPPINGS.items():
        assert listed[name]["description"] == node.DESCRIPTION
        assert listed[name]["output_name"] == list(node.RETURN_NAMES)
        assert listed[name]["category"].startswith("Monochromic")


@pytest.mark.parametrize("name", [path.stem for path in sorted((ROOT / "workflows").glob("*.json"))])
def test_pixel_for_pixel_what_the_command_gives(server, root, tmp_path, name):
    workflow = root / "workflows" / f"{name}.json"
    prompt = load_graph(workflow, {**NODE_CLASS_MAPPINGS, **HOST_CLASSES}).to_api()
    shutil.rmtree(server.base / "output", ignore_errors=True)  # names are counted on from what is there
    outputs = server.run(prompt)
    (tmp_path / "monochromic").symlink_to(ROOT, target_is_directory=True)
    command = [PYTHON, "-m", "monochromic", "run", workflow, "--out", "out"]  # another torch rounds otherwise
    subprocess.run(command, cwd=tmp_path, check=True)
    compared = 0
    for output in outputs.values():
        for image in output.get("images", []):
            if image["type"] == "output":
                place = Path(image["subfolder"]) / image["filename"]
                theirs, ours = load_image(server.base / "output" / place), load_image(tmp_path / "out" / place)
                assert torch.equal(theirs, ours)
                compared += 1
    assert compared >= 1


def test_metrics_show_the_same_numbers(server, root, tmp_path, capsys):
    workflow = root / "workflows" / "restore_photo.json"
    prompt = load_graph(workflow, {**NODE_CLASS_MAPPINGS, **HOST_CLASSES}).to_api()
    node = next(n for n in prompt.values() if n["class_type"] == "MonochromicMetrics")
    node["inputs"]["region"] = "box"
    shown = [text for output in server.run(prompt).values() for text in output.get("text", []) if "PSNR" in text]
    main(["run", str(workflow), "--out", str(tmp_path)])
    assert shown[0] in capsys.readouterr().out


def test_wrong_values_are_refused_with_the_nodes_own_words(server):
    prompt = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "coffee_bleached.png"}},
        "2": {"class_type": "MonochromicColorGuide", "inputs": {"points": "here"}},
        "3": {"class_type": "PreviewAny", "inputs": {"source": ["2", 0]}},
    }
    with pytest.raises(urllib.error.HTTPError) as refusal:
        server.post(prompt)
    assert "color hint 1 must read x,y,#rrggbb" in refusal.value.read().decode()


def coloring(root, **inputs):
    """The shipped hint workflow's photo colored by a method that takes its time, as a prompt."""
    classes = {**NODE_CLASS_MAPPINGS, **HOST_CLASSES}
    prompt = load_graph(root / "workflows" / "color_hint.json", classes).to_api()
    node = next(k for k, v in prompt.items() if v["class_type"] == "MonochromicProgressiveColorize")
    prompt[node]["inputs"].update(inputs)
    return node, prompt


def test_the_color_is_shown_as_it_converges_and_can_be_cancelled(server, root):
    """Previews arrive in the node while it works; a cancel ends what would take hours; the next run is fine."""
    node, prompt = coloring(root, method="network", iterations=100_000)
    with server.listen("page") as messages:
        key = server.post(prompt, "page")
        pictures, steps = [], []
        for message in messages:
            if isinstance(message, bytes):
                if message[:4] == b"\0\0\0\1":
                    pictures.append(message[8:])
            elif message["type"] == "progress" and message["data"]["node"] == node:
                steps.append(message["data"]["value"])
            if len(pictures) == 3:
                break
        assert all(p.startswith(b"\xff\xd8") for p in pictures)
        assert len(set(pictures)) == 3
        assert steps == sorted(steps)
        server.send("/interrupt", {})
        done = server.wait_for(lambda: server.get(f"/history/{key}").get(key), 60)
    assert "execution_interrupted" in [m[0] for m in done["status"]["messages"]]
    assert server.run(coloring(root)[1])


def test_a_network_from_the_model_folder(server, root, tmp_path, monkeypatch):
    """Converted weights that lie in models/monochromic fill the hole as the command does; nothing is fetched."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        torch.save(BACKBONES["autoencoder"].variants[0].fresh((3, 3), 4).state_dict(), tmp_path / "theirs.pth")
    monkeypatch.setenv("MONOCHROMIC_HOME", str(server.base / "home"))
    assert main(["weights", "convert", str(tmp_path / "theirs.pth"), "--as", "mine"]) == 0
    folder = server.base / "models" / "monochromic"
    folder.mkdir(exist_ok=True)
    converted = next((server.base / "home" / "weights").glob("mine-*.safetensors"))
    converted.rename(folder / "mine.safetensors")
    workflow = root / "workflows" / "restore_photo.json"
    prompt = load_graph(workflow, {**NODE_CLASS_MAPPINGS, **HOST_CLASSES}).to_api()
    node = next(n for n in prompt.values() if n["class_type"] == "MonochromicGrayInpaint")
    node["inputs"]["backbone"] = "autoencoder"
    images = [i for output in server.run(prompt).values() for i in output.get("images", []) if i["type"] == "output"]
    theirs = load_image(server.base / "output" / images[0]["subfolder"] / images[0]["filename"])
    (folder / "mine.safetensors").rename(converted)
    changed = tmp_path / "prompt.json"
    changed.write_text(json.dumps(prompt))
    inputs = ["--input", str(root / "workflows" / "input")]
    assert main(["run", str(changed), *inputs, "--out", str(tmp_path / "out")]) == 0
    saved = next((tmp_path / "out" / images[0]["subfolder"]).glob("*.png"))
    assert torch.equal(theirs, load_image(saved))
