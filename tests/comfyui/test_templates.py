"""Every template as a newcomer meets it: opened from ComfyUI's template dialog on a fresh installation, and run.

`MONOCHROMIC_FRONTEND` names the folder of another front end than the server's own; `MONOCHROMIC_SCREENSHOTS` a folder
for pictures of the page after each run.
"""

import json
import os
from pathlib import Path

import pytest
from browser import need_browser, open_browser
from conftest import ROOT

need_browser()
pytestmark = pytest.mark.comfyui

OTHER = os.environ.get("MONOCHROMIC_FRONTEND")
SHOTS = os.environ.get("MONOCHROMIC_SCREENSHOTS")
SETTINGS = {"Comfy.TutorialCompleted": True, "Comfy.Locale": "en", "Comfy.Minimap.Visible": False}
RUN = "[data-testid=queue-button], .comfyui-queue-button button"
READY = "window.app?.extensionManager && window.app?.graph && document.querySelector('#graph-canvas')"
SCALE = 0.8
TEMPLATES = [path.stem for path in sorted((ROOT / "workflows").glob("*.json"))]
LOOKS = [("own", False), ("other", False), ("other", True)]


@pytest.fixture(scope="module", params=LOOKS, ids=["own-classic", "other-classic", "other-vue"])
def page(request, start_server, tmp_path_factory):
    which, vue = request.param
    if which == "other" and not OTHER:
        pytest.skip("set MONOCHROMIC_FRONTEND to the folder of a front end to try it")
    arguments = () if which == "own" else ("--front-end-root", OTHER)
    with start_server(tmp_path_factory.mktemp("comfyui"), *arguments) as server, open_browser() as browser:
        for picture in (server.base / "input").iterdir():
            picture.unlink()  # nothing but what the pack brings
        for name, value in {**SETTINGS, "Comfy.VueNodes.Enabled": vue}.items():
            server.send(f"/api/settings/{name}", value)
        page = browser.new_page()
        page.server, page.look = server, f"{which}-{'vue' if vue else 'classic'}"
        page.route("**/*", lambda route: keep_local(route, server.port))
        yield page


def keep_local(route, port):
    local = route.request.url.startswith((f"http://127.0.0.1:{port}", "data:", "blob:"))
    return route.continue_() if local else route.abort()


def open_template(page, name):
    """A new page with the template, opened by clicks, at a scale at which its texts can be read."""
    saved = json.loads((ROOT / "workflows" / f"{name}.json").read_text())
    across, down = (max(g["bounding"][i] + g["bounding"][i + 2] for g in saved["groups"]) for i in (0, 1))
    page.set_viewport_size({"width": int(across * SCALE) + 230, "height": int(down * SCALE) + 190})
    page.goto(f"http://127.0.0.1:{page.server.port}")
    page.wait_for_function(READY, timeout=60_000)
    page.wait_for_timeout(2000)
    page.evaluate("() => app.extensionManager.command.execute('Comfy.BrowseTemplates')")
    page.get_by_text(page.server.folder, exact=True).first.click()
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
    seen = set(page.server.get("/history"))
    page.locator(RUN).first.click()
    ran = page.server.wait_for(lambda: set(page.server.get("/history")) - seen, 300).pop()
    done = page.server.get(f"/history/{ran}")[ran]
    assert done["status"]["status_str"] == "success", done["status"]
    assert any(image["type"] == "output" for out in done["outputs"].values() for image in out.get("images", []))
    page.wait_for_timeout(2000)
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{page.look}.png")
    after = page.evaluate("() => JSON.parse(JSON.stringify(app.graph.serialize()))")
    values = {node["id"]: node.get("widgets_values") for node in after["nodes"]}
    for node in saved["nodes"]:
        if node["type"].startswith("Monochromic") and node["type"] != "MonochromicDegrade":  # its seed goes on
            assert (values[node["id"]] or []) == (node.get("widgets_values") or []), node["type"]
