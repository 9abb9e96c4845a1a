"""Canny's edge detector on the known part of a gray photo, as scikit-image (0.18 and newer) has it.

Canny 1986, "A Computational Approach to Edge Detection", IEEE PAMI 8(6). Networks that were trained on
scikit-image's edges want the very same ones, so the arithmetic and its order follow that program: double
precision, smoothing that leaves out the unknown pixels, no edge beside them or at the photo's border.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

TRUNCATE = 4.0  # standard deviations at which the Gaussian is cut off


def canny(gray: Tensor, known: Tensor, *, sigma: float = 1.0, low: float = 0.1, high: float = 0.2) -> Tensor:
    """Edges of the known part, one pixel wide.

    Works on the CPU, and on every photo of the batch by itself. The defaults are those of `skimage.feature.canny`.

    Args:
        gray: float (B, 1, H, W) in [0, 1].
        known: bool (B, 1, H, W), True = known; what is not known never matters.
        sigma: of the smoothing, in pixels, above 0.
        low: an edge is kept where Sobel's filter gives this or more ...
        high: ... and, somewhere along it, this or more.

    Returns:
        bool (B, 1, H, W), True = edge, on the device of `gray`.
    """
    known = known.detach().cpu()
    smooth = _smoothed(gray.detach().cpu().double(), known, sigma)
    dy, dx = _sobel(smooth)
    magnitude = (dy * dy + dx * dx).sqrt()
    thin = _is_ridge(dy, dx, magnitude) & _eroded(known) & (magnitude >= low)
    strong = thin & (magnitude >= high)
    linked = [_linked(t, s) for t, s in zip(thin[:, 0].numpy(), strong[:, 0].numpy(), strict=True)]
    return torch.from_numpy(np.stack(linked))[:, None].to(gray.device)


def _smoothed(gray: Tensor, known: Tensor, sigma: float) -> Tensor:
    """Gaussian mean of the known pixels around each, (B, 1, H, W) -> (B, 1, H, W); 0 where there are none."""
    weight = _gaussian(known.to(gray.dtype), sigma) + torch.finfo(gray.dtype).eps
    return _gaussian(gray.masked_fill(~known, 0), sigma) / weight


def _sobel(image: Tensor) -> tuple[Tensor, Tensor]:
    """Differences of (B, 1, H, W) downwards and to the right, eight times the gradient; the border repeats."""
    padded = F.pad(image, (1, 1, 1, 1), mode="replicate")
    dy = padded[..., 2:, :] - padded[..., :-2, :]
    dx = padded[..., 2:] - padded[..., :-2]
    dy = 2 * dy[..., 1:-1] + (dy[..., :-2] + dy[..., 2:])
    dx = 2 * dx[..., 1:-1, :] + (dx[..., :-2, :] + dx[..., 2:, :])
    return dy, dx


def _gaussian(image: Tensor, sigma: float) -> Tensor:
    """Smoothing with zeros around the photo; the pairs are added from the outside in, like SciPy's."""
    radius = int(TRUNCATE * sigma + 0.5)
    weights = np.exp(-0.5 / sigma**2 * np.arange(-radius, radius + 1) ** 2)
    weights = (weights / weights.sum())[: radius + 1].tolist()
    for dim in (-2, -1):
        size = image.shape[dim]
        padded = F.pad(image, (0, 0, radius, radius) if dim == -2 else (radius, radius))
        image = image * weights[radius]
        for i, weight in enumerate(weights[:radius]):
            image += (padded.narrow(dim, i, size) + padded.narrow(dim, 2 * radius - i, size)) * weight
    return image


def _is_ridge(dy: Tensor, dx: Tensor, magnitude: Tensor) -> Tensor:
    """Where no point one step along the gradient, to either side, is steeper.

    That point lies between a neighbor in the row or column and one across the corner.
    """
    h, w = magnitude.shape[-2:]
    padded = F.pad(magnitude, (1, 1, 1, 1))

    def neighbor(row: int, column: int) -> Tensor:
        return padded[..., 1 + row : 1 + row + h, 1 + column : 1 + column + w]

    steep, same_sign = dy.abs() > dx.abs(), (dy > 0) == (dx > 0)
    fraction = torch.where(steep, dx.abs() / dy.abs(), dy.abs() / dx.abs())
    ridge = torch.ones_like(steep)
    for side in (1, -1):
        straight = torch.where(steep, neighbor(side, 0), neighbor(0, side))
        across = torch.where(steep, neighbor(side, -side), neighbor(-side, side))
        corner = torch.where(same_sign, neighbor(side, side), across)
        ridge &= corner * fraction + straight * (1 - fraction) <= magnitude
    return ridge


def _eroded(known: Tensor) -> Tensor:
    """Known pixels with eight known neighbors."""
    unknown = F.pad((~known).float(), (1, 1, 1, 1), value=1)
    return F.max_pool2d(unknown, 3, stride=1) == 0


def _linked(thin: np.ndarray, strong: np.ndarray) -> np.ndarray:
    """The 8-connected parts of `thin` (H, W) that hold a pixel of `strong`."""
    import cv2

    count, labels = cv2.connectedComponents(thin.astype(np.uint8), connectivity=8)
    keep = np.zeros(count, dtype=bool)
    keep[labels[strong]] = True
    return keep[labels]
