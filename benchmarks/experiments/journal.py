"""A journal of finished cells, so that an experiment that was stopped goes on where it was."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

from monochromic.core import load_image, save_image
from torch import Tensor

Cell = dict[str, float]


class Journal:
    """The cells of one experiment, one line each, and the pictures of those that are shown.

    It begins with the settings: with others it starts anew, since their numbers would not compare.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder, self.path, self.cells = folder, folder / "cells.jsonl", {}
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        entries = [entry for entry in map(_parsed, lines) if entry is not None]
        if entries and entries[0] == settings:
            self.cells = {entry["cell"]: {k: _number(v) for k, v in entry["scores"].items()} for entry in entries[1:]}
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._append(settings)

    def add(self, cell: str, scores: Cell) -> None:
        """Keep the numbers of a cell."""
        self.cells[cell] = scores
        self._append({"cell": cell, "scores": {k: v if math.isfinite(v) else repr(v) for k, v in scores.items()}})

    def keep_picture(self, cell: str, picture: Tensor) -> None:
        """Keep what a cell looks like; before its numbers, so that a cell with numbers has it."""
        save_image(picture.clamp(0, 1), self._picture(cell))

    def picture(self, cell: str) -> Tensor:
        """What a cell looks like, (1, C, H, W) in 8 bits."""
        return load_image(self._picture(cell))

    def _picture(self, cell: str) -> Path:
        return self.folder / ("".join(c if c.isalnum() else "_" for c in cell) + ".png")

    def _append(self, entry: dict[str, Any]) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(entry) + "\n")


def _parsed(line: str) -> dict[str, Any] | None:
    """A line; None for one that was cut short."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def _number(value: float | str) -> float:
    return float(value)
