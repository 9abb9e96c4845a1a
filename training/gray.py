"""The task of a gray backbone: a photo with a hole, to its gray.

Half of the photos are shown small and whole; of the others a part at the size they have, with the part of a hole
drawn for all of it, so that networks trained at 128 pixels know how sharp photos are at 256.
"""

import numpy as np
import torch
import torch.nn.functional as F
from monochromic.core import luminance, random_hole
from monochromic.core.backbones import get_backbone
from monochromic.core.backbones.mono import Mono
from numpy.random import Generator
from photos import random_cut
from torch import Tensor, nn

WHOLE = 256  # pixels a side, of which a part is cut
HOLES = ("free_form", "box", "blob")


def make(network: dict) -> nn.Module:
    """The network with new weights: `widths` for Mono, `backbone` and `width` for another."""
    channels = tuple(network.get("channels", (4, 1)))
    if "widths" in network:
        return Mono(channels, tuple(network["widths"]))
    layouts = get_backbone(network["backbone"]).layouts
    return next(n for n in layouts if n.id == network["layout"]).fresh(channels, network["width"])


def sample(photos: list[np.ndarray], side: int, random: Generator, data: dict) -> tuple[Tensor, Tensor]:
    """A photo (3, side, side) in [0, 1] and a hole (1, side, side)."""
    photo = photos[random.integers(len(photos))]
    cut = side < WHOLE and random.random() < 0.5
    image = random_cut(photo, WHOLE if cut else side, random, least=0.9 if cut else 0.55)
    hole = _hole(image.shape[-1], random, data)
    if cut:
        image, hole = _part(image, hole, side, random)
    return image, hole


def _hole(side: int, random: Generator, data: dict) -> Tensor:
    kind = random.choice(HOLES, p=data.get("holes", (0.6, 0.2, 0.2)))
    low, high = data.get("coverage", (0.05, 0.45))
    return random_hole(str(kind), side, side, random.uniform(low, high), seed=int(random.integers(2**32)))[0]


def _part(image: Tensor, hole: Tensor, side: int, random: Generator) -> tuple[Tensor, Tensor]:
    """A square of both, the first of eight that has some hole and is not mostly hole."""
    for _ in range(8):
        top, left = random.integers(0, image.shape[-1] - side + 1, 2)
        here = hole[:, top : top + side, left : left + side]
        if 0.02 < here.mean() < 0.7:
            break
    else:
        here = here.clone()
        here[:, side // 3 : side // 2, side // 3 : side // 2] = 1
        here[:, : side // 4] = 0
    return image[:, top : top + side, left : left + side], here


def loss_of(network: nn.Module, batch: tuple[Tensor, Tensor], losses: dict) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of (B, 3, H, W) photos with (B, 1, H, W) holes, and the mean PSNR in the hole.

    psnr: the logarithm of each photo's mean squared error in the hole, so that the mean PSNR is what grows.
    l1: the mean absolute error in the hole; gradient: that of its differences to the next pixels.
    """
    image, hole = batch
    taken, given = network.channels
    gray = luminance(image)
    target = image if given == 3 else gray
    seen = {1: gray, 3: image, 4: torch.cat([image, gray], 1)}[taken]
    error = (network(seen * (1 - hole), hole).float() - target) * hole
    area = hole.sum((1, 2, 3)).clamp(min=1) * given
    mse = error.square().sum((1, 2, 3)) / area
    loss = losses.get("psnr", 1.0) * torch.log(mse + 1e-5).mean()
    if losses.get("l1"):
        loss = loss + losses["l1"] * (error.abs().sum((1, 2, 3)) / area).mean()
    if losses.get("gradient"):
        steps = [error.diff(dim=d).abs().sum((1, 2, 3)) / area for d in (2, 3)]
        loss = loss + losses["gradient"] * sum(steps).mean()
    return loss, {"psnr": -10 * torch.log10(mse.detach() + 1e-8).mean()}


def preview(network: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Rows of what is seen, the answer and the photo, (B, 3, H, 3 W)."""
    image, hole = batch
    taken, given = network.channels
    gray = luminance(image)
    seen = {1: gray, 3: image, 4: torch.cat([image, gray], 1)}[taken]
    target = image if given == 3 else gray
    answer = torch.where(hole > 0, network(seen * (1 - hole), hole).float().clamp(0, 1), target)
    shown = [t.expand(-1, 3, -1, -1) for t in (image * (1 - hole) + F.relu(hole), answer, target)]
    return torch.cat(shown, 3)
