"""Widgets that do nothing with what is chosen are grayed, by what the real nodes say of their inputs."""

import json

import pytest
from browser import need_browser
from monochromic.nodes import NODE_CLASS_MAPPINGS

need_browser()

MAKE = """
(given) => import("/extensions/any name/js/unused.js").then(async () => {
  const { app } = await import("/scripts/app.js");
  const extension = app.extensions.find((each) => each.name === "Monochromic.Unused");
  extension.beforeRegisterNodeDef(class {}, { name: given.name, input: given.input });
  const entries = Object.entries({ ...given.input.required, ...given.input.optional });
  const widgets = entries
    .filter(([, [type, options]]) => Array.isArray(type) || "default" in options)
    .map(([name, [, options]]) => ({ name, value: options.default }));
  window.node = { comfyClass: given.name, widgets, inputs: [] };
  window.grayed = () => node.widgets.filter((each) => each.disabled).map((each) => each.name).sort();
  window.choose = (name, value) => {
    const widget = node.widgets.find((each) => each.name === name);
    widget.value = value;
    widget.callback(value);
    return grayed();
  };
  extension.nodeCreated(node);
  return grayed();
})
"""
TRAINED = ["iterations", "scales", "schedule", "seed", "stop_loss"]


@pytest.fixture
def fresh(painter):
    def make(name):
        schema = json.loads(json.dumps(NODE_CLASS_MAPPINGS[name].INPUT_TYPES()))
        return painter.page.evaluate(MAKE, {"name": name, "input": schema})

    return make


def test_a_seed_of_nothing(fresh, painter):
    assert fresh("MonochromicGrayInpaint") == []
    assert painter.run("choose('texture', 0)") == ["texture_seed"]
    assert painter.run("choose('backbone', 'telea')") == ["max_side", "texture_seed"]
    assert painter.run("choose('texture', 0.01)") == ["max_side"]


def test_what_a_method_does_not_look_at(fresh, painter):
    assert fresh("MonochromicProgressiveColorize") == TRAINED
    assert painter.run("choose('grain', 0)") == ["grain_seed", *TRAINED]
    assert painter.run("choose('method', 'paper')") == ["grain_seed"]
    assert painter.run("choose('method', 'network')") == ["grain_seed", "scales", "schedule"]


def test_a_saved_workflow_and_what_another_node_chooses(fresh, painter):
    fresh("MonochromicGrayInpaint")
    painter.run("node.widgets.find((each) => each.name === 'texture').value = 0")
    assert painter.run("(node.onConfigure({}), grayed())") == ["texture_seed"]
    painter.run("node.inputs.push({ name: 'texture', widget: { name: 'texture' }, link: 7 })")
    assert painter.run("(node.onConnectionsChange(1, 0, true), grayed())") == []
