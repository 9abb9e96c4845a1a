"""Where to work: boxes around the hole, so that the cost follows the hole and not the photo."""

import numpy as np
from torch import Tensor

from ..host.cancel import check_cancelled
from .masks import Box


def hole_boxes(hole: Tensor, context: int) -> list[Box]:
    """Boxes that cover the hole with `context` pixels around it, none touching another.

    `hole` is bool (H, W). Parts of the hole whose boxes meet share one, so every box can be worked on
    by itself: what lies in a box belongs to no other. No hole gives no boxes.
    """
    import cv2

    height, width = hole.shape
    marked = hole.cpu().numpy().astype(np.uint8)
    boxes: list[Box] = []
    while True:
        check_cancelled()
        _, _, stats, _ = cv2.connectedComponentsWithStats(marked, connectivity=8)
        grown = context if not boxes else 0
        found = [_around(s, grown, height, width) for s in stats[1:].tolist()]
        if len(found) == len(boxes):
            return found
        boxes = found
        for box in boxes:
            marked[box.top : box.bottom, box.left : box.right] = 1


def _around(stats: list[int], context: int, height: int, width: int) -> Box:
    left, top, w, h, _ = stats
    return Box(
        max(top - context, 0),
        max(left - context, 0),
        min(top + h + context, height),
        min(left + w + context, width),
    )
