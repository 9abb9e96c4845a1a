"""Every template as a newcomer meets it: opened from ComfyUI's template dialog on a fresh installation, and run.

`MONOCHROMIC_FRONTEND` names the folder of another front end than the server's own, or is `newest`;
`MONOCHROMIC_SCREENSHOTS` a folder for pictures of the page after each run.
"""

import json
import shutil

import numpy as np
import pytest
from browser import need_browser, open_browser
from comfyui_page import front_end, open_page, run, shoot, wait_until_ready
from conftest import ROOT
from PIL import Image

need_browser()
pytestmark = pytest.mark.comfyui

SCALE = 0.8
TEMPLATES = [path.stem for path in sorted((ROOT / "workflows").glob("*.json"))]
OWN = ["Your photo", "Your mask"]
LOOKS = [("own", False), ("other", False), ("other", True)]


@pytest.fixture(scope="module", params=LOOKS, ids=["own-classic", "other-classic", "other-vue"])
def page(request, start_server, tmp_path_factory):
    which, vue = request.param
    arguments = front_end(which, tmp_path_factory.mktemp("front_end"))
    with start_server(tmp_path_factory.mktemp("comfyui"), *arguments) as server, open_browser() as browser:
        for picture in (server.base / "input").iterdir():
            picture.unlink()  # nothing but what the pack brings
        page = open_page(browser, server, vue)
        page.server, page.look = server, f"{which}-{'vue' if vue else 'classic'}"
        yield page


def open_template(page, name):
    """A new page with the template, opened by clicks, at a scale at which its texts can be read."""
    saved = json.loads((ROOT / "workflows" / f"{name}.json").read_text())
    across, down = (max(g["bounding"][i] + g["bounding"][i + 2] for g in saved["groups"]) for i in (0, 1))
    page.set_viewport_size({"width": int(across * SCALE) + 230, "height": int(down * SCALE) + 190})
    page.goto(f"http://127.0.0.1:{page.server.port}")
    wait_until_ready(page)
    page.evaluate("() => app.extensionManager.command.execute('Comfy.BrowseTemplates')")
    page.get_by_role("dialog").get_by_text(page.server.folder, exact=True).first.click()
    page.get_by_test_id(f"template-workflow-{name}").click()
    types = sorted(node["type"] for node in saved["nodes"])
    page.wait_for_function("(types) => app.graph.nodes.map((n) => n.type).sort().join() === types", arg=",".join(types))
    place = "(scale) => { Object.assign(app.canvas.ds, { scale, offset: [70 / scale, 75 / scale] }); }"
    page.wait_for_timeout(1500)
    page.evaluate(place, SCALE)
    page.evaluate("() => app.canvas.setDirty(true, true)")
    page.wait_for_timeout(1000)
    return saved


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_opens_from_the_dialog_and_runs_as_it_is(page, name):
    saved = open_template(page, name)
    assert not page.evaluate("() => app.graph.nodes.filter((node) => node.has_errors).map((node) => node.type)")
    done = run(page, page.server, 300)
    assert done["status"]["status_str"] == "success", done["status"]
    assert any(image["type"] == "output" for out in done["outputs"].values() for image in out.get("images", []))
    page.wait_for_timeout(2000)
    shoot(page, f"{name}-{page.look}")
    after = page.evaluate("() => JSON.parse(JSON.stringify(app.graph.serialize()))")
    values = {node["id"]: node.get("widgets_values") for node in after["nodes"]}
    for node in saved["nodes"]:
        if node["type"].startswith("Monochromic") and node["type"] != "MonochromicDegrade":  # its seed goes on
            assert (values[node["id"]] or []) == (node.get("widgets_values") or []), node["type"]


def test_a_node_that_failed_says_why_in_itself_until_the_next_run(page):
    open_template(page, "restore_photo")
    choose = """(name) => {
      const node = app.graph.nodes.find((each) => each.type === "MonochromicGrayInpaint");
      node.widgets.find((each) => each.name === "backbone").value = name;
    }"""
    page.evaluate(choose, "lama")
    done = run(page, page.server)
    why = next(data["exception_message"] for kind, data in done["status"]["messages"] if kind == "execution_error")
    alert = page.locator("pre[role=alert]")
    alert.wait_for(state="attached")
    assert alert.inner_text().strip() == why.strip()
    assert "lama" in why
    shoot(page, f"failed-{page.look}")
    page.keyboard.press("Escape")
    page.evaluate(choose, "telea")
    assert run(page, page.server)["status"]["status_str"] == "success"
    assert alert.count() == 0 or alert.inner_text() == ""


def test_no_broken_picture_stands_for_a_file_not_yet_chosen(page):
    saved = open_template(page, "restore_photo")
    own = {node["id"]: node["widgets_values"][0] for node in saved["nodes"] if node.get("title") in OWN}
    assert len(own) == len(OWN)
    script = "(id) => { const n = app.graph.getNodeById(id); return [n.widgets[0].value, n.imgs?.length ?? 0]; }"
    for node_id, value in own.items():
        assert page.evaluate(script, node_id) == [value, 0]
    shoot(page, f"own-{page.look}")
    assert page.get_by_text("Image failed to load").count() == 0


