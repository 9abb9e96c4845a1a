"""Node: all pictures of a folder, for graphs that restore an album."""

from pathlib import Path
from typing import Any

from ..core.errors import InputError
from ..core.io.images import load_image
from ..core.io.samples import ALBUM
from . import runtime
from .inputs import combo_input, int_input, string_input
from .tensors import image_out, preview_of

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
        return f"there is no folder {folder!r} in the input folder; make it, put the pictures in it, or choose another"

    @classmethod
    def IS_CHANGED(cls, folder: str | None = None, **_: object) -> str:
        path = _path(folder or "")
        return str([(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in _pictures(path)]) if path else ""

    @runtime.hosted()
    def load(self, folder: str, first: int, count: int, prefix: str) -> dict[str, Any]:
        path = _path(folder)
        pictures = _pictures(path) if path else []
        chosen = pictures[first:][: count or None]
        if not chosen:
            raise InputError(
                f"folder {folder!r} has {len(pictures)} pictures, none after the first {first}; give a lower one"
            )
        report = runtime.progress()
        photos = []
        for done, path in enumerate(chosen):
            report(done, len(chosen))
            photos.append(image_out(load_image(path)))
        names = [prefix + path.stem for path in chosen]
        return {"ui": {"images": preview_of(photos[0])}, "result": (photos, names)}


def _path(folder: str) -> Path | None:
    return ALBUM if folder == SAMPLES else runtime.find_folder(folder)


def _pictures(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_file() and p.suffix.lower() in runtime.PICTURES)
