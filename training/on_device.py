"""Batches of the task `gray` made on the GPU: its photos stay there, and its holes are drawn once and turned.

A small network sees thousands of samples a second on a GPU, where processes of a CPU make some hundreds each.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from gray import FULL_SIDE, draw_hole, photo_with_hole
from numpy.random import Generator
from recipe import Recipe
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

HOLES = 20_000
AHEAD = 3  # batches
TURNS = 8  # by quarters, and mirrored


class Holes(Dataset):
    """Holes by number, uint8 (FULL_SIDE, FULL_SIDE), each with a random generator of its own."""

    def __init__(self, recipe: Recipe, count: int) -> None:
        self.recipe, self.count = recipe, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, i: int) -> Tensor:
        return draw_hole(FULL_SIDE, np.random.default_rng([self.recipe.seed, i]), self.recipe.data)[0].byte()


class OnDevice:
    """Photos on a device, and holes for them.

    Args:
        recipe: Of the task `gray`.
        photos: uint8 (H, W, 3) each.
        device: Where batches are made.
        workers: Processes that draw the holes.
        count: How many are drawn; None: `HOLES`.
    """

    def __init__(
        self, recipe: Recipe, photos: list[np.ndarray], device: torch.device, workers: int = 0, count: int | None = None
    ) -> None:
        if recipe.task != "gray":
            raise SystemExit(f"only samples of gray are made on the device, not of {recipe.task}")
        if any(phase.side > FULL_SIDE for phase in recipe.phases):
            raise SystemExit(f"samples are made on the device up to {FULL_SIDE} pixels a side")
        self.recipe, self.device = recipe, device
        self.holes = torch.cat(
            list(DataLoader(Holes(recipe, count or HOLES), 50, num_workers=workers))
        )  # (N, side, side)
        self.photos = [torch.tensor(photo, device=device) for photo in photos]

    def batches(self, side: int, batch: int, span: range) -> Iterator[tuple[Tensor, Tensor]]:
        """The samples of these numbers: photos (B, 3, side, side) in [0, 1] and holes (B, 1, side, side)."""
        parts = [range(start, min(start + batch, span.stop)) for start in range(span.start, span.stop, batch)]
        with ThreadPoolExecutor(1) as pool:  # cuts the next ones while the network learns
            ahead = deque(pool.submit(self._batch, side, part) for part in parts[:AHEAD])
            for part in parts[AHEAD:]:
                yield ahead.popleft().result()
                ahead.append(pool.submit(self._batch, side, part))
            while ahead:
                yield ahead.popleft().result()

    def _batch(self, side: int, numbers: range) -> tuple[Tensor, Tensor]:
        samples = [self._sample(side, np.random.default_rng([self.recipe.seed, i])) for i in numbers]
        images, holes = (torch.stack(parts) for parts in zip(*samples, strict=True))
        return images, holes.to(self.device).float()

    def _sample(self, side: int, random: Generator) -> tuple[Tensor, Tensor]:
        return photo_with_hole(self.photos, side, random, self.recipe.data, self._turned_hole)

    def _turned_hole(self, side: int, random: Generator, data: dict) -> Tensor:
        """One of the holes (1, side, side), as the sample with this number has it."""
        hole = self.holes[random.integers(len(self.holes))]
        turn = int(random.integers(TURNS))
        hole = torch.rot90(hole.T if turn > 3 else hole, turn % 4)
        rows = torch.arange(side) * FULL_SIDE // side
        return hole[rows][:, rows][None]
