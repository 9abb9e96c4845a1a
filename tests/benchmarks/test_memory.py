"""The memory of a process is its own, whatever the process that started it holds."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_it_grows_with_what_is_held(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    peak_memory = importlib.import_module("memory").peak_memory
    before = peak_memory()
    held = np.ones(int((before + 0.25) * 2**30) // 8)
    assert peak_memory() > before + 0.2
    assert held[-1] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps the memory of a process apart")
def test_a_child_does_not_count_what_its_parent_held():
    held = np.ones(2**26)  # half a GB
    code = "from memory import peak_memory; print(peak_memory())"
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=BENCHMARKS)
    assert held[-1] == 1
    assert 0.005 < float(printed) < 0.3
