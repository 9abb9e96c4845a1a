"""Sixteen bits on a CPU, where they are faster."""

from functools import cache

import torch


@cache
def cpu_computes_bf16() -> bool:
    """Whether this processor has instructions for bfloat16. On one without, torch computes in it, but far slower."""
    told = getattr(torch.cpu, "_is_avx512_bf16_supported", None)  # which torch has since 2.6
    return bool(told and told())
