"""Boxes around the hole: crop to them, so that the cost follows the hole and not the photo."""

from typing import NamedTuple

import numpy as np
from torch import Tensor

from ..errors import InputError
from ..host.cancel import check_cancelled


class Box(NamedTuple):
    """A rectangle of pixels. `bottom` and `right` lie just outside, as in slices."""

    top: int
    left: int
    bottom: int
    right: int

    def crop(self, tensor: Tensor) -> Tensor:
        """Cut the box out of a tensor.

        Args:
            tensor: (..., H, W), any type.

        Returns:
            A view (..., bottom - top, right - left): writing to it writes to `tensor`.
        """
        return tensor[..., self.top : self.bottom, self.left : self.right]


def bounding_box(hole: Tensor) -> Box:
    """The smallest box around every hole pixel.

    Args:
        hole: (..., H, W), 1 or True = fill. A batch has one box for all.

    Returns:
        The box, in pixels of the photo.

    Raises:
        InputError: for an empty hole.
    """
    inside = hole.bool().reshape(-1, *hole.shape[-2:]).any(0)  # (H, W)
    rows, columns = inside.any(1).nonzero(), inside.any(0).nonzero()
    if not len(rows):
        raise InputError("the hole is empty, so there is no box around it")
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def hole_boxes(hole: Tensor, context: int) -> list[Box]:
    """Boxes that cover the hole and some pixels around it, none touching another.

    Parts of the hole whose boxes meet share one box, so every box can be worked on by itself.

    Args:
        hole: bool (H, W), True = fill.
        context: pixels around the hole, 0 or more.

    Returns:
        The boxes, in the order of OpenCV's connected components; none for an empty hole.
    """
    import cv2

    height, width = hole.shape
    covered = hole.cpu().numpy().astype(np.uint8)
    boxes: list[Box] = []
    while True:
        check_cancelled()
        _, _, stats, _ = cv2.connectedComponentsWithStats(covered, connectivity=8)
        margin = context if not boxes else 0  # later rounds join boxes that meet
        joined = [_component_box(s, margin, height, width) for s in stats[1:].tolist()]
        if len(joined) == len(boxes):
            return joined
        boxes = joined
        for box in boxes:
            covered[box.top : box.bottom, box.left : box.right] = 1


def _component_box(stats: list[int], margin: int, height: int, width: int) -> Box:
    """The box of one component, wider by `margin`, within the photo."""
    left, top, w, h, _ = stats
    return Box(
        max(top - margin, 0),
        max(left - margin, 0),
        min(top + h + margin, height),
        min(left + w + margin, width),
    )
