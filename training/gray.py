"""The task of a gray backbone: a photo with a hole, to its gray.

Half of the photos are reduced as a whole. Of the others a part is cut at the size they have, with the same part of a
hole drawn for the whole photo, so that networks trained at 128 pixels know how sharp photos are at 256.

By `channels` of its recipe a network may also be trained for RGB, [3, 3], or with gray alone as input, [1, 1].
"""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add

import numpy as np
import torch
import torch.nn.functional as F
from features import FEATURES
from guidance import guided_answer
from holes import THIN
from losses import PIXELS, composite
from monochromic.core import random_hole
from monochromic.core.backbones import get_backbone
from monochromic.core.backbones.mono import Mono
from monochromic.core.backbones.record import Backbone, Variant
from monochromic.core.image.color import to_y
from numpy.random import Generator
from photos import Photo, random_cut
from task import AdversaryInput, StepResult
from teacher import lesson, taught
from torch import Tensor, nn

FULL_SIDE = 256  # pixels a side, of which a part is cut
HOLES = ("free_form", "box", "blob", *THIN)
THIN_COVERAGE = 0.01, 0.12
TERMS = {**PIXELS, **FEATURES}
TAKES = {
    "network": {"backbone", "layout", "channels", "width", "widths"},
    "data": {"holes", "coverage", "grain", "count", "place", "photos"},
    "losses": {*TERMS, "guidance", "taught"},
}


class Filled(nn.Module):
    """A backbone's network, called as Mono is: with the image, zero in the hole, and the hole.

    channels_last: whether it has that order of memory on a CPU, too. multiple, minimum: of the sides it takes.
    """

    def __init__(self, backbone: Backbone, variant: Variant, channels: tuple[int, int], width: int) -> None:
        super().__init__()
        self.variant, self.channels, self.channels_last = variant, channels, backbone.channels_last
        self.multiple, self.minimum = backbone.multiple, backbone.minimum
        self.network = variant.fresh(channels, width)

    def forward(self, image: Tensor, hole: Tensor) -> Tensor:
        """image (B, in_channels, H, W) in [0, 1] and hole (B, 1, H, W), 1 = fill, to (B, out_channels, H, W)."""
        return self.variant.fill(self.network, image, hole > 0)


def make(network: dict) -> nn.Module:
    """The network with new weights: `widths` for Mono; `backbone`, `layout` (a variant) and `width` for another."""
    channels = tuple(network.get("channels", (4, 1)))
    if "widths" in network:
        return Mono(channels, tuple(network["widths"]))
    backbone = get_backbone(network["backbone"])
    variants = {variant.id: variant for variant in backbone.variants}
    if network.get("layout") not in variants:
        raise SystemExit(f"layout of {network['backbone']} must be one of {', '.join(variants)}")
    return Filled(backbone, variants[network["layout"]], channels, network["width"])


def sample(photos: list[np.ndarray], side: int, random: Generator, data: dict) -> tuple[Tensor, Tensor]:
    """A photo (3, side, side) in [0, 1] and a hole (1, side, side)."""
    return photo_with_hole(photos, side, random, data, draw_hole)


def photo_with_hole(
    photos: Sequence[Photo], side: int, random: Generator, data: dict, hole_of: Callable[[int, Generator, dict], Tensor]
) -> tuple[Tensor, Tensor]:
    """A photo (3, side, side) in [0, 1], where the photos are, and a hole (1, side, side) by `hole_of`."""
    photo = photos[int(random.integers(len(photos)))]
    cut = side < FULL_SIDE and random.random() < 0.5
    image = random_cut(photo, FULL_SIDE if cut else side, random, least=0.9 if cut else 0.55)
    hole = hole_of(image.shape[-1], random, data)
    if cut:
        image, hole = _part(image, hole, side, random)
    if data.get("grain") and random.random() < data["grain"]:
        image = (image + _grain(side, random).to(image.device)).clamp(0, 1)
    return image, hole


