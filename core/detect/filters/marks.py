"""Marks that were found on one plane, from single log odds to probabilities of pixels."""

from typing import NamedTuple

import numpy as np

from .planes import TOPHAT_SIZE

RIM_STEPS = 2  # pixels that marks grow by at most, on the copy they were found on
RIM = 0.35  # of the height of a mark belongs to it
MIN_HEIGHT = 4  # levels: lower is no rim
MIN_COUNT = 8  # added to counts of what is around before their logarithm
USUAL_SIZE = 100  # pixels of candidates that the usual share of damage counts as
MIN_SHIFT, MAX_SHIFT = -0.5, 0.6  # of the log odds of a single photo
ROUNDS = 20


class Marks(NamedTuple):
    """Pixels (rows, columns) of marks; `label` says to which mark each belongs; each mark's log odds and size."""

    rows: np.ndarray
    columns: np.ndarray
    label: np.ndarray
    logit: np.ndarray
    size: np.ndarray

    def mean_of(self, values: np.ndarray) -> np.ndarray:
        """The mean of values (H, W) on the pixels of each mark; 0 where it has none."""
        count = np.bincount(self.label, minlength=len(self.size))
        total = np.bincount(self.label, values[self.rows, self.columns], minlength=len(self.size))
        return total / np.maximum(count, 1)

    def painted(self, hat: np.ndarray, shift: float) -> np.ndarray:
        """Probability of each pixel, grown to the rims of the marks; `shift` is added to the log odds."""
        odds = np.exp(np.clip(self.logit + np.float32(shift), -30, 30))
        painted = np.zeros(hat.shape, np.float32)
        painted[self.rows, self.columns] = (odds / (1 + odds))[self.label]
        return _grown(painted, hat)


def _grown(marks: np.ndarray, hat: np.ndarray) -> np.ndarray:
    """Marks widened to what stands out beside them (geodesic dilation); they are changed in place."""
    import cv2

    if not marks.any():
        return marks
    square = np.ones((3, 3), np.uint8)
    least = np.maximum(RIM * np.arange(256), MIN_HEIGHT).astype(np.uint8)  # of whole levels, what is above this is rim
    height = np.where(marks > 0, hat, np.uint8(0))
    for _ in range(RIM_STEPS):
        high, near = cv2.dilate(height, square), cv2.dilate(marks, square)
        rim = (hat > cv2.LUT(high, least)) & (marks == 0)
        np.copyto(marks, near, where=rim)
        np.copyto(height, high, where=rim)
    return marks


def stands_out(levels: np.ndarray, scale: int) -> np.ndarray:
    """Where marks that were found on a copy `scale` times smaller stand out of their ground, bool (H, W).

    By a white top-hat of a square, which is separable, against the highest of it beside.
    """
    import cv2

    side = TOPHAT_SIZE * scale + 1
    hat = cv2.morphologyEx(levels, cv2.MORPH_TOPHAT, np.ones((side, side), np.uint8))
    return hat > RIM * cv2.dilate(hat, np.ones((2 * scale + 1, 2 * scale + 1), np.uint8))


def photo_shift(marks: list[Marks], scales: list[float], usual: float) -> float:
    """What is added to all log odds of a photo: a worn one has many marks, a clean one hardly any.

    The share of damage among all candidates of the photo, by expectation and maximization (Saerens, Latinne and
    Decaestecker 2002), held near what is usual.

    Args:
        marks: Of all planes of the photo.
        scales: How many of the photo's pixels one pixel of each plane is long.
        usual: The share of damage that the log odds take for granted, in (0, 1).
    """
    logit = np.concatenate([one.logit for one in marks])
    weight = np.concatenate([one.size * scale for one, scale in zip(marks, scales, strict=True)])
    logit, weight = logit[np.isfinite(logit)], weight[np.isfinite(logit)]
    odds, share = np.exp(np.minimum(logit, 30)) * (1 - usual) / usual, usual
    for _ in range(ROUNDS):
        now = odds * share / (1 - share)
        share = (weight @ (now / (1 + now)) + usual * USUAL_SIZE) / (weight.sum() + USUAL_SIZE)
    shift = np.log(share / (1 - share)) - np.log(usual / (1 - usual))
    return float(np.clip(shift, MIN_SHIFT, MAX_SHIFT))
