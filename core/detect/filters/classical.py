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
from ...host.parallel import in_parallel
from ...image.checks import check_image
from ..batch import join_photos
from .lines import find_lines
from .marks import Marks, photo_shift, stands_out
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
    return join_photos([marks_of(photo) for photo in image])


def marks_of(photo: Tensor) -> Tensor:
    """What `find_marks` finds in a photo (C, H, W) that was checked before, (1, 2, H, W)."""
    return torch.from_numpy(_marks(to_levels(photo)))[None].to(photo)


def _marks(levels: np.ndarray) -> np.ndarray:
    """(H, W, 3) of 8 bits -> (2, H, W)."""
    copies, larger = [], None
    for copy in pyramid(levels):
        light, dark = polarities(copy, copy if larger is None else larger)
        larger = copy
        copies.append(((light, dark), (find_lines(light, dark), find_specks(light, dark))))
    first = copies[0][0]
    found = np.zeros((2, *first[0].levels.shape), np.float32)
    shifts = [_shift([kinds[k] for _, kinds in copies], usual) for k, usual in enumerate(USUAL_SHARES)]
    for i, (planes, kinds) in enumerate(copies):
        for polarity, plane in enumerate(planes):
            check_cancelled()
            painted = _painted([pair[polarity] for pair in kinds], plane.hat, shifts)
            _paint(found, painted, first[polarity].levels, 2**i)
    return found if found.shape[1:] == levels.shape[:2] else _enlarged(found, *levels.shape[:2])


def _painted(kinds: list[Marks], hat: np.ndarray, shifts: list[float]) -> list[np.ndarray]:
    """The probabilities of the marks of each kind, of one polarity of a copy with this top-hat."""
    return in_parallel(lambda k: kinds[k].painted(hat, shifts[k]), range(len(kinds)))


def _shift(marks: list[tuple[Marks, Marks]], usual: float) -> float:
    """What is added to the log odds of all marks of one kind, of the light and the dark ones of each copy."""
    weighed = [(mark, 2.0**i) for i, pair in enumerate(marks) for mark in pair]
    return photo_shift([mark for mark, _ in weighed], [scale for _, scale in weighed], usual)


def _paint(found: np.ndarray, painted: list[np.ndarray], levels: np.ndarray, scale: int) -> None:
    """Add the marks of one copy, enlarged, where they are surer.

    Args:
        found: of each kind, (2, H, W) of the first copy, changed in place.
        painted: The marks of each kind of a copy.
        levels: (H, W), the plane of the first copy, to whose rims those of smaller copies are trimmed.
        scale: How many times smaller than the first the copy is.
    """
    rims = None
    for result, marks in zip(found, painted, strict=True):
        if not marks.any():
            continue
        if scale > 1:
            rims = stands_out(levels, scale) if rims is None else rims
            marks = _enlarged(marks[None], *levels.shape)[0] * rims
        np.maximum(result, marks, out=result)


def _enlarged(marks: np.ndarray, h: int, w: int) -> np.ndarray:
    """(N, H, W) to (N, h, w)."""
    import cv2

    enlarged = np.empty((len(marks), h, w), np.float32)
    for one, result in zip(marks, enlarged, strict=True):
        cv2.resize(one, (w, h), dst=result, interpolation=cv2.INTER_LINEAR)
    return enlarged
