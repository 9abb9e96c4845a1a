"""Large photos are searched in a copy, halved once or more, and what is found there is enlarged again.

Little is lost, at most some faint small specks: the network looks at copies whose shorter side is `multiscale.MAX_SIDE`
at most, and the filters halve what has more than `WORKING_PIXELS`. The rules after them are as much faster as the copy
has fewer pixels.
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


def reduction_of(copy: Tensor, h: int) -> int:
    """By how many times a copy (..., h, w) is smaller than its photo, whose height is given."""
    return -(-h // copy.shape[-2])


def enlarged_marks(marks: Tensor, h: int, w: int) -> Tensor:
    """Marks of a copy, uint8 (B, C, ...), as those of its photo, whose height and width are given."""
    factor = reduction_of(marks, h)
    if factor == 1:
        return marks
    return F.interpolate(marks, scale_factor=factor, mode="nearest-exact")[..., :h, :w].contiguous()


def enlarged_probability(probability: Tensor, h: int, w: int) -> Tensor:
    """Probabilities in [0, 1], else as `enlarged_marks`; in between they are interpolated."""
    factor = reduction_of(probability, h)
    if factor == 1:
        return probability
    return F.interpolate(probability, scale_factor=factor, mode="bilinear")[..., :h, :w].contiguous()
