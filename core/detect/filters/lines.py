"""Thin lines: an oriented ridge filter, and how much each connected line is like a scratch.

A ridge stands out of both of its sides alike (Steger 1998), all along a line: so the filter takes the mean of that
along straight lines of 16 directions. What a photo shows has ridges too. So each connected one (hysteresis, Canny
1986) is weighed as a whole: by how far it stands out of the noise floor, how long, bright and sharp it is, and by the
ridges of the other polarity around it, which texture has and a scratch does not. The weights are those of a logistic
regression of scratches drawn on training photos against what clean ones hold, but the length counts twice and the
other polarity half as much again; the bias leaves a third of a percent of clean photos marked.
"""

from typing import NamedTuple

import numpy as np

from ...host.cancel import check_cancelled
from ...host.parallel import in_parallel
from .marks import MIN_COUNT, Marks
from .planes import NOISE_FLOOR, Plane, box_sum, top_hat

DIRECTIONS = 16
FLANK = 2  # pixels from a ridge to its sides
SHORT, LONG = 3, 4  # doublings: means along lines of 8 and of 16 pixels
UNIT = 8  # counts of the integers for one noise floor
MAX_HEIGHT = 12  # noise floors: a ridge counts up to that, lest one spot makes a line
BAND = 256  # rows at a time, so that they stay in the processor's cache
MIN_RIDGE = 0.75  # noise floors: weaker ridges don't connect
MIN_LENGTH, MAX_LENGTH = 6, 250  # pixels: shorter ones are left, longer ones are no surer
MIN_HEIGHT = 8  # levels, on the mean along the ridge
MAX_TANGLE = 5  # times as long as its box: a lattice or a weave
TWIG = 0.35  # of the mean of a connected ridge: weaker pixels belong to the scene that it touches
CORE = 0.25  # of the top-hat beside: what is lower is no mark but the trace of one in the sums
WIDE_TOPHAT = 9  # pixels across: soft ridges are higher in it, sharp ones are not
MIN_LEVEL = 32  # levels, added before ratios of them
WINDOW = 33  # pixels across, in which ridges of the other polarity are counted
MARGIN = 2**LONG + FLANK


