"""The authors' weight files made into ours: safetensors with our names, that say whose weights they are."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from ..backbones.record import Backbone, InpaintNetwork, Variant
from ..errors import InputError, WeightsError
from ..io.files import atomic_write, data_folder, hash_file, settle
from .detect import detect, read_tensors
from .manifest import WeightFile, manifest_lock, put_entry, read_manifest, user_entries
from .own import read_own

VERSION = "1"


def convert(
    sources: Sequence[Path | str],
    name: str,
    *,
    license: str | None = None,
    source: str | None = None,
    trained_on: str = "not known",
) -> WeightFile:
    """Convert the authors' weight files of a network and add them to the user's manifest.

    Whose weights they are is read off the names inside; a file that the trainer exported says it. Nothing in the files
    is run.

    Args:
        sources: .pth, .pt, .ckpt or .safetensors files as the authors or mmagic publish them; several where a network
            comes in parts. Or one that the trainer exported.
        name: Id of the new entry; replaces one that was converted under this id before.
        license: Of the weights; None for that of the authors' program.
        source: Where the weights are from; None for the page of the authors' program.
        trained_on: Which photos.

    Returns:
        The entry; its file is in the user's weights folder.

    Raises:
        InputError: for an id that cannot be taken.
        WeightsError: for files that cannot be read, or are not known or not complete; then nothing is written.
    """
    paths = [Path(path) for path in sources]
    _check_free(name)
    own = read_own(paths[0]) if len(paths) == 1 else None
    detected = own or detect({str(path): read_tensors(path) for path in paths})
    license, source = license or detected.variant.license, source or detected.variant.source
    more = {"trained_on": trained_on, "source_sha256": " ".join(map(hash_file, paths))}
    entry = WeightFile(  # refuses a wrong id before anything is written
        id=name,
        backbone=detected.backbone.id,
        variant=detected.variant.id,
        trained_on=trained_on,
        channels=channels_of(detected.network),
        filename=f"{name}.safetensors",
        sha256="0" * 64,
        size=1,
        license=license,
        source=source,
    )
    metadata = describe(detected.backbone, detected.variant, detected.network, license, source, **more)
    return keep_weights(entry, detected.tensors, metadata)


def keep_weights(entry: WeightFile, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> WeightFile:
    """Write a weight file of the user's and its entry, both or, even where the process is killed, neither.

    The file's name has the beginning of its sha256: an entry that is replaced keeps its own file until the new one
    is named, and no process finds one with the other's.

    Args:
        entry: Without sha256, size and name of the file.
        tensors: By name.
        metadata: What the file says of itself.

    Returns:
        The entry as it is in the user's manifest.

    Raises:
        InputError: for an id that is taken.
        WeightsError: where something cannot be written.
    """
    folder = data_folder() / "weights"
    with atomic_write(folder / entry.local_name, WeightsError, lasting=False) as part:
        mode = part.stat().st_mode
        _write(part, tensors, metadata)
        settle(part, mode)
        sha256, size = hash_file(part), part.stat().st_size
        entry = replace(entry, filename=f"{entry.id}-{sha256[:12]}.safetensors", sha256=sha256, size=size)
        with manifest_lock():
            _check_free(entry.id)
            before = user_entries().get(entry.id)
            try:
                part.replace(folder / str(entry.filename))
                put_entry(entry, replace=True)
            finally:
                _remove_unnamed(folder, entry.id, before)
    return entry


def _remove_unnamed(folder: Path, name: str, before: WeightFile | None) -> None:
    """Remove the files of an entry that it does not name any more, or never did because of an error."""
    named = {entry.filename for entry in user_entries().values()}
    ours = re.compile(re.escape(name) + r"-[0-9a-f]{12}\.safetensors")
    for file in folder.iterdir():
        was = before is not None and file.name == before.filename
        if file.name not in named and (was or ours.fullmatch(file.name)):
            with suppress(OSError):
                file.unlink()


def describe(
    backbone: Backbone, variant: Variant, network: InpaintNetwork, license: str, source: str, **more: str
) -> dict[str, str]:
    """What a weight file of ours says of itself.

    Args:
        backbone: Whose weights they are.
        variant: Of the backbone.
        network: The network that they are of.
        license: Of the weights.
        source: Who made them.
        **more: Other metadata.

    Returns:
        Metadata of a safetensors file. Two names are those of the first version, `layout` and `licence`.
    """
    metadata = {"backbone": backbone.id, "layout": variant.id, "channels": channels_of(network)}
    return {"monochromic": VERSION, **metadata, "licence": license, "source": source, **more}


def channels_of(network: InpaintNetwork) -> str:
    """What a network gives, in the manifest's words.

    Args:
        network: Of a backbone.

    Returns:
        "gray" or "RGB".
    """
    return "gray" if network.channels[1] == 1 else "RGB"


def save_weights(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file whole or not at all; the same bytes for the same content.

    Args:
        path: Of the file; its folder is made if there is none.
        tensors: By name.
        metadata: What the file says of itself.

    Raises:
        WeightsError: where it cannot be written.
    """
    with atomic_write(path, WeightsError) as part:
        _write(part, tensors, metadata)


def _write(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        save_file(dict(tensors), path, dict(metadata))
        _sort_metadata(path)
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
    entries = user_entries()
    if name in entries and entries[name].repo_id:
        raise InputError(f"your manifest has weights {name!r}, from {entries[name].repo_id}; choose another id")
