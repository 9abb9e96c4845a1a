"""Probabilities of damage as a picture to look at."""

import torch
from torch import Tensor

from ..damage_kinds import DAMAGE_KINDS
from ..errors import InputError
from ..image.checks import check_image, shape_of
from ..image.color import luminance

COLOR_MAP = ((0.10, 0.10, 0.60), (0.55, 0.05, 0.65), (0.95, 0.25, 0.30), (1.0, 0.65, 0.10), (1.0, 1.0, 0.35))
"""Colors of the probabilities 0, 1/4, 1/2, 3/4 and 1, where there is one channel for all kinds."""
MIN_SHOWN = 0.1  # less probable damage is not shown
FULL_AT, MAX_OPACITY = 0.5, 0.9  # the opacity grows up to that probability, to that opacity


def heat_map(image: Tensor, probability: Tensor) -> Tensor:
    """The photo in gray under the colors of what was found.

    Args:
        image: (B, 1 or 3, H, W) in [0, 1].
        probability: (B, 5, H, W) in [0, 1], by `DAMAGE_KINDS`: each pixel gets the color of its most probable kind, the
            more opaque the more probable. Or (B, 1, H, W) of all kinds together: blue for hardly any, yellow for 1.

    Returns:
        (B, 3, H, W) of the image's dtype. Where damage is less probable than `MIN_SHOWN` the photo shows as it is.

    Raises:
        InputError: shapes that do not fit each other, or another range.
    """
    check_image(image)
    check_image(probability, "probability", channels=(1, len(DAMAGE_KINDS)))
    if (len(probability), *probability.shape[2:]) != (len(image), *image.shape[2:]):
        raise InputError(f"probability must fit image {shape_of(image)}, got {shape_of(probability)}")
    highest, kind = probability.max(1, keepdim=True)
    colors = _color_map(highest) if probability.shape[1] == 1 else _kind_colors(kind, highest)
    opacity = ((highest - MIN_SHOWN) / (FULL_AT - MIN_SHOWN)).clamp(0, MAX_OPACITY)
    return torch.lerp(luminance(image).to(colors).expand_as(colors), colors, opacity).to(image.dtype)


def _kind_colors(kind: Tensor, like: Tensor) -> Tensor:
    """Indices (B, 1, H, W) to their colors (B, 3, H, W)."""
    return like.new_tensor([kind.color for kind in DAMAGE_KINDS])[kind[:, 0]].movedim(-1, 1)


def _color_map(probability: Tensor) -> Tensor:
    """Probabilities (B, 1, H, W) to colors (B, 3, H, W)."""
    colors = probability.new_tensor(COLOR_MAP)
    position = probability[:, 0].clamp(0, 1) * (len(COLOR_MAP) - 1)
    below = position.floor().long().clamp(max=len(COLOR_MAP) - 2)
    return torch.lerp(colors[below], colors[below + 1], (position - below)[..., None]).movedim(-1, 1)
