"""The guard: what looks damaged is split into what is filled and what is skipped, because it may be content.

Damage of old photos is thin, or reaches the border: scratches, creases, dust, torn corners. Skipped are blank margins
(`margins`), thick parts inside the photo (`thick_parts`), rings such as spectacles (`rings`), and the light in eyes
(`catchlights`). Rules that need to know the kind of a mark are applied in `look`: doubtful specks, dark lines, stark
lines and those along the edge, what a print lies on, lost parts that are blank, lettering, and lines, specks and lost
parts along the edge where hardly anything else is found; that for eyes, which looks at the widened hole, is applied in
`stage`.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..image.checks import shape_of
from .catchlights import catchlights
from .planes import Bytes, by_photo, reduction, to_gray
from .rings import rings
from .thick_parts import ReducedPhoto, thick_parts


class Split(NamedTuple):
    """A hole in two, both (B, 1, H, W), 1 = in it; their sum is the hole."""

    filled: Tensor
    skipped: Tensor


def split_hole(hole: Tensor, image: Tensor, margin: Tensor | None = None, worn: bool = False) -> Split:
    """Split a hole into what is filled and what is skipped.

    Args:
        hole: (B, 1, H, W) of 0 and 1, 1 = looks damaged; before it is dilated.
        image: the photos, (B, 1 or 3, H, W) in [0, 1]; each by itself.
        margin: (B, 1, H, W) of 0 and 1, 1 = blank margin, all of which is skipped; see `find_margins`.
        worn: whether the photos are plainly worn, so that what is light and thick may be paper that shows.

    Returns:
        `Split`, of the hole's dtype and on its device.

    Raises:
        InputError: the shapes do not fit.
    """
    for name, other in (("image", image[:, :1]), ("margin", hole if margin is None else margin)):
        if other.shape != hole.shape:
            raise InputError(f"{name} must fit the hole {shape_of(hole)}, got {shape_of(other)}")
    margins = torch.zeros_like(hole) if margin is None else margin
    skipped = skipped_marks(hole.byte(), margins.byte(), to_gray(image), worn).to(hole)
    return Split(hole - skipped, skipped)


def skipped_marks(hole: Tensor, margin: Tensor, gray: Tensor, worn: bool = False) -> Tensor:
    """What is skipped of a hole, as by `split_hole`, by the photos' gray levels (`to_gray`); all uint8 (B, 1, H, W)."""
    return by_photo(partial(_skipped, worn=worn), hole, margin, gray)


def _skipped(hole: Bytes, margin: Bytes, gray: Bytes, worn: bool) -> Bytes:
    """What is skipped of a hole (H, W) of 0 and 1 in a photo, as a mask of 0 and 1."""
    import cv2

    factor = reduction(hole.shape)
    small = gray[::factor, ::factor]
    size = small.shape[::-1]
    marks, blank = (cv2.resize(mask * 255, size, interpolation=cv2.INTER_AREA) for mask in (hole, margin))
    skipped = thick_parts((marks > 127) & (blank == 0), ReducedPhoto(small, blank == 0, worn))
    skipped |= rings((marks > 0).astype(np.uint8)) > 0
    enlarged = cv2.resize(skipped.astype(np.uint8), hole.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return hole & (enlarged | margin | catchlights(hole, gray))
