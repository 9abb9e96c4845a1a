"""What a file is that Pillow does not open, by its first bytes; and the packages that teach Pillow more formats."""

import importlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image

HEAD = 512
UNLISTED = (".mpo", ".heic", ".heif", ".hif", ".avif", ".avifs", ".jxl")  # opened as JPEG, or by other packages
NO_PHOTOS = ("BUFR", "EPS", "FLI", "GRIB", "HDF5", "MPEG", "PDF", "WMF")  # drawings, films, and what others read


class Plugin(NamedTuple):
    """A format that Pillow reads by a package: its name, the package, its module, and what to call in it."""

    title: str
    package: str
    module: str
    register: str = ""


HEIC = Plugin("a HEIC picture", "pillow-heif", "pillow_heif", "register_heif_opener")
AVIF = Plugin("an AVIF picture", "pillow-avif-plugin", "pillow_avif")
JXL = Plugin("a JPEG XL picture", "pillow-jxl-plugin", "pillow_jxl")
BRANDS = {b"avif": AVIF, b"avis": AVIF} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), HEIC
)
RAW = "a raw file of a camera; develop it, and give the TIFF or PNG of 16 bits"
DRAWING = "a vector drawing; export it as PNG"
LAYERS = "a file of a paint program; export it as PNG or TIFF"
STARTS = {
    b"FUJIFILMCCD-RAW": RAW,
    b"IIRO": RAW,
    b"IIRS": RAW,
    b"MMOR": RAW,
    b"IIU\0": RAW,
    b"FOVb": RAW,
    b"\0MRM": RAW,
    b"gimp xcf": LAYERS,
    b"8BPS": LAYERS,
    b"%PDF": "a PDF document; export its page as PNG or TIFF",
    b"%!PS": DRAWING,
    b"\xc5\xd0\xd3\xc6": DRAWING,
    b"PK\x03\x04": "a ZIP archive, or a document or drawing that is one; unpack or export the picture",
    b"Rar!": "a RAR archive; unpack the picture",
    b"\x1f\x8b": "a gzip archive; unpack the picture",
    b"\0\x05\x16\x07": "what macOS keeps beside a picture (its name begins with `._`); give the picture itself",
    b"version https://git-lfs": "a pointer of Git LFS; fetch the picture with `git lfs pull`",
    b"\x1aE\xdf\xa3": "a film; export one frame as PNG",
    b"v/1\x01": "an OpenEXR picture; save it as TIFF or PNG of 16 bits",
    b"AT&TFORM": "a DjVu document; export its page as TIFF",
}
TRUNCATED = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"II*\0": "TIFF", b"MM\0*": "TIFF", b"BM": "BMP"}


@lru_cache(maxsize=1)
def picture_endings() -> frozenset[str]:
    """The endings of the picture files that may be read: by Pillow, and by packages that teach it more.

    Returns:
        Endings such as ".png", in small letters.
    """
    Image.init()
    known = Image.registered_extensions().items()
    return frozenset(ending for ending, kind in known if kind in Image.OPEN and kind not in NO_PHOTOS) | {*UNLISTED}


def plugin_of(head: bytes) -> Plugin | None:
    """The package that reads a file.

    Args:
        head: the first bytes of the file.

    Returns:
        None for a format that Pillow knows by itself, or for none.
    """
    if head.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")):
        return JXL
    if head[4:8] == b"ftyp":
        brands = [head[8:12], *(head[i : i + 4] for i in range(16, min(len(head), head[3]), 4))]
        return next((BRANDS[brand] for brand in brands if brand in BRANDS), None)
    return None


def register(plugin: Plugin) -> bool:
    """Teach Pillow a format by the package for it.

    Args:
        plugin: as `plugin_of` gives it.

    Returns:
        Whether the package is installed.
    """
    try:
        module = importlib.import_module(plugin.module)
    except ImportError:
        return False
    if plugin.register:
        getattr(module, plugin.register)()
    return True


def describe(path: str | Path) -> str:
    """What a file is that cannot be opened as a picture, and what to do: the end of a sentence.

    Args:
        path: of a file that is there.

    Returns:
        Such as "is a PDF document; export its page as PNG or TIFF".
    """
    with Path(path).open("rb") as file:
        head = file.read(HEAD)
    if not head.strip(b"\0"):
        return f"holds nothing{' but zeros' if head else ''}; copy or scan it again"
    if plugin := plugin_of(head):
        return f"is {plugin.title}, which needs a package: pip install {plugin.package}; or save it as JPEG or PNG"
    for start, what in STARTS.items():
        if head.startswith(start):
            return f"is {what}"
    if head[4:8] == b"ftyp":
        return f"is {RAW if head[8:11] == b'crx' else 'a film; export one frame as PNG'}"
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if text.startswith((b"<svg", b"<?xml")):
        return f"is {DRAWING}"
    if text.startswith((b"<!doctype", b"<html")):
        return "is a web page; save the picture itself"
    for start, kind in TRUNCATED.items():
        if head.startswith(start):
            return f"begins as a {kind} file and is broken or cut short; copy or scan it again"
    return "is not a picture that can be read, whatever its name says; give a PNG, JPEG, TIFF, WebP or BMP file"
