"""Adversarial losses: of scores (B, ...) of true and generated pictures by a discriminator -> a number."""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add

import torch
import torch.nn.functional as F
from torch import Tensor


def hinge(true: Tensor, generated: Tensor) -> Tensor:
    """What the discriminator minimizes: true above 1, generated below -1 (Lim, Ye 2017; Yu et al. 2019)."""
    return F.relu(1 - true).mean() + F.relu(1 + generated).mean()


def wasserstein(true: Tensor, generated: Tensor) -> Tensor:
    """What the critic minimizes, with `gradient_penalty` beside it (Arjovsky et al. 2017)."""
    return generated.mean() - true.mean()


def generator_loss(generated: Tensor) -> Tensor:
    """What the network minimizes, against either."""
    return -generated.mean()


def gradient_penalty(
    score: Callable[[Tensor], Tensor], true: Tensor, generated: Tensor, hole: Tensor, share: Tensor
) -> Tensor:
    """Mean squared distance of the gradient's length in the hole from 1 (Gulrajani et al. 2017; Yu et al. 2018).

    score: pictures (B, C, H, W) to scores, of each picture alone. share: (B, 1, 1, 1), of the truth in the mixture
    at which the gradient is computed. hole: (B, 1, H, W), 1 = fill.
    """
    mixed = (share * true + (1 - share) * generated).detach().requires_grad_()
    (slope,) = torch.autograd.grad(score(mixed).sum(), mixed, create_graph=True)
    length = ((slope * hole).square().sum((1, 2, 3)) + 1e-12).sqrt()
    return (length - 1).square().mean()


def feature_matching(true: Sequence[Tensor], generated: Sequence[Tensor]) -> Tensor:
    """Mean absolute difference of a discriminator's features, averaged over layers (pix2pixHD, Wang et al. 2018)."""
    return reduce(add, ((a.detach() - b).abs().mean() for a, b in zip(true, generated, strict=True))) / len(true)
