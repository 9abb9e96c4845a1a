"""Large photos are searched in a copy, halved once or more, and what is found there is enlarged again.

Nothing is lost: the network looks at copies whose shorter side is `multiscale.MAX_SIDE` at most, and the filters halve
what has more than `WORKING_PIXELS`. The rules after them are as much faster as the copy has fewer pixels.
"""

import torch.nn.functional as F
from torch import Tensor

from .filters.planes import WORKING_PIXELS
from .multiscale import MAX_SIDE


def reduction_to_work(h: int, w: int) -> int:
    """By how many times the copy is smaller, to which a photo is reduced for the search: a power of 2, 1 = not at all.

    Args:
        h: height of the photo, in pixels.
        w: width.
    """
    factor = 1
    while h * w > WORKING_PIXELS * factor**2 and min(h, w) >= 2 * factor * MAX_SIDE:
        factor *= 2
    return factor


def reduced_to_work(image: Tensor, factor: int) -> Tensor:
    """The means of squares of `factor` pixels of photos (B, C, H, W), (B, C, h, w); the last squares may be cut off."""
    return F.avg_pool2d(image, factor, ceil_mode=True) if factor > 1 else image


def enlarged_marks(marks: Tensor, factor: int, h: int, w: int) -> Tensor:
    """Marks of a copy, uint8 (B, C, h, w), for the photo (B, C, H, W) of which it is `factor` times smaller."""
    if factor == 1:
        return marks
    return F.interpolate(marks, scale_factor=factor, mode="nearest-exact")[..., :h, :w].contiguous()


def enlarged_probability(probability: Tensor, factor: int, h: int, w: int) -> Tensor:
    """Probabilities (B, C, h, w) in [0, 1], else as `enlarged_marks`; in between they are interpolated."""
    if factor == 1:
        return probability
    return F.interpolate(probability, scale_factor=factor, mode="bilinear")[..., :h, :w].contiguous()
