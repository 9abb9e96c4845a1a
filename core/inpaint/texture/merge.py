"""A quilt merged into a fill band by band: the fill keeps what it has, and only the energy that it lacks is added.

Of a band R = F + t a Q with F the fill's and Q the quilt's, a brings the local energy of R up to that of Q, so that
edges in phase are not doubled. t grows from 0 at the rim of the hole to `amount` within: scratches stay as filled.
"""

import numpy as np

from ...host.cancel import check_cancelled
from .blocks import BLOCK
from .energies import FLOOR
from .planes import Mask, Plane, bands, blur

SIGMAS = (1.0, 2.0, 4.0, 8.0)  # pixels
RIM, DEPTH = 1.0, 6.0  # pixels from the rim of the hole, between which t grows for the finest bands
EPSILON = 1e-7


def merge_quilt(picture: Plane, hole: Mask, quilt: Plane, expected: list[Plane], amount: float) -> Plane:
    """The filled picture with the detail of the quilt in its hole; all (H, W).

    expected: the energy of each octave that there should be at most; the last also of all coarser bands.
    """
    import cv2

    depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
    fill_bands, result = bands(picture, SIGMAS)
    quilt_bands, _ = bands(np.where(hole, quilt, picture), SIGMAS)
    caps = [
        np.minimum(1, energy / (np.sqrt(blur(band * band, BLOCK / 3)) + FLOOR))
        for energy, band in zip(expected, quilt_bands, strict=False)
    ]
    for k, (fill, detail) in enumerate(zip(fill_bands, quilt_bands, strict=True)):
        capped = detail * caps[min(k, len(caps) - 1)]
        end = DEPTH * max(1, SIGMAS[k] / 2)
        share = amount * np.clip((depth - RIM) / (end - RIM), 0, 1)
        result = result + fill + share * _lacking(fill, capped, 2 * SIGMAS[k]) * capped
        check_cancelled()
    return np.where(hole, np.clip(result, 0, 1), picture).astype(np.float32)


def _lacking(fill: Plane, detail: Plane, sigma: float) -> Plane:
    """How much of a detail to add to a fill, so that both together have the energy of the detail, (H, W) in [0, 1]."""
    own, other, both = (
        blur(fill * fill, sigma) + EPSILON,
        blur(detail * detail, sigma) + EPSILON,
        blur(fill * detail, sigma),
    )
    ratio = np.sqrt(np.minimum(1, own / other))
    agreement = np.clip(both / np.sqrt(own * other), 0, 1)
    return np.sqrt(agreement**2 * ratio**2 + 1 - ratio**2) - agreement * ratio