def draw_hole(side: int, random: Generator, data: dict) -> Tensor:
    """A hole (1, side, side): `count` of them, in the middle `place` of each side where that is less than 1."""
    inner = max(1, round(data.get("place", 1) * side))
    count, margin = 1, (side - inner) // 2
    if "count" in data:
        low, high = data["count"]
        count = int(random.integers(low, high + 1))
    hole = torch.stack([_one_hole(inner, random, data, count) for _ in range(count)]).amax(0)
    return F.pad(hole, (margin, side - inner - margin, margin, side - inner - margin))


def _one_hole(side: int, random: Generator, data: dict, count: int) -> Tensor:
    """A hole (1, side, side) of a kind drawn by the shares `data["holes"]` of `HOLES`, one of so many."""
    shares = data.get("holes", (0.6, 0.2, 0.2))
    kind = str(random.choice(HOLES[: len(shares)], p=shares))
    if kind in THIN:
        canvas = np.zeros((side, side), np.uint8)
        THIN[kind](canvas, random.uniform(*THIN_COVERAGE) / count, random)
        return torch.from_numpy(canvas)[None].float()
    low, high = data.get("coverage", (0.05, 0.45))
    return random_hole(kind, side, side, random.uniform(low, high) / count, seed=int(random.integers(2**32)))[0]


def _grain(side: int, random: Generator) -> Tensor:
    """Gray noise (1, side, side) as of film, of 1 to 6 % and a grain of 1 to 2 pixels."""
    n = side if random.random() < 0.5 else side // 2
    noise = torch.from_numpy(random.standard_normal((1, 1, n, n), dtype=np.float32))
    return F.interpolate(noise, (side, side), mode="bilinear")[0] * float(random.uniform(0.01, 0.06))


def _part(image: Tensor, hole: Tensor, side: int, random: Generator) -> tuple[Tensor, Tensor]:
    """A square of both, the first of eight that has some hole and is not mostly hole."""
    for _ in range(8):
        top, left = random.integers(0, image.shape[-1] - side + 1, 2)
        part = hole[:, top : top + side, left : left + side]
        if 0.01 < part.float().mean() < 0.7:
            break
    else:
        part = part.clone()
        part[:, side // 3 : side // 2, side // 3 : side // 2] = 1
        part[:, : side // 4] = 0
    return image[:, top : top + side, left : left + side], part


def loss_of(network: Filled | Mono, batch: tuple[Tensor, Tensor], losses: dict) -> StepResult:
    """The weighted sum of the recipe's losses, each a mean over the photos; and the mean PSNR in the hole."""
    image, hole = batch
    inputs, truth = _inputs_and_truth(image, network.channels)
    weights = dict(losses or {"psnr": 1})
    terms = []
    if guided := weights.pop("guidance", 0):
        answer, distance = guided_answer(network, inputs, hole)
        terms.append(guided * distance.mean())
    else:
        answer = network(inputs * (1 - hole), hole)
    answer, target = answer.float(), truth
    if learned := weights.pop("taught", 0):
        if network.channels[1] != 1:
            raise SystemExit("taught is a loss of networks that give gray; take it out of [losses]")
        target = lesson(image, hole)
        terms.append(learned * taught(answer, truth, target, hole).mean())
    terms += [weight * TERMS[name](answer, target, hole).mean() for name, weight in weights.items()]
    loss = reduce(add, terms)
    psnr = -10 * torch.log10(PIXELS["mse"](answer.detach(), truth, hole) + 1e-8).mean()
    return StepResult(loss, {"psnr": psnr}, AdversaryInput(composite(answer, truth, hole), truth, hole))


def preview(network: Filled | Mono, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Rows of the photo with its hole, the answer and the truth, (B, 3, H, 3 W)."""
    image, hole = batch
    inputs, truth = _inputs_and_truth(image, network.channels)
    answer = torch.where(hole > 0, network(inputs * (1 - hole), hole).float().clamp(0, 1), truth)
    pictures = [t.expand(-1, 3, -1, -1) for t in (image * (1 - hole) + F.relu(hole), answer, truth)]
    return torch.cat(pictures, 3)


def _inputs_and_truth(image: Tensor, channels: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """A photo as the input of a network of these channels, and as the output that it is to have."""
    gray = to_y(image)
    inputs = {1: gray, 3: image, 4: torch.cat([image, gray], 1)}[channels[0]]
    return inputs, image if channels[1] == 3 else gray
