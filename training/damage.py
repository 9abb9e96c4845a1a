"""The task of the damage detector: from an old photo, damaged or not, to the damage of each kind.

A photo is first made old (`make_old`). Then it is damaged by kinds drawn as often as archives have them, and by real
dust and scratches if there is a folder of masks. At last it is scanned (`scan`), so that the network cannot learn to
see what was drawn. A part of the photos stays undamaged.
"""

from collections.abc import Sequence
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
from task import StepResult
from torch import Tensor, nn

TAKES = {
    "network": {"widths"},
    "data": {"clean", "masks", "hard", "fine", "light_lines"},
    "losses": {"entropy", "tversky"},
}
RIM_WEIGHT = 0.15  # of pixels within 2 of damage: where it ends is a matter of taste
FINENESS = 1.5, 3.0  # times as large as the sample, on which fine damage is drawn
FINE_COVER = 0.35  # of a pixel, from which fine damage counts
REAL_SHARE = 0.3  # of damaged photos, which get real dust and scratches
HARD_SHARE = 0.6  # of undamaged photos, which are drawn from those with false alarms (`mine.py`)
SMOOTHING = 25  # pixels, added above and below, so that a photo without damage of a kind has an index
FALSE_ALARM_WEIGHT = 0.7  # in the Tversky index; a miss has the rest
MIN_ELONGATION = 4.0  # lengths by widths: of a line, about


def make(network: dict) -> nn.Module:
    """The network with new weights."""
    return DamageNetwork(tuple(network["widths"]))


def sample(photos: list[np.ndarray], side: int, random: Generator, data: dict) -> tuple[Tensor, Tensor]:
    """A photo and its damage.

    Args:
        photos: uint8 (H, W, 3) each.
        side: of the sample, in pixels.
        random: draws everything.
        data: of the recipe; `clean` the share of undamaged photos, `masks` a folder of real marks, `hard` a file of
            `mine.py`, `fine` the share of damaged photos whose damage is drawn larger and reduced, `light_lines`
            whether lines that are darker than the photo under them count as content.

    Returns:
        The photo (3, side, side) in [0, 1], and 0 or 1 for each kind, (5, side, side).
    """
    photo, other = (photos[i] for i in random.integers(len(photos), size=2))
    clean = random.random() < data.get("clean", 0.25)
    if clean and "hard" in data and random.random() < HARD_SHARE:
        photo = photos[random.choice(photo_indices(data["hard"]))]
    cut = cut_square(photo, side, random).permute(1, 2, 0).numpy()
    old = picture = torch.from_numpy(make_old(cut, random)).permute(2, 0, 1)[None]
    kinds = torch.zeros(1, len(KIND_NAMES), side, side)
    if not clean:
        foreign = random_cut(other, side, random)[None]
        count, seed = int(random.choice([1, 2, 3], p=[0.45, 0.35, 0.2])), int(random.integers(2**32))
        scale = 256 / side * random.uniform(0.5, 1.5)
        fineness = random.uniform(*FINENESS) if "fine" in data and random.random() < data["fine"] else 1.0
        scale /= random.uniform(1, fineness) if fineness > 1 else 1.0
        large = _resized(picture, round(side * fineness), "bicubic")
        damaged = degrade(large, [ANY] * count, random.uniform(0, 0.9), seed, foreign, scale=scale)
        picture, kinds = _resized(damaged.image, side, "area"), damaged.kinds
        if fineness > 1:
            kinds = (_resized(kinds, side, "area") > FINE_COVER).float()
        if "masks" in data and random.random() < REAL_SHARE:
            picture, kinds = _with_real_marks(picture, kinds, data["masks"], random)
        if data.get("light_lines"):
            kinds[:, KIND_NAMES.index("lines")] *= picture.mean(1) >= old.mean(1)
    scanned = scan(np.ascontiguousarray(picture[0].permute(1, 2, 0).numpy()), random)
    return torch.from_numpy(scanned).permute(2, 0, 1), kinds[0]


def _resized(picture: Tensor, side: int, mode: str) -> Tensor:
    """A square (1, C, H, H) of another side. On small pictures of large prints a crease is narrower than a pixel."""
    return picture if picture.shape[-1] == side else F.interpolate(picture, (side, side), mode=mode).clamp(0, 1)


def cut_square(photo: np.ndarray, side: int, random: Generator) -> Tensor:
    """A square (3, side, side) in [0, 1], reduced, as it is, or enlarged as the smooth parts of large scans look."""
    shorter = min(photo.shape[:2])
    if random.random() < 0.3:
        return random_cut(photo, side, random, least=0.9)  # nearly all of the photo: layout
    n = round(min(side / random.uniform(0.7, 2.2), shorter))
    top, left = (int(random.integers(0, length - n + 1)) for length in photo.shape[:2])
    return random_cut(photo[top : top + n, left : left + n], side, random, least=1)


