"""A folder to run workflows in."""

import pytest
from conftest import make_hole, make_photo
from monochromic.core import save_image


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a photo and a mask."""
    monkeypatch.chdir(tmp_path)
    save_image(make_photo(), "old.png")
    save_image(make_hole(), "mask.png")
    return tmp_path