def ridge_filter(plane: Plane) -> tuple[np.ndarray, np.ndarray]:
    """The response in the best direction, (H, W) float in noise floors, and that direction, 0 (level) to 15."""
    import cv2

    scaled: np.ndarray = (plane.levels * (UNIT / plane.noise)).astype(np.int16)
    scaled = cv2.copyMakeBorder(scaled, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
    best = np.empty(plane.levels.shape, np.int16)
    for top in range(0, len(best), BAND):
        check_cancelled()
        band = best[top : top + BAND]
        band[:] = _best_direction(scaled[top : top + len(band) + 2 * MARGIN])
    return (best >> 4).astype(np.float32) / (UNIT * 2**LONG), (best & 15).astype(np.uint8)


def _best_direction(scaled: np.ndarray) -> np.ndarray:
    """The greatest sum along 16 pixels times 16, plus its direction; (H, W) of what came with a margin."""
    best = np.full([side - 2 * MARGIN for side in scaled.shape], -(2**15), np.int16)
    for direction in range(DIRECTIONS):
        angle = np.pi * direction / DIRECTIONS
        sums = _along(_ridge(scaled, angle), angle)
        np.maximum(best, (sums << 4) | np.int16(direction), out=best)
    return best


def _ridge(scaled: np.ndarray, angle: float) -> np.ndarray:
    """How far each pixel lies above the higher of its sides, less half of what these differ; cut on both ends."""
    import cv2

    down, right = round(FLANK * np.cos(angle)), round(-FLANK * np.sin(angle))
    h, w = scaled.shape
    middle, one, other = (
        scaled[FLANK + i * down : h - FLANK + i * down, FLANK + i * right : w - FLANK + i * right] for i in (0, 1, -1)
    )
    uneven = np.right_shift(cv2.absdiff(one, other), 1)
    height = cv2.subtract(cv2.subtract(middle, cv2.max(one, other)), uneven)
    return np.clip(height, -UNIT, MAX_HEIGHT * UNIT)


def _along(ridge: np.ndarray, angle: float) -> np.ndarray:
    """The sum along 16 pixels, or 1 1/2 times that along 8 where this is more; (H, W) without the margin."""
    step = np.array([np.sin(angle), np.cos(angle)])
    step /= np.abs(step).max()
    margin = 2**LONG
    inner = ridge.shape[0] - 2 * margin, ridge.shape[1] - 2 * margin
    parts, total = [], ridge
    for doubling in range(1, LONG + 1):
        total = _plus_moved(total, *np.round(step * 2 ** (doubling - 1)).astype(int))
        if doubling >= SHORT:
            down, right = margin + np.round(-step * (2**doubling - 1) / 2).astype(int)
            parts.append(total[down : down + inner[0], right : right + inner[1]])
    short, long = parts
    return np.maximum(short + (short >> 1), long)


def _plus_moved(total: np.ndarray, down: int, right: int) -> np.ndarray:
    """Each value plus the one so far further down and to the right; past the end nothing is added."""
    moved = total.copy()
    h, w = total.shape
    inside = slice(max(-down, 0), h - max(down, 0)), slice(max(-right, 0), w - max(right, 0))
    moved[inside] += total[max(down, 0) : h + min(down, 0), max(right, 0) : w + min(right, 0)]
    return moved


def crest(response: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Non-maximum suppression across the direction (Canny 1986): the middle of each ridge, bool (H, W)."""
    around = np.pad(response, 1, mode="edge")
    h, w = response.shape
    octant = (direction + 2) // 4 % 4
    thin = np.zeros(response.shape, bool)
    for k, (down, right) in enumerate(((1, 0), (1, -1), (0, 1), (1, 1))):
        one = around[1 + down : 1 + down + h, 1 + right : 1 + right + w]
        other = around[1 - down : 1 - down + h, 1 - right : 1 - right + w]
        thin |= (octant == k) & (response > one) & (response >= other)
    return thin & (response > MIN_RIDGE)


class LineWeights(NamedTuple):
    """What the logarithms of the measures of a line add to its log odds.

    length: pixels. response: of the ridge filter. height: the top-hat, as far as the filter counts it. noise: the
    floor there. opposite: pixels of ridges of the other polarity in the window. brightness: against the photo's
    white. sharpness: the steepest step beside against a wider top-hat. dark: added for dark lines, no logarithm.
    """

    bias: float
    length: float
    response: float
    height: float
    noise: float
    opposite: float
    brightness: float
    sharpness: float
    dark: float


WEIGHTS = LineWeights(
    bias=5.15,
    length=0.59,
    response=2.49,
    height=-2.26,
    noise=1.36,
    opposite=-1.45,
    brightness=2.33,
    sharpness=2.6,
    dark=-1.63,
)


def find_lines(light: Plane, dark: Plane) -> tuple[Marks, Marks]:
    """Connected ridges of both polarities with their log odds of being damage."""
    planes = light, dark
    ridges = in_parallel(_ridges, planes)

    def weighed(i: int) -> Marks:
        lines, measures = line_measures(planes[i], *ridges[i], ridges[1 - i][1])
        logit = WEIGHTS.bias + WEIGHTS.dark * i + measures @ np.array(WEIGHTS[1:-1], np.float32)
        return lines._replace(logit=lines.logit + logit)

    of_light, of_dark = in_parallel(weighed, (0, 1))
    return of_light, of_dark


def _ridges(plane: Plane) -> tuple[np.ndarray, np.ndarray]:
    response, direction = ridge_filter(plane)
    return response, crest(response, direction) & _standing_out(plane.hat)


def line_measures(plane: Plane, response: np.ndarray, thin: np.ndarray, other: np.ndarray) -> tuple[Marks, np.ndarray]:
    """The connected ridges of a plane, and what they are weighed by, (N, 7): see `LineWeights`.

    The log odds of the ridges are 0, or minus infinity for those that are no lines.

    Args:
        plane: Of one polarity.
        response: What `ridge_filter` gives for it.
        thin: Its `crest`.
        other: The crest of the other polarity.
    """
    import cv2

    weak = (response > MIN_RIDGE).astype(np.uint8)
    count, part, stats, _ = cv2.connectedComponentsWithStats(weak, connectivity=8)
    rows, columns = np.nonzero(thin)
    lines = Marks(rows, columns, part[rows, columns], np.zeros(count), np.zeros(count))
    for values in (response, plane.hat):
        lines = _without_twigs(lines, values)
    tangled = lines.size > MAX_TANGLE * np.hypot(stats[:, 2], stats[:, 3])
    lines.logit[tangled | (lines.size < MIN_LENGTH) | (lines.mean_of(plane.hat) < MIN_HEIGHT)] = -np.inf
    typical = lines.mean_of(response)
    measures = (
        np.clip(lines.size, 1, MAX_LENGTH),
        np.maximum(typical, MIN_RIDGE),
        lines.mean_of(np.minimum(plane.hat, MAX_HEIGHT * plane.noise)) + NOISE_FLOOR,
        np.maximum(lines.mean_of(plane.noise), NOISE_FLOOR),
        lines.mean_of(box_sum(other.astype(np.uint8), WINDOW)) + MIN_COUNT,
        (lines.mean_of(plane.levels) + MIN_LEVEL) / (_white(plane.levels) + MIN_LEVEL),
        (lines.mean_of(plane.edge) + NOISE_FLOOR) / (lines.mean_of(top_hat(plane.levels, WIDE_TOPHAT)) + NOISE_FLOOR),
    )
    return lines, np.log(np.stack(measures, 1).astype(np.float32))


def _without_twigs(lines: Marks, values: np.ndarray) -> Marks:
    """Lines without the pixels that are much weaker than the mean of their line, and with their sizes."""
    strong = values[lines.rows, lines.columns] > TWIG * lines.mean_of(values)[lines.label]
    label = lines.label[strong]
    size = np.bincount(label, minlength=len(lines.size))
    return Marks(lines.rows[strong], lines.columns[strong], label, lines.logit, size)


def _standing_out(hat: np.ndarray) -> np.ndarray:
    """Where the top-hat is not just the foot of a much higher one, bool (H, W)."""
    import cv2

    return hat > CORE * cv2.dilate(hat, np.ones((5, 5), np.uint8))


def _white(levels: np.ndarray) -> int:
    """The level that one pixel in a hundred exceeds."""
    counts = np.cumsum(np.bincount(levels.ravel(), minlength=256))
    return int(np.searchsorted(counts, 0.99 * levels.size))
