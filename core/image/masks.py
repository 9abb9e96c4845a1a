"""Hole masks: (B, 1, H, W), 1 = fill. From soft, inverted or odd-sized masks to holes that fit a photo."""

import logging
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import InputError

log = logging.getLogger(__name__)
POOLED = 8  # pixels: a hole is grown by more in steps that double, whose time does not grow with them


class Box(NamedTuple):
    """A rectangle of pixels; `bottom` and `right` lie just outside."""

    top: int
    left: int
    bottom: int
    right: int

    def crop(self, tensor: Tensor) -> Tensor:
        """View of (..., H, W) within the box."""
        return tensor[..., self.top : self.bottom, self.left : self.right]


def binarize(mask: Tensor, threshold: float = 0.5, invert: bool = False) -> Tensor:
    """Hole of a soft mask: values in [0, 1] -> float of the same shape holding 0 and 1.

    A value above `threshold` (0 <= threshold < 1) becomes 1 = fill; `invert` is for masks that mark
    what is *known* with 1, and turns the mask over before the threshold. Raises `InputError`.
    """
    if not 0 <= threshold < 1:
        raise InputError(f"threshold must be at least 0 and below 1, got {threshold:g}")
    mask = mask.float()
    if mask.isnan().any():
        raise InputError("the mask holds NaN; every value must be a number from 0 to 1")
    return ((1 - mask if invert else mask) > threshold).float()


def grow(hole: Tensor, pixels: int) -> Tensor:
    """Widen the hole by `pixels` (>= 0) in all eight directions, (B, 1, H, W) -> (B, 1, H, W)."""
    if pixels < 0:
        raise InputError(f"a hole grows by 0 pixels or more, got {pixels}")
    if pixels == 0:
        return hole
    k = 2 * pixels + 1
    if pixels > POOLED:
        return _highest(_highest(F.pad(hole, [pixels] * 4), k, -1), k, -2)
    across = F.max_pool2d(hole, (1, k), stride=1, padding=(0, pixels))
    return F.max_pool2d(across, (k, 1), stride=1, padding=(pixels, 0))


def _highest(values: Tensor, length: int, axis: int) -> Tensor:
    """The highest of each `length` values in a row, in about log2(length) steps; there are length - 1 fewer."""
    reach = 1
    while reach < length:
        step = min(reach, length - reach)
        count = values.shape[axis] - step
        values, reach = torch.maximum(values.narrow(axis, 0, count), values.narrow(axis, step, count)), reach + step
    return values


def resize(hole: Tensor, height: int, width: int) -> Tensor:
    """Hole at another size, (B, 1, h, w) -> (B, 1, height, width), so that a thin scratch never vanishes.

    Shrinking takes the maximum over the area that a pixel covers, enlarging the nearest pixel, each
    axis by itself.
    """
    h, w = hole.shape[-2:]
    small = F.adaptive_max_pool2d(hole, (min(h, height), min(w, width)))
    return F.interpolate(small, size=(height, width), mode="nearest-exact")


def fit(hole: Tensor, image: Tensor) -> Tensor:
    """Hole resized to `image` (B, C, H, W) and moved to its device; the batch size is left alone.

    A hole of another shape of rectangle is stretched, and a warning is logged.
    """
    (h, w), (height, width) = hole.shape[-2:], image.shape[-2:]
    if (h, w) == (height, width):
        return hole.to(image.device)
    if hole.any() and abs(h * width - w * height) > 0.02 * h * width:
        log.warning("the mask is %d x %d, the photo %d x %d: the mask is stretched", w, h, width, height)
    return resize(hole.to(image.device), height, width)


def bounding_box(hole: Tensor) -> Box:
    """Smallest `Box` around every hole pixel of (..., H, W). Raises `InputError` if there is none."""
    inside = hole.bool().reshape(-1, *hole.shape[-2:]).any(0)
    rows, columns = inside.any(1).nonzero(), inside.any(0).nonzero()
    if not len(rows):
        raise InputError("the hole is empty, so there is no box around it")
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def composite(filled: Tensor, image: Tensor, hole: Tensor) -> Tensor:
    """`filled` inside the hole, `image` elsewhere, bit for bit; all (B, C, H, W), the hole (B, 1, H, W)."""
    return torch.where(hole.bool(), filled.to(image.dtype), image)
