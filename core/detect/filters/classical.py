"""Scratches and dust on scans, found by what they look like: no network, no weights.

Dust and scratches lie on the print or in the film, not in the scene. So they are sharper and paler than what they
cover, and stand out on all sides alike. Light and dark marks are looked for on the photo and on halved copies of it,
for wide marks: thin lines by an oriented ridge filter (`damage_lines`), specks by the top-hat (`damage_specks`).
Each connected mark is accepted or rejected.
"""

import numpy as np
import torch
from torch import Tensor

from ...host.cancel import check_cancelled
from ...image.checks import check_image
from ..batch import join_photos
from .lines import find_lines
from .marks import photo_shift, stands_out
from .planes import polarities, pyramid, to_levels
from .specks import find_specks

USUAL_SHARES = (0.15, 0.03)  # of damage among candidates for lines, for specks


def find_damage(image: Tensor) -> Tensor:
    """Probability of scratches and dust: the maximum of the channels of `find_marks`.

    Args:
        image: (B, 1 or 3, H, W) in [0, 1].

    Returns:
        (B, 1, H, W) in [0, 1], on the device of `image` and of its dtype. Above 0.5 a pixel is taken for damage.

    Raises:
        InputError: for another shape, type or range.
    """
    return find_marks(image).amax(1, keepdim=True)


def find_marks(image: Tensor) -> Tensor:
    """Probability of thin lines and of specks, without weights.

    Above 0.5 is what is right on scans of old photos; in a clean photo hardly any pixel is. What is wide or soft is
    not seen: stains, lost parts. Nor can thin bright things of the scene, such as wires, always be told from
    scratches. Works on the CPU in 8 bits, on each photo by itself.

    Args:
        image: (B, 1 or 3, H, W) in [0, 1].

    Returns:
        (B, 2, H, W) in [0, 1], on the device of `image` and of its dtype. Channel 0: lines (scratches, creases,
        hairs, crackle); channel 1: specks (dust, small spots).

    Raises:
        InputError: for another shape, type or range.
    """
    check_image(image)
    return join_photos([torch.from_numpy(_marks(to_levels(photo)))[None].to(image) for photo in image])


def _marks(levels: np.ndarray) -> np.ndarray:
    """(H, W, 3) of 8 bits -> (2, H, W)."""
    copies, larger = [], None
    for copy in pyramid(levels):
        light, dark = polarities(copy, copy if larger is None else larger)
        larger = copy
        lines = find_lines(light, dark)
        specks = find_specks(light, dark, False), find_specks(dark, light, True)
        copies.append(((light, dark), (lines, specks)))
    found = np.zeros((2, *levels.shape[:2]), np.float32)
    for kind in range(2):
        weighed = [(marks, 2.0**i) for i, (_, kinds) in enumerate(copies) for marks in kinds[kind]]
        shift = photo_shift([marks for marks, _ in weighed], [scale for _, scale in weighed], USUAL_SHARES[kind])
        for i, (planes, kinds) in enumerate(copies):
            for plane, mark, first in zip(planes, kinds[kind], copies[0][0], strict=True):
                check_cancelled()
                _paint(found[kind], mark.painted(plane.hat, shift), first.levels if i else None, 2**i)
    return found


def _paint(found: np.ndarray, painted: np.ndarray, levels: np.ndarray | None, scale: int) -> None:
    """Add the marks of one copy, enlarged, where they are surer.

    Args:
        found: (H, W), changed in place.
        painted: The marks of a copy.
        levels: The plane of the first copy, to whose rims they are trimmed; None for the first copy's own marks.
        scale: How many times smaller than the first the copy is.
    """
    import cv2

    if not painted.any():
        return
    if levels is not None:
        painted = cv2.resize(painted, levels.shape[::-1], interpolation=cv2.INTER_LINEAR)
        painted[~stands_out(levels, scale)] = 0
    if painted.shape != found.shape:
        painted = cv2.resize(painted, found.shape[::-1], interpolation=cv2.INTER_LINEAR)
    np.maximum(found, painted, out=found)
