"""The authors' weight files made into ours: safetensors with our names, that say whose weights they are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor, nn

from ..backbones.record import Backbone, Layout
from ..errors import InputError, WeightsError
from ..io.files import atomic_write, data_folder, hash_file
from .detect import identify, read_tensors
from .manifest import WeightFile, add_row, read_manifest, user_rows

VERSION = "1"


def convert(
    sources: Sequence[Path | str],
    name: str,
    *,
    licence: str | None = None,
    source: str | None = None,
    trained_on: str = "not known",
) -> WeightFile:
    """Convert the weight files of a network and add them to the user's manifest under the id `name`.

    sources: .pth, .pt, .ckpt or .safetensors as the authors or mmagic publish them; several where a network
    comes in parts. Whose they are is read off the names inside. licence, source: where the weights' differ from
    those of the authors' program. A row that was converted under this id before is replaced.

    Returns the row; its file is in the user's weights folder. Raises `InputError` for an id that cannot be
    taken, and `WeightsError` for files that are not read, known or complete; then nothing is written.
    """
    paths = [Path(path) for path in sources]
    _check_free(name)
    found = identify({str(path): read_tensors(path) for path in paths})
    licence, source = licence or found.layout.licence, source or found.layout.source
    told = {"trained_on": trained_on, "source_sha256": " ".join(map(hash_file, paths))}
    row = WeightFile(  # refuses a wrong id before anything is written
        id=name,
        backbone=found.backbone.id,
        layout=found.layout.id,
        trained_on=trained_on,
        channels=colors(found.network),
        filename=f"{name}.safetensors",
        sha256="0" * 64,
        size=1,
        licence=licence,
        source=source,
    )
    path = data_folder() / "weights" / row.filename
    metadata = describe(found.backbone, found.layout, found.network, licence, source, **told)
    save_weights(path, found.tensors, metadata)
    row = replace(row, sha256=hash_file(path), size=path.stat().st_size)
    add_row(row, replace=True)
    return row


def describe(
    backbone: Backbone, layout: Layout, network: nn.Module, licence: str, source: str, **more: str
) -> dict[str, str]:
    """What a weight file of ours says of itself in its metadata."""
    told = {"backbone": backbone.id, "layout": layout.id, "channels": colors(network)}
    return {"monochromic": VERSION, **told, "licence": licence, "source": source, **more}


def colors(network: nn.Module) -> str:
    """What a network gives, in the manifest's words."""
    return "gray" if network.channels[1] == 1 else "RGB"


def save_weights(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file, whole or not at all; the same bytes for the same content. Raises `WeightsError`."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        with atomic_write(path, WeightsError) as part:
            save_file(dict(tensors), part, dict(metadata))
            _sort_metadata(part)
    except SafetensorError as error:
        raise WeightsError(f"cannot write {path}: {error}") from error


def _sort_metadata(path: Path) -> None:
    """safetensors writes metadata in a random order; the header keeps its length."""
    with path.open("r+b") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        file.seek(8)
        file.write(text.ljust(length))


def _check_free(name: str) -> None:
    """Raise `InputError` for an id of the pack's, or of a file that a team hosts."""
    if name in read_manifest():
        raise InputError(f"the pack has weights {name!r} already; choose another id")
    mine = user_rows()
    if name in mine and mine[name].repo_id:
        raise InputError(f"your manifest has weights {name!r}, from {mine[name].repo_id}; choose another id")
