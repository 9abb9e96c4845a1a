"""The known blocks that could be copied to each place of the hole, with their costs.

Blocks are compared by their low band less its mean, weighed by the trust in it; by a wider low band around them; by
their mean, a little, for a block is copied with the brightness of the fill; by their energies; and by what is known of
the place itself. All are compared with all, as one matrix product.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...host.cancel import check_cancelled
from .blocks import BLOCK, CELL, PAD, Grid, Known
from .energies import Energies, at_middle
from .planes import Mask, Padded, Plane, blur

LOW_SIGMA = 2.5  # pixels: of the low band that tells structure,
WIDE_SIGMA = 7.5  # and of the one around it
MEAN, WIDE, ENERGY = 0.15, 0.35, 0.02  # weights in the distance
FIRST, KEPT = 96, 24  # candidates of a place: by the blocks, and of these by what is known of the place
NEVER = 1e3  # a cost
NEAR = range(round(LOW_SIGMA) // 2, BLOCK, round(LOW_SIGMA))  # offsets at which the low band is compared
FAR = np.linspace(-BLOCK / 2, 1.5 * BLOCK, 6).astype(int).tolist()
INSIDE = range(BLOCK)
PART = 8192  # blocks that are described at once
MAX_DISTANCES = 2_000_000  # at once


class Description(NamedTuple):
    """What blocks are compared by: low (N, k) and wide (N, l) without their means, mean (N, 1)."""

    low: Tensor
    wide: Tensor
    mean: Tensor


@dataclass
class Photo:
    """A filled picture as blocks are read from it.

    Attributes:
        pixels: the picture.
        low: its low band.
        wide: its wide low band.
        known: 1 = known and inside the picture.
    """

    pixels: Padded
    low: Padded
    wide: Padded
    known: Padded

    @classmethod
    def of(cls, picture: Plane, hole: Mask) -> "Photo":
        """Of a picture (H, W) and its hole."""
        low, wide = (Padded.mirrored(blur(picture, sigma), PAD) for sigma in (LOW_SIGMA, WIDE_SIGMA))
        return cls(Padded.mirrored(picture, PAD), low, wide, Padded.zero((~hole).astype(picture.dtype), PAD))

    def describe(self, places: Tensor) -> Description:
        """The blocks at places (N, 2)."""
        low = torch.cat([self.low.at(part, NEAR).flatten(1) for part in places.split(PART)])
        wide = torch.cat([self.wide.at(part, FAR).flatten(1) for part in places.split(PART)])
        mean = low.mean(1, keepdim=True)
        return Description((low - mean) / low.shape[1] ** 0.5, WIDE * (wide - mean) / wide.shape[1] ** 0.5, mean)


@dataclass
class Candidates:
    """What can be copied to each place of a grid.

    Attributes:
        places: of the known blocks, (N, K, 2).
        shift: what is added to each, so that it has the brightness of the fill, (N, K).
        cost: (N, K).
    """

    places: Tensor
    shift: Tensor
    cost: Tensor


class Matcher:
    """Compares known blocks with the places of a grid."""

    def __init__(self, photo: Photo, grid: Grid, here: Description, energies: Energies) -> None:
        self.photo, self.grid, self.here, self.energies = photo, grid, here, energies
        self.other = torch.cat([MEAN * here.mean, here.wide, ENERGY * energies.expected], 1)
        self.pixels = photo.pixels.at(grid.places, INSIDE)
        self.known = photo.known.at(grid.places, INSIDE)

    def search(self, known: Known, there: Description) -> Candidates:
        """The best `FIRST` known blocks of each place."""
        other = torch.cat([MEAN * there.mean, there.wide, ENERGY * self.energies.known], 1)
        squares, other_squares = there.low.square().sum(1), other.square().sum(1)
        costs, chosen = [], []
        for i in torch.arange(len(self.grid)).split(max(8, MAX_DISTANCES // len(known.places))):
            check_cancelled()
            trust = self.energies.trust[i] ** 2
            distance = (squares - 2 * self.here.low[i] @ there.low.T) * trust
            distance += other_squares - 2 * self.other[i] @ other.T
            cells = distance.view(len(i), -1, CELL**2).masked_fill_(~known.usable, NEVER)
            best, within = cells.min(2)
            best, cell = best.topk(min(FIRST, best.shape[1]), largest=False)
            own = self.here.low[i].square().sum(1, keepdim=True) * trust + self.other[i].square().sum(1, keepdim=True)
            costs.append(best + own)
            chosen.append(cell * CELL**2 + within.gather(1, cell))
        index = torch.cat(chosen)
        shift = self.here.mean - there.mean[index, 0]
        found = Candidates(known.places[index], shift, torch.cat(costs).clamp_(min=0))
        self._add_known_costs(found)
        return found

    def _add_known_costs(self, found: Candidates) -> None:
        """Add how badly each candidate fits to what is known of its place."""
        for i in torch.arange(len(self.grid))[self.known.flatten(1).any(1)].split(16):
            blocks = self.blocks(found.places[i], found.shift[i])
            error = (blocks - self.pixels[i, None]).square_() * self.known[i, None]
            found.cost[i] += error.sum((2, 3)) / BLOCK**2

    def blocks(self, places: Tensor, shift: Tensor) -> Tensor:
        """The known blocks at places (..., 2), shifted in brightness, (..., BLOCK, BLOCK)."""
        return self.photo.pixels.at(places, INSIDE) + shift[..., None, None]

    def price(self, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One block for each place of the grid, (N, 2): its cost (N,), shift (N,) and pixels (N, BLOCK, BLOCK)."""
        there = self.photo.describe(places)
        energies = torch.stack([at_middle(plane, places) for plane in self.energies.measured], 1)
        other = torch.cat([MEAN * there.mean, there.wide, ENERGY * energies], 1)
        cost = (there.low - self.here.low).square().sum(1) * self.energies.trust[:, 0] ** 2
        cost += (other - self.other).square().sum(1)
        shift = (self.here.mean - there.mean)[:, 0]
        blocks = self.blocks(places, shift)
        return cost + ((blocks - self.pixels).square() * self.known).sum((1, 2)) / BLOCK**2, shift, blocks
