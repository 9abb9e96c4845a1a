"""Color profiles (ICC): converted to sRGB at every depth, told by what they say and not by their names.

LittleCMS in Pillow converts 8 bits. Of deeper pictures, curves and matrices are computed here; tables of more
dimensions are taken from LittleCMS at nodes and interpolated.
"""

import functools
import io
import logging
import struct
from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

log = logging.getLogger(__name__)

NODES = 18  # a side of the table of a profile that is one: 0, 15, ... 255, which 8 bits hold
ALIKE = 30  # levels of 255 by which middle gray is brighter or darker: gamma 1.8 has 18, linear light 60
SAME = 2  # levels of 255 by which profiles of sRGB differ
SPACES = {"GRAY": 1, "RGB": 3, "CMYK": 4}
MODES = {1: "L", 3: "RGB", 4: "CMYK"}
CREATED = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)  # where LittleCMS writes the time at which it is called
Curve = Callable[[NDArray], NDArray]


def to_srgb(colors: NDArray, profile: bytes | None) -> NDArray:
    """Colors converted to sRGB; gray stays gray.

    Args:
        colors: (H, W), (H, W, 3) or, of CMYK, (H, W, 4): uint8, uint16 or float32 in [0, 1].
        profile: of these colors. One that is broken, or of another kind of colors, is passed over with a warning.

    Returns:
        (H, W) or (H, W, 3) of the same type: unchanged where the profile says sRGB; CMYK is RGB in any case.
    """
    channels = 1 if colors.ndim == 2 else colors.shape[2]
    space = _space(profile) if profile else None
    if profile and not space:
        log.warning("the color profile of the picture cannot be read and is passed over")
    elif profile and (space == channels or (channels, space) == (1, 3)):
        if is_srgb(profile):
            return colors
        return _converted(colors, profile, channels)
    elif profile:
        log.warning("the color profile does not fit the picture (%s) and is passed over", MODES[channels])
    return without_ink(colors) if channels == 4 else colors


def fits(profile: bytes | None, channels: int) -> bool:
    """Whether a profile can be written into a picture of 1 or 3 channels."""
    return bool(profile) and _space(profile or b"") == channels


@functools.lru_cache(maxsize=16)
def is_srgb(profile: bytes) -> bool:
    """Whether a profile of gray or RGB shows every color as sRGB does, whatever its name.

    Args:
        profile: the bytes of an ICC profile.

    Returns:
        False also for a profile that cannot be read.
    """
    space = _space(profile)
    if space not in (1, 3):
        return False
    levels = np.arange(0, 256, 1 if space == 1 else 15, dtype=np.uint8)
    nodes = levels[None] if space == 1 else np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3)
    shown = _by_lcms(nodes, profile)
    expected = nodes[..., None] if space == 1 else nodes
    return shown is not None and int(np.abs(shown.astype(int) - expected).max()) <= SAME


@functools.lru_cache(maxsize=16)
def is_like_srgb(profile: bytes) -> bool:
    """Whether a profile of gray or RGB shows its middle gray about as bright as sRGB does.

    Args:
        profile: the bytes of an ICC profile.

    Returns:
        False for one of linear light, and one that cannot be read.
    """
    middle = np.full((1, 1) if _space(profile) == 1 else (1, 1, 3), 128, np.uint8)
    shown = _by_lcms(middle, profile)
    return shown is not None and abs(int(shown.mean()) - 128) <= ALIKE


def space_of(profile: bytes) -> str:
    """The kind of colors that a profile is for, such as "CMYK"; "other colors" where that cannot be read."""
    return MODES.get(_space(profile) or 0, "other colors").replace("L", "gray")


