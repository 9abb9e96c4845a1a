"""Adversarial losses: of scores (B, ...) that a discriminator gives to true and made pictures -> a number."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def hinge(true: Tensor, made: Tensor) -> Tensor:
    """What the discriminator minimises: true above 1, made below -1 (Lim, Ye 2017; Yu et al. 2019)."""
    return F.relu(1 - true).mean() + F.relu(1 + made).mean()


def wasserstein(true: Tensor, made: Tensor) -> Tensor:
    """What the critic minimises, with `gradient_penalty` beside it (Arjovsky et al. 2017)."""
    return made.mean() - true.mean()


def fooling(made: Tensor) -> Tensor:
    """What the network minimises, against either."""
    return -made.mean()


def gradient_penalty(
    score: Callable[[Tensor], Tensor], true: Tensor, made: Tensor, hole: Tensor, share: Tensor
) -> Tensor:
    """Mean squared distance of the gradient's length in the hole from 1 (Gulrajani et al. 2017; Yu et al. 2018).

    score: pictures (B, C, H, W) to scores, of each picture alone. share: (B, 1, 1, 1), of the truth in the mixture
    at which the gradient is taken. hole (B, 1, H, W), 1 = fill.
    """
    mixed = (share * true + (1 - share) * made).detach().requires_grad_()
    (slope,) = torch.autograd.grad(score(mixed).sum(), mixed, create_graph=True)
    length = ((slope * hole).square().sum((1, 2, 3)) + 1e-12).sqrt()
    return (length - 1).square().mean()


def feature_matching(true: Sequence[Tensor], made: Sequence[Tensor]) -> Tensor:
    """Mean absolute difference of a discriminator's features, averaged over layers (pix2pixHD, Wang et al. 2018)."""
    return sum((a.detach() - b).abs().mean() for a, b in zip(true, made, strict=True)) / len(true)
