"""Specks: small things that stand out of the texture around them.

Dust lies on calm and on busy ground alike; foliage, lace, halftone dots and grain are made of small things. So a
speck is weighed against the highest top-hats of its surroundings, light and dark, against how even its ground is,
and against how many candidates there are near: a crowd is texture. The weights are those of a logistic regression of
specks drawn on training photos against what clean ones hold.
"""

from typing import NamedTuple

import numpy as np

from ...host.parallel import in_parallel
from .marks import Marks
from .planes import NOISE_FLOOR, Plane, box_sum, noise_floor

MIN_CONTRAST = 3.0  # noise floors: the peak of a candidate
RIM_CONTRAST = 1.5  # noise floors: its other pixels
MIN_HEIGHT = 8  # levels
MAX_AREA = 60  # pixels
MAX_SIDE = 11  # pixels
CROWD_WINDOW = 65  # pixels across, in which candidates are counted
TEXTURE_QUANTILE = 0.97  # of the top-hats around: what texture reaches
RING_RADIUS = 5  # pixels from the middle of a speck to its ground
RING_POINTS = 12


class SpeckWeights(NamedTuple):
    """What the logarithms of the measures of a speck add to its log odds.

    height: its top-hat. texture, opposite: the high quantile of the top-hats around, of its own and of the other
    polarity. ground: the standard deviation of the levels on a ring around it. crowd: candidates in the window.
    fill: its area as a share of its square. dark: added for dark specks, no logarithm.
    """

    bias: float
    height: float
    texture: float
    opposite: float
    ground: float
    crowd: float
    fill: float
    dark: float


WEIGHTS = SpeckWeights(
    bias=4.6, height=1.81, texture=-1.2, opposite=-1.09, ground=-1.26, crowd=-0.52, fill=1.33, dark=-0.54
)


class Candidates(NamedTuple):
    """Connected pixels: their places, to which candidate each belongs, and that candidate's middle, height, shape."""

    rows: np.ndarray
    columns: np.ndarray
    label: np.ndarray
    middle: tuple[np.ndarray, np.ndarray]
    height: np.ndarray
    area: np.ndarray
    side: np.ndarray


def find_specks(light: Plane, dark: Plane) -> tuple[Marks, Marks]:
    """Specks of both polarities with their log odds of being damage; dark ones are the rarer ones."""
    planes = light, dark
    textures = in_parallel(lambda plane: noise_floor(plane.hat, TEXTURE_QUANTILE), planes)

    def weighed(i: int) -> Marks:
        specks = _candidates(planes[i])
        measures = speck_measures(specks, planes[i].levels, textures[i], textures[1 - i])
        logit = WEIGHTS.bias + WEIGHTS.dark * i + measures @ np.array(WEIGHTS[1:-1], np.float32)
        return Marks(specks.rows, specks.columns, specks.label, logit, specks.area)

    of_light, of_dark = in_parallel(weighed, (0, 1))
    return of_light, of_dark


def _candidates(plane: Plane) -> Candidates:
    """Small connected parts of high top-hat."""
    import cv2

    contrast = plane.hat / plane.noise
    high = ((contrast > RIM_CONTRAST) & (plane.hat > MIN_HEIGHT)).astype(np.uint8)
    count, part, stats, middles = cv2.connectedComponentsWithStats(high, connectivity=8)
    side, area = stats[:, 2:4].max(1), stats[:, 4]
    peaked = np.zeros(count, bool)
    peaked[part[contrast > MIN_CONTRAST]] = True
    kept = peaked & (area <= MAX_AREA) & (side <= MAX_SIDE)
    kept[0] = False
    number = np.cumsum(kept) - 1
    rows, columns = np.nonzero(kept[part])
    label = number[part[rows, columns]]
    height = np.zeros(kept.sum(), np.float32)
    np.maximum.at(height, label, plane.hat[rows, columns].astype(np.float32))
    middle = np.round(middles[kept]).astype(int)
    return Candidates(rows, columns, label, (middle[:, 1], middle[:, 0]), height, area[kept], side[kept])


def speck_measures(specks: Candidates, levels: np.ndarray, texture: np.ndarray, opposite: np.ndarray) -> np.ndarray:
    """What specks are weighed by, (N, 6): see `SpeckWeights`, also for the two textures, (H, W) as the levels."""
    points = np.zeros(levels.shape, np.uint8)
    points[specks.middle] = 1
    measures = (
        specks.height + NOISE_FLOOR,
        texture[specks.middle],
        opposite[specks.middle],
        _unevenness(specks, levels) + NOISE_FLOOR,
        box_sum(points, CROWD_WINDOW)[specks.middle] + 1,
        specks.area / specks.side**2,
    )
    return np.log(np.stack(measures, 1).astype(np.float32))


def _unevenness(specks: Candidates, levels: np.ndarray) -> np.ndarray:
    """The standard deviation of the levels on a circle around each speck."""
    angles = 2 * np.pi * np.arange(RING_POINTS) / RING_POINTS
    rows = specks.middle[0] + np.round(RING_RADIUS * np.sin(angles)).astype(int)[:, None]
    columns = specks.middle[1] + np.round(RING_RADIUS * np.cos(angles)).astype(int)[:, None]
    ring = levels[rows.clip(0, levels.shape[0] - 1), columns.clip(0, levels.shape[1] - 1)]
    return ring.std(0, dtype=np.float32)
