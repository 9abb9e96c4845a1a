"""Probabilities of damage as a picture to look at."""

import torch
from torch import Tensor

from ..damage_kinds import DAMAGE_KINDS
from ..errors import InputError
from ..host.cancel import check_cancelled
from ..image.checks import check_image, shape_of
from ..image.color import luminance

RAMP = ((0.10, 0.10, 0.60), (0.55, 0.05, 0.65), (0.95, 0.25, 0.30), (1.0, 0.65, 0.10), (1.0, 1.0, 0.35))
"""Colors of the probabilities 0, 1/4, 1/2, 3/4 and 1, where kinds are not told apart."""
MIN_SHOWN, MAX_OPACITY = 0.1, 0.9  # probabilities below the first are not shown; the photo shines through at most


def heat_map(image: Tensor, probability: Tensor) -> Tensor:
    """The photo in gray under the colors of what was found.

    Args:
        image: (B, 1 or 3, H, W) in [0, 1].
        probability: (B, 5, H, W) in [0, 1], by `DAMAGE_KINDS`: each pixel gets the color of its most probable kind, the
            more opaque the more probable. Or (B, 1, H, W), without kinds: blue for hardly any, yellow for 1.

    Returns:
        (B, 3, H, W) of the image's dtype. Where damage is less probable than `MIN_SHOWN` the photo shows as it is.

    Raises:
        InputError: for shapes that do not fit each other.
    """
    check_image(image)
    check_image(probability, "probability", channels=(1, len(DAMAGE_KINDS)))
    if (len(probability), *probability.shape[2:]) != (len(image), *image.shape[2:]):
        raise InputError(f"probability must fit image {shape_of(image)}, got {shape_of(probability)}")
    highest, kind = probability.max(1, keepdim=True)
    check_cancelled()
    colors = _ramp(highest) if probability.shape[1] == 1 else _of_kinds(kind, highest)
    check_cancelled()
    opacity = ((highest - MIN_SHOWN) / (0.5 - MIN_SHOWN)).clamp(0, MAX_OPACITY)
    return torch.lerp(luminance(image).to(colors).expand_as(colors), colors, opacity).to(image.dtype)


def _of_kinds(kind: Tensor, like: Tensor) -> Tensor:
    """Indices (B, 1, H, W) to their colors (B, 3, H, W)."""
    return like.new_tensor([kind.color for kind in DAMAGE_KINDS])[kind[:, 0]].movedim(-1, 1)


def _ramp(probability: Tensor) -> Tensor:
    """Probabilities (B, 1, H, W) to colors (B, 3, H, W)."""
    colors = probability.new_tensor(RAMP)
    place = probability[:, 0].clamp(0, 1) * (len(RAMP) - 1)
    below = place.floor().long().clamp(max=len(RAMP) - 2)
    return torch.lerp(colors[below], colors[below + 1], (place - below)[..., None]).movedim(-1, 1)
