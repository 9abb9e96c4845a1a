"""Images, holes and hints at the sizes of a pyramid, the smallest first, as the paper's program makes them.

That program works on 8-bit pictures and Pillow's filters; so does this, for its numbers are the proof.
"""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor


def sizes(height: int, width: int, *, scales: int) -> list[tuple[int, int]]:
    """Height and width of each scale: halves, rounded down, never below 1.

    Args:
        height: of the full picture.
        width: of the full picture.
        scales: levels of the pyramid.

    Returns:
        (height, width) of each scale, the smallest first.
    """
    return [(max(height >> k, 1), max(width >> k, 1)) for k in reversed(range(scales))]


def image_pyramid(image: Tensor, scales: int) -> list[Tensor]:
    """A picture at each scale, each resized from the full one (bicubic, 8 bits).

    Args:
        image: (1, C, H, W) in [0, 1].
        scales: levels of the pyramid.

    Returns:
        (1, C, h, w) in [0, 1] for each scale, the smallest first.
    """
    picture = _picture(image)
    return [_tensor(picture.resize((w, h)), image) for h, w in sizes(*image.shape[-2:], scales=scales)]


def known_pyramid(hole: Tensor, scales: int) -> list[Tensor]:
    """What is known at each scale: the hole is max-pooled, 3 x 3 by steps of 2.

    Args:
        hole: float (1, 1, H, W), 1 = fill.
        scales: levels of the pyramid.

    Returns:
        (1, 1, h, w), 1 = known, for each scale, the smallest first.
    """
    levels = [hole]
    for _ in range(scales - 1):
        levels.append(F.max_pool2d(levels[-1], 3, stride=2, padding=1))
    cropped = zip(reversed(levels), sizes(*hole.shape[-2:], scales=scales), strict=True)
    return [1 - level[..., :h, :w] for level, (h, w) in cropped]


def hint_pyramid(hinted: Tensor, hints: Tensor, scales: int) -> list[tuple[Tensor, Tensor]]:
    """Hints at each scale, pooled like the hole, so that none vanishes.

    Args:
        hinted: float (1, 1, H, W), 1 = hint.
        hints: (1, 3, H, W), colors where hinted.
        scales: levels of the pyramid.

    Returns:
        Where hints are (1, 1, h, w) and their colors (1, 3, h, w), for each scale, the smallest first.
    """
    levels = [(hinted, hints * hinted)]
    for _ in range(scales - 1):
        where, colors = levels[-1]
        share = F.avg_pool2d(where, 3, stride=2, padding=1)
        colors = F.avg_pool2d(colors * where, 3, stride=2, padding=1) / share.clamp(min=1e-6)
        levels.append(((share > 0).to(where), colors))
    cropped = zip(reversed(levels), sizes(*hinted.shape[-2:], scales=scales), strict=True)
    return [(where[..., :h, :w], colors[..., :h, :w]) for (where, colors), (h, w) in cropped]


def enlarge(image: Tensor, height: int, width: int) -> Tensor:
    """A scale's result as the next one's input: cut to 8 bits, then Lanczos.

    Args:
        image: (1, 3, h, w) in [0, 1].
        height: of the next scale.
        width: of the next scale.

    Returns:
        (1, 3, height, width) in [0, 1].
    """
    levels = (image[0] * 255).clamp(0, 255).to(torch.uint8)
    picture = Image.fromarray(levels.permute(1, 2, 0).cpu().numpy())
    return _tensor(picture.resize((width, height), Image.Resampling.LANCZOS), image)


def _picture(image: Tensor) -> Image.Image:
    levels = (image[0] * 255).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    return Image.fromarray(levels[..., 0] if levels.shape[2] == 1 else levels)


def _tensor(picture: Image.Image, like: Tensor) -> Tensor:
    array = np.asarray(picture)
    array = array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
    return torch.from_numpy(array / 255.0)[None].to(like)
