"""`monochromic run`: both formats, what the front end would dissolve, and every refusal."""

import json
import re
import shlex

import numpy as np
import pytest
import torch
from conftest import ROOT, make_hole, make_photo, slow_but
from monochromic.cli import main
from monochromic.core import WorkflowError, load_hole, load_image, restore, save_image
from monochromic.core.host.host import using_host
from monochromic.nodes import NODE_CLASS_MAPPINGS
from monochromic.runner.comfy_nodes import HOST_CLASSES
from monochromic.runner.load import find_workflow, load_graph
from monochromic.runner.schema import inputs_of, widget_slots
from PIL import Image
from workflow_files import api, refused, saved_node, write

CLASSES = {**NODE_CLASS_MAPPINGS, **HOST_CLASSES}
WORKFLOWS = [path.stem for path in sorted((ROOT / "workflows").glob("*.json"))]


def test_api_format(place, capsys):
    assert main(["run", write(api())]) == 0
    assert capsys.readouterr().out == "output/out/x_00001_.png\n"
    restored = restore(load_image("old.png"), make_hole(), backbone="telea")
    saved = load_image("output/out/x_00001_.png")
    assert torch.equal(saved, (restored * 255).floor() / 255)
    assert main(["run", write({"prompt": api(), "client_id": "x"}), "--out", "output"]) == 0
    assert capsys.readouterr().out == "output/out/x_00002_.png\n"
    assert sorted(p.name for p in (place / "output" / "out").iterdir()) == ["x_00001_.png", "x_00002_.png"]


def test_saved_pictures_carry_their_workflow(place, root):
    assert main(["run", write(api())]) == 0
    text = text_of("output/out/x_00001_.png")
    assert json.loads(text["prompt"])["5"]["inputs"] == api()["5"]["inputs"]
    assert "workflow" not in text
    saved = root / "workflows" / "remove_object.json"
    assert main(["run", str(saved)]) == 0
    text = text_of("output/monochromic/removed_00001_.png")
    assert json.loads(text["workflow"]) == json.loads(saved.read_text())
    (place / "again.json").write_text(text["prompt"])
    assert main(["run", "again.json", "--input", str(root / "workflows" / "input")]) == 0
    first, second = (load_image(f"output/monochromic/removed_0000{i}_.png") for i in (1, 2))
    assert torch.equal(first, second)


QUICK = {"restore_photo", "restore_without_mask", "remove_object", "color_hint", "extend_photo"}


@pytest.mark.parametrize("name", slow_but(QUICK, WORKFLOWS))
def test_shipped_workflows(name, place, root, capsys):
    assert main(["run", str(root / "workflows" / f"{name}.json"), "--out", "result"]) == 0
    shown = capsys.readouterr().out.splitlines()
    saved = min(line for line in shown if line.endswith("_00001_.png") and "/temp/" not in line)
    thumbnail = load_image(root / "workflows" / f"{name}.jpg")
    picture = torch.nn.functional.interpolate(load_image(saved), thumbnail.shape[-2:], mode="area")
    right = round(thumbnail.shape[-1] * 0.7)  # left of it is the photo before
    assert (picture - thumbnail)[..., right:].abs().mean() < 0.03


def test_a_workflow_saved_before_the_kinds_has_their_defaults(place):
    find = saved_node(2, "MonochromicBlindMaskPredict", ["both", 0.7, 2, 4, True], inputs=[("image", "IMAGE", 1)])
    photo = saved_node(1, "LoadImage", ["old.png", "image"], outputs=("IMAGE", "MASK"))
    graph = load_graph(write({"nodes": [photo, find], "links": [[1, 1, 0, 2, 0, "IMAGE"]]}), CLASSES)
    inputs = graph.calls["2"].inputs
    assert (inputs["threshold"], inputs["guard"]) == (0.7, True)
    kinds = [inputs[name] for name in ("lines", "specks", "lost", "areas", "overlays", "thresholds")]
    assert kinds == [True, True, True, False, False, ""]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_shipped_workflows_fit_their_nodes(name, root):
    """Every link and widget of the file is an input of its node, and nothing is left over."""
    data = json.loads((root / "workflows" / f"{name}.json").read_text())
    graph = load_graph(root / "workflows" / f"{name}.json", CLASSES)
    for node in data["nodes"]:
        if node["type"] in CLASSES and not node["mode"]:
            schema = CLASSES[node["type"]].INPUT_TYPES()
            required, optional = set(schema["required"]), set(schema.get("optional", {}))
            assert required <= set(graph.calls[str(node["id"])].inputs) <= required | optional
        if node["type"] in CLASSES:
            assert len(node.get("widgets_values", [])) == len(widget_slots(CLASSES[node["type"]]))
            assert {i["name"] for i in node["inputs"]} <= {*inputs_of(CLASSES[node["type"]]), "upload"}


