"""Which weights a backbone runs with when only its name was said, and which backbones can run now."""

import torch

from ..backbones import get_backbone
from ..backbones.loaded import Model
from ..backbones.record import Backbone
from ..errors import MonochromicError, WeightsError
from ..host.progress import Progress
from .load import load_network
from .manifest import WeightFile, get_row, rows_for
from .store import present


def load_model(
    backbone: Backbone,
    device: torch.device | str = "cpu",
    *,
    rgb: bool = False,
    progress: Progress | None = None,
) -> Model:
    """The backbone with the first of its weights that are here, else the first that can be fetched, on `device`.

    A backbone without layouts needs none. rgb: only weights that give RGB count. On CUDA one that may run in
    16 bits does. Raises `WeightsError` where there are no weights, and says how to get some.
    """
    if not backbone.layouts:
        return Model(backbone)
    rows = _rows(backbone, rgb)
    row = _chosen(rows)
    if row is None:
        sources = ", ".join(sorted({layout.source for layout in backbone.layouts}))
        raise WeightsError(
            f"there are no weights for {backbone.id!r}{' that give RGB' if rgb else ''} here and none to download; get "
            f"a file of {sources} and run `monochromic weights convert FILE --as {backbone.id}`"
        )
    half = backbone.half and torch.device(device).type == "cuda"
    return load_network(row, device, torch.float16 if half else torch.float32, progress=progress)


def readiness(backbone: Backbone, *, rgb: bool = False) -> tuple[int, str]:
    """0 and "" where the backbone can run now, 1 and what it would download, 2 and what it lacks.

    rgb: whether it is to give RGB.
    """
    if not backbone.layouts:
        return 0, ""
    try:
        rows = _rows(backbone, rgb)
    except WeightsError as error:  # a menu is shown all the same
        return 2, str(error)
    if any(present(row) for row in rows):
        return 0, ""
    remote: WeightFile | None = next((row for row in rows if row.repo_id), None)
    if remote:
        return 1, f"downloads {remote.size_text}, licence {remote.licence}"
    return 2, f"needs weights of your own{' that give RGB' if rgb else ''}: monochromic weights convert"


def fingerprint_of(name: str, *, rgb: bool = False) -> str:
    """Which weights `load_model` would take for a backbone of this name: their id and sha256; "" for none.

    Reads no weights, asks no server, and raises nothing.
    """
    try:
        row = _chosen(_rows(get_backbone(name), rgb))
    except MonochromicError:
        return ""
    return f"{row.id} {row.sha256}" if row else ""


def row_fingerprint(name: str) -> str:
    """The sha256 of the weights of an id as its row has it; "" for none. Raises nothing."""
    try:
        return get_row(name).sha256
    except MonochromicError:
        return ""


def _chosen(rows: list[WeightFile]) -> WeightFile | None:
    return next((r for r in rows if present(r)), next((r for r in rows if r.repo_id or r.bundled), None))


def _rows(backbone: Backbone, rgb: bool) -> list[WeightFile]:
    return [row for row in rows_for(backbone.id) if row.channels == "RGB" or not rgb]
