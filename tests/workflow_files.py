"""Workflows in both of ComfyUI's formats, made for tests."""

import json
from pathlib import Path

from monochromic.cli import main


def api():
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": "old.png"}, "_meta": {"title": "Photo"}},
        "2": {"class_type": "MonochromicLoadMask", "inputs": mask_inputs()},
        "3": {
            "class_type": "MonochromicGrayInpaint",
            "inputs": {"image": ["1", 0], "mask": ["2", 0], "backbone": "telea", "grow": 0, "threshold": 0.5},
        },
        "4": {
            "class_type": "MonochromicProgressiveColorize",
            "inputs": {"image": ["1", 0], "gray": ["3", 0], "mask": ["3", 1], "method": "propagate"},
        },
        "5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "out/x"}},
    }


def mask_inputs():
    return {"image": "mask.png", "channel": "luminance", "invert": False, "threshold": 0.5, "grow": 0}


def write(workflow, name="w.json"):
    text = workflow if isinstance(workflow, str) else json.dumps(workflow)
    Path(name).write_text(text)
    return name


def refused(capsys, workflow, *options):
    """Exit code 2 and one line that says why."""
    assert main(["run", write(workflow), "--out", "output", *options]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("monochromic: ")
    assert captured.err.count("\n") == 1
    return captured.err


def saved_node(node_id, kind, widgets=(), mode=0, inputs=(), outputs=("IMAGE",)):
    """A node as a saved workflow has it; inputs are (name, type, link)."""
    return {
        "id": node_id,
        "type": kind,
        "mode": mode,
        "inputs": [dict(zip(("name", "type", "link"), i, strict=True)) for i in inputs],
        "outputs": [{"name": o, "type": o} for o in outputs],
        "widgets_values": list(widgets),
    }


def wired(*nodes):
    """A saved workflow of nodes (id, type, widgets, inputs, outputs); an input is (name, type, node, its output)."""
    links, made = [], []
    for node_id, kind, widgets, inputs, outputs, *more in nodes:
        entries = []
        for name, of, source, slot in inputs:
            links.append([len(links) + 1, source, slot, node_id, len(entries), of])
            entries.append((name, of, len(links)))
        made.append(saved_node(node_id, kind, widgets, inputs=entries, outputs=outputs) | (more[0] if more else {}))
    return {"nodes": made, "links": links}
