"""`weights_manifest.json`: a row for each weight file, as data; and the user's own rows outside the pack."""

import json
import logging
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..errors import InputError, UnknownNameError, WeightsError
from ..io.files import atomic_write, data_folder

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "weights_manifest.json"
FORMS = {  # of texts, each with words for it; the others may be any
    "id": (r"[a-z0-9][a-z0-9_.-]*", "small letters, digits and . _ -"),
    "channels": (r"gray|RGB", "gray or RGB"),
    "repo_id": (r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+", "OWNER/NAME"),
    "revision": (r"[0-9a-f]{40}", "a commit, 40 hexadecimal digits, never a branch"),
    "filename": (r"([A-Za-z0-9_+-][A-Za-z0-9_ .+-]*/)*[A-Za-z0-9_+-][A-Za-z0-9_ .+-]*\.safetensors", "a .safetensors"),
    "bundled": (r"weights/[A-Za-z0-9_.-]+\.safetensors", "a .safetensors in weights/"),
    "sha256": (r"[0-9a-f]{64}", "64 hexadecimal digits"),
}


@dataclass(frozen=True)
class WeightFile:
    """One row: what a weight file is for, where it is, and how to know that it is the right one.

    use: what a file is for that belongs to no backbone. backbone, layout: whose weights these are; the layout
    may be left to the file. trained_on: which photos. channels: "gray" or "RGB", what the network gives.
    repo_id, revision, filename: the place on the Hugging Face Hub; without repo_id the file is one that the
    user has. bundled: path from the pack's folder instead. sha256, size (bytes): of the file. size_note: about
    how large, where the exact size is not published. licence: of the weights. source: who made them.
    card: path of the page that tells how they were trained and how good they are.

    What does not apply is None. Raises `InputError` for a row that is not complete.
    """

    id: str
    use: str | None = None
    backbone: str | None = None
    layout: str | None = None
    trained_on: str | None = None
    channels: str | None = None
    repo_id: str | None = None
    revision: str | None = None
    filename: str | None = None
    bundled: str | None = None
    sha256: str | None = None
    size: int | None = None
    size_note: str | None = None
    licence: str | None = None
    source: str | None = None
    card: str | None = None

    def __post_init__(self) -> None:
        faults = [*_misshapen(self), *_incomplete(self)]
        if faults:
            raise InputError(f"weights row {self.id!r}: {'; '.join(faults)}")

    @property
    def own_name(self) -> str:
        """The file's name after its id, which it may have in a model folder instead of `filename`."""
        return f"{self.id}.safetensors"

    @property
    def size_text(self) -> str:
        """How large the file is, for people."""
        return self.size_note or (f"{self.size / 1e6:.1f} MB" if self.size >= 1e5 else f"{self.size / 1e3:.1f} kB")

    @property
    def page(self) -> str | None:
        """Address of the file's page on the Hub."""
        if self.repo_id is None:
            return None
        hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
        return f"{hub}/{self.repo_id}/blob/{self.revision}/{quote(self.filename)}"


def read_manifest(path: Path = MANIFEST) -> dict[str, WeightFile]:
    """The rows of a manifest by id. Raises `InputError` (a `ValueError`) for a repeated id or a wrong row."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        rows = [_row(fields) for fields in document["weights"]]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: {error}") from error
    found = {row.id: row for row in rows}
    if len(found) != len(rows):
        raise InputError(f"{path}: an id is there twice")
    return found


def format_manifest(rows: Iterable[WeightFile]) -> str:
    """The text of a manifest with these rows."""
    return json.dumps({"version": 1, "weights": [asdict(row) for row in rows]}, indent=2, ensure_ascii=False) + "\n"


def user_manifest() -> Path:
    """Where the user's own rows are; never inside the pack."""
    return data_folder() / "weights_manifest.json"


def user_rows() -> dict[str, WeightFile]:
    """The user's own rows by id; none where there is no such file. Raises `WeightsError`."""
    path = user_manifest()
    try:
        rows = read_manifest(path) if path.exists() else {}
    except (InputError, OSError) as error:
        raise WeightsError(f"your weights manifest cannot be used; mend or remove it: {error}") from error
    if any(row.bundled for row in rows.values()):
        raise WeightsError(f"{path}: only the pack's own rows may be bundled; give filename")
    return rows


def all_rows() -> dict[str, WeightFile]:
    """The pack's rows, then the user's, by id; the pack's win."""
    ours, theirs = _both()
    return {**ours, **theirs}


def get_row(name: str) -> WeightFile:
    """The row of that id. Raises `UnknownNameError`, and `WeightsError` for a broken user manifest."""
    ours = read_manifest()
    if name in ours:
        return ours[name]
    rows = all_rows()
    if name not in rows:
        raise UnknownNameError("weights", name, rows)
    return rows[name]


def rows_for(backbone: str) -> list[WeightFile]:
    """The rows with weights for a backbone, the user's own first: who brings weights means them."""
    ours, theirs = _both()
    return [row for row in (*theirs.values(), *ours.values()) if row.backbone == backbone]


def add_row(row: WeightFile, *, replace: bool = False) -> None:
    """Put a row into the user's manifest.

    Raises `InputError` for an id that is taken, unless it is the user's own and `replace`, and `WeightsError`
    where the manifest cannot be read or written.
    """
    if row.bundled:
        raise InputError("only the pack's own rows may be bundled; give filename")
    rows = user_rows()
    if row.id in read_manifest():
        raise InputError(f"the pack has weights {row.id!r} already; choose another id")
    if row.id in rows and not replace:
        raise InputError(f"{user_manifest()} has weights {row.id!r} already; choose another id or replace them")
    with atomic_write(user_manifest(), WeightsError) as part:
        part.write_text(format_manifest({**rows, row.id: row}.values()), encoding="utf-8")


def _both() -> tuple[dict[str, WeightFile], dict[str, WeightFile]]:
    """The pack's rows, and the user's whose id the pack has not."""
    ours, theirs = read_manifest(), user_rows()
    for name in sorted(ours.keys() & theirs.keys()):
        logging.getLogger(__name__).warning("%s: the pack has a row %r too, which is used", user_manifest(), name)
    return ours, {name: row for name, row in theirs.items() if name not in ours}


def _row(row: Any) -> WeightFile:
    """A row of a manifest; every field must be there, so that no misspelt one passes for an empty one."""
    names = {field.name for field in fields(WeightFile)}
    if not isinstance(row, Mapping) or set(row) != names:
        wrong = sorted(names ^ set(row)) if isinstance(row, Mapping) else row
        raise InputError(f"a weights row has exactly the fields {', '.join(sorted(names))}; look at {wrong}")
    return WeightFile(**row)


def _misshapen(row: WeightFile) -> Iterable[str]:
    for name, value in asdict(row).items():
        if value is None and name != "id":
            continue
        if name == "size":
            if type(value) is not int or value <= 0:
                yield f"size must be a positive number of bytes, got {value!r}"
        elif not isinstance(value, str) or not value.strip():
            yield f"{name} must be a text, got {value!r}"
        elif name in FORMS and not re.fullmatch(FORMS[name][0], value):
            yield f"{name} must be {FORMS[name][1]}, got {value!r}"


def _incomplete(row: WeightFile) -> Iterable[str]:
    for name in ("sha256", "licence", "source", "trained_on"):
        if getattr(row, name) is None:
            yield f"{name} is missing"
    for one, other in (("use", "backbone"), ("bundled", "filename"), ("size", "size_note")):
        if (getattr(row, one) is None) == (getattr(row, other) is None):
            yield f"needs {one} or {other}, and not both"
    for name, needs in (("backbone", "channels"), ("layout", "backbone"), ("repo_id", "revision")):
        if getattr(row, name) is not None and getattr(row, needs) is None:
            yield f"{name} needs {needs} beside it"
    if row.revision is not None and row.repo_id is None:
        yield "revision needs repo_id beside it"
    if row.repo_id is not None and row.filename is None:
        yield "repo_id needs filename beside it"
