"""The pages of `real.py`: a photo, what was found in it, the hole, and the photo restored."""

from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from monochromic.core import Detection, heat_map, restore
from monochromic.core.io.images import save_picture
from monochromic.core.io.sheet import mark_hole, report_sheet
from real_scores import Box
from torch import Tensor

PANEL = 1200  # longer side of a picture on a sheet, in pixels
OUTLINE = (0.1, 0.8, 0.3)  # color of the boxes of faces


def draw_sheet(folder: Path, path: Path, image: Tensor, detection: Detection, faces: list[Box]) -> None:
    """One page: the photo, its heat map, the hole marked, and the photo restored from that."""
    hole = detection.hole
    panels = {
        path.name: image,
        "found, by kind": heat_map(image, detection.kinds),
        f"hole, {100 * hole.mean().item():.2f} %": outlined(mark_hole(image, hole), faces),
        "restored": restore(image, hole),
    }
    page = report_sheet({title: enlarged(panel) for title, panel in panels.items()}, [], side=PANEL)
    save_picture(page, folder / f"{path.parent.name}_{path.stem}.jpg", quality=88)


def outlined(image: Tensor, faces: list[Box]) -> Tensor:
    """A picture (1, 3, H, W) with a line of one pixel around each face."""
    lines = np.zeros(image.shape[-2:], np.uint8)
    for left, top, width, height in faces:
        cv2.rectangle(lines, (left, top), (left + width - 1, top + height - 1), 1)
    return torch.where(torch.from_numpy(lines > 0), image.new_tensor(OUTLINE).view(1, 3, 1, 1), image)


def enlarged(image: Tensor) -> Tensor:
    """A small picture (1, C, H, W) enlarged by an integer factor, so that its pixels can be seen."""
    factor = max(1, PANEL * 2 // 3 // max(image.shape[-2:]))
    return F.interpolate(image, scale_factor=factor, mode="nearest") if factor > 1 else image