def test_lists_run_once_for_each(place, capsys, monkeypatch):
    """A folder is a list; a value that is not serves for all of it, and what is shown is shown each time."""
    folder = place / "in" / "old"
    folder.mkdir(parents=True)
    for i, width in enumerate((53, 60, 47)):
        save_image(make_photo(i, 40, width), folder / f"p{i}.png")
    workflow = api() | {
        "1": {
            "class_type": "MonochromicLoadFolder",
            "inputs": {"folder": "old", "first": 1, "count": 0, "prefix": "done/"},
        },
        "6": {"class_type": "PreviewAny", "inputs": {"source": ["1", 1]}},
    }
    save_image(make_hole(), "in/mask.png")
    workflow["5"]["inputs"]["filename_prefix"] = ["1", 1]
    assert main(["run", write(workflow), "--input", "in", "--out", "out"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert sorted(shown) == [
        *(f"MonochromicGrayInpaint: the mask is 53 x 37, the photo {n} x 40: the mask is stretched" for n in (47, 60)),
        "PreviewAny: done/p1",
        "PreviewAny: done/p2",
        *(f"out/done/p{i}_00001_.png" for i in (1, 2)),
    ]
    for i in (1, 2):
        photo = load_image(folder / f"p{i}.png")
        restored = restore(photo, load_hole("mask.png", photo), backbone="telea")
        assert torch.equal(load_image(f"out/done/p{i}_00001_.png"), (restored * 255).floor() / 255)


def test_set_by_id_and_title(place, capsys):
    workflow = api()
    options = ["--set", "5.filename_prefix=a=b", "--set", "Photo.image=old.png", "--set", "2.invert=FALSE"]
    assert main(["run", write(workflow), *options, "--set", "3.grow=2", "--set", "2.threshold=0.25"]) == 0
    assert capsys.readouterr().out == "output/a=b_00001_.png\n"
    prompt = json.loads(text_of("output/a=b_00001_.png")["prompt"])
    assert prompt["3"]["inputs"]["grow"] == 2
    assert prompt["2"]["inputs"]["invert"] is False


@pytest.mark.parametrize("name", ["restore_photo", "restore_photo.json", "workflows/restore_photo.json"])
def test_shipped_workflows_by_name(place, root, name):
    assert find_workflow(name).samefile(root / "workflows" / "restore_photo.json")


def test_a_file_goes_before_the_shipped_one(place, capsys):
    write(api(), "restore_photo.json")
    assert str(find_workflow("restore_photo.json")) == "restore_photo.json"
    assert main(["run", "restore_photo.json"]) == 0
    assert capsys.readouterr().out == "output/out/x_00001_.png\n"
    for name, words in (
        ("restor_photo", "no shipped workflow 'restor_photo'; did you mean 'restore_photo'"),
        ("qqq.json", "no shipped workflow 'qqq'; there are: color_hint, "),
        (str(place / "restore_folder"), "did you mean 'restore_folder'"),
        (".", ". is a folder; give a workflow file, or a shipped one: color_hint, "),
    ):
        assert main(["run", name]) == 2
        assert words in capsys.readouterr().err


def test_set_wakes_a_muted_node(place, root, caplog, capsys):
    """The user's own photo in a shipped workflow, from the command line."""
    options = ["--set", "Your photo.image=old.png", "--set", "4.image=mask.png", "--set", "Fill in gray.backbone=telea"]
    assert main(["run", "restore_photo", *options]) == 0
    assert caplog.messages == [
        "node 3 (Your photo) was muted and runs now",
        "node 4 (Your mask) was muted and runs now",
    ]
    restored = restore(load_image("old.png"), make_hole(), backbone="telea")
    assert torch.equal(load_image("output/monochromic/restored_00001_.png"), (restored * 255).floor() / 255)
    caplog.clear()
    assert main(["run", "restore_without_mask", "--set", "3.image=old.png"]) == 0
    assert caplog.messages[0] == "node 3 (Your photo) was muted and runs now"
    assert all("nothing to fill" in message for message in caplog.messages[1:])  # no damage is found in it
    assert load_image("output/monochromic/restored_00002_.png").shape == (1, 3, 37, 53)


@pytest.mark.parametrize("name", ["color_hint", "remove_object", "restore_photo"])
def test_what_is_painted_on_your_photo_is_filled(name, place):
    """ComfyUI's mask editor saves the photo with what is painted erased: that alone changes."""
    near = save_cut_photo()
    assert main(["run", name, "--set", "Your photo.image=cut.png"]) == 0
    saved = load_image(next((place / "output" / "monochromic").glob("*_00001_.png")))
    changed = (saved != load_image("whole.png")).any(1, keepdim=True)
    assert changed[near].any()
    assert not changed[~near].any()


def test_what_is_painted_on_your_photo_is_compared(place, capsys):
    save_cut_photo()
    for photo, empty in (("cut", False), ("whole", True)):
        options = ["--set", f"Your photo.image={photo}.png", "--set", "Every backbone.backbones=telea"]
        assert main(["run", "compare_backbones", *options]) == 0
        assert ("nothing to fill" in capsys.readouterr().out) == empty


def save_cut_photo():
    """whole.png, and cut.png with a hole erased; what is within 4 pixels of the hole, (1, 1, H, W)."""
    photo = (make_photo(1, 64, 96)[0] * 255).byte().permute(1, 2, 0).numpy()
    alpha = np.full((64, 96, 1), 255, np.uint8)
    alpha[20:30, 40:50] = 0
    Image.fromarray(photo).save("whole.png")
    Image.fromarray(np.concatenate([photo, alpha], 2)).save("cut.png")
    near = torch.zeros(1, 1, 64, 96, dtype=torch.bool)
    near[..., 16:34, 36:54] = True  # remove_object fills 2 pixels more
    return near


def test_what_is_muted_still_is_said(place, caplog, capsys):
    assert main(["run", "restore_photo", "--set", "Your photo.image=old.png"]) == 0
    assert caplog.messages[0] == "node 3 (Your photo) was muted and runs now; muted still: 4 (Your mask)"
    assert "mask: nothing to fill, it is empty" in caplog.messages[1]
    capsys.readouterr()
    assert main(["run", "restore_photo", "--set", "Your foto.image=old.png"]) == 2
    error = capsys.readouterr().err
    assert "no node 'Your foto'; there are: 2 (Damaged photo), " in error
    assert error.endswith(", and muted: 3 (Your photo), 4 (Your mask)\n")


def test_waking(place, capsys):
    """Nothing is woken unasked, a running node of the name goes first, and a name of several is refused."""
    photo = saved_node(1, "LoadImage", ["old.png", "image"], outputs=("IMAGE", "MASK"), mode=2)
    save = saved_node(2, "PreviewImage", [], inputs=[("images", "IMAGE", 1)], outputs=())
    workflow = {"nodes": [photo, save], "links": [[1, 1, 0, 2, 0, "IMAGE"]]}
    assert load_graph(write(workflow), CLASSES).muted == ("1 (LoadImage)",)
    graph = load_graph(write(workflow), CLASSES, ["LoadImage.image=mask.png"])
    assert (graph.woken, graph.muted) == (("1 (LoadImage)",), ())
    assert graph.calls["1"].inputs["image"] == "mask.png"
    assert graph.calls["2"].inputs["images"] == ("1", 0)
    other = {**photo, "id": 3, "mode": 0}
    graph = load_graph(write({**workflow, "nodes": [photo, save, other]}), CLASSES, ["LoadImage.image=mask.png"])
    assert graph.woken == ()
    assert graph.calls["3"].inputs["image"] == "mask.png"
    workflow["nodes"].append({**photo, "id": 3})
    words = r"2 muted nodes are titled 'LoadImage'; use an id: 1 \(LoadImage\), 3 \(LoadImage\)"
    assert re.search(words, refused(capsys, workflow, "--set", "LoadImage.image=mask.png"))
    bypassed = {**photo, "mode": 4}
    assert load_graph(write({"nodes": [bypassed]}), CLASSES, ["1.image=x"]).woken == ("1 (LoadImage)",)


def text_of(path):
    """The text that a PNG file carries."""
    with Image.open(path) as picture:
        return picture.text


def without(node, key):
    workflow = api()
    del workflow[node]["inputs"][key]
    return workflow


def changed(node, **inputs):
    workflow = api()
    workflow[node]["inputs"].update(inputs)
    return workflow


@pytest.mark.parametrize(
    ("workflow", "words"),
    [
        ("not json", "w.json is not JSON .*; give a workflow"),
        ("[1, 2]", "is JSON but not a workflow"),
        ({"a": {"x": 1}}, "is JSON but not a workflow"),
        ({}, "is JSON but not a workflow"),
        (without("3", "backbone"), r"node 3 \(MonochromicGrayInpaint\): required input 'backbone' is missing"),
        (changed("3", backbone="tela"), r"node 3 .*: no choice for 'backbone' 'tela'; did you mean 'telea'"),
        (changed("3", grow=-1), r"node 3 .*: input 'grow' must be from 0 to 256, got -1"),
        (changed("3", grow="many"), r"node 3 .*: input 'grow' must be INT, got 'many'"),
        (changed("2", invert="maybe"), r"node 2 .*: input 'invert' must be BOOLEAN, got 'maybe'"),
        (changed("3", mask="m.png"), r"node 3 .*: input 'mask' must be MASK from another node, got 'm.png'"),
        (
            changed("3", mask=["1", 0]),
            r"input 'mask' takes MASK, but output 0 of node 1 \(Photo\) gives IMAGE",
        ),
        (changed("3", mask=["1", 5]), r"linked to output 5 of node 1 \(Photo\), which has 2"),
        (changed("3", mask=["99", 0]), r"node 3 .*: input 'mask' is linked to node 99, which is not there"),
        (changed("3", image=["4", 0]), r"node \d .* is part of a cycle \(.*3.*4.*\)"),
        (changed("1", image="gone.png"), r"node 1 \(Photo\): there is no picture 'gone.png' in /"),
        (changed("2", image="gone.png"), r"node 2 .*: there is no mask file 'gone.png'"),
        (changed("5", filename_prefix="../x"), r"node 5 .*: filename_prefix '../x' leads out of the output folder"),
        (changed("2", invert=True, threshold=0), r"node 3 .*: the hole covers all of photo 1"),
        ({**api(), "6": {"class_type": "KSampler", "inputs": {}}}, r"node 6 \(KSampler\): no node type 'KSampler'"),
        ({"1": api()["1"]}, "no output node"),
    ],
)
def test_refusals(place, capsys, workflow, words):
    if words.startswith("node 3 .*: the hole covers"):
        save_image(torch.zeros(1, 1, 37, 53), "mask.png")
    assert re.search(words, refused(capsys, workflow))
    assert not (place / "output").exists()


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("nonsense", "--set takes NODE.INPUT=VALUE, got 'nonsense'"),
        ("3=5", "--set takes NODE.INPUT=VALUE"),
        ("Foto.image=x.png", r"no node 'Foto'; there are: 1 \(Photo\), 2"),
        ("3.backbone=best", "no choice for 'backbone' 'best'; there are: mono, auto, telea"),
        ("3.bckbone=telea", "no input 'bckbone'; did you mean 'backbone'"),
    ],
)
def test_bad_assignments(place, capsys, assignment, words):
    assert re.search(words, refused(capsys, api(), "--set", assignment))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_file_for_an_output_names_the_node_that_loads_it(name, place, root, capsys):
    """Whatever input of an image or mask is set in a shipped workflow, the error says what to type, and that works."""
    path = root / "workflows" / f"{name}.json"
    for call in load_graph(path, CLASSES).calls.values():
        for key, entry in inputs_of(CLASSES[call.kind]).items():
            if entry.kind not in ("IMAGE", "MASK") or key not in call.inputs:
                continue
            assert main(["run", name, "--set", f"{call.id}.{key}=old.png"]) == 2
            error = capsys.readouterr().err
            start = f"monochromic: {call}: input {key!r} takes {entry.kind} from another node, not 'old.png'; it comes "
            assert error.startswith(start)
            assert error.count("\n") == 1
            if "--set " in error:
                _, assignment = shlex.split(error[error.index("--set ") :])
                graph = load_graph(path, CLASSES, [assignment])
                loader = graph.find(assignment.rpartition(".image=")[0])
                assert loader.inputs["image"] == "old.png"
                assert entry.kind in CLASSES[loader.kind].RETURN_TYPES


