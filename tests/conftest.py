"""What several tests need: small photos, holes, and the shipped pictures."""

import os
import random
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:  # beside other workers one thread each, in what they start too
    os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("GOMP_SPINCOUNT", "0")  # as the command does

import numpy as np
import pytest
import torch

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True, scope="session")
def home_of_the_tests(tmp_path_factory):
    """A home of the tests' own, so that they write nothing into the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MONOCHROMIC_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def root():
    return ROOT


@pytest.fixture
def inputs():
    """The pictures of the shipped workflows."""
    return ROOT / "workflows" / "input"


def make_photo(seed=0, height=37, width=53, batch=1):
    """A colorful smooth picture with edges, (B, 3, H, W)."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand((batch, 3, 5, 7), generator=generator)
    photo = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1)
    photo[..., height // 2 :, width // 3 :] = 1 - photo[..., height // 2 :, width // 3 :]
    return photo


def make_hole(height=37, width=53, batch=1):
    """A box, a scratch that meets the border, and a speck."""
    hole = torch.zeros(batch, 1, height, width)
    hole[..., 8:21, 12:30] = 1
    hole[..., height - 6, :] = 1
    hole[..., 3, width - 5] = 1
    return hole


def slow_but(always, values):
    """Values for `parametrize` that `make test` tries some of, and `make test-all` all."""
    return [value if value in always else pytest.param(value, marks=pytest.mark.slow) for value in values]


@pytest.fixture
def photo():
    return make_photo()


@pytest.fixture
def hole():
    return make_hole()


@pytest.fixture
def untouched_rng():
    """Fails the test if it moves a global random state."""
    torch.manual_seed(5), np.random.seed(5), random.seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    yield
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (np.random.get_state()[1].tolist(), random.getstate())
