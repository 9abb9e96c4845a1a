"""What only the front end knows: subgraphs, Set and Get, reroutes, notes, placeholders, nodes of other packs."""

import re
import time

import pytest
from monochromic.cli import main
from monochromic.core import load_image
from monochromic.nodes import NODE_CLASS_MAPPINGS
from monochromic.runner.comfy_nodes import HOST_CLASSES
from monochromic.runner.load import load_graph
from monochromic.runner.placeholders import format_date
from workflow_files import api, refused, saved_node, wired, write

CLASSES = {**NODE_CLASS_MAPPINGS, **HOST_CLASSES}
PHOTO = (1, "LoadImage", ["old.png", "image"], [], ("IMAGE", "MASK"))
UUID, OTHER = "11111111-2222-3333-4444-555555555555", "66666666-2222-3333-4444-555555555555"


def saver(source, slot=0, prefix="x", node_id=9):
    return (node_id, "SaveImage", [prefix], [("images", "IMAGE", source, slot)], ())


def calls(workflow, *assignments):
    return load_graph(write(workflow), CLASSES, assignments).to_api()


def link(wire, origin, slot, target, target_slot, kind):
    return {
        "id": wire,
        "origin_id": origin,
        "origin_slot": slot,
        "target_id": target,
        "target_slot": target_slot,
        "type": kind,
    }


def widget(entry, name):
    return {**entry, "widget": {"name": name}}


def subgraph(uuid=UUID):
    """Fills a hole in gray: inputs photo, mask and the promoted backbone and grow; outputs the gray and its hole."""
    fill = saved_node(
        3,
        "MonochromicGrayInpaint",
        ["telea", 1, 0.5, "gray", 0, 0],
        inputs=[("image", "IMAGE", 1), ("mask", "MASK", 2), ("backbone", "COMBO", 3), ("grow", "INT", 4)],
        outputs=("IMAGE", "MASK"),
    )
    fill["inputs"][2] = widget(fill["inputs"][2], "backbone")
    fill["inputs"][3] = widget(fill["inputs"][3], "grow")
    return {
        "id": uuid,
        "name": "Fill",
        "inputs": [
            {"name": "photo", "type": "IMAGE", "linkIds": [1]},
            {"name": "mask", "type": "MASK", "linkIds": [2]},
            {"name": "backbone", "type": "COMBO", "linkIds": [3]},
            {"name": "how_far", "type": "INT", "linkIds": [4]},
        ],
        "outputs": [
            {"name": "gray", "type": "IMAGE", "linkIds": [5]},
            {"name": "hole", "type": "MASK", "linkIds": [6]},
        ],
        "nodes": [fill],
        "links": [
            link(1, -10, 0, 3, 0, "IMAGE"),
            link(2, -10, 1, 3, 1, "MASK"),
            link(3, -10, 2, 3, 2, "COMBO"),
            link(4, -10, 3, 3, 3, "INT"),
            link(5, 3, 0, -20, 0, "IMAGE"),
            link(6, 3, 1, -20, 1, "MASK"),
        ],
    }


def with_subgraph(values, extra=None, definitions=None, kind=UUID):
    mask = (2, "MonochromicLoadMask", ["mask.png", "luminance", False, 0.5, 0, "image"], [], ("MASK",))
    inputs = [("photo", "IMAGE", 1, 0), ("mask", "MASK", 2, 0)]
    workflow = wired(PHOTO, mask, (5, kind, values, inputs, ("IMAGE", "MASK"), extra or {}), saver(5))
    return workflow | {"definitions": {"subgraphs": definitions or [subgraph()]}}


def fill_inputs(graph, node_id="5:3"):
    inputs = graph[node_id]["inputs"]
    return inputs["image"], inputs["mask"], inputs["backbone"], inputs["grow"]


def test_a_subgraph_runs_as_its_nodes_do(place):
    workflow = with_subgraph(["navier_stokes", 2])
    graph = calls(workflow)
    assert sorted(graph) == ["1", "2", "5:3", "9"]
    assert fill_inputs(graph) == (["1", 0], ["2", 0], "navier_stokes", 2)
    assert graph["9"]["inputs"]["images"] == ["5:3", 0]
    assert main(["run", write(workflow)]) == 0
    flat = api() | {"5": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "flat"}}}
    flat["3"]["inputs"] |= {"backbone": "navier_stokes", "grow": 2}
    assert main(["run", write(flat)]) == 0
    assert (load_image("output/x_00001_.png") == load_image("output/flat_00001_.png")).all()


