"""Planes (H, W) of float32: blurs, bands, and square blocks read from them."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...host.cancel import check_cancelled

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]


def blur(plane: Plane, sigma: float) -> Plane:
    """A Gaussian blur; sides are mirrored."""
    import cv2

    check_cancelled()
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.float32)


def bands(plane: Plane, sigmas: Sequence[float]) -> tuple[list[Plane], Plane]:
    """A plane as what each blur takes away from the one before, and what remains: all add up to the plane."""
    blurred = [plane, *(blur(plane, sigma) for sigma in sigmas)]
    return [fine - coarse for fine, coarse in pairwise(blurred)], blurred[-1]


def covered(mask: Mask, side: int) -> NDArray[np.int64]:
    """How many pixels of a mask lie in the square at each upper left corner, (H - side + 1, W - side + 1)."""
    import cv2

    total = cv2.integral(mask.astype(np.uint8)).astype(np.int64)
    return total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]


class Padded(NamedTuple):
    """A plane with a border of `pad` pixels at the top and left and twice that at the bottom and right.

    plane: (H + 3 pad, W + 3 pad). Places are rows and columns in it.
    """

    plane: Tensor

    @classmethod
    def mirrored(cls, plane: Plane, pad: int) -> "Padded":
        """With its sides mirrored."""
        import cv2

        return cls(torch.from_numpy(cv2.copyMakeBorder(plane, pad, 2 * pad, pad, 2 * pad, cv2.BORDER_REFLECT_101)))

    @classmethod
    def zero(cls, plane: Plane, pad: int) -> "Padded":
        """With zeros around it."""
        return cls(torch.from_numpy(np.pad(plane, ((pad, 2 * pad), (pad, 2 * pad)))))

    def at(self, places: Tensor, offsets: Sequence[int]) -> Tensor:
        """The pixels at upper left corners (..., 2) and k offsets to both sides, (..., k, k)."""
        check_cancelled()
        (h, w), beside = self.plane.shape, torch.tensor(offsets, device=places.device)
        rows, columns = ((places[..., i, None] + beside).clamp(0, n - 1) for i, n in enumerate((h, w)))
        return self.plane.flatten()[(rows * w)[..., None] + columns[..., None, :]]
