"""A folder of small photos."""

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import save_image


@pytest.fixture
def scans(tmp_path, monkeypatch):
    """scans/p0.png, p2.png, sub/p1.png, sub/p3.png and mask.png, of 40 x 48."""
    monkeypatch.chdir(tmp_path)
    for i in range(4):
        save_image(make_photo(i, 40, 48), tmp_path / "scans" / ("sub" if i % 2 else "") / f"p{i}.png")
    save_image(make_hole(40, 48), tmp_path / "mask.png")
    save_image(torch.ones(1, 1, 40, 48), tmp_path / "white.png")
    return tmp_path
