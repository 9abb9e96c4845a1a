"""Weights by id: found, checked against the manifest, and read."""

import hashlib

from torch import Tensor

from ..errors import UnknownNameError, WeightsError
from .manifest import ROOT, read_manifest


def load_weights(name: str) -> dict[str, Tensor]:
    """Tensors of a weight file by name, on the CPU. Raises `UnknownNameError` and `WeightsError`."""
    from safetensors.torch import load

    rows = read_manifest()
    if name not in rows:
        raise UnknownNameError("weights", name, rows)
    row = rows[name]
    try:
        data = (ROOT / row.bundled).read_bytes()
    except OSError as error:
        raise WeightsError(f"weights {name!r} are missing: {ROOT / row.bundled}; install the pack again") from error
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise WeightsError(
            f"weights {name!r} are damaged: {ROOT / row.bundled} has {len(data)} bytes and another sha256 than "
            f"{row.sha256[:12]}... with {row.size}; install the pack again"
        )
    return load(data)
