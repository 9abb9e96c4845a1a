"""Specks that are parts of a texture: leaves, gravel, fur, dots of a cloth, rivets.

Dust of high contrast is hardly ever missed. So where many dots about as strong as a speck lie around it and are not
marked, they are content, and the speck is probably one of them. Of faint specks this says nothing: these are missed
more often; but one like such a speck near it is probably of the same texture. Dots are peaks of the difference of two
Gaussians about as wide as the speck (Marr, Hildreth 1980, "Theory of Edge Detection", Proceedings of the Royal Society
B).
"""

import numpy as np
from numpy.typing import NDArray

from ..host.cancel import check_cancelled
from .planes import Bytes, Mask, disc, padded_slices, reduced
from .specks import Specks

MIN_CONTRAST = 0.16  # of the photo's range of tones: fainter specks are dust
AROUND = 1 / 16  # of the shorter side: how far dots are looked for
ALIKE = 0.5  # of the strength of a speck, from which a dot is like it
MIN_DOTS = 12  # that are like a speck and not marked, from which they are a texture
MAX_RATIO = 2.0  # of the areas and of the contrasts of two specks that are alike
MIN_SCALE, SURROUND_SCALE = 0.8, 2.5  # pixels: the least deviation of the narrow Gaussian; times that of the wide one
MAX_SPECKS = 500  # of a photo that is looked at; one with more is dusty


def texture_specks(specks: Specks) -> Mask:
    """The specks amid many dots that are like them and are not marked, and those like them near them.

    Args:
        specks: of a photo.

    Returns:
        Which of them are, (N + 1,).
    """
    chosen = np.zeros(len(specks.stats), np.bool_)
    if len(chosen) > MAX_SPECKS:
        return chosen
    for i in np.flatnonzero(np.abs(specks.contrast) >= MIN_CONTRAST):
        check_cancelled()
        window = padded_slices(specks.stats[i], AROUND * min(specks.gray.shape))
        speck, is_light = specks.label[window] == i, specks.contrast[i] > 0
        chosen[i] = _dots_around(speck, specks.marks[window], specks.gray[window], is_light) >= MIN_DOTS
    return chosen | _like_near(specks, chosen)


def _like_near(specks: Specks, chosen: Mask) -> Mask:
    """The specks about as large and as strong as a chosen one near them, (N + 1,)."""
    measures = np.column_stack([specks.stats[:, 4], specks.contrast])
    ratios = measures[:, None] / measures[chosen]  # (N + 1, M, 2)
    alike = ((ratios >= 1 / MAX_RATIO) & (ratios <= MAX_RATIO)).all(2)
    distance = np.linalg.norm(specks.centers[:, None] - specks.centers[chosen], axis=2)
    return np.asarray((alike & (distance <= AROUND * min(specks.gray.shape))).any(1))


def _dots_around(speck: Mask, marks: Bytes, gray: Bytes, light: bool) -> int:
    """How many dots around a speck, light as it is or dark, are as strong and not marked; all (h, w)."""
    import cv2

    scale = max(MIN_SCALE, 0.5 * float(np.sqrt(speck.sum() / np.pi)))
    factor = int(scale / MIN_SCALE)
    scale /= factor
    part, mark = (reduced(plane * np.uint8(255), factor) > 0 for plane in (speck, marks))
    response = _difference_of_gaussians(reduced(gray, factor), scale) * (1 if light else -1)
    peaks = cv2.dilate(response, disc(2 * int(np.ceil(1.5 * scale)) + 1)) <= response
    clear = cv2.dilate(mark.astype(np.uint8), disc(2 * int(np.ceil(3 * scale)) + 1)) == 0
    return int((peaks & clear & (response >= ALIKE * response[part].max())).sum())


def _difference_of_gaussians(gray: Bytes, scale: float) -> NDArray[np.float32]:
    """What is lighter (> 0) or darker than around at a scale in pixels, (h, w)."""
    import cv2

    levels = gray.astype(np.float32)
    narrow, wide = (cv2.GaussianBlur(levels, (0, 0), sigma) for sigma in (scale, SURROUND_SCALE * scale))
    return np.asarray(narrow - wide, np.float32)
