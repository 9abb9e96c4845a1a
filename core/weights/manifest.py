"""`weights_manifest.json`: an entry for each weight file, as data; and the user's own entries outside the pack."""

import json
import logging
import os
import re
import reprlib
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..errors import InputError, UnknownNameError, WeightsError
from ..io.files import atomic_write, data_folder, file_lock, parse_json, read_text

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "weights_manifest.json"
PATTERNS = {  # of text fields, each with words for it; other texts may be any
    "id": (r"[a-z0-9][a-z0-9_.-]{0,99}", "small letters, digits and . _ -, 100 at most"),
    "channels": (r"gray|RGB", "gray or RGB"),
    "repo_id": (  # what the Hub's library takes
        r"(?!.*(--|\.\.|\.git$))\w([\w.-]{0,94}\w)?/\w([\w.-]{0,94}\w)?",
        "OWNER/NAME as the Hub has it: letters, digits and . _ - within, never -- or .. or .git at the end",
    ),
    "revision": (r"[0-9a-f]{40}", "a commit, 40 hexadecimal digits, never a branch"),
    "filename": (
        r"([A-Za-z0-9_+-][A-Za-z0-9_ .+-]*/)*[A-Za-z0-9_+-][A-Za-z0-9_ .+-]*\.(safetensors|pt)",
        "a .safetensors or .pt",
    ),
    "bundled": (r"weights/[A-Za-z0-9_.-]+\.safetensors", "a .safetensors in weights/"),
    "sha256": (r"[0-9a-f]{64}", "64 hexadecimal digits"),
}
LONGEST = {"filename": 250}  # letters
LARGEST = 10**15  # bytes
JSON_NAMES = {"variant": "layout", "license": "licence"}  # of fields in manifests, whose names never change


