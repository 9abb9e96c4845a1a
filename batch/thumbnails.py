"""The small picture of the report: a photo before, with its hole outlined, and after."""

import io

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ..core.io.sheet import MARK

SIDE = 160  # of each of the two, in pixels at most
GAP = 4  # white pixels between them
QUALITY = 72


def thumbnail(photo: Tensor, result: Tensor, hole: Tensor) -> bytes:
    """A photo before and after, side by side, as a JPEG file.

    Args:
        photo: (1, 1 or 3, H, W) in [0, 1].
        result: of the same size.
        hole: (1, 1, H, W), 1 = filled.

    Returns:
        The file.
    """
    h, w = photo.shape[-2:]
    factor = min(1.0, SIDE / max(h, w))
    size = max(1, round(h * factor)), max(1, round(w * factor))
    before, after = (F.interpolate(image.float(), size, mode="area").expand(-1, 3, -1, -1) for image in (photo, result))
    inside = F.adaptive_max_pool2d(hole.float(), size)
    outline = F.max_pool2d(inside, 3, 1, 1) > inside
    if not outline.any():  # what is filled covers everything at this size
        outline = inside > 0
    before = before.where(~outline, before.new_tensor(MARK).view(1, 3, 1, 1))
    both = torch.cat([before, before.new_ones(1, 3, size[0], GAP), after], 3)
    levels = (both[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
    file = io.BytesIO()
    Image.fromarray(levels).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
