"""Every template as a newcomer meets it: opened from ComfyUI's template dialog on a fresh installation, and run.

`MONOCHROMIC_FRONTEND` names the folder of another front end than the server's own, or is `newest`;
`MONOCHROMIC_SCREENSHOTS` a folder for pictures of the page after each run.
"""

import json

import pytest
from browser import need_browser, open_browser
from comfyui_page import front_end, open_page, run, shoot, wait_until_ready
from conftest import ROOT

need_browser()
pytestmark = pytest.mark.comfyui

SCALE = 0.8
TEMPLATES = [path.stem for path in sorted((ROOT / "workflows").glob("*.json"))]
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
