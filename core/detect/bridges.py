"""Gaps in broken lines: a crease that fades, or that crosses a face, where the network trusts itself least.

Two ends of lines are joined if each points at the other, if both lines are long for the gap and about as wide, and if
the network sees at least a trace of a line between them; the nearest ends first, and each once. Ends and their
directions are those of the skeleton (Zhang, Suen 1984, "A Fast Parallel Algorithm for Thinning Digital Patterns",
Communications of the ACM).
"""

import math
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..host.cancel import check_cancelled
from .planes import Bytes, Mask, inner_distance

MAX_GAP = 0.35  # of the shorter side
MIN_GAP = 4  # pixels
MIN_LINE = 0.7  # gaps: the diagonal of the box of each of both lines
MAX_ANGLE = math.radians(20)  # by which a line turns on its way over the gap, at both ends together
MAX_OFFSET = 5.5  # widths by which a line, going on straight, may miss the other end
MAX_WIDTHS = 3  # how many times as wide one may be as the other
TRACED = 24  # pixels of the skeleton that tell the direction of an end: at least so many if there are,
MIN_TRACED = 12  # or so many; and `TRACED_WIDTHS` or `MIN_TRACED_WIDTHS`
TRACED_WIDTHS, MIN_TRACED_WIDTHS = 4, 3
MIN_LOGIT = -6.0  # the median along the gap: more than nothing at all
REACH = 24  # of the gap: a trace may be so far beside the way, as a part of its length


class _End(NamedTuple):
    """An end of a line: where it is, the unit vector that points out of the line, its width, and the line's number."""

    point: NDArray[np.float64]  # y, x
    direction: NDArray[np.float64]
    width: float
    line: int


def bridges(lines: Mask, logit: NDArray[np.float32]) -> Mask:
    """Pixels that join the broken pieces of lines.

    Args:
        lines: (H, W), True = in a line that is filled; about 512 pixels a side, for pixels are the unit of ends.
        logit: of the probability of a line in each pixel, (H, W).

    Returns:
        (H, W), True = in a bridge, as wide as the lines it joins.
    """
    import cv2

    _, label, stats, _ = cv2.connectedComponentsWithStats(lines.astype(np.uint8), connectivity=8)
    lengths = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    bridged = np.zeros(lines.shape, np.uint8)
    ends, joined = _ends(lines, np.asarray(label, np.int32)), set[int]()
    for i, j in sorted(combinations(range(len(ends)), 2), key=lambda pair: _gap(*(ends[each] for each in pair))):
        pair = ends[i], ends[j]
        if joined & {i, j} or not _fit(*pair, lengths, MAX_GAP * min(lines.shape)):
            continue
        if _evidence(logit, *pair) > MIN_LOGIT:
            joined |= {i, j}
            start, end = ([round(float(value)) for value in each.point[::-1]] for each in pair)
            cv2.line(bridged, start, end, 1, max(1, round((pair[0].width + pair[1].width) / 2)))
    return bridged > 0


def _gap(first: _End, second: _End) -> float:
    """Pixels between two ends."""
    return math.dist(first.point, second.point)


def _fit(first: _End, second: _End, lengths: NDArray[np.float64], max_gap: float) -> bool:
    """Whether two ends may belong to one line."""
    way, gap = second.point - first.point, _gap(first, second)
    if first.line == second.line or not MIN_GAP < gap < max_gap:
        return False
    if min(lengths[first.line], lengths[second.line]) < MIN_LINE * gap:
        return False
    narrow, wide = sorted((first.width, second.width))
    if wide > MAX_WIDTHS * narrow + 2:
        return False
    cosines = np.clip([way @ first.direction / gap, -(way @ second.direction) / gap], -1, 1)
    angles = np.arccos(cosines)
    return bool(angles.sum() < MAX_ANGLE and gap * math.sin(angles.max()) <= MAX_OFFSET * (narrow + wide) / 2)


def _evidence(logit: NDArray[np.float32], first: _End, second: _End) -> float:
    """The median of the highest logits near the way from one end to the other."""
    import cv2

    count = math.ceil(_gap(first, second)) + 1
    points = np.linspace(first.point, second.point, count).round().astype(int)
    (top, left), (bottom, right) = points.min(0), points.max(0) + 1
    reach = 1 + count // REACH
    window = logit[max(0, top - reach) : bottom + reach, max(0, left - reach) : right + reach]
    highest = cv2.dilate(window, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    y, x = (points - [max(0, top - reach), max(0, left - reach)]).T
    return float(np.median(highest[y, x]))


def _ends(lines: Mask, label: NDArray[np.int32]) -> list[_End]:
    """The ends of all lines that are long enough to point anywhere."""
    import cv2

    skeleton = thinned(lines)
    distance = np.asarray(inner_distance(np.pad(lines, 1))[1:-1, 1:-1], np.float32)  # the border is an edge
    neighbors = cv2.filter2D(skeleton, -1, np.ones((3, 3)), borderType=cv2.BORDER_CONSTANT) - skeleton
    ends = []
    for y, x in np.argwhere((skeleton == 1) & (neighbors == 1)).tolist():
        check_cancelled()
        path = _traced(skeleton, distance, (y, x))
        width = 2 * float(np.median([distance[point] for point in path])) - 1
        if len(path) >= max(MIN_TRACED, MIN_TRACED_WIDTHS * width):
            way = np.subtract(path[0], path[-1]).astype(float)
            ends.append(_End(np.array([y, x], float), way / np.hypot(*way), width, int(label[y, x])))
    return ends


def _traced(skeleton: Bytes, distance: NDArray[np.float32], start: tuple[int, int]) -> list[tuple[int, int]]:
    """Pixels of a skeleton from one of its ends on, each the farthest neighbor; distance: to the edge of the line."""
    h, w = skeleton.shape
    path, seen = [start], {start}
    width = 0.0
    while len(path) <= max(TRACED, TRACED_WIDTHS * width):
        y, x = path[-1]
        width = max(width, 2 * float(distance[y, x]))
        near = [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        near = [(v, u) for v, u in near if 0 <= v < h and 0 <= u < w and skeleton[v, u] and (v, u) not in seen]
        if not near:
            break
        seen.update(near)
        path.append(max(near, key=lambda point: math.dist(point, start)))
    return path


def thinned(mask: Mask) -> Bytes:
    """The skeleton of a mask (H, W), one pixel wide, as 0 and 1."""
    image = np.pad(mask.astype(np.uint8), 1)
    while True:
        before = image.sum()
        for step in (0, 1):
            image[_removable(image, step)] = 0
        if image.sum() == before:
            return image[1:-1, 1:-1]


def _removable(image: Bytes, step: int) -> Mask:
    """Pixels at the rim that one of both steps of the thinning takes away."""
    shifts = ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))  # clockwise from the one above
    around = [np.roll(image, shift, (0, 1)) for shift in shifts]
    count = sum(each.astype(np.int32) for each in around)
    rises = sum(((a == 0) & (b == 1)).astype(np.int32) for a, b in zip(around, around[1:] + around[:1], strict=True))
    up, right, down, left = around[::2]
    open_sides = (up * right * down, right * down * left) if step == 0 else (up * right * left, up * down * left)
    return (image == 1) & (count >= 2) & (count <= 6) & (rises == 1) & (open_sides[0] == 0) & (open_sides[1] == 0)
