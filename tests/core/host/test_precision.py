"""Which processors compute in 16 bits."""

from pathlib import Path

import pytest
import torch
from monochromic.core.host.precision import cpu_computes_bf16

CPUS = Path("/proc/cpuinfo")


@pytest.mark.skipif(not CPUS.exists(), reason="only Linux lists what a processor can do")
def test_it_is_what_the_kernel_says():
    words = CPUS.read_text().split()
    assert cpu_computes_bf16() == ("avx512_bf16" in words)


def test_a_torch_that_cannot_tell_has_none(monkeypatch):
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    assert not cpu_computes_bf16.__wrapped__()
