"""Picture files to tensors and back: the only place where files are decoded and written.

Decoded here: EXIF orientation, 8 and 16 bits, palette, gray, CMYK, floating point, and color profiles
(converted to sRGB). Alpha is no part of a picture's color: `load_mask` and `load_alpha` read it.
"""

import contextlib
import io
import logging
import os
import struct
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageCms, UnidentifiedImageError
from torch import Tensor

from ..errors import InputError, PictureError, UnknownNameError
from ..image.checks import check_image
from ..image.color import luminance
from ..image.masks import binarize, fit

log = logging.getLogger(__name__)
FilePath = str | os.PathLike[str]

MAX_PIXELS = 178_956_970  # where Pillow stops by default; about 13 400 x 13 400
ENDINGS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
}
OPTIONS = {
    "PNG": {"compress_level": 4},
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_lzw"},
}
CHANNELS = ("luminance", "alpha", "red", "green", "blue")
TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {  # by EXIF orientation
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a.swapaxes(0, 1), 2),
    8: np.rot90,
}


def load_image(path: FilePath) -> Tensor:
    """Read a picture file as float32 (1, C, H, W) in [0, 1]; C is 1 for a gray file, else 3 (sRGB).

    Alpha is left out and the colors under it are kept. Raises `PictureError` for a file that is
    missing, not a picture, cut short, or of more than `MAX_PIXELS`.
    """
    with open_picture(path) as picture:
        return _tensor(_deep(picture, path) if _is_deep_color(picture) else _flat(picture), picture)


def load_alpha(path: FilePath) -> Tensor:
    """Opacity of a picture file as float32 (1, 1, H, W), 1 = opaque; all 1 where it has none."""
    with open_picture(path) as picture:
        if not picture.has_transparency_data:
            return _tensor(np.full((picture.height, picture.width), 255, np.uint8), picture)
        return _tensor(np.asarray(picture.convert("RGBA").getchannel("A")), picture)


def load_mask(path: FilePath, channel: str = "luminance") -> Tensor:
    """Read a mask file as float32 (1, 1, H, W) in [0, 1], 1 = fill.

    channel: "luminance", "red", "green", "blue": white = fill, what is transparent is not; "alpha":
    transparent = fill, as ComfyUI has it. Raises `PictureError` and `UnknownNameError`.
    """
    if channel not in CHANNELS:
        raise UnknownNameError("mask channel", channel, CHANNELS)
    alpha = load_alpha(path)
    if channel == "alpha":
        return 1 - alpha
    image = load_image(path)
    if channel == "luminance" or image.shape[1] == 1:
        return luminance(image) * alpha
    return image[:, [("red", "green", "blue").index(channel)]] * alpha


def load_hole(path: FilePath, like: Tensor, threshold: float = 0.5, invert: bool = False) -> Tensor:
    """Read a mask file, white = fill, as a hole (1, 1, H, W) of 0 and 1 at the size of `like`.

    invert: for a mask that marks what is known in white. Raises as `load_mask` and `binarize` do.
    """
    return fit(binarize(load_mask(path), threshold, invert), like)


def bits_of(path: FilePath) -> int:
    """Bits a channel that the file holds: 8 or 16."""
    with open_picture(path) as picture:
        return 16 if _is_deep_color(picture) or picture.mode.startswith(("I", "F")) else 8


def save_image(image: Tensor, path: FilePath, bits: int = 8) -> None:
    """Write (1, 1 or 3, H, W) in [0, 1], rounded to 8 or 16 bits; the file appears whole or not at all.

    The name's ending chooses the format: png, tif, bmp and webp keep every value, jpg does not; 16
    bits need png or tif. Raises `InputError`, and `PictureError` when the place cannot be written to.
    """
    check_image(image)
    if len(image) != 1:
        raise InputError(f"one file holds one picture, got a batch of {len(image)}")
    if bits not in (8, 16):
        raise InputError(f"bits must be 8 or 16, got {bits}")
    kind = format_of(path)
    if bits == 16 and kind not in ("PNG", "TIFF"):
        raise InputError(f"16 bits can be kept in .png and .tif, not in {Path(path).name!r}")
    levels = (image[0].float() * (2**bits - 1)).round_().permute(1, 2, 0).cpu().numpy()
    levels = levels.astype(np.uint8 if bits == 8 else np.uint16)
    levels = levels[..., 0] if levels.shape[2] == 1 else levels
    if bits == 16:
        write_bytes(_encode_deep(levels, kind), path)
    else:
        save_picture(Image.fromarray(levels), path)


def save_picture(picture: Image.Image, path: FilePath, **options: object) -> None:
    """Write a Pillow picture in the format of its name's ending, whole or not at all."""
    kind = format_of(path)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **{**OPTIONS.get(kind, {}), **options})
    write_bytes(buffer.getvalue(), path)


