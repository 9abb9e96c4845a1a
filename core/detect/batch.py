"""Photos that were worked on one by one, as a batch again."""

import torch
from torch import Tensor


def join_photos(photos: list[Tensor]) -> Tensor:
    """A contiguous batch of items (1, C, H, W); one alone is not copied without need: large photos fill the memory."""
    return photos[0].contiguous() if len(photos) == 1 else torch.cat(photos)
