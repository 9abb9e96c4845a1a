"""A filter on one strip of rows after another: faster on large pictures than all at once, and soon cancelled."""

from collections.abc import Callable

import torch
from torch import Tensor

from ..host.cancel import check_cancelled

STRIP = 256  # rows


def filter_in_strips(run: Callable[..., Tensor], *pictures: Tensor, overlap: int) -> Tensor:
    """Filter pictures strip by strip; the result is that of filtering them whole.

    Args:
        run: takes a strip of each picture, (..., h + overlap, W), and gives (..., h, W').
        *pictures: (..., H + overlap, W).
        overlap: how many rows more the filter takes than it gives, 0 or more.

    Returns:
        (..., H, W').
    """
    height = pictures[0].shape[-2] - overlap
    results = []
    for top in range(0, height, STRIP):
        check_cancelled()
        bottom = min(top + STRIP, height) + overlap
        results.append(run(*(picture[..., top:bottom, :] for picture in pictures)))
    return torch.cat(results, dim=-2)
