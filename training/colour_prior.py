"""The task of the color prior (core/colorize/prior_network.py): which known pixels have the color of a missing one.

The input is a photo with a random hole, in which some color points are left. The loss is the logarithm of the mean
squared RGB error in the hole, photo by photo: the mean PSNR. Half of the photos have their hues rotated, so that the
network learns where colors are and not which colors things have. In some the gray in the hole is blurred, as a
reconstruction is.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from monochromic.core import chroma, luminance, random_hole, to_rgb
from monochromic.core.colorize.prior_network import PATCH, PriorNetwork
from numpy.random import Generator
from photos import random_cut
from task import StepResult
from torch import Tensor, nn

KEYS = 256  # tokens to attend to, drawn anew for each sample
TAKES = {"network": {"widths", "heads", "head_dim"}, "data": set(), "losses": {"psnr", "log_var"}}
Sample = tuple[Tensor, Tensor, Tensor, Tensor]


def make(network: dict) -> nn.Module:
    """The network with new weights."""
    return PriorNetwork(**network)


def sample(photos: list[np.ndarray], side: int, random: Generator, data: dict) -> Sample:
    """Gray (1, side, side), chroma (2, side, side), what is known (1, side, side), and tokens to attend to (KEYS,)."""
    image = random_cut(photos[random.integers(len(photos))], side, random)[None]
    gray, colors = luminance(image), _rotate_hues(chroma(image), random)
    kind = random.choice(["free_form", "box", "blob"], p=[0.45, 0.35, 0.2])
    hole = random_hole(str(kind), side, side, random.uniform(0.05, 0.5), seed=int(random.integers(2**32)))
    known = 1 - hole
    if random.random() < 0.4:
        _leave_points(known, random)
    if random.random() < 0.15:
        gray = torch.where(hole > 0, _blurred(gray, random.uniform(1.5, 8)), gray)
    return gray[0], colors[0], known[0], _random_keys(known, random)


def _rotate_hues(colors: Tensor, random: Generator) -> Tensor:
    """Chroma with its hues rotated, half of the time, and its saturation changed."""
    angle = random.uniform(0, 2 * math.pi) * (random.random() < 0.5)
    gain = random.uniform(0.6, 1.4)
    cos, sin = gain * math.cos(angle), gain * math.sin(angle)
    return torch.einsum("ij,bjhw->bihw", torch.tensor([[cos, -sin], [sin, cos]]), colors)


def _leave_points(known: Tensor, random: Generator) -> None:
    """Up to 7 squares of 1 to 7 pixels that are known, like a user's hints."""
    side = known.shape[-1]
    for _ in range(random.integers(1, 8)):
        (row, column), radius = random.integers(0, side, 2), random.integers(0, 4)
        known[..., max(row - radius, 0) : row + radius + 1, max(column - radius, 0) : column + radius + 1] = 1


def _blurred(gray: Tensor, sigma: float) -> Tensor:
    radius = int(2 * sigma)
    taps = torch.softmax(-(torch.arange(-radius, radius + 1) ** 2) / (2 * sigma**2), 0).view(1, 1, 1, -1)
    gray = F.conv2d(F.pad(gray, (radius, radius, 0, 0), mode="replicate"), taps)
    return F.conv2d(F.pad(gray, (0, 0, radius, radius), mode="replicate"), taps.transpose(2, 3))


def _random_keys(known: Tensor, random: Generator) -> Tensor:
    """KEYS tokens, first those of which something is known."""
    share = F.max_pool2d(known, PATCH).flatten()
    order = share + torch.from_numpy(random.random(len(share))).float() * 0.5
    return order.topk(min(KEYS, len(order))).indices


def rgb_error(predicted: Tensor, colors: Tensor, where: Tensor) -> Tensor:
    """Squared RGB error of chroma (B, 2, H, W), the luminance being equal, meaned over the channels: (B, 1, H, W)."""
    zero = torch.zeros_like(where)
    return (to_rgb(zero, predicted) - to_rgb(zero, colors)).square().mean(1, keepdim=True) * where


def loss_of(network: nn.Module, batch: Sample, losses: dict) -> StepResult:
    """psnr: the logarithm of each photo's mean squared error. log_var: the likelihood of the error it predicts."""
    gray, colors, known, keys = batch
    predicted, log_var = network(gray, colors, known, keys)
    hole = 1 - known
    error = rgb_error(predicted.float(), colors, hole)
    mean = error.sum((1, 2, 3)) / hole.sum((1, 2, 3)).clamp(min=1)
    log_var = log_var.float().clamp(-12, 2)
    likelihood = ((error.detach() + 1e-5) * torch.exp(-log_var) + log_var) * hole
    terms = {"psnr": torch.log(mean + 3e-5).mean(), "log_var": likelihood.sum() / hole.sum()}
    loss = sum(weight * terms[name] for name, weight in (losses or {"psnr": 1.0, "log_var": 0.05}).items())
    return StepResult(loss, {"psnr": (-10 * torch.log10(mean.detach() + 1e-6)).mean()})


def preview(network: nn.Module, batch: Sample) -> Tensor:
    """Rows of what is known, the answer and the photo, (B, 3, H, 3 W)."""
    gray, colors, known, keys = batch
    predicted = network(gray, colors, known, keys)[0].float()
    pictures = [to_rgb(gray, c) for c in (colors * known, colors * known + predicted * (1 - known), colors)]
    return torch.cat(pictures, 3)
