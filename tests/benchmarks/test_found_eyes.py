"""`benchmarks/found_eyes.py`: which eyes it counts as found, and what is seen elsewhere."""

import importlib

import numpy as np
import pytest
import torch
from conftest import ROOT
from skimage import data

EYES = (204.0, 100.0, 43.0, 1.0), (247.0, 103.0, 43.0, 1.0)  # of scikit-image's astronaut


@pytest.fixture(scope="module")
def found_eyes():
    """The benchmark, which imports its neighbors by their bare names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield importlib.import_module("found_eyes")


def test_found_missed_and_elsewhere(found_eyes):
    image = torch.from_numpy(data.astronaut()).permute(2, 0, 1)[None].float() / 255
    found, elsewhere = found_eyes.compare(image, [*EYES, (100.0, 400.0, 40.0, 1.0), (380.0, 60.0, 40.0, 0.8)])
    assert found == [(43.0, True), (43.0, True), (40.0, False)]  # of an unsure face nothing is expected
    _, all_places = found_eyes.compare(image, [])
    assert len(all_places) == len(elsewhere) + 2
    for x, y, *_ in EYES:
        assert min(np.abs(middle - (x, y)).max() for middle in all_places) < 8