def format_of(path: FilePath) -> str:
    """Pillow's name of the format that a file name's ending means. Raises `PictureError`."""
    kind = ENDINGS.get(Path(path).suffix.lower())
    if kind is None:
        raise PictureError(f"cannot write {Path(path).name!r}: end it with one of {', '.join(ENDINGS)}")
    return kind


def write_bytes(data: bytes, path: FilePath) -> None:
    """Write a file whole or not at all, making its folder if there is none. Raises `PictureError`."""
    path = Path(path)
    part = path.with_name(f".{path.name[:100]}.{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise PictureError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def open_picture(path: FilePath) -> Iterator[Image.Image]:
    """The picture, its size checked before a pixel is decoded; every failure a `PictureError`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(path)
        with picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            yield picture
    except PictureError:
        raise
    except FileNotFoundError as error:
        raise PictureError(f"there is no picture {os.fspath(path)!r}; check the name and the folder") from error
    except Image.DecompressionBombError as error:
        raise PictureError(
            f"{os.fspath(path)!r} claims more than {MAX_PIXELS / 1e6:.0f} megapixels, which is the most "
            "that is read; scale it down or cut out the part to restore"
        ) from error
    except UnidentifiedImageError as error:
        raise PictureError(
            f"{os.fspath(path)!r} is not a picture that can be read, whatever its name says; "
            "give a PNG, JPEG, TIFF, WebP or BMP file"
        ) from error
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise PictureError(f"{os.fspath(path)!r} cannot be read: {error}") from error


def _is_deep_color(picture: Image.Image) -> bool:
    """Whether a color file holds 16 bits a channel, of which Pillow keeps the upper 8."""
    return picture.mode in ("RGB", "RGBA") and ";16" in str(picture.tile)


def _deep(picture: Image.Image, path: FilePath) -> np.ndarray:
    """A 16-bit color file by OpenCV; by Pillow at 8 bits if a profile has to be applied."""
    import cv2

    array = None if _profile(picture) else cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if array is None or array.dtype != np.uint16 or array.ndim != 3:
        return _flat(picture)
    return array[..., 2::-1]


def _encode_deep(levels: np.ndarray, kind: str) -> bytes:
    import cv2

    turned = levels if levels.ndim == 2 else levels[..., ::-1]
    return cv2.imencode(".png" if kind == "PNG" else ".tif", turned)[1].tobytes()


def _flat(picture: Image.Image) -> np.ndarray:
    """Colors without alpha as an array: uint8 or uint16 (H, W[, 3]), or float in [0, 1]."""
    picture.load()
    mode = picture.mode
    if mode.startswith(("I", "F")):
        return _wide(np.asarray(picture))
    gray = mode in ("1", "L", "LA", "La")
    if mode not in ("L", "CMYK", "RGB"):
        picture = picture.convert("L" if gray else "RGB")
    profile = _profile(picture)
    if profile:
        picture = _to_srgb(picture, profile)
    return np.asarray(picture.convert("L" if gray else "RGB"))


def _wide(array: np.ndarray) -> np.ndarray:
    """Gray of more than 8 bits: floats in [0, 1] or integers up to 65535."""
    top = 1 if array.dtype.kind == "f" else 65535
    if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= top):
        raise PictureError(f"its gray values go from {array.min()} to {array.max()}; expected 0 to {top}")
    return array if top == 1 else array.astype(np.uint16)


def _profile(picture: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """The color profile to convert from; None if there is none, or it is sRGB already."""
    data = picture.info.get("icc_profile")
    if not data:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        return None if "srgb" in ImageCms.getProfileDescription(profile).lower() else profile
    except (OSError, ImageCms.PyCMSError):
        log.warning("the color profile of the picture cannot be read and is passed over")
        return None


def _to_srgb(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    try:
        return ImageCms.profileToProfile(
            picture,
            profile,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
        )
    except ImageCms.PyCMSError:
        log.warning("the color profile does not fit the picture (%s) and is passed over", picture.mode)
        return picture


def _tensor(array: np.ndarray, picture: Image.Image) -> Tensor:
    """(H, W[, 3]) as decoded -> (1, C, H, W) in [0, 1], turned upright."""
    turn = TURNS.get(picture.getexif().get(0x0112, 1))
    array = turn(array) if turn else array
    top = np.iinfo(array.dtype).max if array.dtype.kind == "u" else 1
    values = torch.from_numpy(np.array(array, np.float32)).div_(top)
    return (values[None] if values.ndim == 2 else values.permute(2, 0, 1).contiguous())[None]
