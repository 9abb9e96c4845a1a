"""The task of the mask predictor: a photo damaged by the degradation model, to where it is damaged.

Some photos are clean, some have several kinds of damage, of any difficulty. Scans come in gray, toned, compressed,
blurred and noisy, so these do too, damage and all: else the network learns to see that a damage was drawn later.
"""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from losses import balanced_bce
from monochromic.core.blind.network import Predictor
from monochromic.core.degrade import ANY, degrade
from numpy.random import Generator
from photos import random_cut
from task import Outcome
from torch import Tensor, nn

TAKES = {"network": {"widths"}, "data": {"kinds"}, "losses": {"entropy", "f1", "balanced"}}
WHOLE = 256  # pixels a side of what is damaged; smaller samples are parts of it
TONES = ((1.07, 1.0, 0.82), (1.0, 0.98, 0.9), (0.95, 1.0, 1.05))  # sepia, aged, cold


def make(network: dict) -> nn.Module:
    """The network with new weights."""
    return Predictor(tuple(network["widths"]))


def sample(photos: list[np.ndarray], side: int, random: Generator, data: dict) -> tuple[Tensor, Tensor]:
    """A damaged photo (3, side, side) in [0, 1] and its hole (1, side, side)."""
    photo, other = (photos[i] for i in random.integers(len(photos), size=2))
    image = _toned(random_cut(photo, WHOLE, random, least=0.8), random)[None]
    hole = torch.zeros(1, 1, WHOLE, WHOLE)
    count = random.choice(4, p=data.get("kinds", (0.1, 0.6, 0.2, 0.1)))
    if count:
        other = random_cut(other, WHOLE, random, least=0.8)[None]
        seed, difficulty = int(random.integers(2**32)), random.uniform(0, 1)
        image, _, hole = degrade(image, [ANY] * int(count), difficulty, seed, other)
    if side < WHOLE:
        image, hole = _part(image, hole, side, random)
    return _scanned(image[0], random), hole[0]


def _toned(image: Tensor, random: Generator) -> Tensor:
    """(3, H, W): a third of the photos in gray or toned, some faded."""
    if random.random() < 0.35:
        image = image.mean(0, keepdim=True).expand(3, -1, -1)
        if random.random() < 0.5:
            image = image * torch.tensor(TONES[random.integers(len(TONES))])[:, None, None]
    if random.random() < 0.25:
        low, high = random.uniform(0, 0.25), random.uniform(0.75, 1)
        image = low + (high - low) * image
    return image.clamp(0, 1).contiguous()


def _part(image: Tensor, hole: Tensor, side: int, random: Generator) -> tuple[Tensor, Tensor]:
    """A square of both; of four, the first that shows damage."""
    for _ in range(4):
        top, left = random.integers(0, WHOLE - side + 1, 2)
        here = hole[..., top : top + side, left : left + side]
        if here.any():
            break
    return image[..., top : top + side, left : left + side], here


def _scanned(image: Tensor, random: Generator) -> Tensor:
    """(3, H, W) after a lens, a sensor and a JPEG file, each at times."""
    if random.random() < 0.15:
        image = F.avg_pool2d(F.pad(image[None], (1, 1, 1, 1), mode="replicate"), 3, 1)[0] * 0.6 + image * 0.4
    if random.random() < 0.25:
        grain = random.standard_normal((1 if random.random() < 0.5 else 3, *image.shape[1:]), dtype=np.float32)
        image = image + torch.from_numpy(grain) * random.uniform(0, 0.04)
    if random.random() < 0.5:
        pixels = (image.clamp(0, 1).movedim(0, -1) * 255).round().byte().numpy()
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(60, 99))]
        pixels = cv2.imdecode(cv2.imencode(".jpg", pixels, quality)[1], cv2.IMREAD_COLOR)
        image = torch.from_numpy(pixels).movedim(-1, 0).float() / 255
    return image.clamp(0, 1)


def loss_of(network: nn.Module, batch: tuple[Tensor, Tensor], losses: dict) -> Outcome:
    """The weighted sum of the recipe's losses, and the F1 at 0.5 over the batch.

    entropy: of all pixels. f1: one less the F1 of the probabilities, photo by photo. balanced: `balanced_bce`.
    """
    image, hole = batch
    logits = network(image).float()
    chance = logits.sigmoid()
    both, either = (chance * hole).sum((1, 2, 3)), (chance + hole).sum((1, 2, 3))
    terms = {
        "entropy": F.binary_cross_entropy_with_logits(logits, hole),
        "f1": 1 - ((2 * both + 1) / (either + 1)).mean(),
        "balanced": balanced_bce(logits, hole).mean(),
    }
    loss = sum(weight * terms[name] for name, weight in (losses or {"entropy": 1.0, "f1": 0.5}).items())
    found = (chance.detach() > 0.5).float()
    return Outcome(loss, {"f1": 2 * (found * hole).sum() / (found + hole).sum().clamp(min=1)})


def preview(network: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Rows of the photo, what is found in it and what is to be found, (B, 3, H, 3 W)."""
    image, hole = batch
    return torch.cat([image, network(image).float().sigmoid().expand_as(image), hole.expand_as(image)], 3)