@functools.cache
def srgb_profile(channels: int) -> bytes:
    """An ICC profile of sRGB for pictures of 1 or 3 channels, of a fixed date: the same picture is the same file."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rgb = made[:24] + CREATED + made[36:]
    return rgb if channels == 3 else _gray_profile(rgb)


def without_ink(colors: NDArray) -> NDArray:
    """CMYK (H, W, 4) as RGB without a profile."""
    if colors.dtype == np.uint8:
        return np.asarray(Image.fromarray(np.ascontiguousarray(colors), "CMYK").convert("RGB"))
    top = 1 if colors.dtype.kind == "f" else np.iinfo(colors.dtype).max
    light = 1 - colors.astype(np.float32) / top
    return _as(light[..., :3] * light[..., 3:], colors.dtype)


def _space(profile: bytes) -> int | None:
    """How many channels a profile is for; None for one that cannot be read."""
    try:
        space = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space.strip()
    except (OSError, ImageCms.PyCMSError):
        return None
    return SPACES.get(space, 0) or None


def _converted(colors: NDArray, profile: bytes, channels: int) -> NDArray:
    exact = _exact(profile)
    if colors.dtype == np.uint8 and not (channels == 1 and exact):  # LittleCMS rounds dark gray too early
        shown = _by_lcms(colors, profile)
        if shown is None:
            log.warning("the color profile cannot be applied and is passed over")
            return without_ink(colors) if channels == 4 else colors
        return shown[..., 1] if channels == 1 else shown
    top = 1 if colors.dtype.kind == "f" else np.iinfo(colors.dtype).max
    values = colors.reshape(*colors.shape[:2], channels)
    convert = exact or _table(profile)
    count = _space(profile)
    result = np.empty((*values.shape[:2], 1 if channels == 1 else 3), colors.dtype)
    for row in range(0, len(values), 64):  # so that floats of few rows are in memory at once
        part = values[row : row + 64].astype(np.float64) / top
        shown = convert(np.repeat(part, 3, 2) if channels == 1 and count == 3 else part)
        green = shown.shape[-1] // 2  # or gray
        result[row : row + 64] = _as(shown[..., green : green + 1] if channels == 1 else shown, colors.dtype)
    return result[..., 0] if channels == 1 else result


def _as(values: NDArray, dtype: np.dtype) -> NDArray:
    values = np.clip(values, 0, 1)
    return values.astype(dtype) if dtype.kind == "f" else np.rint(values * np.iinfo(dtype).max).astype(dtype)


def _by_lcms(colors: NDArray, profile: bytes) -> NDArray | None:
    """8 bits in sRGB, (H, W, 3); None for a profile that LittleCMS does not apply."""
    picture = Image.fromarray(np.ascontiguousarray(colors))
    if colors.ndim == 3 and colors.shape[2] == 4:
        picture = Image.frombytes("CMYK", colors.shape[1::-1], np.ascontiguousarray(colors).tobytes())
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if picture.mode == "L" and _space(profile) == 3:
        picture = picture.convert("RGB")
    try:
        shown = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC, "RGB"
        )
    except ImageCms.PyCMSError:
        return None
    return None if shown is None else np.asarray(shown)


def _exact(profile: bytes) -> Callable[[NDArray], NDArray] | None:
    """The conversion by a profile of curves and a matrix, or of a gray curve; None for a profile of tables."""
    tags = _tags(profile)
    names = ("kTRC",) if _space(profile) == 1 else ("rTRC", "gTRC", "bTRC")
    if profile[20:24] != b"XYZ " or "A2B0" in tags or any(name not in tags for name in names):
        return None
    curves = [_curve(tags[name]) for name in names]
    if len(curves) == 1:
        return lambda values: _encode_srgb(curves[0](values))
    try:
        matrix = np.linalg.inv(_matrix(_tags(srgb_profile(3)))) @ _matrix(tags)
    except (KeyError, struct.error):
        return None

    def convert(values: NDArray) -> NDArray:
        light = np.stack([curve(values[..., i]) for i, curve in enumerate(curves)], -1)
        return _encode_srgb(light @ matrix.T)

    return convert


def _table(profile: bytes) -> Callable[[NDArray], NDArray]:
    """The conversion by LittleCMS at nodes, and linear between them."""
    count = _space(profile) or 3
    levels = np.linspace(0, 255, NODES).astype(np.uint8)
    nodes = np.stack(np.meshgrid(*[levels] * count, indexing="ij"), -1).reshape(1, -1, count)
    shown = _by_lcms(nodes[..., 0] if count == 1 else nodes, profile)
    if shown is None:
        log.warning("the color profile cannot be applied and is passed over")
        return lambda values: without_ink(values) if count == 4 else values
    table = (shown.reshape(-1, 3) / 255).astype(np.float64)
    strides = NODES ** np.arange(count)[::-1]

    def convert(values: NDArray) -> NDArray:
        place = np.clip(values, 0, 1) * (NODES - 1)
        low = np.minimum(place.astype(int), NODES - 2)
        part = place - low
        total = np.zeros((*values.shape[:-1], 3))
        for corner in product((0, 1), repeat=count):
            weight = np.prod(np.where(corner, part, 1 - part), -1)
            total += weight[..., None] * table[((low + corner) * strides).sum(-1)]
        return total

    return convert


def _tags(profile: bytes) -> dict[str, bytes]:
    """The elements of a profile by their signatures."""
    (count,) = struct.unpack_from(">L", profile, 128)
    tags = {}
    for i in range(min(count, 100)):
        name, place, size = struct.unpack_from(">4sLL", profile, 132 + 12 * i)
        tags[name.decode("latin-1")] = profile[place : place + size]
    return tags


def _matrix(tags: dict[str, bytes]) -> NDArray:
    """The XYZ of red, green and blue, as columns."""
    columns = [np.frombuffer(tags[name], ">i4", 3, 8) / 65536 for name in ("rXYZ", "gXYZ", "bXYZ")]
    return np.stack(columns, -1)


def _curve(tag: bytes) -> Curve:
    """A curve from values in [0, 1] to light in [0, 1]."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">L", tag, 8)
        if count == 0:
            return lambda v: v
        points = np.frombuffer(tag, ">u2", count, 12)
        if count == 1:
            return lambda v: v ** (points[0] / 256)
        return lambda v: np.interp(v, np.linspace(0, 1, count), points / 65535)
    kind, _ = struct.unpack_from(">HH", tag, 8)
    g, a, b, c, d, e, f = (*(np.frombuffer(tag, ">i4", (1, 3, 4, 5, 7)[kind], 12) / 65536), *[0.0] * 7)[:7]
    if kind == 0:
        return lambda v: v**g
    if kind < 3:
        c, f, e, d = 0.0, 0.0, (c if kind == 2 else 0.0), -b / a
        return lambda v: np.where(v >= d, np.maximum(a * v + b, 0) ** g, 0) + e
    return lambda v: np.where(v >= d, np.maximum(a * v + b, 0) ** g + e, c * v + f)


