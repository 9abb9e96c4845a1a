"""The task of the damage detector: an old photo, damaged or not, to where it is damaged and by which kind.

A photo is first made old (`make_old`), then damaged by kinds drawn as often as archives have them, and by real dust and
scratches where a folder of masks is given, then scanned (`scan`): so the network cannot learn that damage was drawn
later. A good part of the photos stays undamaged.
"""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from monochromic.core.damage_kinds import DAMAGE_KINDS, KIND_NAMES
from monochromic.core.degrade import ANY, VISIBLE, degrade
from monochromic.core.degrade.aging import make_old, scan
from monochromic.core.detect.network import DamageNetwork
from numpy.random import Generator
from photos import random_cut
from task import Outcome
from torch import Tensor, nn

TAKES = {"network": {"widths"}, "data": {"clean", "masks", "hard"}, "losses": {"entropy", "dice"}}
RIM = 0.15  # weight of pixels within 2 of damage: where it ends is a matter of taste
REAL = 0.3  # share of damaged photos that get real dust and scratches
HARD = 0.6  # share of the undamaged photos that are of those in which damage was seen
LONG = 4.0  # a mark so many times longer than wide is a line


def make(network: dict) -> nn.Module:
    """The network with new weights."""
    return DamageNetwork(tuple(network["widths"]))


def sample(photos: list[np.ndarray], side: int, random: Generator, data: dict) -> tuple[Tensor, Tensor]:
    """A photo (3, side, side) in [0, 1] and its damage (5, side, side) by kind."""
    photo, other = (photos[i] for i in random.integers(len(photos), size=2))
    clean = random.random() < data.get("clean", 0.25)
    if clean and "hard" in data and random.random() < HARD:
        photo = photos[random.choice(_places(data["hard"]))]
    cut = _cut(photo, side, random).permute(1, 2, 0).numpy()
    picture = torch.from_numpy(make_old(cut, random)).permute(2, 0, 1)[None]
    kinds = torch.zeros(1, len(KIND_NAMES), side, side)
    if not clean:
        foreign = random_cut(other, side, random)[None]
        count, seed = int(random.choice([1, 2, 3], p=[0.45, 0.35, 0.2])), int(random.integers(2**32))
        scale = 256 / side * random.uniform(0.5, 1.5)
        picture, _, _, kinds = degrade(picture, [ANY] * count, random.uniform(0, 0.9), seed, foreign, scale=scale)
        if "masks" in data and random.random() < REAL:
            picture, kinds = _with_real_marks(picture, kinds, data["masks"], random)
    scanned = scan(np.ascontiguousarray(picture[0].permute(1, 2, 0).numpy()), random)
    return torch.from_numpy(scanned).permute(2, 0, 1), kinds[0]


def _cut(photo: np.ndarray, side: int, random: Generator) -> Tensor:
    """A square (3, side, side) in [0, 1], reduced, as it is, or enlarged as the smooth parts of large scans look."""
    shorter = min(photo.shape[:2])
    if random.random() < 0.3:
        return random_cut(photo, side, random, least=0.9)  # nearly all of the photo: layout
    n = round(min(side / random.uniform(0.7, 2.2), shorter))
    top, left = (int(random.integers(0, length - n + 1)) for length in photo.shape[:2])
    return random_cut(photo[top : top + n, left : left + n], side, random, least=1)


def _with_real_marks(picture: Tensor, kinds: Tensor, folder: str, random: Generator) -> tuple[Tensor, Tensor]:
    """A part of a mask of real marks over a photo (1, 3, H, W), in one tone; lines and specks told by their shape."""
    masks = _masks(folder)
    side = picture.shape[-1]
    mask = masks[random.integers(len(masks))]
    mask = cv2.resize(mask, None, fx=(scale := random.uniform(0.4, 1.3)), fy=scale, interpolation=cv2.INTER_AREA)
    mask = np.pad(mask, [(0, max(0, side - length)) for length in mask.shape])
    top, left = (int(random.integers(0, length - side + 1)) for length in mask.shape)
    alpha = mask[top : top + side, left : left + side].astype(np.float32) / 255 * np.float32(random.uniform(0.6, 1))
    level = random.choice([random.uniform(0.75, 1), random.uniform(0.75, 1), random.uniform(0, 0.25), random.random()])
    share = torch.from_numpy(alpha)
    marked = picture + share * (float(level) - picture)
    seen = ((marked - picture).abs().amax(1)[0] > VISIBLE).numpy() & (alpha > 0.3)
    for name, plane in zip(("lines", "specks"), _by_shape(seen), strict=True):
        kinds[0, KIND_NAMES.index(name)] += torch.from_numpy(plane)
    return marked, kinds.clamp(max=1)


@cache
def _masks(folder: str) -> list[np.ndarray]:
    """The masks of a folder, white = damage, without those of stains, which are no thin marks."""
    files = [path for path in sorted(Path(folder).glob("*.png")) if "stain" not in path.name]
    if not files:
        raise SystemExit(f"there are no masks (.png) in {folder}")
    return [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in files]


@cache
def _places(file: str) -> list[int]:
    """Which photos a file of `mine.py` names."""
    return [int(line) for line in Path(file).read_text().split()]


def _by_shape(marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Marks (H, W) as long ones and compact ones, two float32 (H, W)."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(marks.astype(np.uint8), connectivity=8)
    length = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    long = (length * length > LONG * 1.3 * stats[:, cv2.CC_STAT_AREA]) & (length > 8)
    inside = parts > 0
    return (long[parts] & inside).astype(np.float32), (~long[parts] & inside).astype(np.float32)


def loss_of(network: nn.Module, batch: tuple[Tensor, Tensor], losses: dict) -> Outcome:
    """The weighted sum of the recipe's losses, and the F1 at 0.5 over the batch of what is restored by default.

    entropy: of each kind's pixels, those of the damage counted four times, those at its rim hardly. dice: one less
    the Dice of each kind's probabilities over the batch (Milletari et al. 2016).
    """
    image, kinds = batch
    logits = network(image).float()
    chance = logits.sigmoid()
    near = F.max_pool2d(kinds, 5, 1, 2)
    weight = 1 - (near - kinds) * (1 - RIM)
    entropy = F.binary_cross_entropy_with_logits(logits, kinds, reduction="none") * weight * (1 + 3 * kinds)
    both, either = ((t * weight).sum((0, 2, 3)) for t in (chance * kinds, chance + kinds))
    terms = {"entropy": 5 * entropy.mean(), "dice": 1 - ((2 * both + 50) / (either + 50)).mean()}
    loss = sum(share * terms[name] for name, share in (losses or {"entropy": 1.0, "dice": 0.5}).items())
    found, truth = (chance.detach() > 0.5).float(), kinds
    f1 = 2 * (found * truth).sum((0, 2, 3)) / (found + truth).sum((0, 2, 3)).clamp(min=1)
    return Outcome(loss, dict(zip(KIND_NAMES, f1, strict=True)))


def preview(network: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Rows of the photo, what is found in it and what is to be found, in the colors of the kinds, (B, 3, H, 3 W)."""
    image, kinds = batch
    colors = image.new_tensor([kind.color for kind in DAMAGE_KINDS])

    def colored(planes: Tensor) -> Tensor:
        return torch.einsum("bkhw,kc->bchw", planes, colors).clamp(0, 1)

    return torch.cat([image, colored(network(image).float().sigmoid()), colored(kinds)], 3)