@pytest.mark.parametrize(
    ("name", "assignment", "words"),
    [
        ("restore_photo", "5.image=my old.png", "node 3 (Your photo): --set 'Your photo.image=my old.png'"),
        ("restore_photo", "Fill in gray.mask=m.png", "node 4 (Your mask): --set 'Your mask.image=m.png'"),
        ("restore_photo", "Damaged photo.image=a.png", "takes IMAGE from another node, not 'a.png'; it comes from"),
        ("restore_without_mask", "Fill in gray.mask=m.png", "(Find the damage): set its inputs (method, threshold, "),
        ("restore_folder", "Find the damage.image=a.png", "node 2 (Photos): set its inputs (folder, first, count"),
        ("color_hint", "With the hint.guide=h.png", "node 5 (Your hints): set its inputs (points, strokes"),
    ],
)
def test_where_a_value_comes_from(place, capsys, name, assignment, words):
    assert main(["run", name, "--set", assignment]) == 2
    assert words in capsys.readouterr().err
    assert not (place / "output").exists()


def test_where_a_value_comes_from_in_the_api_format(place, capsys):
    assert "node 1 (Photo): --set Photo.image=a.png" in refused(capsys, api(), "--set", "4.image=a.png")
    workflow = changed("2", image="mask.png")
    workflow["2"]["_meta"] = {"title": "Photo"}
    assert "node 1 (Photo): --set 1.image=a.png" in refused(capsys, workflow, "--set", "4.gray=a.png")
    assert "not 'a.png'; link it in the workflow" in refused(capsys, without("3", "mask"), "--set", "3.mask=a.png")
    cycle = changed("3", image=["4", 0])
    cycle["4"]["inputs"]["image"] = ["3", 0]
    assert "it comes from node 3 (" in refused(capsys, cycle, "--set", "5.images=a.png")


