"""What the nodes say of their widgets, and what the shipped graphs set in them."""

import json

import pytest
from conftest import ROOT
from monochromic.nodes import NODE_CLASS_MAPPINGS
from monochromic.runner.comfy_nodes import HOST_CLASSES
from monochromic.runner.schema import inputs_of, widget_slots

WORKFLOWS = sorted((ROOT / "workflows").glob("*.json"))
NOTES = {"MarkdownNote"}  # the page alone knows them
LARGEST = 2**64 - 1
TYPES = {"INT": int, "FLOAT": (int, float), "STRING": str, "BOOLEAN": bool}
OPTIONS = {
    "COMBO": {"default", "tooltip"},
    "INT": {"default", "min", "max", "tooltip", "control_after_generate"},
    "FLOAT": {"default", "min", "max", "step", "tooltip"},
    "STRING": {"default", "multiline", "widgetType", "tooltip"},
    "BOOLEAN": {"default", "tooltip"},
}
WIDGETS = [
    pytest.param(entry, id=f"{name}.{entry.name}")
    for name, node in NODE_CLASS_MAPPINGS.items()
    for entry in inputs_of(node).values()
    if entry.is_widget
]


def fault_of(entry, value):
    """What is wrong with a value for an input; None where it fits."""
    if entry.choices is not None:
        return None if value in entry.choices else f"{value!r} is none of {entry.choices}"
    if not isinstance(value, TYPES[entry.kind]) or (entry.kind != "BOOLEAN" and isinstance(value, bool)):
        return f"{value!r} is no {entry.kind}"
    low, high = entry.options.get("min", value), entry.options.get("max", value)
    return None if low <= value <= high else f"{value!r} is not from {low} to {high}"


@pytest.mark.parametrize("entry", WIDGETS)
def test_a_fresh_widget_shows_what_it_takes(entry):
    if entry.options.get("image_upload"):  # a file of the user's: there may be none
        assert set(entry.options) == {"image_upload", "tooltip"}
        return
    assert "default" in entry.options
    assert set(entry.options) <= {*OPTIONS[entry.kind], "used_with"}
    assert fault_of(entry, entry.options["default"]) is None
    if entry.choices is not None:
        assert len(set(entry.choices)) == len(entry.choices)
        assert all(isinstance(choice, str) and choice for choice in entry.choices)
    if entry.kind in ("INT", "FLOAT"):
        low, high = entry.options["min"], entry.options["max"]
        assert isinstance(low, TYPES[entry.kind])
        assert isinstance(high, TYPES[entry.kind])
        assert low < high <= LARGEST
    if entry.kind == "FLOAT":
        step, default = entry.options["step"], entry.options["default"]
        assert 0 < step <= high - low
        assert round(default / step) * step == pytest.approx(default), "the page rounds it to a step"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_the_shipped_graphs_set_what_their_nodes_take(path):
    """Muted nodes too: they wait for the user to wake them."""
    for node in json.loads(path.read_text("utf-8"))["nodes"]:
        kind = node["type"]
        assert kind in {*NODE_CLASS_MAPPINGS, *HOST_CLASSES, *NOTES}
        if kind not in NODE_CLASS_MAPPINGS:
            continue
        inputs = inputs_of(NODE_CLASS_MAPPINGS[kind])
        values = zip(widget_slots(NODE_CLASS_MAPPINGS[kind]), node.get("widgets_values") or [], strict=True)
        for name, value in values:
            if name and not inputs[name].options.get("image_upload"):
                assert fault_of(inputs[name], value) is None, (kind, name)


@pytest.mark.parametrize("name", NODE_CLASS_MAPPINGS)
def test_a_widget_that_needs_a_choice_names_one_that_there_is(name):
    """The page grays it with all other choices; with the default of a fresh node or another it can be used."""
    inputs = inputs_of(NODE_CLASS_MAPPINGS[name])
    for entry in inputs.values():
        for chooser, rule in entry.options.get("used_with", {}).items():
            if isinstance(rule, dict):
                options = inputs[chooser].options
                assert rule.keys() == {"above"}
                assert options["min"] <= rule["above"] < options["max"]
            else:
                assert set(rule) < set(inputs[chooser].choices)
                assert rule


def rules_of(name):
    rules = {key: entry.options.get("used_with") for key, entry in inputs_of(NODE_CLASS_MAPPINGS[name]).items()}
    return {key: rule for key, rule in rules.items() if rule}


def test_what_propagate_does_not_look_at_is_grayed():
    rules = rules_of("MonochromicProgressiveColorize")
    both = ["network", "paper"]
    assert rules.pop("feather") == {"match": ["brightness", "colors"]}
    needs = {name: rule["method"] for name, rule in rules.items() if "method" in rule}
    assert needs == {"seed": both, "scales": ["paper"], "schedule": ["paper"], "iterations": both, "stop_loss": both}


def test_seeds_of_nothing_are_grayed():
    assert rules_of("MonochromicGrayInpaint")["texture_seed"] == {"texture": {"above": 0}}
    assert rules_of("MonochromicProgressiveColorize")["grain_seed"] == {"grain": {"above": 0}}
