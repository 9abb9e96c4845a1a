"""Eyes: what would fill most of one is left. Nobody forgives a photo that lost an eye, nor can any network paint it.

Our own network (`networks.eyes_network`) sees where there are eyes, on copies of the photo of several sizes. A hole
that covers much of one is taken for a mistake: the light in it, its white, or a crease beside it that was marked too
widely. So the marks are not widened at that eye; what covers much of it all the same, and specks, are left. So is what
lies in the middle of any eye, however little: it is the pupil. An eye that damage hides is not seen, and so filled.
"""

from collections.abc import Iterable
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..host.cancel import check_cancelled
from .detectors import predict_on_copy
from .networks import eyes_network
from .planes import Bytes, Mask, dilate_disc, inner_distance

TRAINED = 96  # pixels of the shorter side of the smallest copy: there an eye of a portrait is as large as in training
MAX_SIDE = 640  # pixels of the shorter side of the largest copy
THRESHOLD, SURE = 0.5, 0.9  # of the probability of an eye: of all its pixels, and of one at least
MIN_AREA = 9  # pixels of the copy: of an eye
MAX_COVER = 0.3  # of an eye: the share that is filled
AROUND = 0.8  # of its radius: what belongs to an eye around it, such as the lids
MIDDLE = 0.6  # of its radius: where the iris and the pupil are
MOSTLY = 0.5  # of a part of the hole: the share at such an eye, or in the middle of any, from which all of it is left


class Eyes:
    """The eyes of one photo, which are looked for once, when they are first asked for.

    Args:
        photo: (1, 1 or 3, H, W) in [0, 1].
    """

    def __init__(self, photo: Tensor) -> None:
        self.photo = photo

    @cached_property
    def pixels(self) -> Mask:
        """Their pixels in a copy of the photo, (h, w).

        Raises:
            WeightsError: the network's weights are missing.
        """
        return sure_eyes(find_eyes(self.photo)[0, 0].cpu().numpy())


def parts_at_eyes(hole: Tensor, marks: Tensor, eyes: Iterable[Eyes]) -> Tensor:
    """What of a hole lies at eyes that it would cover, and is not to be filled.

    Args:
        hole: (B, 1, H, W) of 0 and 1, 1 = fill.
        marks: the same before it was widened.
        eyes: of each photo.

    Returns:
        The same shape, dtype and device, 1 = in the hole and at such an eye.

    Raises:
        WeightsError: the network's weights are missing.
    """
    parts = torch.zeros_like(hole)
    for part, wide, narrow, of_photo in zip(parts, hole, marks, eyes, strict=True):
        if wide.any():
            planes = [mask[0].byte().cpu().numpy() for mask in (wide, narrow)]
            part[0] = torch.from_numpy(_at_eyes(planes[0], planes[1], of_photo.pixels)).to(part)
    return parts


def find_eyes(image: Tensor) -> Tensor:
    """Where there are eyes.

    Args:
        image: (B, 1 or 3, H, W) in [0, 1]; each photo by itself.

    Returns:
        Their probability, float32 (B, 1, h, w) in [0, 1], of copies whose shorter side is `MAX_SIDE` at most.

    Raises:
        WeightsError: the network's weights are missing.
    """
    return predict_on_copy(eyes_network, image, MAX_SIDE, TRAINED)


def sure_eyes(probability: np.ndarray) -> Mask:
    """The pixels of eyes, from their probability (h, w) in [0, 1]: all of a connected part of which some is sure."""
    import cv2

    probable = (probability > THRESHOLD).astype(np.uint8)
    count, label, stats, _ = cv2.connectedComponentsWithStats(probable, connectivity=8)
    chosen = np.zeros(count, bool)
    chosen[label[probability > SURE]] = True
    return (chosen & (stats[:, cv2.CC_STAT_AREA] >= MIN_AREA))[label]


def _at_eyes(hole: Bytes, marks: Bytes, eyes: Mask) -> Bytes:
    """What is left of a hole, and of the marks it was widened from, (H, W) of 0 and 1, by the pixels of eyes (h, w)."""
    import cv2

    at_eye, in_middle = hole & _covered_eyes(hole, eyes), hole & _middles(eyes, hole.shape)
    if not (at_eye.any() or in_middle.any()):
        return at_eye
    count, label = cv2.connectedComponents(hole, connectivity=8)
    covering, central, area = (np.bincount(label[mask > 0], minlength=count) for mask in (at_eye, in_middle, hole))
    narrow = marks & ~_covered_eyes(marks & hole, eyes)
    return (at_eye & ~narrow) | (np.maximum(covering, central) > MOSTLY * area)[label].astype(np.uint8)


def _covered_eyes(hole: Bytes, eyes: Mask) -> Bytes:
    """The eyes that a hole (H, W) covers too much, with what is around them, (H, W) of 0 and 1."""
    import cv2

    cover = cv2.resize(hole * 255, eyes.shape[::-1], interpolation=cv2.INTER_AREA)
    count, label = cv2.connectedComponents(eyes.astype(np.uint8), connectivity=8)
    area = np.bincount(label.ravel(), minlength=count)
    share = np.bincount(label.ravel(), cover.ravel(), count) / (255 * np.maximum(area, 1))
    covered = np.zeros(eyes.shape, bool)
    for i in range(1, count):
        check_cancelled()
        if share[i] >= MAX_COVER:
            covered |= dilate_disc(label == i, AROUND * float(np.sqrt(area[i] / np.pi)))
    return np.asarray(cv2.resize(covered.astype(np.uint8), hole.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def _middles(eyes: Mask, shape: tuple[int, ...]) -> Bytes:
    """Where the iris and the pupil of eyes (h, w) are, enlarged to (H, W), of 0 and 1."""
    import cv2

    count, label = cv2.connectedComponents(eyes.astype(np.uint8), connectivity=8)
    depth = inner_distance(eyes)
    of_eye, deepest = np.asarray(label, np.intp), np.zeros(count)
    np.maximum.at(deepest, of_eye, depth)
    middle = eyes & (depth > (1 - MIDDLE) * deepest[of_eye])
    return np.asarray(cv2.resize(middle.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