def test_two_nodes_of_one_title(place, capsys):
    workflow = api()
    workflow["4"]["_meta"] = {"title": "Photo"}
    assert "2 nodes are titled 'Photo'; use an id" in refused(capsys, workflow, "--set", "Photo.image=x.png")


def test_missing_workflow_and_unwritable_output(place, capsys):
    assert main(["run", "gone.json"]) == 2
    assert "there is no file gone.json, and no shipped workflow 'gone'" in capsys.readouterr().err
    (place / "file").touch()
    assert main(["run", write(api()), "--out", "file/sub"]) == 2
    assert "is not a folder" in capsys.readouterr().err
    assert main(["run", write(api()), "--out", "/proc/nowhere"]) == 2
    assert "cannot write" in capsys.readouterr().err


def test_a_text_file_named_png(place, capsys):
    (place / "old.png").write_text("text")
    assert "node 1 (Photo): 'old.png' is not a picture that can be read" in refused(capsys, api())


def test_what_only_the_front_end_knows(place, capsys):
    """Notes, a reroute, a primitive, a bypassed and a muted node, and the value after a seed."""
    nodes = [
        saved_node(1, "LoadImage", ["old.png", "image"], outputs=("IMAGE", "MASK")),
        saved_node(2, "MonochromicRandomMask", ["box", 53, 37, 0.2, 1, 5, "randomize"], outputs=("MASK",)),
        saved_node(3, "Reroute", inputs=[("", "*", 10)], outputs=("*",)),
        saved_node(4, "PrimitiveNode", [7, "fixed"], outputs=("INT",)),
        saved_node(
            5,
            "MonochromicGrayInpaint",
            ["navier_stokes", 0],
            inputs=[("image", "IMAGE", 12), ("mask", "MASK", 11), ("grow", "INT", 13)],
            outputs=("IMAGE", "MASK"),
        ),
        saved_node(
            6,
            "MonochromicProgressiveColorize",
            ["propagate"],
            mode=4,
            inputs=[("image", "IMAGE", 12), ("gray", "IMAGE", 14), ("mask", "MASK", 15), ("guide", "X", None)],
        ),
        saved_node(7, "SaveImage", ["x"], inputs=[("images", "IMAGE", 16)], outputs=()),
        saved_node(8, "SaveImage", ["muted"], mode=2, inputs=[("images", "IMAGE", 16)], outputs=()),
        saved_node(9, "Note", ["hello"], outputs=()),
        saved_node(10, "PreviewAny", inputs=[("source", "*", 17)], outputs=()),
    ]
    links = [
        [10, 1, 0, 3, 0, "*"],
        {"id": 11, "origin_id": 2, "origin_slot": 0, "target_id": 5, "target_slot": 1, "type": "MASK"},
        [12, 3, 0, 5, 0, "IMAGE"],
        [13, 4, 0, 5, 2, "INT"],
        [14, 5, 0, 6, 1, "IMAGE"],
        [15, 5, 1, 6, 2, "MASK"],
        [16, 6, 0, 7, 0, "IMAGE"],
        [17, 4, 0, 10, 0, "INT"],
    ]
    graph = load_graph(write({"nodes": nodes, "links": links}), CLASSES)
    calls = graph.to_api()
    assert sorted(calls, key=int) == ["1", "2", "5", "7", "10"]
    assert calls["2"]["inputs"] == {
        "kind": "box",
        "width": 53,
        "height": 37,
        "coverage": 0.2,
        "count": 1,
        "seed": 5,
    }
    assert calls["5"]["inputs"] == {
        "image": ["1", 0],
        "mask": ["2", 0],
        "backbone": "navier_stokes",
        "grow": 7,
        "threshold": 0.5,
        "source": "gray",
        "context": 0,
        "max_side": 0,
        "texture": 0.5,
        "texture_seed": 0,
    }
    assert calls["7"]["inputs"] == {"images": ["1", 0], "filename_prefix": "x"}
    assert main(["run", "w.json"]) == 0
    assert capsys.readouterr().out == "output/x_00001_.png\nPreviewAny: 7\n"
    assert torch.equal(load_image("output/x_00001_.png"), load_image("old.png"))


