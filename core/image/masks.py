"""Hole masks: (B, 1, H, W), 1 = fill. From soft, inverted or odd-sized masks to holes that fit a photo."""

import logging

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError
from ..host.cancel import check_cancelled

log = logging.getLogger(__name__)


def binarize(mask: Tensor, threshold: float = 0.5, invert: bool = False) -> Tensor:
    """The hole of a soft mask.

    Args:
        mask: any shape, values in [0, 1].
        threshold: from 0 to below 1; a value above it becomes 1 = fill.
        invert: for masks that mark what is *known* with 1: the mask is turned over before the threshold.

    Returns:
        float32 of the same shape, 0 and 1.

    Raises:
        InputError: for a threshold out of range and a mask that holds NaN.
    """
    check_threshold(threshold)
    mask = mask.float()
    if mask.isnan().any():
        raise InputError("the mask holds NaN; every value must be a number from 0 to 1")
    return ((1 - mask if invert else mask) > threshold).float()


def check_threshold(threshold: float) -> None:
    """Raise `InputError` unless a threshold is at least 0 and below 1."""
    if not 0 <= threshold < 1:
        raise InputError(f"threshold must be at least 0 and below 1, got {threshold:g}")


def dilate(hole: Tensor, pixels: int) -> Tensor:
    """Widen the hole in all eight directions, as a dilation by a square does.

    Args:
        hole: float or uint8 (B, 1, H, W), 1 = fill.
        pixels: how far, 0 or more.

    Returns:
        (B, 1, H, W), 1 within `pixels` rows and columns of the hole.

    Raises:
        InputError: for a negative number of pixels.
    """
    if pixels < 0:
        raise InputError(f"a hole grows by 0 pixels or more, got {pixels}")
    if pixels == 0:
        return hole
    down, across = (min(pixels, side) for side in hole.shape[-2:])  # there is nothing further away
    rows = _sliding_max(F.pad(hole, (across, across)), 2 * across + 1, -1)
    return _sliding_max(F.pad(rows, (0, 0, down, down)), 2 * down + 1, -2)


def _sliding_max(values: Tensor, size: int, dim: int) -> Tensor:
    """Maximum of each `size` values in a row, in about log2(size) steps; size - 1 fewer come out.

    On a CPU twice as fast as torch's pooling of few pixels, which is not vectorized, and ten times for bytes.
    """
    covered = 1
    while covered < size:
        check_cancelled()
        step = min(covered, size - covered)
        count = values.shape[dim] - step
        values = torch.maximum(values.narrow(dim, 0, count), values.narrow(dim, step, count))
        covered += step
    return values


def resize(hole: Tensor, height: int, width: int) -> Tensor:
    """The hole at another size, so that a thin scratch never vanishes.

    Shrinking takes the maximum over the area that a pixel covers, enlarging the nearest pixel, each axis by itself.

    Args:
        hole: float (B, 1, h, w), 1 = fill.
        height: of the result, in pixels.
        width: of the result, in pixels.

    Returns:
        (B, 1, height, width).
    """
    h, w = hole.shape[-2:]
    small = F.adaptive_max_pool2d(hole, (min(h, height), min(w, width)))
    return F.interpolate(small, size=(height, width), mode="nearest-exact")


def resize_to(hole: Tensor, image: Tensor) -> Tensor:
    """The hole at the size of an image, on the image's device.

    A hole of another aspect is stretched, and a warning is logged.

    Args:
        hole: float (N, 1, h, w), 1 = fill.
        image: (B, C, H, W).

    Returns:
        (N, 1, H, W): the number of holes stays as it is.
    """
    if hole.shape[-2:] == image.shape[-2:]:
        return hole.to(image.device)
    if text := describe_stretch(hole, image):
        log.warning("%s", text)
    return resize(hole.to(image.device), *image.shape[-2:])


def describe_stretch(hole: Tensor, image: Tensor) -> str:
    """What `resize_to` does to a hole of another aspect.

    Args:
        hole: float (N, 1, h, w), 1 = fill.
        image: (B, C, H, W).

    Returns:
        A sentence; empty where the aspect is that of the image, and for an empty hole.
    """
    (h, w), (height, width) = hole.shape[-2:], image.shape[-2:]
    if abs(h * width - w * height) <= 0.02 * h * width or not hole.any():
        return ""
    return f"the mask is {w} x {h}, the photo {width} x {height}: the mask is stretched"


def composite(filled: Tensor, image: Tensor, hole: Tensor) -> Tensor:
    """The filled image inside the hole and the original elsewhere, bit for bit.

    Args:
        filled: (B, C, H, W).
        image: (B, C, H, W), the original.
        hole: (B, 1, H, W), 1 or True = fill.

    Returns:
        (B, C, H, W), of the dtype and device of `image`.
    """
    return torch.where(hole.bool(), filled.to(image.dtype), image)


def cover_unknown(image: Tensor, unknown: Tensor, hole: Tensor) -> Tensor:
    """Colors for pixels that hold none, such as the black under the transparent part of a cut-out.

    Args:
        image: (1, C, H, W).
        unknown: bool (1, 1, H, W), True where the colors mean nothing.
        hole: (1, 1, H, W), 1 = fill: its pixels are no example either, and stay as they are.

    Returns:
        (1, C, H, W): unknown pixels outside the hole have the color of the nearest known one.
    """
    import cv2

    blank = unknown & ~hole.bool()
    lost = (unknown | hole.bool())[0, 0].byte().cpu().numpy()
    if not blank.any() or lost.all():
        return image
    _, labels = cv2.distanceTransformWithLabels(lost, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    places = np.zeros(labels.max() + 1, np.int64)
    known = lost.ravel() == 0
    places[labels.ravel()[known]] = np.flatnonzero(known)
    nearest = torch.from_numpy(places[labels.ravel()]).to(image.device)
    return torch.where(blank, image.flatten(2)[..., nearest].view_as(image), image)
