"""What several commands need: a progress bar, and places checked before any work."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from ..core.errors import PictureError
from ..core.io.images import format_of


@contextmanager
def progress_bar(name: str) -> Iterator["Progress"]:
    """A bar that appears after a second, on a terminal only, and leaves nothing behind."""
    with tqdm(desc=name, delay=1, disable=None, leave=False) as bar:
        yield Progress(bar)


class Progress:
    """A tqdm bar as the function `(done, total)` that the library calls."""

    def __init__(self, bar: tqdm) -> None:
        self.bar = bar

    def __call__(self, done: int, total: int) -> None:
        self.bar.total = total
        self.bar.update(done - self.bar.n)

    def name(self, text: str) -> None:
        self.bar.set_description(text)


def check_output(out: str, *inputs: str | None) -> None:
    """Refuse, before any work, a place that cannot be written to, or that is one of the inputs."""
    format_of(out)
    for path in map(Path, filter(None, inputs)):
        if Path(out).exists() and path.exists() and path.samefile(out):
            raise PictureError(f"{out} is one of the inputs and would be overwritten; choose another name")
    if Path(out).is_dir():
        raise PictureError(f"{out} is a folder; give the name of a file in it")
    check_writable(Path(out).parent)


def check_writable(folder: Path) -> None:
    """Raise `PictureError` unless the folder, or the nearest one above it, takes new files."""
    there = next(f for f in (folder.absolute(), *folder.absolute().parents) if f.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise PictureError(f"cannot write to {folder}: {there} is {'read-only' if there.is_dir() else 'not a folder'}")