@pytest.mark.parametrize(
    ("workflow", "words"),
    [
        ({"nodes": [{"id": 1}]}, "the saved workflow is damaged: KeyError 'type'"),
        ({"nodes": [saved_node(1, "SaveImage", ["x"], inputs=[("images", "IMAGE", 1)])], "links": [[1]]}, "damaged"),
        (
            {"nodes": [saved_node(1, "uuid", outputs=())], "definitions": {"subgraphs": [{"id": "uuid"}]}},
            "the saved workflow is damaged: KeyError 'nodes'",
        ),
        (
            {
                "nodes": [
                    saved_node(1, "Reroute", inputs=[("", "*", 2)], outputs=("*",)),
                    saved_node(2, "Reroute", inputs=[("", "*", 1)], outputs=("*",)),
                    saved_node(3, "SaveImage", ["x"], inputs=[("images", "IMAGE", 2)], outputs=()),
                ],
                "links": [[1, 1, 0, 2, 0, "*"], [2, 2, 0, 1, 0, "*"]],
            },
            "cycle of reroutes",
        ),
        (
            {
                "nodes": [
                    saved_node(1, "LoadImage", ["old.png", "image"], mode=2),
                    saved_node(2, "SaveImage", ["x"], inputs=[("images", "IMAGE", 1)], outputs=()),
                ],
                "links": [[1, 1, 0, 2, 0, "IMAGE"]],
            },
            r"node 2 \(SaveImage\): required input 'images' is missing",
        ),
    ],
)
def test_damaged_saved_workflows(place, capsys, workflow, words):
    assert re.search(words, refused(capsys, workflow))


