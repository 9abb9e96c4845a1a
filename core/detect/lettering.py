"""Lettering: lines and specks that are written or printed on the photo are content, and are left.

A title on a glass plate or a caption has strokes as light, thin and broken as scratches. The network for overlays
(`networks.overlays_network`) tells them apart: it sees hardly any in real scratches, creases and dust. It looks at one
copy of the photo, so that this takes a small part of the time of the search.
"""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from .detectors import predict_on_copy
from .networks import overlays_network
from .planes import Bytes, disc

SIDE = 768  # pixels of the shorter side of the copy, at most
THRESHOLD = 0.5  # of the mean probability of overlays over a mark
NEAR = 1 / 64  # of the shorter side: where the network sees some letters of a word only, its others count, too


class Lettering:
    """The lettering of one photo, which is looked for once, when it is first asked for.

    Args:
        photo: (1, 1 or 3, H, W) in [0, 1].
    """

    def __init__(self, photo: Tensor) -> None:
        self.photo = photo

    def among(self, marks: Tensor) -> Tensor:
        """The marks that are lettering.

        Args:
            marks: lines and specks, uint8 (1, 1, H, W) of 0 and 1; each connected part is judged as a whole.

        Returns:
            The same shape, dtype and device, 1 = in a mark that is lettering.

        Raises:
            WeightsError: the network's weights are missing.
        """
        if not marks.any():
            return torch.zeros_like(marks)
        return torch.from_numpy(_probable_parts(marks[0, 0].cpu().numpy(), self._near)).to(marks)[None, None]

    @cached_property
    def _near(self) -> np.ndarray:
        """The highest probability of lettering near each pixel of a copy of the photo, (h, w) in [0, 1]."""
        probability = predict_on_copy(overlays_network, self.photo, SIDE, SIDE)[0, 0].cpu().numpy()
        return _highest_near(probability, round(NEAR * min(probability.shape)))


def _highest_near(probability: np.ndarray, radius: int) -> np.ndarray:
    """The highest probability no farther than `radius` pixels from each, (h, w)."""
    import cv2

    return cv2.dilate(probability, disc(2 * radius + 1))


def _probable_parts(marks: Bytes, probability: np.ndarray) -> Bytes:
    """The connected parts of marks (H, W) over which the mean of a probability (h, w) is above `THRESHOLD`."""
    import cv2

    count, label = cv2.connectedComponents(marks, connectivity=8)
    rows, columns = np.nonzero(marks)
    (height, width), (h, w) = marks.shape, probability.shape
    of_part = label[rows, columns]
    total = np.bincount(of_part, probability[rows * h // height, columns * w // width], count)
    probable = total > THRESHOLD * np.bincount(of_part, minlength=count)
    return np.asarray(probable[label], np.uint8)
