"""Node: all pictures of a folder, for graphs that restore an album."""

import logging
from pathlib import Path
from typing import Any

from torch import Tensor

from ..core import io
from ..core.errors import InputError, PictureError
from . import runtime
from .inputs import combo_input, int_input, string_input
from .tensors import image_out, preview_of

log = logging.getLogger(__name__)
SAMPLES = "(sample album)"


class LoadFolder:
    CATEGORY = "Monochromic"
    DESCRIPTION = (
        "Reads the pictures of a folder within ComfyUI's input folder, one after the other by name, each at its own "
        "size. The nodes after it run once for each. The node shows the first."
    )
    SEARCH_ALIASES = ("batch", "load folder", "load directory", "image list", "album", "bulk")
    RETURN_TYPES = ("IMAGE", "STRING")
    RETURN_NAMES = ("images", "names")
    OUTPUT_IS_LIST = (True, True)
    OUTPUT_TOOLTIPS = (
        "The photos, a list.",
        "For Save Image's filename_prefix: the prefix and the file's name without extension, a list.",
    )
    FUNCTION = "load"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        first = "Skip this many pictures at the beginning."
        count = "Read at most this many pictures; 0 = all. They are in memory at once, 144 MB for 12 megapixels."
        return {
            "required": {
                "folder": combo_input((SAMPLES, *runtime.list_folders()), SAMPLES, "A folder within the input folder."),
                "first": int_input(0, 0, 2**20, first),
                "count": int_input(20, 0, 2**20, count),
                "prefix": string_input("restored/", "What the names begin with, such as a folder to save in."),
            }
        }

    @classmethod
    def VALIDATE_INPUTS(cls, folder: str | None = None) -> bool | str:
        if folder is None or _path(folder):
            return True
        return f"there is no folder {runtime.missing(folder)}; make it, put the pictures in it, or choose another"

    @classmethod
    def IS_CHANGED(cls, folder: str | None = None, **_: object) -> str:
        path = _path(folder or "")
        return (
            str([(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in runtime.pictures_in(path)]) if path else ""
        )

    @runtime.hosted()
    def load(self, folder: str, first: int, count: int, prefix: str) -> dict[str, Any]:
        path = _path(folder)
        pictures = runtime.pictures_in(path) if path else []
        chosen = pictures[first:][: count or None]
        if not chosen:
            raise InputError(
                f"folder {folder!r} has {len(pictures)} pictures, none after the first {first}; give a lower one"
            )
        photos, names = _read(chosen)
        return {"ui": {"images": preview_of(photos[0])}, "result": (photos, [prefix + name for name in names])}


def _read(paths: list[Path]) -> tuple[list[Tensor], list[str]]:
    """The pictures and their names without ending; those that cannot be read are passed over, and it is said."""
    report, photos, names, first = runtime.progress(), [], [], None
    for done, path in enumerate(paths):
        report(done, len(paths))
        try:
            photos.append(image_out(io.load_image(path, accept_truncated=True)))
        except PictureError as error:
            first = first or error
            log.warning("%s is passed over: %s", path.name, error)
        else:
            names.append(path.stem)
    if not photos:
        raise InputError(f"none of the {len(paths)} pictures can be read; of the first: {first}") from first
    return photos, names


def _path(folder: str) -> Path | None:
    return io.ALBUM if folder == SAMPLES else runtime.find_folder(folder)
