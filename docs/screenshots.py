"""Take the pictures of docs/comfyui/ and of the help pages anew: ComfyUI's templates, and their nodes after a run.

MONOCHROMIC_COMFYUI=/path/to/ComfyUI python docs/screenshots.py [NAME ...]

NAME is a template, or `templates` for the dialog that lists them; all are taken where none is named. CONTRIBUTING says
which other variables choose the Python and the front end; the pictures were taken with `MONOCHROMIC_FRONTEND=newest`.
"""

import io
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from browser import open_browser  # noqa: E402
from comfyui_page import OTHER, front_end, open_page, run, wait_until_ready  # noqa: E402
from comfyui_server import Server  # noqa: E402

NODES = {
    "restore_photo": ("GrayInpaint", "ProgressiveColorize", "Metrics", "SamplePhoto", "LoadMask"),
    "restore_without_mask": ("BlindMaskPredict",),
    "three_pipelines": ("RgbInpaint", "RandomMask"),
    "color_hint": ("ColorGuide",),
    "compare_backbones": ("CompareBackbones",),
    "degrade_and_measure": ("Degrade",),
    "extend_photo": ("Pad",),
    "restore_folder": ("LoadFolder",),
}
"""The nodes whose help shows them as they are in a template after its run. A person took the others."""
SCALE, WIDTH = 0.8, 1228  # of the page, and of the pictures of templates
MARGIN = 10  # pixels around a node or a template
DIALOG = 1600, 960  # pixels of the page, to be shown at three quarters
PLACE = """([scale, x, y]) => {
  Object.assign(app.canvas.ds, { scale, offset: [100 / scale - x, 160 / scale - y] });
  app.canvas.setDirty(true, true);
  const { left, top } = app.canvas.canvas.getBoundingClientRect();
  return [left + 100, top + 160];
}"""
NODE = "(type) => { const n = app.graph.nodes.find((n) => n.type === type); return [...n.pos, ...n.size]; }"
MASK = "astronaut_scratches.png"
HINT = 726, 100, 1190, 740  # of color_hint: from the hints to the results
STROKE = "#2e9e4f", ((0.40, 0.33), (0.44, 0.38), (0.50, 0.32))  # shares of the photo's sides
TITLE, POINT = 30, 10  # pixels of a node above its position, and of a point of a link around its own


def save(page: Any, box: tuple[float, float, float, float], path: Path, width: int | None = None) -> None:
    """Save a part of the page, (left, top, right, bottom), reduced to a width."""
    page.wait_for_timeout(5000)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").crop(tuple(map(round, box)))
    if width and width < picture.width:
        picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    picture.save(path, quality=82, optimize=True)