def test_widgets_of_a_subgraph(place):
    """By the order of its inputs, by the list of shown widgets, by a link; else those of the node within."""
    assert fill_inputs(calls(with_subgraph([])))[2:] == ("telea", 1)
    assert fill_inputs(calls(with_subgraph([], {"widgets_values": {"how_far": 7}})))[2:] == ("telea", 7)
    shown = {"properties": {"proxyWidgets": [["-1", "how_far"], ["3", "backbone"]]}}
    assert fill_inputs(calls(with_subgraph([4, "navier_stokes"], shown)))[2:] == ("navier_stokes", 4)
    linked = with_subgraph(["navier_stokes", 2])
    linked["nodes"].append(saved_node(7, "PrimitiveNode", [6, "fixed"], outputs=("INT",)))
    linked["links"].append([50, 7, 0, 5, 2, "INT"])
    linked["nodes"][2]["inputs"].append(widget({"name": "how_far", "type": "INT", "link": 50}, "how_far"))
    assert fill_inputs(calls(linked))[2:] == ("navier_stokes", 6)


def test_two_nodes_of_one_subgraph_have_their_own_values(place):
    workflow = with_subgraph(["navier_stokes", 2])
    second = {**workflow["nodes"][2], "id": 6, "widgets_values": ["telea", 9]}
    workflow["nodes"].append(second)
    graph = calls(workflow)
    assert [fill_inputs(graph, n)[2:] for n in ("5:3", "6:3")] == [("navier_stokes", 2), ("telea", 9)]
    graph = calls(workflow, "6:3.grow=11")
    assert [fill_inputs(graph, n)[3] for n in ("5:3", "6:3")] == [2, "11"]


def nested():
    """A subgraph that holds only the other one, and hands everything through."""
    inner = saved_node(
        4,
        UUID,
        ["telea", 3],
        inputs=[("photo", "IMAGE", 1), ("mask", "MASK", 2), ("how_far", "INT", 4)],
        outputs=("IMAGE", "MASK"),
    )
    inner["inputs"][2] = widget(inner["inputs"][2], "how_far")
    wires = [link(1, -10, 0, 4, 0, "IMAGE"), link(2, -10, 1, 4, 1, "MASK"), link(4, -10, 2, 4, 2, "INT")]
    ends = [link(5, 4, 0, -20, 0, "IMAGE"), link(6, 4, 1, -20, 1, "MASK")]
    inputs = [{"name": "photo", "type": "IMAGE"}, {"name": "mask", "type": "MASK"}, {"name": "far", "type": "INT"}]
    return {"id": OTHER, "name": "Outer", "inputs": inputs, "nodes": [inner], "links": wires + ends}


def test_subgraphs_in_subgraphs(place, capsys):
    workflow = with_subgraph([8], definitions=[subgraph(), nested()], kind=OTHER)
    graph = calls(workflow)
    assert fill_inputs(graph, "5:4:3") == (["1", 0], ["2", 0], "telea", 8)
    assert graph["9"]["inputs"]["images"] == ["5:4:3", 0]
    workflow["definitions"]["subgraphs"][0]["nodes"].append(saved_node(8, OTHER))
    assert "subgraph 'Outer' contains itself; unpack it" in refused(capsys, workflow)


def test_subgraphs_that_multiply_are_refused(place, capsys):
    """Each of thirty holds two of the next: more nodes than any memory."""
    names = [f"{i:08}-0000-0000-0000-000000000000" for i in range(30)]
    levels = [
        {"id": name, "name": str(i), "nodes": [saved_node(n, inner) for n in (1, 2)], "links": []}
        for i, (name, inner) in enumerate(zip(names, [*names[1:], "Note"], strict=True))
    ]
    assert "hold more than 20000 nodes" in refused(capsys, with_subgraph([], definitions=levels, kind=names[0]))


def test_bypassed_and_muted_subgraphs(place, capsys):
    workflow = with_subgraph(["telea", 2], {"mode": 4})
    graph = calls(workflow)
    assert sorted(graph) == ["1", "2", "9"]
    assert graph["9"]["inputs"]["images"] == ["1", 0]
    workflow["nodes"][2]["mode"] = 2
    assert "required input 'images' is missing" in refused(capsys, workflow)
    workflow["nodes"][2]["mode"] = 0
    workflow["definitions"]["subgraphs"][0]["nodes"][0]["mode"] = 4
    assert calls(workflow)["9"]["inputs"]["images"] == ["1", 0]
    assert "5:3" in calls(workflow, "5:3.grow=1")


