"""ComfyUI's page in Chromium: which front ends there are to try, and a page that is ready."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OTHER = os.environ.get("MONOCHROMIC_FRONTEND")
SHOTS = os.environ.get("MONOCHROMIC_SCREENSHOTS")
SETTINGS = {"Comfy.TutorialCompleted": True, "Comfy.Locale": "en", "Comfy.Minimap.Visible": False}
RUN = "[data-testid=queue-button], .comfyui-queue-button button"
PATIENCE = 180_000  # milliseconds
READY = "window.app?.extensionManager && window.app?.graph && document.querySelector('#graph-canvas')"


def front_end(name, folder):
    """ComfyUI's arguments for its "own" front end or the "other" one, which may be the newest of the package index."""
    if name == "own":
        return ()
    if not OTHER:
        pytest.skip("set MONOCHROMIC_FRONTEND to the folder of a front end, or to newest, to try it")
    return ("--front-end-root", newest(folder) if OTHER == "newest" else OTHER)


def newest(folder):
    """The newest front end, unpacked in a folder."""
    fetch = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    subprocess.run([*fetch, "comfyui-frontend-package"], check=True)
    return str(folder / "comfyui_frontend_package" / "static")


def open_page(browser, server, vue, **options):
    """A page in classic or in Vue nodes, which a busy machine may take its time for."""
    for name, value in {**SETTINGS, "Comfy.VueNodes.Enabled": vue}.items():
        server.send(f"/api/settings/{name}", value)
    page = browser.new_page(**options)
    page.set_default_timeout(PATIENCE)
    return page


def wait_until_ready(page):
    page.wait_for_function(READY, timeout=PATIENCE)
    page.wait_for_timeout(2000)


def run(page, server, seconds=120):
    """Press Run, and give the history of what ran."""
    seen = set(server.get("/history"))
    page.locator(RUN).first.click()
    ran = server.wait_for(lambda: set(server.get("/history")) - seen, seconds).pop()
    return server.get(f"/history/{ran}")[ran]


def shoot(page, name):
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png")
