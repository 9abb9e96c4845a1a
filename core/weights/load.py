"""Networks with their weights, ready to fill; the last two stay in memory."""

import threading
from collections import OrderedDict
from pathlib import Path

import torch
from torch import nn

from ..backbones import get_backbone
from ..backbones.loaded import Model
from ..backbones.record import Backbone, Layout
from ..errors import MonochromicError, WeightsError
from ..host.device import on_device
from ..host.progress import Progress
from .detect import identify, read_tensors
from .manifest import WeightFile, get_row
from .store import locate

KEPT = 2

_models: OrderedDict[tuple, Model] = OrderedDict()
_lock = threading.Lock()


def load_network(
    weights: str | WeightFile,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    *,
    progress: Progress | None = None,
) -> Model:
    """A network with its weights by the id or the row of its weight file; fetched and read only if need be.

    Raises `UnknownNameError`, and `WeightsError` for a file that is missing or not what its row says.
    """
    row = get_row(weights) if isinstance(weights, str) else weights
    if row.backbone is None:
        raise WeightsError(f"weights {row.id!r} are not of a backbone, but for: {row.use}")
    path = locate(row, progress=progress)
    status = path.stat()
    key = str(path.resolve()), status.st_size, status.st_mtime_ns, str(torch.device(device)), dtype
    with _lock:
        if key not in _models:
            while len(_models) >= KEPT:
                _models.popitem(last=False)
            _models[key] = _load(path, row, torch.device(device), dtype)
        _models.move_to_end(key)
        return _models[key]


def clear() -> None:
    """Forget the networks in memory."""
    with _lock:
        _models.clear()


def _load(path: Path, row: WeightFile, device: torch.device, dtype: torch.dtype) -> Model:
    with torch.inference_mode(False):
        backbone, layout, network = _read(path, row)
        if row.backbone != backbone.id or row.layout not in (None, layout.id):
            meant = f"{row.backbone} ({row.layout})" if row.layout else row.backbone
            raise WeightsError(f"weights {row.id!r} should be of {meant}, but {path} is of {backbone.id} ({layout.id})")
        network.to(dtype)
        if backbone.channels_last or device.type == "cuda":
            _lay_out(network)
        return Model(backbone, layout, on_device(network, device), device)


def _lay_out(network: nn.Module) -> None:
    """Convolution weights with their channels last in memory, which their answers then have too."""
    for values in network.parameters():
        if values.ndim == 4:
            values.data = values.data.contiguous(memory_format=torch.channels_last)


def _read(path: Path, row: WeightFile) -> tuple[Backbone, Layout, nn.Module]:
    """Whose the file's weights are, and their network; a file of ours says it, others are recognized."""
    told = read_metadata(path)
    if "monochromic" not in told:
        found = identify({str(path): read_tensors(path)}, row.backbone)
        return found.backbone, found.layout, found.network
    backbone = get_backbone(told.get("backbone", ""))
    layout = next((layout for layout in backbone.layouts if layout.id == told.get("layout")), None)
    if layout is None:
        raise WeightsError(f"{path} is of {backbone.id} ({told.get('layout')}), which this version does not know")
    try:
        return backbone, layout, layout.build(read_tensors(path))
    except MonochromicError:  # such as a library that is not installed
        raise
    except (RuntimeError, KeyError, ValueError, IndexError) as error:
        raise WeightsError(
            f"{path} does not fit {backbone.id} ({layout.id}): {' '.join(str(error).split())}"
        ) from error


def read_metadata(path: Path) -> dict[str, str]:
    """What a safetensors file says of itself; nothing if nothing. Raises `WeightsError`."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path} is no whole safetensors file: {error}") from error