def modes(workflow, *assignments):
    graph = load_graph(write(workflow), CLASSES, assignments)
    return sorted(graph.calls), graph.woken, graph.muted


@pytest.mark.parametrize("mode", [2, 4])
@pytest.mark.parametrize("inside", [False, True])
def test_set_wakes_a_node_in_a_muted_subgraph(place, mode, inside):
    """The subgraph node too, whether or not the front end muted what is in it along with it."""
    workflow = with_subgraph(["navier_stokes", 2], {"mode": mode})
    if inside:
        workflow["definitions"]["subgraphs"][0]["nodes"][0]["mode"] = mode
    assert modes(workflow) == (["1", "2", "9"], (), (f"5 ({UUID})",))
    for assignment in ("5:3.grow=7", "MonochromicGrayInpaint.grow=7", "5.how_far=7"):
        assert modes(workflow, assignment) == (["1", "2", "5:3", "9"], (f"5 ({UUID})",), ())
        graph = load_graph(write(workflow), CLASSES, [assignment])
        assert graph.calls["5:3"].inputs["grow"] == "7"
        assert graph.calls["5:3"].inputs["backbone"] == "navier_stokes"
        assert graph.calls["9"].inputs["images"] == ("5:3", 0)


def test_of_a_subgraph_in_which_some_run_only_the_named_node_is_woken(place):
    workflow = with_subgraph(["telea", 2], {"mode": 2})
    other = saved_node(4, "PreviewImage", [], inputs=[("images", "IMAGE", 5)], outputs=(), mode=2)
    workflow["definitions"]["subgraphs"][0]["nodes"].append(other)
    assert modes(workflow, "5:3.grow=7") == (["1", "2", "5:3", "9"], (f"5 ({UUID})",), ("5:4 (PreviewImage)",))
    assert modes(workflow, "5:4.x=7", "5:3.grow=1")[1] == (f"5 ({UUID})", "5:4 (PreviewImage)")


def test_nested_subgraphs_that_are_muted(place):
    workflow = with_subgraph([8], {"mode": 2}, definitions=[subgraph(), nested()], kind=OTHER)
    inner = workflow["definitions"]["subgraphs"][1]["nodes"][0]
    name = f"5:{inner['id']}:3"
    assert modes(workflow, f"{name}.grow=3")[:2] == (sorted(["1", "2", name, "9"]), (f"5 ({OTHER})",))
    inner["mode"] = 4
    assert name in modes(workflow, f"{name}.grow=3")[0]


def test_set_on_the_widgets_that_a_subgraph_shows(place, capsys):
    workflow = with_subgraph(["navier_stokes", 2], {"title": "Filler"})
    for assignment, expected in (("5.backbone=telea", ("telea", 2)), ("Filler.how_far=4", ("navier_stokes", "4"))):
        assert fill_inputs(calls(workflow, assignment))[2:] == expected
    shown = {"properties": {"proxyWidgets": [["3", "threshold"], ["-1", "backbone"]]}}
    assert calls(with_subgraph([], shown), "5.threshold=0.25")["5:3"]["inputs"]["threshold"] == "0.25"
    outer = with_subgraph([8], definitions=[subgraph(), nested()], kind=OTHER)
    widget = outer["definitions"]["subgraphs"][1]["inputs"][-1]["name"]
    assert [c["inputs"]["grow"] for c in calls(outer, f"5.{widget}=3").values() if "grow" in c["inputs"]][-1] == "3"
    error = refused(capsys, workflow, "--set", "5.nothing=1")
    assert "node 5 (Filler) is a subgraph without a widget 'nothing'; it has backbone, how_far, mask, photo" in error
    assert main(["run", write(workflow), "--set", "5.how_far=4"]) == 0
    assert "'how_far'" not in capsys.readouterr().err


def test_a_bypassed_node_hands_on_what_the_front_end_does(place):
    """The first input of the type counts, with a wire or without."""
    two = [("image", "IMAGE", None, 0), ("reference", "IMAGE", 1, 0)]
    node = (2, "MonochromicMetrics", [], two, ("IMAGE",), {"mode": 4})
    assert "images" not in calls(wired(PHOTO, node, saver(2)))["9"]["inputs"]
    node = (2, "MonochromicMetrics", [], two[::-1], ("IMAGE",), {"mode": 4})
    assert calls(wired(PHOTO, node, saver(2)))["9"]["inputs"]["images"] == ["1", 0]


