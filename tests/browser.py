"""The browser of the tests that look at a page: Debian's Chromium, or any that is on the path."""

import shutil
from contextlib import contextmanager

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@contextmanager
def open_browser():
    """Chromium without a window, driven by playwright; skips where one of the two is missing."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="pages are tested with: pip install playwright")
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("pages are tested in Chromium, and there is none: apt-get install chromium")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()
