"""What the rules for marks share: planes of 8 bits, their reduction, distances, and boxes around connected parts."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..host.cancel import check_cancelled

Mask = NDArray[np.bool_]  # (H, W)
Bytes = NDArray[np.uint8]  # (H, W): gray levels, or a mask of 0 and 1
TONES = 0.01, 0.99  # of the pixels of a photo: its range of tones
SUREST = 0.1  # of a part: the share of its pixels that have to be as probable as the part is
EPSILON = 1e-6  # the least and the highest probability, from 0 and from 1, of which logits are taken
REDUCED_SIDE = 512  # pixels: about the shorter side of the copy on which shapes are looked at


def by_photo(rule: Callable[..., np.ndarray], marks: Tensor, *others: Tensor) -> Tensor:
    """What a rule finds in each photo of a batch by itself.

    Args:
        rule: of planes (H, W) of 8 bits, the marks and the others in this order; it is not asked where no mark is.
        marks: uint8 (B, 1, H, W) of 0 and 1, 1 = what the rule is about.
        *others: what else it looks at, such as all marks or the photos' gray levels (`to_gray`), uint8 (B, 1, H, W), or
            probabilities.

    Returns:
        uint8 (B, 1, H, W), 1 = found.
    """
    found = torch.zeros_like(marks)
    for result, *planes in zip(found, marks, *others, strict=True):
        if planes[0].any():
            result[0] = torch.from_numpy(rule(*(plane[0].cpu().numpy() for plane in planes))).to(result)
    return found


def reduction(shape: tuple[int, ...]) -> int:
    """The whole number by which a photo (..., H, W) is reduced to about `REDUCED_SIDE`; 1 for small ones."""
    return max(1, round(min(shape[-2:]) / REDUCED_SIDE))


def reduced(plane: Bytes, factor: int) -> Bytes:
    """The means of squares of `factor` pixels of a plane (H, W)."""
    import cv2

    size = tuple(-(-length // factor) for length in plane.shape[::-1])
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)


def to_gray(image: Tensor) -> Tensor:
    """The gray levels of photos (B, C, H, W) in [0, 1], the means of their channels, uint8 (B, 1, H, W)."""
    return image.detach().mean(1, keepdim=True).mul_(255).add_(0.5).byte()


def tone_range(gray: Bytes) -> tuple[int, int]:
    """The levels below which 1 % and 99 % of the pixels of a plane (H, W) are."""
    import cv2

    counts = np.cumsum(cv2.calcHist([gray], [0], None, [256], [0, 256]).astype(np.int64))
    low, high = (int(np.searchsorted(counts, share * gray.size, side="right")) for share in TONES)
    return low, high


def inner_distance(mask: Mask) -> np.ndarray:
    """How far each pixel of a mask (H, W) is from the nearest one outside of it; 0 outside; float32, (H, W)."""
    import cv2

    check_cancelled()
    return cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def dilate_disc(mask: Mask, radius: float) -> Mask:
    """The pixels no farther than `radius` from a mask (H, W)."""
    return inner_distance(~mask) <= radius if mask.any() else mask


def mostly_inside(parts: Bytes, inside: Bytes, share: float) -> Bytes:
    """The connected parts of a plane more than this share of which lies inside a mask; all (H, W), of 0 and 1."""
    import cv2

    count, label = cv2.connectedComponents(parts, connectivity=8)
    area, covered = (np.bincount(label[mask > 0], minlength=count) for mask in (parts, parts & inside))
    return (covered > share * area).astype(np.uint8)[label]


def long_parts(marks: Bytes, share: float) -> Bytes:
    """The connected parts of marks (H, W) that extend over this share of the shorter side or more."""
    import cv2

    _, label, stats, _ = cv2.connectedComponentsWithStats(marks, connectivity=8)
    extent = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    return marks & (extent >= share * min(marks.shape))[label]


def near_edge(margin: Bytes, distance: int) -> Bytes:
    """The pixels no farther from a margin (H, W) or the border, by the longer of rows and columns; of 0 and 1."""
    import cv2

    near = np.ones_like(margin)
    near[distance : -distance or None, distance : -distance or None] = 0
    if margin.any():
        near |= cv2.distanceTransform(1 - margin, cv2.DIST_C, 3) <= distance
    return near


def disc(diameter: int) -> Bytes:
    """A structuring element of 0 and 1, (d, d), the same turned and mirrored, as OpenCV's ellipses are not."""
    from_middle = np.arange(diameter) - (diameter - 1) / 2
    return (from_middle[:, None] ** 2 + from_middle**2 <= (diameter / 2) ** 2).astype(np.uint8)


def padded_slices(stats: np.ndarray, pad: float) -> tuple[slice, slice]:
    """Rows and columns of the box around a part, by OpenCV's statistics (5,), and `pad` pixels more on each side."""
    left, top, width, height, pad = *stats[:4], int(pad)
    return slice(max(0, top - pad), top + height + pad), slice(max(0, left - pad), left + width + pad)


def logits(probability: np.ndarray) -> np.ndarray:
    """The logits of probabilities in [0, 1], float32."""
    chance = np.asarray(probability, np.float32).clip(EPSILON, 1 - EPSILON)
    return np.asarray(np.log(chance / (1 - chance)))


def sureness(logit: np.ndarray, label: np.ndarray, stats: np.ndarray, i: int) -> float:
    """How sure the network is of a part: what its surest tenth has at least, as a damaged part is seldom sure all over.

    Args:
        logit: of the pixels of a photo, (H, W).
        label: the number of the part that each pixel belongs to, (H, W).
        stats: OpenCV's statistics of the parts, (N + 1, 5).
        i: the number of the part.
    """
    box = padded_slices(stats[i], 0)
    return float(np.quantile(logit[box][label[box] == i], 1 - SUREST))
