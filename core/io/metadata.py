"""What a picture file says beside its pixels: date, description, copyright, resolution, and the color profile."""

import logging
import re
import struct
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from PIL import Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from .profiles import color_profile, fits, is_srgb, srgb_profile
from .tiff import BROKEN, directory_at

log = logging.getLogger(__name__)

EXIF, GPS, ORIENTATION, X_RESOLUTION, Y_RESOLUTION, UNIT = 34665, 34853, 274, 282, 283, 296
WORDS = (269, 270, 271, 272, 285, 305, 306, 315, 316, 18246, 18249, 33432, *range(40091, 40096))
"""Tags of the main directory that say something of the photo, not of how its file is made."""
OF_PIXELS = (40961, 40962, 40963, 40965)  # color space, size, and the place of another directory
XMP, IPTC, PHOTOSHOP, ICC = 700, 33723, 34377, 34675
IPTC_RESOURCE = 0x0404
PNG_WORDS = {"Description": 270, "Author": 315, "Copyright": 33432, "Software": 305}


@dataclass(frozen=True)
class Metadata:
    """What a file says.

    Attributes:
        exif: tags by number; 34665 and 34853 are tags of their own.
        dpi: resolution across and down, in dots per inch.
        profile: the ICC profile of the colors.
        xmp: an XMP packet.
        iptc: records of IPTC.
        text: the words of a PNG file by their names.
        comment: of a JPEG file.
    """

    exif: dict[int, Any] | None = None
    dpi: tuple[float, float] | None = None
    profile: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    text: dict[str, str] | None = None
    comment: bytes | None = None

    def of_result(self, converted: bool, shape: tuple[int, ...], kept: bool = False) -> "Metadata":
        """That of the restored picture, which is upright, and in sRGB if its colors were `converted`.

        Args:
            converted: whether the colors are others than those of the file.
            shape: of the picture, (1, C, H, W).
            kept: whether they are those of the file's profile, which stays.

        Returns:
            The metadata to write.
        """
        channels, height, width = shape[1:]
        exif = {tag: value for tag, value in (self.exif or {}).items() if tag != ORIENTATION}
        if EXIF in exif:
            exif[EXIF] = {tag: value for tag, value in exif[EXIF].items() if tag not in OF_PIXELS}
            exif[EXIF] |= {40962: width, 40963: height}
        profile = self.profile if kept else None
        if not kept and self.profile and (converted or is_srgb(self.profile)):
            profile = srgb_profile(channels) if converted or not fits(self.profile, channels) else self.profile
        turned = self.dpi and (self.exif or {}).get(ORIENTATION, 1) in (5, 6, 7, 8)
        dpi = self.dpi[::-1] if turned and self.dpi else self.dpi
        return replace(self, exif=exif, profile=profile, dpi=dpi, xmp=_upright(self.xmp))

    def for_channels(self, channels: int) -> "Metadata":
        """The same for a picture of 1 or 3 channels, with a profile for as many, or without one."""
        if self.profile is None or fits(self.profile, channels):
            return self
        if is_srgb(self.profile):
            return replace(self, profile=srgb_profile(channels))
        profile = color_profile(self.profile) if channels == 3 and fits(self.profile, 1) else None
        if profile is None:
            log.warning("the color profile does not fit the result and is left out")
        return replace(self, profile=profile)

    def exif_bytes(self) -> bytes:
        """As EXIF, with the resolution; nothing where there is nothing to say."""
        tags = dict(self.exif or {})
        if self.dpi:
            tags |= {X_RESOLUTION: IFDRational(self.dpi[0]), Y_RESOLUTION: IFDRational(self.dpi[1]), UNIT: 2}
        exif = Image.Exif()
        for tag, value in tags.items():
            exif[tag] = value
        try:
            return exif.tobytes() if tags else b""
        except BROKEN as error:
            log.warning("the EXIF data of the photo cannot be written and is left out: %s", error)
            return b""

    def directory(self) -> ImageFileDirectory_v2:
        """As tags of a TIFF file."""
        tags = ImageFileDirectory_v2()
        for tag, value in (self.exif or {}).items():
            tags[tag] = value
        if self.dpi:
            tags[X_RESOLUTION], tags[Y_RESOLUTION], tags[UNIT] = (*map(IFDRational, self.dpi), 2)
        for tag, data, kind in ((XMP, self.xmp, 1), (IPTC, self.iptc, 7), (ICC, self.profile, 7)):
            if data:
                tags.tagtype[tag] = kind
                tags[tag] = data
        return tags


def read_metadata(source: Image.Image | ImageFileDirectory_v2, file: BinaryIO | None = None) -> Metadata:
    """What a file says beside its pixels. What of it is broken is left out.

    Args:
        source: a Pillow picture, or the tags of a TIFF page.
        file: of the page.

    Returns:
        The `Metadata`, as the file has it.
    """
    try:
        if isinstance(source, Image.Image):
            return _of_picture(source)
        return _of_page(source, file)
    except BROKEN as error:
        log.warning("the metadata of the photo cannot be read and is left out: %s", error)
        profile = source.info.get("icc_profile") if isinstance(source, Image.Image) else source.get(ICC)
        return Metadata(profile=profile if isinstance(profile, bytes) else None)


