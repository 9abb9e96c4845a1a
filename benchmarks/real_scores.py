"""The scores of `real.py`: pixels found and missed within a tolerance, sweeps of the threshold, islands in faces."""

from collections.abc import Iterable
from inspect import signature
from typing import NamedTuple

import cv2
import numpy as np
from monochromic.core import find_hole
from monochromic.core.damage_kinds import DAMAGE_KINDS
from monochromic.core.detect.hysteresis import hysteresis_marks
from monochromic.core.detect.planes import disc
from numpy.typing import NDArray
from torch import Tensor

Mask = NDArray[np.bool_]  # (H, W)
Box = tuple[int, int, int, int]  # left, top, width, height in pixels

DEFAULTS = {name: parameter.default for name, parameter in signature(find_hole).parameters.items()}
SWEEP = (0.01, 0.02, *(round(0.05 * i, 2) for i in range(1, 20)), 0.98, 0.99)


class Counts(NamedTuple):
    """Pixels: found, of these right; true, of these hit."""

    right: int
    found: int
    hit: int
    truth: int

    @property
    def precision(self) -> float:
        """Share of the found pixels that are right, 1 where none is found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pixels that are hit, 1 where there are none."""
        return self.hit / self.truth if self.truth else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def tolerance_of(height: int, width: int) -> int:
    """By how many pixels the edge of what is found may be off."""
    return max(2, round(min(height, width) / 256))


def within(mask: Mask, distance: float) -> Mask:
    """The pixels no farther than a distance, between the centers of pixels, from a pixel of the mask (H, W)."""
    if not mask.any():
        return np.zeros_like(mask)
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return away <= distance + 1e-3


def count(found: Mask, truth: Mask, ignore: Mask | None, tolerance: float) -> Counts:
    """Compare what was found with the truth, both (H, W), True = damage.

    ignore: True = this pixel is not judged; it still explains a neighbor within the tolerance.
    """
    judged = np.ones_like(truth) if ignore is None else ~ignore
    is_found, is_true = found & judged, truth & judged
    right, hit = is_found & within(truth, tolerance), is_true & within(found, tolerance)
    return Counts(*(int(mask.sum()) for mask in (right, is_found, hit, is_true)))


def sweep(
    kinds: Tensor, truth: Mask, ignore: Mask | None, tolerance: float, hysteresis: float = 0.0
) -> dict[float, Counts]:
    """The counts at each threshold of the probabilities (1, K, H, W), without the guard.

    Of all kinds that are restored by default, of parts as large as `find_hole` keeps; hysteresis: see `Detector`.
    """
    restored = [i for i, kind in enumerate(DAMAGE_KINDS) if kind.restored][: kinds.shape[1]]
    planes, min_area = kinds[:, restored].reshape(-1, 1, *truth.shape), DEFAULTS["min_area"]
    marks = {at: hysteresis_marks(planes, at, min_area, hysteresis) for at in SWEEP}
    return {at: count(to_mask(found.amax(0, keepdim=True)), truth, ignore, tolerance) for at, found in marks.items()}


def best_threshold(sweeps: list[dict[float, Counts]]) -> float:
    """The threshold of the highest mean F1 of the photos, the highest of equals."""
    return max(sorted(sweeps[0], reverse=True), key=lambda at: mean([counts[at].f1 for counts in sweeps]))


def pooled(counts: Iterable[Counts]) -> Counts:
    return Counts(*(sum(values) for values in zip(*counts, strict=True)))


def mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def opened(mask: Mask, diameter: int) -> Mask:
    """Morphological opening of a mask (H, W) with a disc; beyond the border the mask goes on."""
    element, at = disc(diameter), (diameter - 1) // 2
    eroded = cv2.erode(mask.astype(np.uint8), element, anchor=(at, at))
    back = diameter - 1 - at  # the reflected disc, for an even diameter
    return cv2.dilate(eroded, element, anchor=(back, back)) > 0


def islands_in(hole: Mask, faces: list[Box], excused: Mask | None = None) -> list[Box]:
    """The boxes around the blobs of a hole (H, W) of which more than half lies in the box of one face.

    hole: before it is dilated. excused: (H, W), True = right to fill; a blob of which more than half is excused is
    left out.
    """
    blobs = opened(hole, max(3, round(min(hole.shape) / 100)))
    _, part, stats, _ = cv2.connectedComponentsWithStats(blobs.astype(np.uint8), connectivity=8)
    inside = np.zeros(len(stats), np.bool_)
    for left, top, width, height in faces:
        pixels = np.bincount(part[top : top + height, left : left + width].ravel(), minlength=len(stats))
        inside |= 2 * pixels > stats[:, cv2.CC_STAT_AREA]
    if excused is not None:
        pixels = np.bincount(part[excused], minlength=len(stats))
        inside &= 2 * pixels <= stats[:, cv2.CC_STAT_AREA]
    inside[0] = False  # the background
    return [tuple(int(v) for v in stats[i, :4]) for i in np.flatnonzero(inside)]


def boxes_mask(boxes: list[Box], height: int, width: int) -> Mask:
    """The pixels (H, W) in boxes."""
    mask = np.zeros((height, width), np.bool_)
    for left, top, wide, high in boxes:
        mask[top : top + high, left : left + wide] = True
    return mask


def to_mask(hole: Tensor) -> Mask:
    """A hole (1, 1, H, W) of 0 and 1 as a mask (H, W)."""
    return hole[0, 0].cpu().numpy() > 0.5
