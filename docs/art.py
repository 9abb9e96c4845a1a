"""Draw the icon and the banner of ComfyUI's registry, and the README's pictures, from shipped photos and their results.

python docs/art.py
"""

from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from monochromic.core import fill, find_hole, load_hole, load_image, restore, save_image
from monochromic.core.io.images import save_picture
from monochromic.core.io.sheet import mark_hole
from PIL import Image
from torch import Tensor

HERE = Path(__file__).parent
INPUT = HERE.parent / "workflows" / "input"
PHOTO = INPUT / "album" / "cat.jpg"
EDGE = 3  # pixels of white between two parts
SHUTTLE = ((394, 0), (438, 0), (450, 34), (460, 50), (464, 256), (486, 268), (486, 290), (440, 297), (360, 300),
           (346, 240), (346, 206), (370, 60), (384, 34))  # fmt: skip


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


def before_and_after() -> Tensor:
    """The scratched photo, and what `restore` makes of it and its mask, side by side."""
    photo = load_image(INPUT / "astronaut_scratched.png")
    restored = restore(photo, load_hole(INPUT / "astronaut_scratches.png", like=photo))
    return beside(photo, restored)


def object_removed() -> Tensor:
    """A photo, the shuttle painted over in it, and what `restore` makes of that by `auto`, side by side."""
    photo = load_image(INPUT / "astronaut.png")
    painted = cv2.fillPoly(np.zeros(photo.shape[-2:], np.uint8), [np.array(SHUTTLE)], 1)
    hole = torch.from_numpy(painted)[None, None].float()
    result = restore(photo, hole, backbone="auto")
    return beside(*(part[..., :384, 120:] for part in (photo, mark_hole(photo, hole), result)))


def beside(*parts: Tensor) -> Tensor:
    """Pictures side by side, with white between them."""
    gap = torch.ones_like(parts[0][..., : 2 * EDGE])
    return torch.cat([piece for part in parts for piece in (gap, part)][1:], 3)


def save_photo(picture: Tensor, name: str) -> None:
    """As a small JPEG."""
    pixels = (picture[0] * 255).round().byte().permute(1, 2, 0)
    save_picture(Image.fromarray(pixels.contiguous().numpy()), HERE / name, quality=82, subsampling=2)


if __name__ == "__main__":
    found = stages()
    save_image(enlarged([part[..., 30:230, 90:290] for part in found]), HERE / "icon.jpg")
    save_image(enlarged([part[..., 30:223, :] for part in found]), HERE / "banner.jpg")  # 21 : 9
    save_photo(before_and_after(), "restored.jpg")
    save_photo(object_removed(), "object.jpg")
