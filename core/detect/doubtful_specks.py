"""Specks that are more often content than dust, and are left."""

from functools import partial

from torch import Tensor

from .ground_specks import ground_specks
from .planes import Mask
from .ring_specks import ring_specks
from .sharp_edges import amid_edges
from .speck_rows import speck_rows
from .specks import Specks, by_specks
from .texture_specks import texture_specks
from .wide_specks import wide_specks


def doubtful_specks(specks: Tensor, marks: Tensor, gray: Tensor, worn: bool) -> Tensor:
    """The specks that are wide, rings, in rows, amid sharp edges, in a texture, or on the ground.

    Args:
        specks: uint8 (B, 1, H, W) of 0 and 1, 1 = looks like dust.
        marks: the same of all that looks damaged; the specks among them.
        gray: the gray levels of the photos they lie in, uint8 (B, 1, H, W), by `to_gray`.
        worn: whether the photos are plainly worn, so that specks in a texture are filled.

    Returns:
        uint8 (B, 1, H, W), 1 = part of such a speck.
    """
    return by_specks(partial(_are_doubtful, worn=worn), specks, marks, gray)


def _are_doubtful(specks: Specks, worn: bool) -> Mask:
    """Which of the specks of a photo are, (N + 1,)."""
    doubtful = wide_specks(specks) | ring_specks(specks) | speck_rows(specks) | amid_edges(specks)
    if not worn:
        doubtful |= texture_specks(specks)
    return doubtful | ground_specks(specks, doubtful)