def _of_picture(picture: Image.Image) -> Metadata:
    info, exif = picture.info, _words(picture.getexif())
    text = {k: str(v) for k, v in getattr(picture, "text", {}).items() if not k.startswith(("Raw profile", "XML:"))}
    for name, tag in PNG_WORDS.items():
        if name in text:
            exif.setdefault(tag, text[name])
    dpi = info.get("dpi") or _dpi(exif)
    xmp = info.get("xmp") or info.get("XML:com.adobe.xmp")
    resources = info.get("photoshop")
    iptc = resources.get(IPTC_RESOURCE) if isinstance(resources, dict) else _iptc_of_text(info)
    return Metadata(
        exif=exif,
        dpi=_checked_dpi(dpi),
        profile=info.get("icc_profile") or None,
        xmp=xmp.encode() if isinstance(xmp, str) else xmp,
        iptc=iptc if isinstance(iptc, bytes) else None,
        text=text,
        comment=info.get("comment") if isinstance(info.get("comment"), bytes) else None,
    )


def _of_page(tags: ImageFileDirectory_v2, file: BinaryIO | None) -> Metadata:
    exif = {tag: tags[tag] for tag in (*WORDS, ORIENTATION, X_RESOLUTION, Y_RESOLUTION, UNIT) if tag in tags}
    if file is not None:
        for tag in (EXIF, GPS):
            if inner := _inner(tags, file, tag):
                exif[tag] = inner
    xmp, profile = tags.get(XMP), tags.get(ICC)
    iptc = tags.get(IPTC)
    if isinstance(iptc, tuple):  # of 32 bits each
        iptc = struct.pack(f"{'<' if tags.prefix == b'II' else '>'}{len(iptc)}L", *iptc)
    return Metadata(
        exif={tag: value for tag, value in exif.items() if tag not in (X_RESOLUTION, Y_RESOLUTION, UNIT)},
        dpi=_checked_dpi(_dpi(exif)),
        profile=profile if isinstance(profile, bytes) else None,
        xmp=xmp if isinstance(xmp, bytes) else None,
        iptc=iptc if isinstance(iptc, bytes) else None,
    )


def _inner(tags: ImageFileDirectory_v2, file: BinaryIO, tag: int) -> dict[int, Any]:
    """The tags of a directory within a page."""
    place = tags.get(tag)
    if not isinstance(place, int) or not place:
        return {}
    try:
        inner = directory_at(file, place, tag)
        return {t: inner[t] for t in inner if t not in OF_PIXELS}
    except BROKEN:
        return {}


def _words(exif: Image.Exif) -> dict[int, Any]:
    tags = {tag: exif[tag] for tag in (*WORDS, ORIENTATION, X_RESOLUTION, Y_RESOLUTION, UNIT) if tag in exif}
    for tag in (EXIF, GPS):
        if tag in exif and (inner := {t: v for t, v in exif.get_ifd(tag).items() if not isinstance(v, dict)}):
            tags[tag] = inner
    return tags


def _dpi(exif: dict[int, Any]) -> tuple[float, float] | None:
    try:
        across, down = float(exif[X_RESOLUTION]), float(exif[Y_RESOLUTION])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    factor = {2: 1.0, 3: 2.54}.get(exif.get(UNIT, 2))
    return (across * factor, down * factor) if factor else None


def _checked_dpi(dpi: Any) -> tuple[float, float] | None:
    try:
        across, down = float(dpi[0]), float(dpi[1])
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return (across, down) if 1 <= across <= 1e5 and 1 <= down <= 1e5 else None


def _iptc_of_text(info: dict[Any, Any]) -> bytes | None:
    """As ImageMagick and ExifTool keep it in a PNG file: a block of Photoshop in hexadecimal digits."""
    words = str(info.get("Raw profile type iptc", "")).split()
    if len(words) < 3:
        return None
    try:
        block = bytes.fromhex("".join(words[2:]))
    except ValueError:
        return None
    if block[:6] != b"8BIM\4\4":
        return block
    start = 8 + (block[6] & ~1)
    (size,) = struct.unpack_from(">L", block, start)
    return block[start + 4 : start + 4 + size]


def _upright(xmp: bytes | None) -> bytes | None:
    """XMP that says nothing else of the orientation than the pixels."""
    if xmp is None:
        return None
    xmp = re.sub(rb'(tiff:Orientation=")\d(")', rb"\g<1>1\2", xmp)
    return re.sub(rb"(<tiff:Orientation>)\d(</)", rb"\g<1>1\2", xmp)
