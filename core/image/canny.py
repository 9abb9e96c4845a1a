"""Canny's edge detector on the known part of a gray photo, as scikit-image (0.18 and newer) has it.

Canny 1986, "A Computational Approach to Edge Detection", IEEE PAMI 8(6). Networks that were trained on
scikit-image's edges want the very same ones, so the arithmetic and its order follow that program: double
precision, smoothing that leaves out the unknown pixels, no edge beside them or at the photo's border.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

TRUNCATE = 4.0  # the Gaussian's reach in standard deviations


def canny(gray: Tensor, known: Tensor, *, sigma: float = 1.0, low: float = 0.1, high: float = 0.2) -> Tensor:
    """Edges one pixel wide: float (B, 1, H, W) in [0, 1] -> bool (B, 1, H, W) on the same device.

    known: bool (B, 1, H, W); what is not known never matters. sigma > 0: of the smoothing, in pixels.
    An edge is kept where Sobel's filter gives `low` or more and, somewhere along it, `high` or more. Works on
    the CPU, and on every photo of the batch by itself. The defaults are those of `skimage.feature.canny`.
    """
    inside = known.detach().cpu()
    smooth = _smoothed(gray.detach().cpu().double(), inside, sigma)
    down, right = _sobel(smooth)
    magnitude = (down * down + right * right).sqrt()
    thin = _ridge(down, right, magnitude) & _eroded(inside) & (magnitude >= low)
    strong = thin & (magnitude >= high)
    linked = [_linked(t, s) for t, s in zip(thin[:, 0].numpy(), strong[:, 0].numpy(), strict=True)]
    return torch.from_numpy(np.stack(linked))[:, None].to(gray.device)


def _smoothed(gray: Tensor, known: Tensor, sigma: float) -> Tensor:
    """Gaussian mean of the known pixels around each, (B, 1, H, W) -> (B, 1, H, W); 0 where there are none."""
    weight = _gaussian(known.to(gray.dtype), sigma) + torch.finfo(gray.dtype).eps
    return _gaussian(gray.masked_fill(~known, 0), sigma) / weight


def _sobel(image: Tensor) -> tuple[Tensor, Tensor]:
    """Differences of (B, 1, H, W) downwards and to the right, eight times the gradient; the border repeats."""
    framed = F.pad(image, (1, 1, 1, 1), mode="replicate")
    down = framed[..., 2:, :] - framed[..., :-2, :]
    right = framed[..., 2:] - framed[..., :-2]
    down = 2 * down[..., 1:-1] + (down[..., :-2] + down[..., 2:])
    right = 2 * right[..., 1:-1, :] + (right[..., :-2, :] + right[..., 2:, :])
    return down, right


def _gaussian(image: Tensor, sigma: float) -> Tensor:
    """Smoothing with zeros around the photo; the pairs are added from the outside in, like SciPy's."""
    reach = int(TRUNCATE * sigma + 0.5)
    weights = np.exp(-0.5 / sigma**2 * np.arange(-reach, reach + 1) ** 2)
    weights = (weights / weights.sum())[: reach + 1].tolist()
    for dim in (-2, -1):
        size = image.shape[dim]
        framed = F.pad(image, (0, 0, reach, reach) if dim == -2 else (reach, reach))
        image = image * weights[reach]
        for i, weight in enumerate(weights[:reach]):
            image += (framed.narrow(dim, i, size) + framed.narrow(dim, 2 * reach - i, size)) * weight
    return image


def _ridge(down: Tensor, right: Tensor, magnitude: Tensor) -> Tensor:
    """Where no point one step along the gradient, to either side, is steeper.

    That point lies between a neighbor in the row or column and one across the corner.
    """
    h, w = magnitude.shape[-2:]
    framed = F.pad(magnitude, (1, 1, 1, 1))

    def at(dy: int, dx: int) -> Tensor:
        return framed[..., 1 + dy : 1 + dy + h, 1 + dx : 1 + dx + w]

    steep, same = down.abs() > right.abs(), (down > 0) == (right > 0)
    share = torch.where(steep, right.abs() / down.abs(), down.abs() / right.abs())
    ridge = torch.ones_like(steep)
    for side in (1, -1):
        straight = torch.where(steep, at(side, 0), at(0, side))
        corner = torch.where(same, at(side, side), torch.where(steep, at(side, -side), at(-side, side)))
        ridge &= corner * share + straight * (1 - share) <= magnitude
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
