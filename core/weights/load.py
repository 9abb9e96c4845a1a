"""Networks with their weights, ready to run, and the one cache that holds every network of the package."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from ..backbones.loaded import Model
from ..backbones.record import Backbone, InpaintNetwork, Variant
from ..errors import WeightsError
from ..host.device import on_device
from ..host.progress import Progress
from .detect import detect, read_tensors
from .manifest import WeightFile, get_entry
from .own import read_own
from .store import locate

KEPT_BACKBONES = 2

Network = TypeVar("Network")

_networks: OrderedDict[tuple[str, Hashable], Any] = OrderedDict()
_lock = threading.RLock()


def cached_network(use: str, key: Hashable, build: Callable[[], Network], *, keep: int = 1) -> Network:
    """The network of that key: the same one as before, or a new one where it is asked for the first time.

    Args:
        use: What it is for. Networks of different uses do not displace each other.
        key: Which one of that use: its device, and the fingerprint of its file where that may change.
        build: Makes the network, outside of inference mode.
        keep: How many of that use stay in memory; the one that was asked for longest ago goes first.

    Returns:
        What `build` returned. The host may have moved it: ask for its device before each use (`host/device.py`).
    """
    with _lock:
        if (use, key) not in _networks:
            same_use = [other for other in _networks if other[0] == use]
            for other in same_use[: len(same_use) - keep + 1]:
                del _networks[other]
            with torch.inference_mode(False):
                _networks[use, key] = build()
        _networks.move_to_end((use, key))
        return _networks[use, key]


def clear() -> None:
    """Forget the networks in memory."""
    with _lock:
        _networks.clear()


def load_network(
    weights: str | WeightFile,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    *,
    progress: Progress | None = None,
) -> Model:
    """Load a backbone's network with its weights; fetched and read only if need be.

    Args:
        weights: Id or entry of the weight file.
        device: Where the network is to run.
        dtype: Of its weights.
        progress: Called with bytes during a download.

    Returns:
        The backbone, ready to fill. The last two stay in memory.

    Raises:
        UnknownNameError: where there is no such entry.
        WeightsError: for a file that is missing or not what its entry says, and for weights of no backbone.
    """
    entry = get_entry(weights) if isinstance(weights, str) else weights
    if entry.backbone is None:
        raise WeightsError(f"weights {entry.id!r} are not of a backbone, but for: {entry.use}")
    path = locate(entry, progress=progress)
    status, device = path.stat(), torch.device(device)
    key = str(path.resolve()), status.st_size, status.st_mtime_ns, str(device), dtype
    return cached_network("backbone", key, lambda: _load(path, entry, device, dtype), keep=KEPT_BACKBONES)


def _load(path: Path, entry: WeightFile, device: torch.device, dtype: torch.dtype) -> Model:
    backbone, variant, network = _read(path, entry)
    if entry.backbone != backbone.id or entry.variant not in (None, variant.id):
        expected = f"{entry.backbone} ({entry.variant})" if entry.variant else entry.backbone
        raise WeightsError(
            f"weights {entry.id!r} should be of {expected}, but {path} is of {backbone.id} ({variant.id})"
        )
    network.to(dtype)
    if backbone.channels_last or device.type == "cuda":
        _to_channels_last(network)
    return Model(backbone, variant, on_device(network, device), device)


def _to_channels_last(network: nn.Module) -> None:
    """Convolution weights with their channels last in memory, which their answers then have too."""
    for values in network.parameters():
        if values.ndim == 4:
            values.data = values.data.contiguous(memory_format=torch.channels_last)


def _read(path: Path, entry: WeightFile) -> tuple[Backbone, Variant, InpaintNetwork]:
    """Whose the file's weights are, and their network. A file of ours says it; others are detected."""
    if own := read_own(path, known=True):
        return own.backbone, own.variant, own.network
    detected = detect({str(path): read_tensors(path, known=True)}, entry.backbone)
    return detected.backbone, detected.variant, detected.network
