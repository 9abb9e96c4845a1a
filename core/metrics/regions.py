"""Where numbers are taken: the mean over some pixels, and the part of a picture around a hole."""

from torch import Tensor

from ..errors import InputError
from ..host.cancel import check_cancelled
from ..image.boxes import Box, bounding_box

REGIONS = ("hole", "box", "full")


def mean_over(values: Tensor, where: Tensor | None) -> Tensor:
    """Mean over channels and pixels.

    Args:
        values: (B, C, H, W).
        where: bool (B, 1, H, W), pixels that count; None = all.

    Returns:
        (B,).

    Raises:
        InputError: where an item of `where` is empty: a mean over nothing is not a number.
    """
    check_cancelled()
    if where is None:
        return values.flatten(1).mean(1)
    counts = where.flatten(1).sum(1)
    if not counts.all():
        raise InputError("the region to measure in is empty; give one with pixels in it, or measure the full picture")
    return (values * where).flatten(1).sum(1) / (counts * values.shape[1])


def box_around(hole: Tensor, side: int, margin: int = 0) -> Box:
    """The smallest box around the hole, widened as far as the picture goes.

    Args:
        hole: (..., H, W), 1 or True = fill.
        side: the least side of the box, in pixels.
        margin: pixels around the hole, at least.

    Returns:
        The box.

    Raises:
        InputError: for an empty hole.
    """
    box, (height, width) = bounding_box(hole), hole.shape[-2:]

    def widen(low: int, high: int, size: int) -> tuple[int, int]:
        low, high = max(low - margin, 0), min(high + margin, size)
        low = max(min(low, (low + high - side) // 2), 0)
        high = min(max(high, low + side), size)
        return min(low, max(high - side, 0)), high

    top, bottom = widen(box.top, box.bottom, height)
    left, right = widen(box.left, box.right, width)
    return Box(top, left, bottom, right)
