"""The task of a gray backbone: a photo with a hole, to its gray.

Half of the photos are shown small and whole; of the others a part at the size they have, with the part of a hole
drawn for all of it, so that networks trained at 128 pixels know how sharp photos are at 256.

A network may also be trained to give RGB, or to see gray alone, by `channels` of its recipe: [3, 3], [1, 1].
"""

import numpy as np
import torch
import torch.nn.functional as F
from features import FEATURES
from losses import PIXELS, composite
from monochromic.core import luminance, random_hole
from monochromic.core.backbones import get_backbone
from monochromic.core.backbones.mono import Mono
from monochromic.core.backbones.record import Layout
from numpy.random import Generator
from photos import random_cut
from task import Judged, Outcome
from torch import Tensor, nn

WHOLE = 256  # pixels a side, of which a part is cut
HOLES = ("free_form", "box", "blob")
TERMS = {**PIXELS, **FEATURES}
TAKES = {
    "network": {"backbone", "layout", "channels", "width", "widths"},
    "data": {"holes", "coverage"},
    "losses": set(TERMS),
}


class Filled(nn.Module):
    """A backbone's network, called as Mono is: with what it is shown and the hole, for the picture."""

    def __init__(self, layout: Layout, channels: tuple[int, int], width: int) -> None:
        super().__init__()
        self.layout, self.channels = layout, channels
        self.network = layout.fresh(channels, width)

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        """image (B, channels taken, H, W) in [0, 1] and hole (B, 1, H, W), 1 = fill, to (B, given, H, W)."""
        return self.layout.fill(self.network, image, hole > 0)


def make(network: dict) -> nn.Module:
    """The network with new weights: `widths` for Mono, `backbone`, `layout` and `width` for another."""
    channels = tuple(network.get("channels", (4, 1)))
    if "widths" in network:
        return Mono(channels, tuple(network["widths"]))
    layouts = {layout.id: layout for layout in get_backbone(network["backbone"]).layouts}
    if network.get("layout") not in layouts:
        raise SystemExit(f"layout of {network['backbone']} must be one of {', '.join(layouts)}")
    return Filled(layouts[network["layout"]], channels, network["width"])


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


def loss_of(network: nn.Module, batch: tuple[Tensor, Tensor], losses: dict) -> Outcome:
    """The weighted sum of the recipe's losses, each a mean over the photos; and the mean PSNR in the hole."""
    image, hole = batch
    seen, truth = _shown(image, network.channels)
    answer = network(seen * (1 - hole), hole).float()
    loss = sum(weight * TERMS[name](answer, truth, hole).mean() for name, weight in (losses or {"psnr": 1}).items())
    psnr = -10 * torch.log10(PIXELS["mse"](answer.detach(), truth, hole) + 1e-8).mean()
    return Outcome(loss, {"psnr": psnr}, Judged(composite(answer, truth, hole), truth, hole))


def preview(network: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Rows of what is seen, the answer and the photo, (B, 3, H, 3 W)."""
    image, hole = batch
    seen, truth = _shown(image, network.channels)
    answer = torch.where(hole > 0, network(seen * (1 - hole), hole).float().clamp(0, 1), truth)
    shown = [t.expand(-1, 3, -1, -1) for t in (image * (1 - hole) + F.relu(hole), answer, truth)]
    return torch.cat(shown, 3)


def _shown(image: Tensor, channels: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """What a network of these channels takes of a photo, and what it is to give."""
    gray = luminance(image)
    taken = {1: gray, 3: image, 4: torch.cat([image, gray], 1)}[channels[0]]
    return taken, image if channels[1] == 3 else gray
