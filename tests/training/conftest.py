"""Photos to train on."""

import shutil

import pytest


@pytest.fixture
def folder(tmp_path, inputs):
    """Three of the shipped photos."""
    (tmp_path / "photos").mkdir()
    for name in ("astronaut", "coffee_stain", "rocket_tower"):
        shutil.copy(inputs / f"{name}.png", tmp_path / "photos")
    return tmp_path / "photos"