def test_load_image_is_comfyuis(place):
    """MASK is 1 - alpha, or zeros of 64 x 64 without one; frames are a batch; EXIF turns the picture."""
    load = HOST_CLASSES["LoadImage"]().load
    rgba = np.random.default_rng(0).integers(0, 256, (6, 9, 4), np.uint8)
    Image.fromarray(rgba).save("a.png")
    image, mask = load("a.png")
    assert torch.equal(image[0], torch.from_numpy(rgba[..., :3] / np.float32(255)))
    assert torch.equal(mask[0], 1 - torch.from_numpy(rgba[..., 3] / np.float32(255)))
    assert torch.equal(load("old.png")[1], torch.zeros(1, 64, 64))
    frames = [Image.fromarray(rgba[..., i]) for i in range(3)]
    frames[0].save("b.gif", save_all=True, append_images=[*frames[1:], frames[0].resize((9, 6))])
    assert load("b.gif")[0].shape == (4, 6, 9, 3)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(rgba[..., :3]).save("c.png", exif=exif)
    assert load("c.png")[0].shape == (1, 9, 6, 3)
    palette = Image.fromarray(rgba[..., 0]).convert("P")
    palette.save("d.png", transparency=int(rgba[2, 3, 0]))
    assert load("d.png")[1][0, 2, 3] == 1
    deep = np.arange(54, dtype=np.int32).reshape(6, 9) * 1000
    Image.fromarray(deep).save("e.tif")
    assert (load("e.tif")[0][0, ..., 0].numpy() * 255 - deep / 255).max() < 1
    only = HOST_CLASSES["LoadImageMask"]()
    assert torch.equal(only.load("a.png", "alpha")[0], mask)
    assert torch.equal(only.load("a.png", "green")[0][0], image[0, ..., 1])
    assert not only.load("old.png", "alpha")[0].any()
    assert "no picture 'zz.png'" in HOST_CLASSES["LoadImageMask"].VALIDATE_INPUTS("zz.png")


