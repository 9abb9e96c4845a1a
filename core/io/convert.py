"""What people have as our tensors: a path, a Pillow image, or a NumPy array. The door of `restore`."""

import logging
import os
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ..errors import InputError
from ..image.checks import check_image
from ..image.color import luminance
from ..image.masks import binarize, resize_to
from .decode import Photo, load_photo, photo_of, scaled
from .mask_picture import DEPTHS, describe_hole, soft_mask
from .opening import FilePath

log = logging.getLogger(__name__)

Picture: TypeAlias = Tensor | FilePath | Image.Image | NDArray | Photo
"""A float tensor (B, C, H, W) in [0, 1]; the path of a picture file; a Pillow image; or a NumPy array (H, W) or
(H, W, 1, 3 or 4) in the order R, G, B, alpha, of uint8, uint16 or floats in [0, 1]; or what `load_photo` returns."""


@runtime_checkable
class HasHole(Protocol):
    """A record with a hole, (B, 1, H, W) of 0 and 1: a `Detection`, `Degraded` or `Restoration`."""

    @property
    def hole(self) -> Tensor:
        """1 = fill."""


Hole: TypeAlias = Picture | HasHole
"""A mask as a `Picture`, white = fill, of any size; a hole as a tensor; or a record that has one."""

CHANNELS = (1, 3, 4)


def opened(picture: Picture) -> Picture:
    """A picture whose file, if it is one, has been read: so it is read once."""
    return load_photo(picture) if isinstance(picture, str | os.PathLike) else picture


def to_image(picture: Picture, name: str = "image", channels: tuple[int, ...] = (1, 3)) -> Tensor:
    """A picture as a tensor; alpha is left out.

    Args:
        picture: see `Picture`. OpenCV's arrays are in the order B, G, R: give `array[..., ::-1]`.
        name: what the errors call it.
        channels: numbers of channels that are taken.

    Returns:
        float (B, C, H, W) in [0, 1]: a tensor as it is, else float32 on the CPU with B = 1. A Pillow image is
        turned upright and converted to sRGB like a file.

    Raises:
        InputError: for another type, shape or range; says what was expected, what came, and what to do.
        PictureError: for a file that cannot be read.
    """
    image = _converted(picture, name)
    check_image(image, name, channels)
    return image


def to_gray(picture: Picture, name: str, device: torch.device) -> Tensor:
    """A gray picture as a tensor.

    Args:
        picture: see `Picture`; of one in color its luminance is taken, but a tensor has to be gray.
        name: what the errors call it.
        device: where to bring it; a tensor stays where it is.

    Returns:
        float (B, 1, H, W) in [0, 1].

    Raises:
        InputError: for another type, shape or range.
        PictureError: for a file that cannot be read.
    """
    if isinstance(picture, Tensor):
        return to_image(picture, name, (1,))
    return luminance(to_image(picture, name)).to(device)


def to_alpha(picture: Picture) -> Tensor | None:
    """Opacity of a picture, (1, 1, H, W) in [0, 1], 1 = opaque; None where it has none, as no tensor has."""
    if isinstance(picture, Tensor):
        return None
    if isinstance(picture, np.ndarray):
        return _from_array(picture, "image")[:, 3:] if picture.shape[2:] == (4,) else None
    return _photo(picture).alpha


def to_hole(
    mask: Hole,
    like: Picture | None = None,
    *,
    threshold: float = 0.5,
    invert: bool = False,
    name: str = "hole",
    channel: str = "auto",
) -> Tensor:
    """A mask as a hole.

    What was taken for the mask where it is not plainly white on black, and that it marks nothing, is logged.

    Args:
        mask: see `Hole`, white = fill; what is transparent is not filled. An array may be of bool or of any integers. A
            tensor is a hole already, (B, 1, H, W) of 0 and 1 at the size of the photo: it is only inverted.
        like: the photo to fit the hole to; None keeps the size of the mask.
        threshold: what is brighter is filled; at least 0, below 1.
        invert: for a mask that marks what is known.
        name: what the errors call it.
        channel: what marks the hole, see `soft_mask`.

    Returns:
        (1, 1, H, W) of 0 and 1, 1 = fill, on the device of `like`; or the tensor.

    Raises:
        InputError: for another type or shape, another threshold, and a mask that is the photo itself, or
            another photo.
        UnknownNameError: for another channel.
        PictureError: for a file that cannot be read.
    """
    mask = mask.hole if isinstance(mask, HasHole) else mask
    if isinstance(mask, Tensor):
        return _inverted(mask) if invert else mask
    mask, file = opened(mask), mask
    mask = _of_any_depth(mask, name) if isinstance(mask, np.ndarray) else mask
    photo = None if like is None else to_image(like)
    path = file.name if isinstance(file, Photo) else file
    called = f"mask {os.fspath(path)}" if isinstance(path, str | os.PathLike) and os.fspath(path) else "mask"
    soft, words = soft_mask(to_image(mask, name), to_alpha(mask), channel, photo, called)
    hole = binarize(soft, threshold, invert)
    for text in filter(None, (words, describe_hole(soft, hole, threshold, invert))):
        log.warning("the %s %s", called, text)
    return hole if photo is None else resize_to(hole, photo)