def _encode_srgb(light: NDArray) -> NDArray:
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def color_profile(gray: bytes) -> bytes | None:
    """A profile of RGB that shows equal values as a profile of gray shows them; None where that has no curve."""
    source, rgb = _tags(gray), srgb_profile(3)
    if "kTRC" not in source or gray[20:24] != b"XYZ ":
        return None
    return _built(rgb[:128], _tags(rgb) | dict.fromkeys(("rTRC", "gTRC", "bTRC"), source["kTRC"]))


def _gray_profile(rgb: bytes) -> bytes:
    """A profile of gray with the curve of one of RGB."""
    source = _tags(rgb)
    header = bytearray(rgb[:128])
    header[16:20] = b"GRAY"
    return _built(bytes(header), {name: source[name] for name in ("desc", "cprt", "wtpt")} | {"kTRC": source["rTRC"]})


def _built(header: bytes, tags: dict[str, bytes]) -> bytes:
    """A profile of these elements."""
    place, table, data = 132 + 12 * len(tags), struct.pack(">L", len(tags)), b""
    for name, tag in tags.items():
        table += struct.pack(">4sLL", name.encode(), place + len(data), len(tag))
        data += tag.ljust(-(-len(tag) // 4) * 4, b"\0")
    start = bytearray(header)
    start[0:4], start[84:100] = struct.pack(">L", place + len(data)), bytes(16)
    return bytes(start) + table + data
