"""Picture files to tensors and back.

Alpha is no part of a picture's color: `load_mask` and `load_alpha` read it.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from ..errors import InputError, PictureError
from ..host.thread import run_in_thread
from ..image.checks import check_image
from .decode import FilePath, decode, is_deep_color, open_picture, to_tensor
from .files import write_bytes
from .mask_picture import SoftMask, soft_mask

ENDINGS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
}
OPTIONS: dict[str, dict[str, Any]] = {
    "PNG": {"compress_level": 4},
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_lzw"},
}
MAX_SIDE = {"JPEG": 65_500, "WEBP": 16_383}  # pixels, of the formats that have such a limit below ours


def load_image(path: FilePath) -> Tensor:
    """Read a picture file. Alpha is left out and the colors under it are kept.

    Args:
        path: of a PNG, JPEG, TIFF, WebP or BMP file, or another that Pillow reads.

    Returns:
        float32 (1, C, H, W) in [0, 1]: C is 1 for a gray file, else 3 (sRGB).

    Raises:
        PictureError: for a file that is missing, not a picture, cut short, or of more than `MAX_PIXELS`.
    """
    with open_picture(path) as picture:
        return to_tensor(decode(picture, path), picture)


def image_of(picture: Image.Image) -> Tensor:
    """The colors of a Pillow picture, as `load_image` reads them.

    Args:
        picture: of any mode; an orientation in its EXIF data is applied, and its color profile.

    Returns:
        float32 (1, 1 or 3, H, W) in [0, 1], sRGB.
    """
    return to_tensor(decode(picture), picture)


def load_alpha(path: FilePath) -> Tensor:
    """Read the opacity of a picture file.

    Args:
        path: of the file.

    Returns:
        float32 (1, 1, H, W) in [0, 1], 1 = opaque; all 1 for a file without alpha.

    Raises:
        PictureError: as `load_image`.
    """
    with open_picture(path) as picture:
        return alpha_of(picture)


def alpha_of(picture: Image.Image) -> Tensor:
    """The opacity of a Pillow picture, as `load_alpha` reads it.

    Args:
        picture: of any mode.

    Returns:
        float32 (1, 1, H, W) in [0, 1], 1 = opaque.
    """
    if not picture.has_transparency_data:
        return to_tensor(np.full((picture.height, picture.width), 255, np.uint8), picture)
    run_in_thread(picture.width * picture.height, picture.load)
    return to_tensor(np.asarray(picture.convert("RGBA").getchannel("A")), picture)


def load_mask(path: FilePath, channel: str = "luminance") -> Tensor:
    """Read a mask file.

    Args:
        path: of the file.
        channel: what marks the hole, see `read_mask`.

    Returns:
        float32 (1, 1, H, W) in [0, 1], 1 = fill.

    Raises:
        PictureError: as `load_image`.
        UnknownNameError: for another channel.
    """
    return read_mask(path, channel).soft


def read_mask(path: FilePath, channel: str = "auto") -> SoftMask:
    """Read a mask file, and say how it was understood.

    Args:
        path: of the file.
        channel: "luminance", "red", "green", "blue": white = fill, what is transparent is not; "alpha":
            transparent = fill, as ComfyUI has it; "auto": what the picture most probably marks, see `soft_mask`.

    Returns:
        The `SoftMask`, float32 (1, 1, H, W) in [0, 1], 1 = fill.

    Raises:
        PictureError: as `load_image`.
        UnknownNameError: for another channel.
    """
    alpha = load_alpha(path)
    return soft_mask(load_image(path), None if (alpha == 1).all() else alpha, channel)


def bits_of(path: FilePath) -> int:
    """How many bits a channel of a picture file has.

    Args:
        path: of the file.

    Returns:
        8 or 16.

    Raises:
        PictureError: as `load_image`.
    """
    with open_picture(path) as picture:
        return 16 if is_deep_color(picture) or picture.mode.startswith(("I", "F")) else 8


def save_image(image: Tensor, path: FilePath, bits: int = 8) -> None:
    """Write one image to a file, which appears whole or not at all.

    The name's ending chooses the format: png, tif, bmp and webp keep every value, jpg does not.

    Args:
        image: float (1, 1 or 3, H, W) in [0, 1].
        path: of the file; its folder is made if there is none.
        bits: to which values are rounded, 8, or 16 for png and tif.

    Raises:
        InputError: for a batch, another shape or range, and bits that do not go with the format.
        PictureError: for an unknown ending, and where the file cannot be written.
    """
    check_image(image)
    if len(image) != 1:
        raise InputError(f"one file holds one picture, got a batch of {len(image)}")
    if bits not in (8, 16):
        raise InputError(f"bits must be 8 or 16, got {bits}")
    if bits == 8:
        save_picture(Image.fromarray(_levels(image, 8)), path)
    elif format_of(path) in ("PNG", "TIFF"):
        write_bytes(_encode_deep(_levels(image, 16), format_of(path)), path)
    else:
        raise InputError(f"16 bits can be kept in .png and .tif, not in {Path(path).name!r}")


def save_picture(picture: Image.Image, path: FilePath, **options: object) -> None:
    """Write a Pillow picture to a file, which appears whole or not at all.

    Args:
        picture: to write.
        path: of the file; its ending chooses the format.
        **options: of Pillow's writer, in place of ours.

    Raises:
        PictureError: for an unknown ending, and where the file cannot be written.
    """
    kind = format_of(path)
    check_sides(path, *picture.size)
    buffer = io.BytesIO()
    run_in_thread(picture.width * picture.height, picture.save, buffer, kind, **{**OPTIONS.get(kind, {}), **options})
    write_bytes(buffer.getvalue(), path)


def format_of(path: FilePath) -> str:
    """The format that a file name's ending means.

    Args:
        path: of a file, which need not exist.

    Returns:
        Pillow's name of the format, such as "PNG".

    Raises:
        PictureError: for an ending of no format that we write.
    """
    kind = ENDINGS.get(Path(path).suffix.lower())
    if kind is None:
        raise PictureError(f"cannot write {Path(path).name!r}: end it with one of {', '.join(ENDINGS)}")
    return kind


def check_sides(path: FilePath, width: int, height: int) -> None:
    """Refuse a format that cannot hold a picture of that size.

    Args:
        path: of the file to write.
        width: of the picture, in pixels.
        height: of the picture, in pixels.

    Raises:
        PictureError: names a format that can; also for an unknown ending.
    """
    kind = format_of(path)
    largest = MAX_SIDE.get(kind)
    if largest and max(width, height) > largest:
        raise PictureError(
            f"cannot write {width} x {height} pixels to {Path(path).name!r}: {kind} holds {largest} a side; use .png"
        )


def _levels(image: Tensor, bits: int) -> np.ndarray:
    """(1, C, H, W) in [0, 1] -> integers (H, W) or (H, W, 3)."""
    levels = (image[0].float() * (2**bits - 1)).round_().permute(1, 2, 0).cpu().numpy()
    levels = levels.astype(np.uint8 if bits == 8 else np.uint16)
    return levels[..., 0] if levels.shape[2] == 1 else levels


def _encode_deep(levels: np.ndarray, kind: str) -> bytes:
    """16 bits a channel, which Pillow cannot write in color."""
    import cv2

    bgr = levels if levels.ndim == 2 else levels[..., ::-1]
    return run_in_thread(levels.size, cv2.imencode, ".png" if kind == "PNG" else ".tif", bgr)[1].tobytes()
