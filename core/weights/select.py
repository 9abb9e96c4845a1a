"""Which weights a backbone runs with when only its name was said, and which backbones can run now."""

from collections.abc import Iterable

import torch

from ..backbones import get_backbone
from ..backbones.loaded import Model
from ..backbones.record import Backbone
from ..errors import InputError, MonochromicError, WeightsError
from ..host.progress import Progress
from .load import load_network
from .manifest import WeightFile, entries_by_backbone, entries_for, get_entry
from .store import cached_path


def load_model(
    backbone: Backbone,
    device: torch.device | str = "cpu",
    *,
    rgb: bool = False,
    progress: Progress | None = None,
) -> Model:
    """Load a backbone with the first of its weights that are here, else the first that can be fetched.

    Args:
        backbone: One without variants needs no weights.
        device: Where its network is to run. On CUDA one that may run in 16 bits does.
        rgb: Consider only weights that give RGB.
        progress: Called with bytes during a download.

    Returns:
        The backbone, ready to fill.

    Raises:
        WeightsError: where there are no weights; says how to get some.
    """
    if not backbone.variants:
        return Model(backbone)
    entry = _select(_entries(backbone, rgb))
    if entry is None:
        raise WeightsError(
            f"there are no weights for {backbone.id!r}{' that give RGB' if rgb else ''} here and none to download; "
            f"{_where_from(backbone)} and run `monochromic weights convert FILE --as {backbone.id}`"
        )
    half = backbone.half and torch.device(device).type == "cuda"
    return load_network(entry, device, torch.float16 if half else torch.float32, progress=progress)


def check_weights_of(backbone: Backbone, weights: str) -> None:
    """Refuse weights of another backbone before the work.

    Args:
        backbone: Which is to run.
        weights: The id of weights.

    Raises:
        InputError: for weights of another one.
        UnknownNameError: for no id of weights.
    """
    owner = get_entry(weights).backbone
    if owner not in (None, backbone.id):
        raise InputError(f"weights {weights!r} are of {owner}, not of {backbone.id}")


def readiness(backbone: Backbone, *, rgb: bool = False) -> tuple[int, str]:
    """Whether a backbone can run now. Reads no weights and asks no server.

    Args:
        backbone: Of the registry.
        rgb: Whether it is to give RGB.

    Returns:
        0 and "" where it can run; 1 and what it would download; 2 and what is missing.
    """
    return readiness_of([backbone], rgb=rgb)[backbone.id]


def readiness_of(backbones: Iterable[Backbone], *, rgb: bool = False) -> dict[str, tuple[int, str]]:
    """Whether backbones can run now, as `readiness`, but with one look at the manifests for all.

    Args:
        backbones: Of the registry.
        rgb: Whether they are to give RGB.

    Returns:
        By their ids, what `readiness` returns.
    """
    try:
        entries = entries_by_backbone()
    except WeightsError as error:  # a menu is shown all the same
        return {backbone.id: (2, str(error)) if backbone.variants else (0, "") for backbone in backbones}
    return {backbone.id: _readiness(backbone, entries.get(backbone.id, []), rgb) for backbone in backbones}


def _readiness(backbone: Backbone, entries: list[WeightFile], rgb: bool) -> tuple[int, str]:
    entries = _giving(entries, rgb)
    if not backbone.variants or any(cached_path(entry) for entry in entries):
        return 0, ""
    remote: WeightFile | None = next((entry for entry in entries if entry.repo_id), None)
    if remote:
        return 1, f"downloads {remote.size_text}, license {remote.license}"
    return 2, f"needs weights of your own{' that give RGB' if rgb else ''}: monochromic weights convert"


def fingerprint_of(name: str, *, rgb: bool = False) -> str:
    """Which weights `load_model` would take. Reads no weights, asks no server, and raises nothing.

    Args:
        name: Id of the backbone.
        rgb: As for `load_model`.

    Returns:
        Id and sha256 of the weights; "" for none.
    """
    try:
        entry = _select(_entries(get_backbone(name), rgb))
    except MonochromicError:
        return ""
    return f"{entry.id} {entry.sha256}" if entry else ""


def entry_fingerprint(name: str) -> str:
    """The sha256 of some weights. Raises nothing.

    Args:
        name: Id of the weights.

    Returns:
        The sha256 as their entry has it; "" for none.
    """
    try:
        return get_entry(name).sha256 or ""
    except MonochromicError:
        return ""


def _where_from(backbone: Backbone) -> str:
    published = sorted({variant.source for variant in backbone.variants if "://" in variant.source})
    return f"get a file of {', '.join(published)}" if published else "train it (docs/training.md)"


def _select(entries: list[WeightFile]) -> WeightFile | None:
    """The first that is here, or should be: a file of the pack that is gone is missed, not replaced by another."""
    here = next((entry for entry in entries if entry.bundled or cached_path(entry)), None)
    return here or next((entry for entry in entries if entry.repo_id), None)


def _entries(backbone: Backbone, rgb: bool) -> list[WeightFile]:
    return _giving(entries_for(backbone.id), rgb)


def _giving(entries: list[WeightFile], rgb: bool) -> list[WeightFile]:
    return [entry for entry in entries if entry.channels == "RGB" or not rgb]