def _with_real_marks(picture: Tensor, kinds: Tensor, folder: str, random: Generator) -> tuple[Tensor, Tensor]:
    """A part of a mask of real marks over a photo (1, 3, H, W), in one gray; its lines and specks in `kinds`."""
    masks = _masks(folder)
    side = picture.shape[-1]
    mask = masks[random.integers(len(masks))]
    mask = cv2.resize(mask, None, fx=(scale := random.uniform(0.4, 1.3)), fy=scale, interpolation=cv2.INTER_AREA)
    mask = np.pad(mask, [(0, max(0, side - length)) for length in mask.shape])
    top, left = (int(random.integers(0, length - side + 1)) for length in mask.shape)
    alpha = mask[top : top + side, left : left + side].astype(np.float32) / 255 * np.float32(random.uniform(0.6, 1))
    level = random.choice([random.uniform(0.75, 1), random.uniform(0.75, 1), random.uniform(0, 0.25), random.random()])
    marked = picture + torch.from_numpy(alpha) * (float(level) - picture)
    visible = ((marked - picture).abs().amax(1)[0] > VISIBLE).numpy() & (alpha > 0.3)
    for name, plane in zip(("lines", "specks"), _by_shape(visible), strict=True):
        kinds[0, KIND_NAMES.index(name)] += torch.from_numpy(plane)
    return marked, kinds.clamp(max=1)


@cache
def _masks(folder: str) -> list[np.ndarray]:
    """The masks of a folder, white = damage, except those of stains, which are no thin marks."""
    files = [path for path in sorted(Path(folder).glob("*.png")) if "stain" not in path.name]
    if not files:
        raise SystemExit(f"there are no masks (.png) in {folder}")
    return [_mask(path) for path in files]


def _mask(path: Path) -> np.ndarray:
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise SystemExit(f"{path} is no picture that can be read")
    return mask


@cache
def photo_indices(file: str) -> list[int]:
    """The indices of the photos in a file of `mine.py`."""
    return [int(line) for line in Path(file).read_text().split()]


def _by_shape(marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Marks (H, W) split into long ones and compact ones, two float32 (H, W)."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(marks.astype(np.uint8), connectivity=8)
    length = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    long = (length * length > MIN_ELONGATION * 1.3 * stats[:, cv2.CC_STAT_AREA]) & (length > 8)
    inside = parts > 0
    return (long[parts] & inside).astype(np.float32), (~long[parts] & inside).astype(np.float32)


def loss_of(
    network: nn.Module,
    batch: tuple[Tensor, Tensor],
    losses: dict,
    names: Sequence[str] = KIND_NAMES,
) -> StepResult:
    """The weighted sum of the recipe's losses, and the F1 of each kind at 0.5 over the batch.

    Args:
        network: from photos to logits.
        batch: photos (B, 3, H, W) in [0, 1], and 0 or 1 for each kind, (B, K, H, W).
        losses: weights by name. entropy: cross entropy, where pixels at the rim of damage hardly count. tversky: 1 less
            the Tversky index of each kind (Salehi et al. 2017), where false alarms weigh more than misses; photos count
            alike, whatever share of them is damaged. Empty: 1 and 0.5.
        names: of the K kinds.
    """
    image, kinds = batch
    return weighted_loss(network(image).float(), kinds, torch.ones_like(kinds), losses, names)


def weighted_loss(logits: Tensor, kinds: Tensor, counts: Tensor, losses: dict, names: Sequence[str]) -> StepResult:
    """As `loss_of`, from logits (B, K, H, W), where some pixels do not count: `counts` is 0 there and 1 elsewhere."""
    probability = logits.sigmoid()
    widened = F.max_pool2d(kinds, 5, 1, 2)
    weight = (1 - (widened - kinds) * (1 - RIM_WEIGHT)) * counts
    entropy = F.binary_cross_entropy_with_logits(logits, kinds, reduction="none") * weight
    outcomes = probability * kinds, probability * (1 - kinds), (1 - probability) * kinds
    hits, false_alarms, misses = ((pixels * weight).sum((2, 3)) for pixels in outcomes)
    errors = FALSE_ALARM_WEIGHT * false_alarms + (1 - FALSE_ALARM_WEIGHT) * misses
    tversky = (hits + SMOOTHING) / (hits + errors + SMOOTHING)
    terms = {"entropy": 10 * entropy.mean(), "tversky": 1 - tversky.mean()}
    loss = sum(factor * terms[name] for name, factor in (losses or {"entropy": 1.0, "tversky": 0.5}).items())
    predicted = (probability.detach() > 0.5).float() * counts
    f1 = 2 * (predicted * kinds).sum((0, 2, 3)) / (predicted + kinds * counts).sum((0, 2, 3)).clamp(min=1)
    return StepResult(loss, dict(zip(names, f1, strict=True)))


def preview(network: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """The photo, the prediction and the truth side by side, in the colors of the kinds, (B, 3, H, 3 W)."""
    return preview_of(network, batch, [kind.color for kind in DAMAGE_KINDS])


def preview_of(network: nn.Module, batch: tuple[Tensor, Tensor], colors: Sequence[tuple[float, ...]]) -> Tensor:
    """As `preview`, with RGB in [0, 1] for each of the network's kinds."""
    image, kinds = batch
    palette = image.new_tensor(colors)

    def colored(planes: Tensor) -> Tensor:
        return torch.einsum("bkhw,kc->bchw", planes, palette).clamp(0, 1)

    return torch.cat([image, colored(network(image).float().sigmoid()), colored(kinds)], 3)
