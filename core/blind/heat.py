"""Probabilities as a picture to look at."""

import torch
from torch import Tensor

from ..checks import check_image, shape_of
from ..color import luminance
from ..errors import InputError
from ..progress import every_call

RAMP = ((0.10, 0.10, 0.60), (0.55, 0.05, 0.65), (0.95, 0.25, 0.30), (1.0, 0.65, 0.10), (1.0, 1.0, 0.35))
"""Colours of the probabilities 0, 1/4, 1/2, 3/4 and 1."""
LEAST, MOST = 0.1, 0.9  # opacity begins at this probability, and grows up to that share


def heat_map(image: Tensor, probability: Tensor) -> Tensor:
    """The photo in gray under the colours of the probabilities: blue for hardly any, red for 1/2, yellow for 1.

    image (B, 1 or 3, H, W) and probability (B, 1, H, W), both in [0, 1], to (B, 3, H, W) of the image's dtype. Where
    damage is less probable than `LEAST` the photo shows as it is. Raises `InputError`.
    """
    check_image(image)
    check_image(probability, "probability", channels=(1,))
    if (len(probability), *probability.shape[2:]) != (len(image), *image.shape[2:]):
        raise InputError(f"probability must fit image {shape_of(image)}, got {shape_of(probability)}")
    with every_call(image.numel()):
        return _shown(image, probability)


def _shown(image: Tensor, probability: Tensor) -> Tensor:
    colours = probability.new_tensor(RAMP)
    at = probability[:, 0].clamp(0, 1) * (len(RAMP) - 1)
    below = at.floor().long().clamp(max=len(RAMP) - 2)
    heat = torch.lerp(colours[below], colours[below + 1], (at - below)[..., None]).movedim(-1, 1)
    opacity = ((probability - LEAST) / (0.5 - LEAST)).clamp(0, MOST)
    return torch.lerp(luminance(image).to(probability).expand_as(heat), heat, opacity).to(image.dtype)
