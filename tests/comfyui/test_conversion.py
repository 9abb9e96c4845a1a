"""The page makes the same prompt of a workflow as `monochromic run` does, so that both give the same pixels."""

import json

import pytest
from browser import need_browser, open_browser
from comfyui_page import front_end, open_page, wait_until_ready
from conftest import ROOT
from monochromic.nodes import NODE_CLASS_MAPPINGS
from monochromic.runner.comfy_nodes import HOST_CLASSES
from monochromic.runner.load import load_graph
from monochromic.runner.schema import inputs_of

need_browser()
pytestmark = pytest.mark.comfyui

CLASSES = {**NODE_CLASS_MAPPINGS, **HOST_CLASSES}

CONVERT = """async (graph) => {
  await app.loadGraphData(graph);
  await new Promise((done) => setTimeout(done, 1500));
  return (await app.graphToPrompt()).output;
}"""

# A subgraph in a subgraph, one node bypassed and one muted, a reroute, and a primitive.
BUILD = """() => {
  const graph = app.graph;
  graph.clear();
  const make = (type, values = {}) => {
    const node = LiteGraph.createNode(type);
    graph.add(node);
    Object.entries(values).forEach(([name, value]) => (node.widgets.find((each) => each.name === name).value = value));
    return node;
  };
  const link = (from, slot, to, name) => from.connect(slot, to, to.inputs.findIndex((input) => input.name === name));
  const photo = make("LoadImage", { image: "coffee_bleached.png" });
  const mask = make("MonochromicLoadMask", { image: "coffee_stain.png" });
  const [dot, four] = [make("Reroute"), make("PrimitiveNode")];
  const gray = make("MonochromicGrayInpaint", { backbone: "telea" });
  const bypassed = make("MonochromicGrayInpaint", { backbone: "navier_stokes" });
  const color = make("MonochromicProgressiveColorize");
  const out = make("SaveImage", { filename_prefix: "nested" });
  const muted = make("PreviewImage");
  photo.connect(0, dot, 0);
  link(four, 0, mask, "grow");
  four.widgets[0].value = 4;
  for (const [from, to] of [[dot, bypassed], [bypassed, gray], [dot, color]]) link(from, 0, to, "image");
  for (const to of [bypassed, gray]) link(mask, 0, to, "mask");
  link(gray, 0, color, "gray");
  link(gray, 1, color, "mask");
  for (const [from, to] of [[color, out], [gray, muted]]) link(from, 0, to, "images");
  [bypassed.mode, muted.mode] = [4, 2];
  const { subgraph } = graph.convertToSubgraph(new Set([gray, bypassed, color]));
  subgraph.convertToSubgraph(new Set([subgraph.nodes.find((node) => node.type === gray.type && node.mode === 0)]));
  return JSON.parse(JSON.stringify(graph.serialize()));
}"""


@pytest.fixture(scope="module", params=["own", "other"])
def page(request, start_server, tmp_path_factory):
    arguments = front_end(request.param, tmp_path_factory.mktemp("front_end"))
    with start_server(tmp_path_factory.mktemp("comfyui"), *arguments) as server, open_browser() as browser:
        page = open_page(browser, server, vue=False)
        page.goto(f"http://127.0.0.1:{server.port}")
        wait_until_ready(page)
        yield page


def convert(path):
    return calls(load_graph(path, CLASSES).to_api())


def calls(prompt):
    """Classes and inputs by node, without inputs that no class declares: older pages send what a node shows."""
    kinds = {key: node["class_type"] for key, node in prompt.items()}
    known = {key: inputs_of(CLASSES[kind]) for key, kind in kinds.items()}
    return {k: (kinds[k], {n: v for n, v in node["inputs"].items() if n in known[k]}) for k, node in prompt.items()}


def test_of_every_template(page):
    for path in sorted((ROOT / "workflows").glob("*.json")):
        assert convert(path) == calls(page.evaluate(CONVERT, json.loads(path.read_text()))), path.stem


def test_of_nested_subgraphs_bypassed_and_muted_nodes_reroutes_and_primitives(page, tmp_path):
    graph = page.evaluate(BUILD)
    path = tmp_path / "nested.json"
    path.write_text(json.dumps(graph))
    theirs = calls(page.evaluate(CONVERT, graph))
    assert len(graph["definitions"]["subgraphs"]) == 2
    assert sorted(kind for kind, _ in theirs.values()) == [
        "LoadImage",
        "MonochromicGrayInpaint",
        "MonochromicLoadMask",
        "MonochromicProgressiveColorize",
        "SaveImage",
    ]
    assert any(inputs.get("grow") == 4 for _, inputs in theirs.values())
    assert convert(path) == theirs
