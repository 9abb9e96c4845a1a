"""Names of saved pictures: ComfyUI's prefixes, kept within the output folder, with numbers that are free."""

import os
import re
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from ..core.errors import InputError
from ..core.io.files import unfit_name

PARTS = {"month": "mon", "day": "mday", "hour": "hour", "minute": "min", "second": "sec"}
ENDING = "_00001_.png"
LONGEST = 255  # bytes of a file's name


def place_of(prefix: str, base: Path, width: int = 0, height: int = 0) -> tuple[Path, str]:
    """Folder and stem of the files of a SaveImage prefix, which may name subfolders.

    Raises `InputError` for a prefix that leads out of the folder `base`, also by a link, or that no file can have.
    """
    filled = _filled(prefix, width, height)
    shown = filled if len(filled) < 100 else f"{filled[:80]}..."
    if any(unicodedata.category(c) == "Cc" for c in filled) or not _is_encodable(filled):
        raise InputError(f"filename_prefix {shown!r} holds a character that no file name may have; choose another name")
    root = base.absolute()
    subfolder, stem = os.path.split(os.path.normpath(filled))
    folder = Path(os.path.normpath(root / subfolder))
    inside = folder.is_relative_to(os.path.normpath(root)) and _real(folder).is_relative_to(_real(root))
    if stem == ".." or not inside:
        raise InputError(f"filename_prefix {shown!r} leads out of the output folder; choose a name within it")
    if fault := unfit_name(Path(subfolder, stem + ENDING)):
        raise InputError(f"filename_prefix {shown!r} holds {fault!r}, which Windows does not take; choose another name")
    if any(len(os.fsencode(part)) > LONGEST for part in (*folder.parts, stem + ENDING)):
        raise InputError(f"filename_prefix {shown!r} has a name longer than {LONGEST} bytes; choose a shorter one")
    return base / folder.relative_to(os.path.normpath(root)), stem


def free_names(folder: Path, stem: str) -> Iterator[int]:
    """Numbers for pictures of that stem, from the first after those in the folder."""
    pattern = re.compile(re.escape(stem) + r"_(\d+)_", re.IGNORECASE if os.name == "nt" else 0)
    names = [f.name for f in folder.iterdir()] if folder.is_dir() else []
    number = max((int(m[1]) for m in map(pattern.match, names) if m), default=0)
    while True:
        number += 1
        yield number


def _filled(prefix: str, width: int, height: int) -> str:
    now = time.localtime()
    parts: dict[str, object] = {"width": width, "height": height, "year": now.tm_year}
    parts |= {k: f"{getattr(now, 'tm_' + v):02}" for k, v in PARTS.items()}
    for key, value in parts.items():
        prefix = prefix.replace(f"%{key}%", str(value))
    return prefix


def _is_encodable(name: str) -> bool:
    try:
        os.fsencode(name)
    except UnicodeEncodeError:  # half of a character
        return False
    return True


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
