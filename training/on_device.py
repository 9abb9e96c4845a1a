"""Batches of the task `gray` made on the GPU: its photos and holes stay there, and a batch is cut by a few operations.

A small network sees thousands of samples a second on a GPU, where processes of a CPU make some hundreds each. The
samples are drawn as `gray.sample` draws them, but reduced by the mean of nearest pixels.
"""

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from gray import FULL_SIDE, draw_hole
from recipe import Recipe
from torch import Generator, Tensor
from torch.utils.data import DataLoader, Dataset

HOLES = 20_000
PLACES = 8  # tried for a part of a photo
SUBPIXELS = 4  # a side, of which each pixel is the mean


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
        drawn = DataLoader(Holes(recipe, count or HOLES), 50, num_workers=workers)
        self.holes = torch.cat(list(drawn)).to(device)  # (N, FULL_SIDE, FULL_SIDE)
        self.pixels = torch.from_numpy(np.concatenate([photo.reshape(-1, 3) for photo in photos])).to(device)
        self.sides = torch.tensor([photo.shape[:2] for photo in photos], device=device)  # (N, 2), H and W
        areas = self.sides.prod(1)
        self.starts = areas.cumsum(0) - areas  # of each photo in `pixels`

    def batches(self, side: int, batch: int, span: range) -> Iterator[tuple[Tensor, Tensor]]:
        """The samples of these numbers: photos (B, 3, side, side) in [0, 1] and holes (B, 1, side, side).

        The same numbers in the same batches are the same samples.
        """
        for start in range(span.start, span.stop, batch):
            yield self._batch(side, start, min(batch, span.stop - start))

    def _batch(self, side: int, number: int, count: int) -> tuple[Tensor, Tensor]:
        seed = int(np.random.SeedSequence([self.recipe.seed, number]).generate_state(1)[0])
        random = Generator(self.device).manual_seed(seed)
        part = self._uniform(random, count) < (0.5 if side < FULL_SIDE else 0.0)
        holes = self._turned_holes(random, count)
        places, usable = _places(holes, side, random)
        spread, taken = torch.arange(side, device=self.device), part[:, None]
        rows, columns = (torch.where(taken, p[:, None] + spread, spread * FULL_SIDE // side) for p in places.unbind(1))
        each = torch.arange(count, device=self.device)[:, None, None]
        hole = holes[each, rows[:, :, None], columns[:, None]]
        hole = torch.where((part & ~usable)[:, None, None], _in_the_middle(hole), hole)
        images = self._images(side, part, places, random)
        if share := self.recipe.data.get("grain"):
            images = images + _grain(count, side, share, random)
        return images.clamp(0, 1), hole[:, None].float()

    def _images(self, side: int, part: Tensor, places: Tensor, random: Generator) -> Tensor:
        """Photos (B, 3, side, side), of half of them the part at these places (B, 2) of FULL_SIDE pixels."""
        count = len(part)
        whole = torch.where(part, FULL_SIDE, side)
        i = torch.randint(len(self.sides), (count,), device=self.device, generator=random)
        sides = self.sides[i]  # (B, 2)
        shorter = sides.amin(1)
        least = torch.where(part, 0.9, 0.55)
        n = (shorter * (least + (1 - least) * self._uniform(random, count))).long()
        n = torch.maximum(n, torch.minimum(shorter, whole))
        corner = (self._uniform(random, count, 2) * (sides - n[:, None] + 1)).long()
        mirrored = self._uniform(random, count, 2) < torch.tensor([0.15, 0.5], device=self.device)
        first = torch.where(part[:, None], places, 0)
        total = torch.zeros(count, side, side, 3, device=self.device)
        for down in range(SUBPIXELS):
            y = self._pixels_of(side, down, first[:, 0], whole, n, mirrored[:, 0]) + corner[:, :1]
            for across in range(SUBPIXELS):
                x = self._pixels_of(side, across, first[:, 1], whole, n, mirrored[:, 1]) + corner[:, 1:]
                total += self.pixels[self.starts[i, None, None] + y[:, :, None] * sides[:, 1, None, None] + x[:, None]]
        return total.permute(0, 3, 1, 2) / (255 * SUBPIXELS**2)

    def _pixels_of(self, side: int, subpixel: int, first: Tensor, whole: Tensor, n: Tensor, mirrored: Tensor) -> Tensor:
        """Which pixel of a cut of n is under one subpixel of each pixel of a sample, (B, side)."""
        spread = torch.arange(side, device=self.device) + (subpixel + 0.5) / SUBPIXELS
        place = (first[:, None] + spread) / whole[:, None]
        place = torch.where(mirrored[:, None], 1 - place, place)
        return torch.minimum((place * n[:, None]).long(), n[:, None] - 1)

    def _turned_holes(self, random: Generator, count: int) -> Tensor:
        """Holes (B, FULL_SIDE, FULL_SIDE), turned by quarters and mirrored."""
        holes = self.holes[torch.randint(len(self.holes), (count,), device=self.device, generator=random)]
        turns = [self._uniform(random, count)[:, None, None] < 0.5 for _ in range(3)]
        holes = torch.where(turns[0], holes.transpose(1, 2), holes)
        holes = torch.where(turns[1], holes.flip(1), holes)
        return torch.where(turns[2], holes.flip(2), holes)

    def _uniform(self, random: Generator, *shape: int) -> Tensor:
        return torch.rand(shape, device=self.device, generator=random)


def _places(holes: Tensor, side: int, random: Generator) -> tuple[Tensor, Tensor]:
    """For holes (B, F, F) the first of some places (B, 2) whose part has a hole and is not mostly hole, if any (B,)."""
    count = len(holes)
    shape = count, PLACES, 2
    places = torch.randint(FULL_SIDE - side + 1, shape, device=holes.device, generator=random)
    sums = F.pad(holes.float().cumsum(1).cumsum(2), (1, 0, 1, 0)).flatten(1)  # over all above and to the left

    def up_to(down: int, across: int) -> Tensor:
        y, x = (places + torch.tensor([down, across], device=places.device)).unbind(2)
        return sums.gather(1, y * (FULL_SIDE + 1) + x)

    covered = (up_to(side, side) - up_to(0, side) - up_to(side, 0) + up_to(0, 0)) / side**2  # (B, PLACES)
    usable = (covered > 0.01) & (covered < 0.7)
    first = usable.float().argmax(1)
    return places[torch.arange(count, device=places.device), first], usable.any(1)


def _in_the_middle(hole: Tensor) -> Tensor:
    """Holes (B, side, side) with a box in them, and nothing above it."""
    side = hole.shape[-1]
    hole = hole.clone()
    hole[:, side // 3 : side // 2, side // 3 : side // 2] = 1
    hole[:, : side // 4] = 0
    return hole


def _grain(count: int, side: int, share: float, random: Generator) -> Tensor:
    """Gray noise (B, 1, side, side) as of film on a share of the photos, of 1 to 6 % and a grain of 1 to 2 pixels."""
    device = random.device
    fine = torch.randn(count, 1, side, side, device=device, generator=random)
    coarse = F.interpolate(fine[..., : side // 2, : side // 2], (side, side), mode="bilinear")
    kind, level, some = torch.rand(3, count, 1, 1, 1, device=device, generator=random)
    return torch.where(kind < 0.5, fine, coarse) * (0.01 + 0.05 * level) * (some < share)
