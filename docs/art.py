"""Draw the icon and the banner that ComfyUI's registry shows, from a shipped photo and what comes of it.

python docs/art.py
"""

from pathlib import Path

import torch.nn.functional as F
from monochromic.core import fill, find_hole, load_image, restore, save_image
from torch import Tensor

HERE = Path(__file__).parent
PHOTO = HERE.parent / "workflows" / "input" / "album" / "cat.jpg"
EDGE = 3  # pixels of white between two parts


def side_by_side(parts: list[Tensor]) -> Tensor:
    """Pictures (1, 3, H, W) in equal slices of one, left to right."""
    width = parts[0].shape[-1]
    result = parts[0].clone()
    for i, part in enumerate(parts[1:], 1):
        start = width * i // len(parts)
        result[..., start:] = part[..., start:]
        result[..., start - EDGE : start + EDGE] = 1
    return result


def enlarged(parts: list[Tensor]) -> Tensor:
    """The slices at twice their size."""
    return F.interpolate(side_by_side(parts), scale_factor=2, mode="bicubic").clamp(0, 1)


def stages() -> list[Tensor]:
    """The torn photo, its hole filled in gray, and the restored photo."""
    photo = load_image(PHOTO)
    hole = find_hole(photo).hole
    return [photo, fill(photo, hole).expand(-1, 3, -1, -1), restore(photo, hole)]


if __name__ == "__main__":
    found = stages()
    save_image(enlarged([part[..., 30:230, 90:290] for part in found]), HERE / "icon.jpg")
    save_image(enlarged([part[..., 30:223, :] for part in found]), HERE / "banner.jpg")  # 21 : 9
