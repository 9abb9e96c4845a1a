"""Fixtures of the authors' programs: inputs and outputs with weights made from parameter names."""

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

FOLDER = Path(os.environ.get("MONOCHROMIC_PARITY", Path(__file__).parents[2] / "shared" / "parity"))


class Fixture:
    """One fixture: what the program was given and what it gave, case by case, and its weights."""

    def __init__(self, name):
        if not (FOLDER / f"{name}.npz").exists():
            pytest.skip(f"no fixture {name} in {FOLDER}; name their folder in MONOCHROMIC_PARITY")
        self.doc = json.loads((FOLDER / f"{name}.json").read_text())
        self.arrays = np.load(FOLDER / f"{name}.npz")
        self.cases = sorted({key.split(".")[0] for key in self.arrays})

    def __contains__(self, key):
        return key in self.arrays

    def __getitem__(self, key):
        """An array by `case.name` as a tensor."""
        return torch.from_numpy(self.arrays[key])

    def state(self, network="net"):
        """The authors' state dict: their names, made-up values."""
        spec = importlib.util.spec_from_file_location("fill", FOLDER / "fill.py")
        fill = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(fill)
        shapes, seeds = self.doc["networks"][network], {k: self.doc["fill"][k] for k in ("seed", "gain")}
        state = fill.fill_state_dict(shapes["state_dict"], prefix=shapes["fill_prefix"], **seeds)
        constant = self.doc["fill"].get("constant_buffers", {})
        for name, value in state.items():
            if isinstance(constant, dict) and any(name.endswith(k) for k in constant):
                state[name] = constant_buffer(name, value.shape)
        return {name: torch.from_numpy(value) for name, value in state.items()}

    def check(self, found, case, name, tolerance=None):
        """Whether an answer is the program's, to the stated largest and mean difference."""
        limits = self.doc["tolerance"][tolerance or name]
        wanted = self.arrays[f"{case}.{name}"]
        assert tuple(found.shape) == wanted.shape
        apart = np.abs(found.detach().numpy().astype(np.float64) - wanted)
        assert apart.max() <= limits["recommended_atol"], (name, apart.max())
        assert apart.mean() <= limits.get("recommended_mean_atol", limits["recommended_atol"]), (name, apart.mean())


def constant_buffer(name, shape):
    """Buffers that no training moves: a window of ones, or the identity of the attention's fusion."""
    if name.endswith("fuse_kernel"):
        return np.broadcast_to(np.eye(*shape[-2:], dtype=np.float32), shape).copy()
    return np.ones(shape, np.float32)