def shoot_dialog(page: Any, folder: str) -> None:
    """The dialog that lists the templates."""
    page.set_viewport_size({"width": DIALOG[0], "height": DIALOG[1]})
    page.evaluate("() => app.extensionManager.command.execute('Comfy.BrowseTemplates')")
    page.get_by_role("dialog").get_by_text(folder, exact=True).first.click()
    page.get_by_test_id("template-workflow-restore_photo").wait_for()
    page.wait_for_timeout(10_000)  # for its pictures
    save(page, (0, 0, *DIALOG), ROOT / "docs" / "comfyui" / "templates.jpg", DIALOG[0] * 3 // 4)
    page.keyboard.press("Escape")


def shoot_template(page: Any, server: Server, name: str) -> None:
    """A template after its run, and the nodes whose help shows them."""
    saved = json.loads((ROOT / "workflows" / f"{name}.json").read_text())
    boxes = [group["bounding"] for group in saved["groups"]]
    points = [point["pos"] for point in saved.get("extra", {}).get("reroutes", [])]
    boxes += [[x - POINT, y - POINT, 2 * POINT, 2 * POINT] for x, y in points]
    left, top = (min(box[i] for box in boxes) - MARGIN for i in (0, 1))
    width, height = (max(box[i] + box[i + 2] for box in boxes) + MARGIN - start for i, start in ((0, left), (1, top)))
    page.set_viewport_size({"width": int(width * SCALE) + 260, "height": int(height * SCALE) + 240})
    server.send("/free", {"free_memory": True})  # the server tells no page of what a cached node shows
    page.evaluate("(graph) => app.loadGraphData(graph)", saved)
    page.wait_for_timeout(5000)
    done = run(page, server, 1800)
    if done["status"]["status_str"] != "success":
        raise SystemExit(f"{name} did not run: {done['status']}")
    x, y = page.evaluate(PLACE, [SCALE, left, top])
    picture = ROOT / "docs" / "comfyui" / f"{name}.jpg"
    save(page, (x, y, x + width * SCALE, y + height * SCALE), picture, WIDTH)
    page.set_viewport_size({"width": 1200, "height": 1150})
    for node in NODES.get(name, ()):
        if node == "LoadMask":
            page.evaluate("(graph) => app.loadGraphData(graph)", with_mask(saved))
        left, top, width, height = page.evaluate(NODE, f"Monochromic{node}")
        x, y = page.evaluate(PLACE, [1, left, top])
        around = (x - MARGIN, y - TITLE - MARGIN, x + width + MARGIN, y + height + MARGIN)
        save(page, around, ROOT / "web" / "docs" / f"Monochromic{node}" / "node.jpg")


def with_mask(saved: dict[str, Any]) -> dict[str, Any]:
    """A template in which its node Load Mask is awake and has a file."""
    nodes = [
        {**node, "mode": 0, "widgets_values": [MASK, *node["widgets_values"][1:]]}
        if node["type"] == "MonochromicLoadMask"
        else node
        for node in saved["nodes"]
    ]
    return {**saved, "nodes": nodes}


def shoot_hint(page: Any, server: Server) -> None:
    """A stroke painted in color_hint after its run, and what comes of it."""
    left, top, width, height = HINT
    page.set_viewport_size({"width": width + 260, "height": height + 240})
    page.evaluate(
        "(graph) => app.loadGraphData(graph)", json.loads((ROOT / "workflows" / "color_hint.json").read_text())
    )
    page.wait_for_timeout(5000)
    run(page, server, 1800)
    x, y = page.evaluate(PLACE, [1, left, top])
    page.wait_for_timeout(2000)
    page.get_by_role("button", name="Remove all strokes").click()
    color, stroke = STROKE
    page.get_by_label("Color of the brush").fill(color)
    photo = page.locator("canvas.strokes").bounding_box()
    at = [(photo["x"] + across * photo["width"], photo["y"] + down * photo["height"]) for across, down in stroke]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()
    page.mouse.move(x, y)
    for name in ("painted", "result"):
        if name == "result":
            run(page, server, 1800)
        save(page, (x, y, x + width, y + height), ROOT / "docs" / "comfyui" / f"{name}.jpg")


def main() -> None:
    """The command: takes the pictures named, or all."""
    names = sys.argv[1:] or ["templates", *(path.stem for path in sorted((ROOT / "workflows").glob("*.json")))]
    with TemporaryDirectory() as base, TemporaryDirectory() as folder, open_browser() as browser:
        arguments = front_end("other" if OTHER else "own", folder)
        server = Server(Path(base), ROOT, arguments, "monochromic-inpaint")
        try:
            page = open_page(browser, server, vue=bool(OTHER), viewport={"width": 1200, "height": 720})
            page.goto(f"http://127.0.0.1:{server.port}")
            wait_until_ready(page)
            for name in names:
                if name == "templates":
                    shoot_dialog(page, server.folder)
                else:
                    shoot_template(page, server, name)
                if name == "color_hint":
                    shoot_hint(page, server)
        finally:
            server.process.terminate()
            server.process.wait(60)


if __name__ == "__main__":
    main()