def load_hole(
    path: Picture,
    like: Picture | None = None,
    threshold: float = 0.5,
    invert: bool = False,
    channel: str = "auto",
) -> Tensor:
    """Read a mask, white = fill, as a hole that fits a photo.

    Args:
        path: a file; a Pillow image or a NumPy array are taken too.
        like: the photo, as a tensor or as any `Picture`; None keeps the size of the mask.
        threshold: what is brighter is filled; at least 0, below 1.
        invert: for a mask that marks what is known in white.
        channel: what marks the hole: "luminance", "red", "green" or "blue", "alpha" (transparent = fill), or "auto":
            what the picture most probably marks, see `soft_mask`.

    Returns:
        (1, 1, H, W) of 0 and 1, 1 = fill, on the device of `like`.

    Raises:
        InputError: for another threshold, type or shape, and a mask that is the photo itself, or
            another photo.
        UnknownNameError: for another channel.
        PictureError: for a file that cannot be read.
    """
    return to_hole(path, like, threshold=threshold, invert=invert, name="mask", channel=channel)


def _converted(picture: Picture, name: str) -> Tensor:
    if isinstance(picture, Tensor):
        return picture
    if isinstance(picture, np.ndarray):
        return _from_array(picture, name)[:, :3]
    if isinstance(picture, Image.Image | str | os.PathLike | Photo):
        return _photo(picture).image
    raise InputError(
        f"{name} must be a float tensor (B, C, H, W), the path of a picture file, a Pillow image or a NumPy array "
        f"(H, W[, 3]), got {type(picture).__name__}; convert it to one of these"
    )


def _photo(picture: FilePath | Image.Image | Photo) -> Photo:
    if isinstance(picture, Photo):
        return picture
    return photo_of(picture) if isinstance(picture, Image.Image) else load_photo(picture)


def _from_array(array: NDArray, name: str) -> Tensor:
    """(H, W) or (H, W, 1, 3 or 4) -> float32 (1, 1, 3 or 4, H, W)."""
    if array.ndim not in (2, 3) or 0 in array.shape or (array.ndim == 3 and array.shape[2] not in CHANNELS):
        first = array.ndim == 3 and array.shape[0] in CHANNELS
        advice = "array.transpose(1, 2, 0) puts the channels last" if first else "give one picture, channels last"
        raise InputError(f"{name} must be an array (H, W) or (H, W, 1, 3 or 4), got {array.shape}; {advice}")
    if array.dtype.kind != "f" and array.dtype not in (np.uint8, np.uint16, np.bool_):
        raise InputError(
            f"{name} must be an array of uint8, uint16 or floats in [0, 1], got {array.dtype}; for values up to 255 "
            "give array.astype(numpy.uint8)"
        )
    return scaled(array)


def _of_any_depth(array: NDArray, name: str) -> NDArray:
    """An array of integers of any size, such as labels, as one of floats in [0, 1] or of 8 or 16 bits."""
    if array.dtype.kind not in "iu" or array.dtype in (np.uint8, np.uint16) or not array.size:
        return array
    if array.min() < 0:
        raise InputError(f"{name} must not be negative, got {array.min()}; give 0 for what to keep")
    return array / next((depth for depth in reversed(DEPTHS) if array.max() <= depth), array.max())


def _inverted(hole: Tensor) -> Tensor:
    return ~hole if hole.dtype == torch.bool else 1 - hole