def test_group_nodes_say_what_to_do(place, capsys):
    workflow = wired(PHOTO, (5, "workflow>Old", [], [("image", "IMAGE", 1, 0)], ("IMAGE",)), saver(5))
    assert "node 5 (workflow>Old) is a group node" in refused(capsys, workflow)


@pytest.mark.parametrize(("set_", "get"), [("SetNode", "GetNode"), ("easy setNode", "easy getNode")])
def test_set_and_get(place, capsys, set_, get):
    setter = (2, set_, ["pic"], [("IMAGE", "IMAGE", 1, 0)], ("*",))
    getter = (3, get, ["pic"], [], ("IMAGE",))
    after = (4, "PreviewImage", [], [("images", "IMAGE", 2, 0)], ())
    graph = calls(wired(PHOTO, setter, getter, saver(3), after))
    assert sorted(graph) == ["1", "4", "9"]
    assert graph["9"]["inputs"]["images"] == graph["4"]["inputs"]["images"] == ["1", 0]
    lost = (3, get, ["other"], [], ("IMAGE",))
    assert f"node 3 ({get}) gets 'other', which no Set node sets" in refused(
        capsys, wired(PHOTO, setter, lost, saver(3))
    )


def test_a_get_within_a_subgraph_finds_a_set_around_it(place):
    workflow = with_subgraph([])
    workflow["nodes"].append(saved_node(7, "SetNode", ["pic"], inputs=[("IMAGE", "IMAGE", 1)], outputs=("*",)))
    inner = workflow["definitions"]["subgraphs"][0]
    inner["nodes"].append(saved_node(8, "GetNode", ["pic"]))
    inner["links"][0] = link(1, 8, 0, 3, 0, "IMAGE")
    assert fill_inputs(calls(workflow))[0] == ["1", 0]


@pytest.mark.parametrize("kind", ["Reroute", "Reroute (rgthree)"])
def test_thousands_of_reroutes(place, kind):
    chain = [(i, kind, [], [("", "*", i - 1, 0)], ("*",)) for i in range(2, 5000)]
    workflow = wired(PHOTO, *chain, saver(4999, node_id=5000))
    assert calls(workflow)["5000"]["inputs"]["images"] == ["1", 0]


def test_thousands_of_nodes_in_a_row(place, capsys):
    """Each needs the one before: no recursion, in the API format as well."""
    nodes = {
        str(i): {"class_type": "MonochromicGrayInpaint", "inputs": {"image": [str(i - 1), 0], "mask": ["1", 1]}}
        for i in range(2, 3000)
    }
    last = {"9999": {"class_type": "SaveImage", "inputs": {"images": ["2999", 0], "filename_prefix": "x"}}}
    assert "required input 'backbone' is missing" in refused(capsys, {"1": api()["1"], **nodes, **last})
    nodes["2"]["inputs"]["image"] = ["2999", 0]
    assert "is part of a cycle (2999 -> 2998 -> 2997 -> 2996 -> 2995 -> ... -> 5" in refused(
        capsys, {**nodes, **last, "1": api()["1"]}
    )


@pytest.mark.parametrize(
    "kind", ["Bookmark (rgthree)", "Label (rgthree)", "Fast Groups Muter (rgthree)", "MarkdownNote", "Note"]
)
def test_notes_of_other_packs(place, caplog, kind):
    graph = load_graph(write(wired(PHOTO, saver(1), (4, kind, ["1", 1], [], ()))), CLASSES)
    assert sorted(graph.calls) == ["1", "9"]
    assert graph.left_out == ()


def test_nodes_of_other_packs_need_nothing_where_nothing_is_wired(place, capsys, caplog):
    workflow = wired(PHOTO, saver(1), (4, "ImageScale", ["area", 64], [], ("IMAGE",)))
    workflow["nodes"][-1]["inputs"] = [{"name": "image", "type": "IMAGE", "link": None}]
    assert main(["run", write(workflow)]) == 0
    assert caplog.messages == ["node 4 (ImageScale) is not known here; nothing is wired to it, and it is left out"]
    fed = wired(PHOTO, saver(1), (4, "ImageScale", ["area"], [("image", "IMAGE", 1, 0)], ("IMAGE",)))
    assert "node 4 (ImageScale): no node type 'ImageScale'" in refused(capsys, fed)