@pytest.fixture
def output(place):
    with using_host(output_folder=place / "o"):
        yield place / "o"


def test_save_image_names_files_as_comfyui_does(output):
    save = HOST_CLASSES["SaveImage"]().save
    batch = torch.zeros(2, 4, 6, 3)
    names = [i["filename"] for i in save(batch, "a")["ui"]["images"]]
    assert names == ["a_00001_.png", "a_00002_.png"]
    (output / "a_00041_.png").touch()
    (output / "a_99.png").touch()
    (output / "ab_00077_.png").touch()
    assert save(batch[:1], "a")["ui"]["images"][0]["filename"] == "a_00042_.png"
    saved = save(batch[:1], "%year%/%width%x%height%_%batch_num%")["ui"]["images"][0]
    assert re.fullmatch(r"20\d\d", saved["subfolder"])
    assert saved["filename"] == "6x4_0_00001_.png"
    preview = HOST_CLASSES["PreviewImage"]().preview(batch[:1])["ui"]["images"][0]
    assert preview["type"] == "temp"
    assert (output / "temp" / preview["filename"]).is_file()


def test_preview_any():
    show = HOST_CLASSES["PreviewAny"]().show
    assert show("text")["ui"]["text"] == ("text",)
    assert show(1.5)["ui"]["text"] == ("1.5",)
    assert show([1, "a"])["ui"]["text"] == ('[1, "a"]',)
    assert "object" in show(object())["ui"]["text"][0]


def test_workflow_errors_are_values():
    assert issubclass(WorkflowError, ValueError)
