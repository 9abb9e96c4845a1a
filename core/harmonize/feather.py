"""A soft edge: known pixels near the hole go over into the picture that fills it.

A mask with soft edges, as image editors have it: the weight of the picture falls from 1 in the hole to 0 as half a
period of a cosine, so that neither the pixels nor their slope have a step.
"""

import math

import numpy as np
import torch
from torch import Tensor

from ..errors import InputError
from ..image.color import to_cbcr, to_rgb_in_gamut, to_y
from .grain import add_grain
from .stage import CONTEXT

MAX_FEATHER = CONTEXT  # pixels: further away the drift of a picture was not taken off
STEP = 0.004  # of 1: a difference of one step of 8 bits is none

UNCHANGED = (
    "feather changed nothing: around the mask gray shows the photo's own pixels, or something else; give it another "
    "model's whole picture, with match on brightness or colors"
)
"""What a caller says where nothing was blended."""


def check_feather(pixels: int) -> None:
    """Refuse a width out of range. Raises `InputError`."""
    if not 0 <= pixels <= MAX_FEATHER:
        raise InputError(f"feather must be 0 to {MAX_FEATHER} pixels, got {pixels}; 0 changes no known pixel")


def feather(result: Tensor, picture: Tensor, hole: Tensor, pixels: int, *, grain: float = 0.0, seed: int = 0) -> Tensor:
    """Blend known pixels around a hole with the picture that fills it. Those pixels are no longer the photo's.

    Args:
        result: float (B, 1 or 3, H, W) in [0, 1], the photo with its hole filled.
        picture: (B, 1 or 3, H, W) in [0, 1], `around` of `match_picture`; of one with 1 channel only the brightness is
            blended.
        hole: (B, 1, H, W), 1 or True = was filled.
        pixels: how far from the hole pixels may change, 0 to 64; 0 changes none.
        grain: how much of the photo's noise the picture gets where it lacks it, see `add_grain`.
        seed: of the noise.

    Returns:
        The shape, dtype and device of `result`; the hole, and what is further away, bit for bit.

    Raises:
        InputError: for a width, an amount of grain or a seed out of range.
    """
    check_feather(pixels)
    if pixels == 0 or not hole.any():
        return result
    weight = torch.cat([_weight(each[0], pixels) for each in hole.bool()]).to(result)
    band = (weight > 0) & ~hole.bool()
    light_only = picture.shape[1] < result.shape[1]
    own = to_y(result) if light_only else result
    other = picture if picture.shape[1] <= own.shape[1] else to_y(picture)
    changes = band & ((other.to(own) - own).abs().amax(1, keepdim=True) > STEP)
    other = add_grain(torch.where(changes, other.to(own), own), weight > 0, grain, seed)
    blended = torch.lerp(own, other, weight)
    if light_only:
        blended = to_rgb_in_gamut(blended, to_cbcr(result))
    return torch.where(changes, blended.clamp(0, 1), result)


def _weight(hole: Tensor, pixels: int) -> Tensor:
    """The weight of the picture, (1, 1, h, w): 1 in the hole (h, w), 0 further than so many pixels from it."""
    import cv2

    away = cv2.distanceTransform((~hole).cpu().numpy().astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    distance = torch.from_numpy(away)[None, None]
    falling = 0.5 + 0.5 * torch.cos(distance * (math.pi / (pixels + 1)))
    return falling.masked_fill(distance > pixels, 0)
