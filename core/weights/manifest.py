"""`weights_manifest.json`: a row for each weight file, as data."""

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "weights_manifest.json"


@dataclass(frozen=True)
class WeightFile:
    """One row: what the file is for, where it lies in the pack, and how to know that it is the right one.

    bundled: path from the pack's folder. sha256, size (bytes): of the file. licence: of the weights.
    card: path of the page that tells how they were trained and how good they are.
    """

    id: str
    use: str
    bundled: str
    sha256: str
    size: int
    licence: str
    card: str


def read_manifest(path: Path = MANIFEST) -> dict[str, WeightFile]:
    """The rows of a manifest by id. Raises `ValueError` for a repeated id or a row that is not as above."""
    rows = [WeightFile(**row) for row in json.loads(path.read_text(encoding="utf-8"))["weights"]]
    found = {row.id: row for row in rows}
    if len(found) != len(rows):
        raise ValueError(f"{path}: an id is there twice")
    return found
