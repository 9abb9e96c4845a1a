"""Picture files decoded: EXIF orientation, 8 and 16 bits, palette, gray, CMYK, floating point, color profiles.

Profiles are converted to sRGB. Pillow decodes all but color of 16 bits a channel, which OpenCV does.
"""

import contextlib
import io
import logging
import os
import struct
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageCms, UnidentifiedImageError
from torch import Tensor

from ..errors import PictureError
from ..host.thread import run_in_thread

log = logging.getLogger(__name__)
FilePath = str | os.PathLike[str]

MAX_PIXELS = 178_956_970  # where Pillow stops by default; about 13 400 x 13 400
TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {  # by EXIF orientation
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a.swapaxes(0, 1), 2),
    8: np.rot90,
}


@contextlib.contextmanager
def open_picture(path: FilePath) -> Iterator[Image.Image]:
    """Open a picture file; its size is checked before a pixel is decoded.

    Args:
        path: of the file.

    Yields:
        The picture, not decoded yet.

    Raises:
        PictureError: for a file that is missing, not a picture, cut short, or of more than `MAX_PIXELS`; also where
            decoding fails within the `with` block.
    """
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
        if Path(path).is_dir():
            raise PictureError(f"{os.fspath(path)!r} is a folder; give the name of a picture file in it") from error
        raise PictureError(f"{os.fspath(path)!r} cannot be read: {error}") from error


def is_deep_color(picture: Image.Image) -> bool:
    """Whether a color file holds 16 bits a channel, of which Pillow keeps the upper 8.

    Args:
        picture: as `open_picture` gives it.

    Returns:
        True for 16 bits of color; gray of 16 bits is none.
    """
    return picture.mode in ("RGB", "RGBA") and ";16" in str(getattr(picture, "tile", ""))


def decode(picture: Image.Image, path: FilePath | None = None) -> np.ndarray:
    """Decode the colors of a picture, without alpha.

    Args:
        picture: as `open_picture` gives it, or any.
        path: of its file; without it Pillow decodes color of 16 bits a channel too, to 8.

    Returns:
        (H, W) for a gray picture or (H, W, 3) in RGB: uint8, uint16, or floats in [0, 1]; not turned upright.

    Raises:
        PictureError: for gray values beyond what their type should hold.
    """
    return _decode_flat(picture) if path is None or not is_deep_color(picture) else _decode_deep(picture, path)


def to_tensor(array: np.ndarray, picture: Image.Image) -> Tensor:
    """Decoded values as an image tensor, turned upright by the picture's EXIF orientation.

    Args:
        array: (H, W) or (H, W, 3) as `decode` gives it.
        picture: where it comes from.

    Returns:
        float32 (1, C, H, W) in [0, 1]; H and W are those of the upright picture.
    """
    turn = TURNS.get(picture.getexif().get(0x0112, 1))
    return scaled(turn(array) if turn else array)


def scaled(array: np.ndarray) -> Tensor:
    """(H, W[, C]) of unsigned integers or floats in [0, 1] -> float32 (1, C, H, W) in [0, 1]."""
    levels = np.iinfo(array.dtype).max if array.dtype.kind == "u" else 1
    values = torch.from_numpy(np.array(array, np.float32)).div_(levels)
    return (values[None] if values.ndim == 2 else values.permute(2, 0, 1).contiguous())[None]


def _decode_deep(picture: Image.Image, path: FilePath) -> np.ndarray:
    """A 16-bit color file by OpenCV; by Pillow at 8 bits if a profile has to be applied."""
    import cv2

    data = None if _profile(picture) else np.fromfile(path, np.uint8)
    pixels = picture.width * picture.height
    array = None if data is None else run_in_thread(pixels, cv2.imdecode, data, cv2.IMREAD_UNCHANGED)
    if array is None or array.dtype != np.uint16 or array.ndim != 3:
        return _decode_flat(picture)
    return array[..., 2::-1]


def _decode_flat(picture: Image.Image) -> np.ndarray:
    """Decode the colors of a picture by Pillow, which keeps 8 bits of colors and 16 of gray.

    Args:
        picture: of any mode.

    Returns:
        As `decode`.

    Raises:
        PictureError: as `decode`.
    """
    run_in_thread(picture.width * picture.height, picture.load)
    mode = picture.mode
    if mode.startswith(("I", "F")):
        return _checked_gray(np.asarray(picture))
    gray = mode in ("1", "L", "LA", "La")
    if mode not in ("L", "CMYK", "RGB"):
        picture = picture.convert("L" if gray else "RGB")
    profile = _profile(picture)
    if profile:
        picture = _to_srgb(picture, profile)
    return np.asarray(picture.convert("L" if gray else "RGB"))


def _checked_gray(array: np.ndarray) -> np.ndarray:
    """Gray of more than 8 bits: floats in [0, 1] or integers up to 65535."""
    largest = 1 if array.dtype.kind == "f" else 65535
    if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= largest):
        raise PictureError(f"its gray values go from {array.min()} to {array.max()}; expected 0 to {largest}")
    return array if largest == 1 else array.astype(np.uint16)


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
        return run_in_thread(  # type: ignore[return-value]  # None only where it works in place
            picture.width * picture.height,
            ImageCms.profileToProfile,
            picture,
            profile,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
        )
    except ImageCms.PyCMSError:
        log.warning("the color profile does not fit the picture (%s) and is passed over", picture.mode)
        return picture
