"""What the color methods are compared with, in numpy and SciPy: plain, direct, made to be right and not fast.

`mean_chroma`: the mean color of what is known. `levin`: Levin, Lischinski, Weiss, "Colorization using
Optimization", SIGGRAPH 2004, on the hole. `neighbors`: the chroma of the 8 nearest known pixels in a small
multi-scale description of the gray image and position, as a prior of that system, trusted by its own spread.
"""

import cv2
import numpy as np
import scipy.sparse as sparse
import torch
from monochromic.core import chroma, to_rgb_in_gamut
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree
from torch import Tensor

OFFSETS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]
SCREENING, SPREAD = 0.003, 0.02  # pull of a sure prior; spread of chroma at which it is half sure


def mean_chroma(image: Tensor, gray: Tensor, hole: Tensor) -> Tensor:
    mean = chroma(image)[..., hole[0, 0] == 0].mean(-1)[..., None, None]
    return _colored(image, gray, hole, mean.expand(-1, -1, *gray.shape[-2:]))


def levin(image: Tensor, gray: Tensor, hole: Tensor) -> Tensor:
    return _screened(image, gray, hole, use_prior=False)


def neighbors(image: Tensor, gray: Tensor, hole: Tensor) -> Tensor:
    return _screened(image, gray, hole, use_prior=True)


def _colored(image: Tensor, gray: Tensor, hole: Tensor, colors: Tensor) -> Tensor:
    return torch.where(hole > 0, to_rgb_in_gamut(gray, colors), image)


def _screened(image: Tensor, gray: Tensor, hole: Tensor, use_prior: bool) -> Tensor:
    luminance, inside = gray[0, 0].double().numpy(), hole[0, 0].numpy() > 0
    colors = chroma(image)[0].permute(1, 2, 0).double().numpy().copy()
    prior, pull = np.zeros((inside.sum(), 2)), np.zeros(inside.sum())
    if use_prior:
        prior, spread = _nearest(luminance, colors, inside)
        pull = SCREENING / (1 + (spread / SPREAD) ** 2)
    colors[inside] = _solve(_affinities(luminance), colors, inside, prior, pull)
    return _colored(image, gray, hole, torch.from_numpy(colors).permute(2, 0, 1)[None].float())


def _affinities(luminance: np.ndarray) -> np.ndarray:
    """Ties to the 8 neighbors by the squared step over the variance around, each row summing to 1: (H, W, 8)."""
    h, w = luminance.shape
    mean, square = (cv2.blur(x, (3, 3), borderType=cv2.BORDER_REPLICATE) for x in (luminance, luminance**2))
    variance = np.maximum(square - mean**2, 0)
    padded = np.pad(luminance, 1, constant_values=np.inf)
    steps = np.stack([padded[1 + dy : 1 + dy + h, 1 + dx : 1 + dx + w] - luminance for dy, dx in OFFSETS], -1)
    ties = np.exp(-(steps**2) / (0.6 * variance + 1e-6)[..., None]) + np.where(np.isinf(steps), 0, 1e-4)
    return ties / ties.sum(-1, keepdims=True)


def _solve(ties: np.ndarray, colors: np.ndarray, inside: np.ndarray, prior: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """Chroma (N, 2) of the pixels inside: each the weighted mean of its neighbors and its prior."""
    n, place = int(inside.sum()), np.full(np.array(inside.shape) + 2, -1)
    place[1:-1, 1:-1][inside] = np.arange(n)
    row, column = np.nonzero(inside)
    edge = np.pad(colors, ((1, 1), (1, 1), (0, 0)))
    right, entries = pull[:, None] * prior, [(np.arange(n), np.arange(n), 1 + pull)]
    for k, (dy, dx) in enumerate(OFFSETS):
        other, tie = place[row + 1 + dy, column + 1 + dx], ties[row, column, k]
        known = other < 0
        right[known] += tie[known, None] * edge[row + 1 + dy, column + 1 + dx][known]
        entries.append((np.nonzero(~known)[0], other[~known], -tie[~known]))
    rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    return splu(sparse.csc_matrix((values, (rows, columns)), (n, n))).solve(right)


def _nearest(luminance: np.ndarray, colors: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean chroma (N, 2) of the 8 nearest known pixels, and its spread (N,)."""
    features = _features(luminance)
    far, which = cKDTree(features[~inside]).query(features[inside], k=8)
    weight = np.exp(far[:, :1] ** 2 - far**2)
    weight /= weight.sum(1, keepdims=True)
    found = colors[~inside][which]
    mean = np.einsum("nk,nkc->nc", weight, found)
    return mean, np.sqrt(np.einsum("nk,nkc->n", weight, (found - mean[:, None]) ** 2))


def _features(luminance: np.ndarray) -> np.ndarray:
    """The gray image at 6 scales, gradients and deviation at 3, each standardised, and position: (H, W, F)."""

    def blur(x: np.ndarray, sigma: float) -> np.ndarray:
        return cv2.GaussianBlur(x, (0, 0), sigma) if sigma else x

    features = [blur(luminance, s) for s in (0, 1, 2, 4, 8, 16)]
    for s in (1, 2, 4):
        smooth = blur(luminance, s)
        deviation = np.sqrt(np.maximum(blur(luminance**2, 1.5 * s) - blur(luminance, 1.5 * s) ** 2, 0))
        features += [*np.gradient(smooth), deviation]
    stacked = np.stack(features, -1)
    stacked = (stacked - stacked.mean((0, 1))) / (stacked.std((0, 1)) + 1e-6)
    place = np.stack(np.mgrid[: luminance.shape[0], : luminance.shape[1]], -1) / max(luminance.shape)
    place = (place - place.mean((0, 1))) / place.std()
    return np.concatenate([stacked, place * 2 * np.sqrt(len(features))], -1)