def test_an_output_that_nothing_is_wired_to_stops_no_other(place, caplog, capsys):
    """As in ComfyUI, which runs the outputs that can be; alone it is refused."""
    lone = (4, "PreviewImage", [], [], ())
    assert main(["run", write(wired(PHOTO, saver(1), lone))]) == 0
    assert capsys.readouterr().out == "output/x_00001_.png\n"
    assert caplog.messages == ["node 4 (PreviewImage) is wired to nothing and is left out"]
    assert "required input 'images' is missing" in refused(capsys, wired(PHOTO, lone))


@pytest.mark.parametrize("extra", ["upload", "choose file to upload", "speak_and_recognation"])
def test_inputs_that_a_node_does_not_declare_are_dropped(place, capsys, caplog, extra):
    workflow = api()
    for node_id in ("1", "2", "3"):
        workflow[node_id]["inputs"][extra] = ["99", 0] if node_id == "3" else {"__value__": [False, True]}
    assert main(["run", write(workflow)]) == 0
    assert caplog.messages == []


def test_a_slip_in_the_name_of_an_input_is_said(place, caplog):
    workflow = api()
    workflow["3"]["inputs"]["max_sid"] = 5
    assert main(["run", write(workflow)]) == 0
    assert "has no input 'max_sid', which is left out; did you mean 'max_side'?" in caplog.text


@pytest.mark.parametrize("title", [5, True, ["a"], {"a": {}}, None, "", "two\nlines\ud800"])
def test_titles_of_any_type(place, capsys, title):
    workflow = api() | {"6": {"class_type": "PreviewAny", "inputs": {"source": 1}, "_meta": {"title": title}}}
    assert main(["run", write(workflow)]) == 0
    workflow["6"]["_meta"] = title
    workflow["1"]["inputs"]["image"] = "gone.png"
    refused(capsys, workflow)
    assert main(["run", write(wired(PHOTO, (*saver(1), {"title": title})))]) == 0


def test_dates():
    now = time.strptime("2031-02-03 04:05:06", "%Y-%m-%d %H:%M:%S")
    assert format_date("yyyy-MM-dd hh:mm:ss", now) == "2031-02-03 04:05:06"
    assert format_date("yy M d h m s yyy", now) == "31 2 3 4 5 6 yyy"


def test_placeholders_of_the_front_end(place):
    """Dates; a widget by the node's alias, its title or what its type is shown as; what is none stays."""

    def prefix(text, *assignments, **more):
        photo = (*PHOTO, more)
        return calls(wired(photo, saver(1, prefix=text)), *assignments)["9"]["inputs"]["filename_prefix"]

    assert re.fullmatch(r"20\d\d-[01]\d/a", prefix("%date:yyyy-MM%/a"))
    assert prefix("%LoadImage.image%") == prefix("%Load Image.image%") == "old.png"
    assert prefix("%Photo.image%", title="Photo") == "old.png"
    assert prefix("%A.image%", properties={"Node name for S&R": "A"}, title="B") == "old.png"
    assert prefix("%LoadImage.image%", "1.image=sub/b.png") == "sub_b.png"
    assert prefix("x", "9.filename_prefix=%LoadImage.image%") == "old.png"
    for text in ("%LoadImage.size%", "%Gone.image%", "%width%x%height%", "100%", "%a.b.c%", "%seed%"):
        assert prefix(text) == text
    mask = (2, "MonochromicLoadMask", ["mask.png", "luminance", False, 0.5, 0, "image"], [], ("MASK",), {"mode": 2})
    text = "%Load Mask (Monochromic).threshold%_%Load Mask (Monochromic).invert%"
    assert calls(wired(PHOTO, mask, saver(1, prefix=text)))["9"]["inputs"]["filename_prefix"] == "0.5_false"


def test_placeholders_of_an_export(place, capsys):
    workflow = api()
    workflow["5"]["inputs"]["filename_prefix"] = "%Photo.image%_%date:yyyy%"
    assert main(["run", write(workflow)]) == 0
    assert re.fullmatch(r"output/old.png_20\d\d_00001_.png\n", capsys.readouterr().out)


def test_ids_as_text_and_as_numbers(place):
    workflow = wired(PHOTO, saver(1))
    workflow["nodes"][0]["id"] = "1"
    workflow["links"][0][0] = "1"
    assert calls(workflow)["9"]["inputs"]["images"] == ["1", 0]
    workflow["links"][0][2] = [0]
    with pytest.raises(ValueError, match="link 1 begins at output"):
        calls(workflow)
