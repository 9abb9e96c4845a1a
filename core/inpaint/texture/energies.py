"""How much detail the hole should have: the energy of each octave, measured where the photo is known.

That of a block in the hole is told by attention over known blocks, by how near and how alike in brightness they are,
less one standard deviation: where both texture and sky are near, sky is what is expected.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...host.thread import run_in_thread
from .blocks import BLOCK, PAD, Grid, Known
from .planes import Mask, Plane, bands, blur

OCTAVES = (1.0, 2.0, 4.0)  # pixels: sigmas of the blurs between them
FLOOR = 0.004  # of energies: about one level of 255
TONE = 0.08  # of brightness: how alike known blocks have to be
CAREFUL = 1.0  # standard deviations below the mean that are expected
MAX_SEEN = 6000  # known blocks that attention looks at
SIGMA = BLOCK / 3  # pixels: of the windows of local energies
TRUSTED = 0.02  # lacking energy at which the structure of the fill counts half as much


class Energies(NamedTuple):
    """Logarithms of root mean squares, by octave.

    Attributes:
        measured: of the known pixels, (H, W) each.
        known: of the known blocks, (M, octaves).
        expected: of the blocks over the hole, (N, octaves).
        trust: in the structure that the fill has in each, (N, 1) in [0, 1].
    """

    measured: list[Plane]
    known: Tensor
    expected: Tensor
    trust: Tensor


def at_middle(plane: Plane, places: Tensor) -> Tensor:
    """The values of a plane (H, W) in the middle of blocks at places (N, 2) of padded planes, (N,)."""
    h, w = plane.shape
    rows, columns = (places.numpy() - PAD + BLOCK // 2).T
    return torch.from_numpy(plane[rows.clip(0, h - 1), columns.clip(0, w - 1)])


def depth_in(hole: Mask) -> Plane:
    """How many pixels each of a hole (H, W) is from the nearest known one; 0 where known."""
    import cv2

    return np.asarray(cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3), np.float32)


def expected_energies(
    picture: Plane, depth: Plane, grid: Grid, known: Known, mean: Tensor, known_mean: Tensor
) -> Energies:
    """Measure the energies of a filled picture and tell those of the hole.

    depth: in the hole, see `depth_in`. mean, known_mean: of the blocks, (N, 1) and (M, 1).
    """
    octaves, _ = bands(picture, OCTAVES)
    outside = (depth == 0).astype(np.float32)
    weight = np.maximum(blur(outside, SIGMA), 1e-3)
    measured = [np.log(np.sqrt(blur(band * band * outside, SIGMA) / weight) + FLOOR) for band in octaves]
    of_known = torch.stack([at_middle(plane, known.places) for plane in measured], 1)
    seen = known.usable.flatten().nonzero()[:, 0]
    seen = seen[:: max(1, len(seen) // MAX_SEEN)]
    scale = 2 * (at_middle(depth, grid.places) + 0.75 * BLOCK)[:, None] ** 2
    blocks = grid.places.float(), known.places[seen].float()
    attention = run_in_thread(len(grid) * len(seen), _attention, *blocks, scale, mean - known_mean[seen].T)
    average = attention @ of_known[seen]
    variance = (attention @ of_known[seen] ** 2 - average**2).clamp(min=0)
    expected = average - CAREFUL * variance.sqrt()
    has = at_middle(np.sqrt(blur(octaves[-1] ** 2, SIGMA)) + np.float32(FLOOR), grid.places)
    lacking = (torch.exp(2 * expected[:, -1]) - has**2).clamp(min=0)
    return Energies(measured, of_known, expected, (TRUSTED**2 / (TRUSTED**2 + lacking)).sqrt()[:, None])


def _attention(places: Tensor, known_places: Tensor, scale: Tensor, apart: Tensor) -> Tensor:
    """Weights of known blocks for blocks over the hole, (N, M), by nearness and by how far `apart` in brightness."""
    nearness = -(torch.cdist(places, known_places) ** 2)
    nearness /= scale
    return torch.softmax(nearness - apart**2 / (2 * TONE**2), 1)