@dataclass(frozen=True)
class WeightFile:
    """One entry of a manifest: what a weight file is for, where it is, and how to know that it is the right one.

    What does not apply is None.

    Attributes:
        id: What the user types.
        use: What a file is for that belongs to no backbone.
        backbone: Id of the backbone whose weights these are.
        variant: Which variant of the backbone; None where the file says it.
        trained_on: Which photos.
        channels: "gray" or "RGB", what the network gives.
        repo_id: The place on the Hugging Face Hub. None for a file that the user has.
        revision: Commit of that place.
        filename: Of the file in that place, or in a model folder.
        bundled: Path from the pack's folder, in place of a filename.
        sha256: Of the file.
        size: Of the file, in bytes.
        size_note: About how large it is, where the exact size is not published.
        license: Of the weights.
        source: Who made them.
        card: Path of the page that tells how they were trained and how good they are.

    Raises:
        InputError: for an entry that is not complete.
    """

    id: str
    use: str | None = None
    backbone: str | None = None
    variant: str | None = None
    trained_on: str | None = None
    channels: str | None = None
    repo_id: str | None = None
    revision: str | None = None
    filename: str | None = None
    bundled: str | None = None
    sha256: str | None = None
    size: int | None = None
    size_note: str | None = None
    license: str | None = None
    source: str | None = None
    card: str | None = None

    def __post_init__(self) -> None:
        faults = [*_malformed(self), *_incomplete(self)]
        if faults:
            raise InputError(f"weights entry {self.id!r}: {'; '.join(faults)}")

    @property
    def local_name(self) -> str:
        """The file's name after its id, which it may have in a model folder instead of `filename`."""
        return f"{self.id}.safetensors"

    @property
    def size_text(self) -> str:
        """How large the file is, for people."""
        if self.size is None:
            return self.size_note or ""
        return f"{self.size / 1e6:.1f} MB" if self.size >= 1e5 else f"{self.size / 1e3:.1f} kB"

    @property
    def page(self) -> str | None:
        """Address of the file's page on the Hub."""
        if self.repo_id is None or self.filename is None:
            return None
        hub = without_password(os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/"))
        return f"{hub}/{self.repo_id}/blob/{self.revision}/{quote(self.filename)}"

    def to_json(self) -> dict[str, str | int | None]:
        """The fields as a manifest has them.

        Returns:
            Values by name, in the order of the fields. Two names differ from ours: `layout` and `licence`.
        """
        return {JSON_NAMES.get(name, name): value for name, value in asdict(self).items()}


def without_password(text: str) -> str:
    """A text whose addresses name no user and no password."""
    return re.sub(r"(?<=://)[^/?#@\s]+@", "", text)


def read_manifest(path: Path = MANIFEST) -> dict[str, WeightFile]:
    """Read a manifest.

    Args:
        path: Of the file; the pack's by default.

    Returns:
        The entries by id, in the order of the file.

    Raises:
        InputError: (a `ValueError`) for a repeated id or a wrong entry.
    """
    try:
        entries = _entries_in(read_text(path))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: {error}") from error
    by_id = {entry.id: entry for entry in entries}
    if len(by_id) != len(entries):
        raise InputError(f"{path}: an id is there twice")
    return by_id


@lru_cache(maxsize=8)
def _entries_in(text: str) -> tuple[WeightFile, ...]:
    """The entries of a manifest's text: menus of the nodes ask for them a hundred times."""
    return tuple(_parse_entry(fields) for fields in parse_json(text)["weights"])


def format_manifest(entries: Iterable[WeightFile]) -> str:
    """Write a manifest.

    Args:
        entries: In the order of the file.

    Returns:
        The text of the file; the same bytes as the file that the entries were read from.
    """
    document = {"version": 1, "weights": [entry.to_json() for entry in entries]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def user_manifest() -> Path:
    """Where the user's own entries are.

    Returns:
        Path of a file that may not exist; never inside the pack.
    """
    return data_folder() / "weights_manifest.json"


def user_entries() -> dict[str, WeightFile]:
    """The user's own entries.

    Returns:
        Entries by id; none where there is no such file.

    Raises:
        WeightsError: where the file cannot be used.
    """
    path = user_manifest()
    try:
        entries = read_manifest(path) if path.exists() else {}
    except (InputError, OSError) as error:
        raise WeightsError(f"your weights manifest cannot be used; repair or remove it: {error}") from error
    if any(entry.bundled for entry in entries.values()):
        raise WeightsError(f"{path}: only the pack's own entries may be bundled; give filename")
    return entries


def all_entries() -> dict[str, WeightFile]:
    """The pack's entries, then the user's.

    Returns:
        Entries by id. Where both have an id, the pack's.

    Raises:
        WeightsError: for a user's manifest that cannot be used.
    """
    ours, theirs = _both()
    return {**ours, **theirs}


def get_entry(name: str) -> WeightFile:
    """Look an entry up.

    Args:
        name: Its id.

    Returns:
        The entry.

    Raises:
        UnknownNameError: where there is none, with the nearest id.
        WeightsError: for a user's manifest that cannot be used.
    """
    ours = read_manifest()
    if name in ours:
        return ours[name]
    entries = all_entries()
    if name not in entries:
        raise UnknownNameError("weights", name, entries, _of_backbone(name, entries.values()))
    return entries[name]


def _of_backbone(name: str, entries: Iterable[WeightFile]) -> str:
    """What to say to who typed a backbone's name for weights: all that there are for it; "" for any other name."""
    found = [f"{entry.id}, which {_origin(entry)}" for entry in entries if entry.backbone == name]
    listed = "; ".join(found)
    return listed and f"for the backbone {name}: {listed}; `monochromic weights convert` adds the authors' file"


def _origin(entry: WeightFile) -> str:
    if entry.bundled:
        return "comes with the package"
    return f"`monochromic weights fetch {entry.id}` downloads" if entry.repo_id else "you added"


def entries_for(backbone: str) -> list[WeightFile]:
    """The entries with weights for a backbone.

    Args:
        backbone: Its id.

    Returns:
        The user's own first: who brings weights means them.

    Raises:
        WeightsError: for a user's manifest that cannot be used.
    """
    return entries_by_backbone().get(backbone, [])


def entries_by_backbone() -> dict[str | None, list[WeightFile]]:
    """The entries of all backbones, by their ids; see `entries_for`.

    Returns:
        Those of no backbone under None.

    Raises:
        WeightsError: for a user's manifest that cannot be used.
    """
    ours, theirs = _both()
    found: dict[str | None, list[WeightFile]] = {}
    for entry in (*theirs.values(), *ours.values()):
        found.setdefault(entry.backbone, []).append(entry)
    return found


def add_entry(entry: WeightFile, *, replace: bool = False) -> None:
    """Put an entry into the user's manifest.

    Args:
        entry: What to add.
        replace: Whether it may replace an entry of the user's with this id.

    Raises:
        InputError: for an id that is taken, and for a bundled file.
        WeightsError: where the manifest cannot be read or written.
    """
    if entry.bundled:
        raise InputError("only the pack's own entries may be bundled; give filename")
    with manifest_lock():
        put_entry(entry, replace=replace)


def manifest_lock() -> AbstractContextManager[None]:
    """Within it, no other process or thread changes the user's manifest.

    Raises:
        WeightsError: where its folder cannot be written to.
    """
    return file_lock(user_manifest().with_suffix(".lock"), WeightsError)


def put_entry(entry: WeightFile, *, replace: bool) -> None:
    """`add_entry` of a file that is no bundled one, for whoever holds the lock."""
    entries = user_entries()
    if entry.id in read_manifest():
        raise InputError(f"the pack has weights {entry.id!r} already; choose another id")
    if entry.id in entries and not replace:
        raise InputError(f"{user_manifest()} has weights {entry.id!r} already; choose another id or replace them")
    with atomic_write(user_manifest(), WeightsError) as part:
        part.write_text(format_manifest({**entries, entry.id: entry}.values()), encoding="utf-8")


def _both() -> tuple[dict[str, WeightFile], dict[str, WeightFile]]:
    """The pack's entries, and those of the user's whose id the pack has not."""
    ours, theirs = read_manifest(), user_entries()
    for name in sorted(ours.keys() & theirs.keys()):
        logging.getLogger(__name__).warning("%s: the pack has an entry %r too, which is used", user_manifest(), name)
    return ours, {name: entry for name, entry in theirs.items() if name not in ours}


def _parse_entry(values: Any) -> WeightFile:
    """An entry of a manifest; every field must be there, so that no misspelt one passes for an empty one."""
    fields_by_name = {JSON_NAMES.get(field.name, field.name): field.name for field in fields(WeightFile)}
    if not isinstance(values, Mapping) or set(values) != set(fields_by_name):
        wrong = sorted(set(fields_by_name) ^ set(values)) if isinstance(values, Mapping) else values
        names = ", ".join(sorted(fields_by_name))
        raise InputError(f"a weights entry has exactly the fields {names}; look at {reprlib.repr(wrong)}")
    return WeightFile(**{fields_by_name[name]: value for name, value in values.items()})


def _malformed(entry: WeightFile) -> Iterable[str]:
    for name, value in asdict(entry).items():
        if value is None and name != "id":
            continue
        if name == "size":
            if type(value) is not int or not 0 < value <= LARGEST:
                yield f"size must be a positive number of bytes, {LARGEST} at most, got {_short(value)}"
        elif not isinstance(value, str) or not value.strip() or not _is_unicode(value):
            yield f"{name} must be a text, got {_short(value)}"
        elif name in PATTERNS and not re.fullmatch(PATTERNS[name][0], value, re.ASCII):
            yield f"{name} must be {PATTERNS[name][1]}, got {_short(value)}"
        elif len(value) > LONGEST.get(name, len(value)):
            yield f"{name} must have at most {LONGEST[name]} letters, got {_short(value)}"


def _short(value: object) -> str:
    return "a long number" if isinstance(value, int) and abs(value) > LARGEST**2 else reprlib.repr(value)


def _is_unicode(text: str) -> bool:
    """Whether it can be written; names that are no UTF-8 cannot."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _incomplete(entry: WeightFile) -> Iterable[str]:
    for name in ("sha256", "license", "source", "trained_on"):
        if getattr(entry, name) is None:
            yield f"{name} is missing"
    for one, other in (("use", "backbone"), ("bundled", "filename"), ("size", "size_note")):
        if (getattr(entry, one) is None) == (getattr(entry, other) is None):
            yield f"needs {one} or {other}, and not both"
    for name, needs in (("backbone", "channels"), ("variant", "backbone"), ("repo_id", "revision")):
        if getattr(entry, name) is not None and getattr(entry, needs) is None:
            yield f"{name} needs {needs} beside it"
    if entry.revision is not None and entry.repo_id is None:
        yield "revision needs repo_id beside it"
    if entry.repo_id is not None and entry.filename is None:
        yield "repo_id needs filename beside it"
