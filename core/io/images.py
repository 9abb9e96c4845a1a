"""Picture files to tensors and back.

Alpha is no part of a picture's color: `load_mask` and `load_alpha` read it.
"""

import io
import logging
import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..errors import InputError, PictureError
from ..host.thread import run_in_thread
from ..image.checks import check_image
from .decode import Photo, load_photo
from .encode import ALPHA, DEEP, OPTIONS, encode
from .files import write_bytes
from .mask_picture import SoftMask, soft_mask
from .metadata import Metadata
from .opening import FilePath

log = logging.getLogger(__name__)

ENDINGS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
}
COLORED = ("WEBP",)  # formats that hold gray as color
MAX_SIDE = {"JPEG": 65_500, "WEBP": 16_383}  # pixels, of the formats that have such a limit below ours


def load_image(path: FilePath, page: int | None = None, accept_truncated: bool = False) -> Tensor:
    """Read a picture file. Alpha is left out and the colors under it are kept.

    Args:
        path: of a PNG, JPEG, TIFF, WebP or BMP file, or another that Pillow reads, also by a plugin.
        page: which of several pictures in the file, from 1; needed where there are several.
        accept_truncated: read a file that ends early.

    Returns:
        float32 (1, C, H, W) in [0, 1]: C is 1 for a gray file, else 3 (sRGB).

    Raises:
        PictureError: as `load_photo`, which also tells alpha, bits and metadata.
    """
    return load_photo(path, page, accept_truncated).image


def load_alpha(path: FilePath, page: int | None = None) -> Tensor:
    """Read the opacity of a picture file.

    Args:
        path: of the file.
        page: as in `load_image`.

    Returns:
        float32 (1, 1, H, W) in [0, 1], 1 = opaque; all 1 for a file without alpha.

    Raises:
        PictureError: as `load_image`.
    """
    return alpha_of(load_photo(path, page))


def alpha_of(photo: Photo) -> Tensor:
    """The opacity of a photo that was read.

    Args:
        photo: as `load_photo` gives it.

    Returns:
        float32 (1, 1, H, W) in [0, 1], 1 = opaque.
    """
    return torch.ones_like(photo.image[:, :1]) if photo.alpha is None else photo.alpha


def load_mask(path: FilePath, channel: str = "luminance", accept_truncated: bool = False) -> Tensor:
    """Read a mask file.

    Args:
        path: of the file.
        channel: what marks the hole, see `read_mask`.
        accept_truncated: read a file that ends early.

    Returns:
        float32 (1, 1, H, W) in [0, 1], 1 = fill.

    Raises:
        PictureError: as `load_image`.
        UnknownNameError: for another channel.
    """
    return read_mask(path, channel, accept_truncated).soft


def read_mask(path: FilePath, channel: str = "auto", accept_truncated: bool = False) -> SoftMask:
    """Read a mask file, and say how it was understood.

    Args:
        path: of the file.
        channel: "luminance", "red", "green", "blue": white = fill, what is transparent is not; "alpha":
            transparent = fill, as ComfyUI has it; "auto": what the picture most probably marks, see `soft_mask`.
        accept_truncated: read a file that ends early.

    Returns:
        The `SoftMask`, float32 (1, 1, H, W) in [0, 1], 1 = fill.

    Raises:
        PictureError: as `load_image`.
        UnknownNameError: for another channel.
        InputError: for "auto" where the picture is a photo without a transparent part.
    """
    photo = load_photo(path, accept_truncated=accept_truncated)
    return soft_mask(photo.image, photo.alpha, channel, name=f"mask {os.fspath(path)}")


def save_image(
    image: Tensor, path: FilePath, bits: int = 8, *, alpha: Tensor | None = None, metadata: Metadata | None = None
) -> None:
    """Write one image to a file, which appears whole or not at all.

    The name's ending chooses the format: png, tif, bmp and webp keep every value, jpg does not.

    Args:
        image: float (1, 1 or 3, H, W) in [0, 1].
        path: of the file; its folder is made if there is none.
        bits: to which values are rounded, 8, or 16 for png and tif.
        alpha: (1, 1, H, W) in [0, 1], 1 = opaque; left out with a warning for jpg and bmp.
        metadata: of `load_photo`, to write as far as the format holds it.

    Raises:
        InputError: for a batch, another shape or range, and bits that do not go with the format.
        PictureError: for an unknown ending, and where the file cannot be written.
    """
    kind, image, metadata = check_saved(image, path, bits, alpha, metadata)
    levels = levels_of(image, bits)
    write_bytes(run_in_thread(levels.size, encode, levels, kind, metadata), path)


def check_saved(
    image: Tensor, path: FilePath, bits: int, alpha: Tensor | None, metadata: Metadata | None
) -> tuple[str, Tensor, Metadata]:
    """What `save_image` writes: the format, the picture with its alpha, and the metadata.

    Args:
        image: see `save_image`, and so are the others.
        path: of the file.
        bits: of a channel.
        alpha: opacity.
        metadata: to write.

    Returns:
        Pillow's name of the format, (1, 1 to 4, H, W), and metadata whose color profile fits the picture.

    Raises:
        InputError: as `save_image`, and so is `PictureError`.
    """
    check_image(image)
    kind = _checked_kind(image, path, bits)
    metadata = (metadata or Metadata()).for_channels(3 if kind in COLORED else image.shape[1])
    if alpha is not None and kind not in ALPHA:
        log.warning("%s cannot hold what is transparent and shows it; .png, .tif and .webp keep it", path)
        alpha = None
    return kind, image if alpha is None else torch.cat([image, alpha.to(image)], 1), metadata


def _checked_kind(image: Tensor, path: FilePath, bits: int) -> str:
    """The format to write. Raises as `save_image`."""
    if len(image) != 1:
        raise InputError(f"one file holds one picture, got a batch of {len(image)}")
    if bits not in (8, 16):
        raise InputError(f"bits must be 8 or 16, got {bits}")
    kind = format_of(path)
    if bits == 16 and kind not in DEEP:
        raise InputError(f"16 bits can be kept in .png and .tif, not in {Path(path).name!r}")
    return kind


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


def written_bits(photo: Photo, path: FilePath) -> int:
    """The bits of a channel that a result is written with.

    Args:
        photo: that it was made of.
        path: of the file to write.

    Returns:
        16 where the photo has 16 bits and the format can hold them, else 8.

    Raises:
        PictureError: for an ending of no format that we write.
    """
    return photo.bits if format_of(path) in DEEP else 8


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


def levels_of(image: Tensor, bits: int) -> np.ndarray:
    """(1, C, H, W) in [0, 1] -> integers (H, W), or (H, W, C) where C is more than 1."""
    levels = (image[0].float() * (2**bits - 1)).round_().permute(1, 2, 0).cpu().numpy()
    levels = levels.astype(np.uint8 if bits == 8 else np.uint16)
    return levels[..., 0] if levels.shape[2] == 1 else levels
