"""The browser of the tests that look at a page: Debian's Chromium, or another on the path."""

import importlib.util
import shutil
from contextlib import contextmanager

import pytest

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"  # nothing but this machine is asked for anything


def find_browser():
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def need_browser():
    """Skips the test file that calls this on a machine that cannot show pages."""
    if find_browser() is None:
        pytest.skip("pages are tested in Chromium: apt-get install chromium", allow_module_level=True)
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("pages are tested with playwright: pip install playwright", allow_module_level=True)


@contextmanager
def open_browser():
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_browser(), args=[*ARGUMENTS, OFFLINE])
        yield browser
        browser.close()