def grayed(page, node_id):
    """The widgets of a node that cannot be used: in Vue as the page has them, else as the canvas draws them."""
    if page.look.endswith("vue"):
        unusable = "input:disabled, [role=combobox]:disabled"  # a button beside a number at its limit is disabled too
        widgets = page.locator(f"[data-widgets-grid-node-id='{node_id}'] [data-widget-name]:has({unusable})")
        return {widget.get_attribute("data-widget-name") for widget in widgets.all()}
    drawn = "app.graph.getNodeById(id).widgets.filter((w) => w.computedDisabled ?? w.disabled).map((w) => w.name)"
    return set(page.evaluate(f"(id) => {drawn}", node_id))


def click_right_arrow(page, node_id, name):
    """Click at the right end of a widget that the canvas draws."""
    script = """([id, name]) => {
      const [node, ds] = [app.graph.getNodeById(id), app.canvas.ds];
      const widget = node.widgets.find((each) => each.name === name);
      const { x, y } = app.canvas.canvas.getBoundingClientRect();
      const at = [node.pos[0] + node.size[0] - 24, node.pos[1] + (widget.last_y ?? widget.y) + 10];
      return [x + (at[0] + ds.offset[0]) * ds.scale, y + (at[1] + ds.offset[1]) * ds.scale];
    }"""
    page.mouse.click(*page.evaluate(script, [node_id, name]))
    page.wait_for_timeout(500)


def choose(page, node_id, name, value):
    """Take the next value of a menu, as a user does, which is the value named."""
    if page.look.endswith("vue"):
        page.locator(f"[data-widgets-grid-node-id='{node_id}'] [data-widget-name={name}] [role=combobox]").click()
        page.get_by_role("option", name=value, exact=True).click()
        page.wait_for_timeout(500)
    else:
        click_right_arrow(page, node_id, name)
    find = "app.graph.getNodeById(id).widgets.find((each) => each.name === name).value"
    assert page.evaluate(f"([id, name]) => {find}", [node_id, name]) == value


def test_widgets_without_effect_are_grayed(page):
    saved = open_template(page, "restore_photo")
    color = next(node["id"] for node in saved["nodes"] if node["type"] == "MonochromicProgressiveColorize")
    assert grayed(page, color) == {"seed", "scales", "schedule", "iterations", "stop_loss"}
    if not page.look.endswith("vue"):
        click_right_arrow(page, color, "iterations")
        script = "(id) => app.graph.getNodeById(id).widgets.find((each) => each.name === 'iterations').value"
        assert page.evaluate(script, color) == 0
    choose(page, color, "method", "network")
    assert grayed(page, color) == {"scales", "schedule"}
    shoot(page, f"grayed-{page.look}")
    choose(page, color, "method", "paper")
    assert grayed(page, color) == set()


def paint_in_mask_editor(page, title):
    """Open ComfyUI's mask editor for the node of that title, paint a stroke in the middle, and save."""
    script = "(title) => app.canvas.selectNode(app.graph.nodes.find((node) => node.title === title))"
    page.evaluate(script, title)
    page.evaluate("() => app.extensionManager.command.execute('Comfy.MaskEditor.OpenMaskEditor')")
    save = page.locator("#maskEditor_topBarSaveButton, [role=dialog] button:has-text('Save')").first
    save.wait_for()
    page.wait_for_timeout(5000)
    middle = [size / 2 for size in page.viewport_size.values()]
    page.mouse.move(middle[0] - 60, middle[1])
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 10, steps=12)
    page.mouse.up()
    page.wait_for_timeout(1000)
    shoot(page, f"mask-editor-{page.look}")
    save.click()


def test_a_mask_painted_on_your_photo_is_what_is_filled(page, inputs):
    base = page.server.base
    shutil.copy(inputs / "astronaut.png", base / "input")
    open_template(page, "restore_photo")
    wake = """() => {
      const named = (title) => app.graph.nodes.find((node) => node.title === title);
      const [photo, fill] = [named("Your photo"), named("Fill in gray")];
      photo.mode = 0;
      photo.widgets[0].value = "astronaut.png";
      photo.widgets[0].callback?.("astronaut.png");
      fill.widgets.find((widget) => widget.name === "backbone").value = "telea";
    }"""
    page.evaluate(wake)
    page.wait_for_timeout(3000)
    paint_in_mask_editor(page, "Your photo")
    value = "app.graph.nodes.find((node) => node.title === 'Your photo').widgets[0].value"
    page.wait_for_function(f"() => {value} !== 'astronaut.png'")
    page.wait_for_timeout(1000)
    done = run(page, page.server, 300)
    assert done["status"]["status_str"] == "success", done["status"]
    painted = base / "input" / page.evaluate(f"() => {value}").removesuffix(" [input]")
    hole = np.asarray(Image.open(painted).convert("RGBA"))[..., 3] < 128
    saved = next(i for out in done["outputs"].values() for i in out.get("images", []) if i["type"] == "output")
    after = np.asarray(Image.open(base / "output" / saved["subfolder"] / saved["filename"]).convert("RGB")).astype(int)
    changed = (after != np.asarray(Image.open(inputs / "astronaut.png").convert("RGB"))).any(2)
    assert 0.001 < hole.mean() < 0.2
    assert not changed[~hole].any()
    assert changed[hole].mean() > 0.5
