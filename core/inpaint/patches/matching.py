"""For the features of a hole, what they should be: what the known patches that are most like them vote for."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ...host.cancel import check_cancelled

SIDE = 3  # positions of a patch
MAX_OPEN, MAX_KNOWN = 3000, 4000  # patches compared at once; of more a random part
MIN_KNOWN = 8  # fewer say nothing of the texture
AT_ONCE = 512  # rows of distances


class Target(NamedTuple):
    """Features that a map should have, (1, C, h, w), and how many patches voted for each position, (1, 1, h, w)."""

    features: Tensor
    votes: Tensor

    def distance(self, features: Tensor) -> Tensor:
        """Mean squared distance of a map from it, in units of its own square."""
        apart = (features - self.features).square() * self.votes
        return apart.sum() / (self.features.square() * self.votes).sum().clamp(min=1e-8)


def match_patches(features: Tensor, hole: Tensor, random: torch.Generator) -> Target | None:
    """Match the patches that touch the hole with known ones.

    Args:
        features: Of the picture as it stands, (1, C, h, w).
        hole: bool (1, 1, h, w), True = a position with some pixel to fill.
        random: Chooses a part where there are many patches.

    Returns:
        What they vote for; None where too little is known.
    """
    inside = hole.float()
    near = F.unfold(F.max_pool2d(inside, 3, 1, 1), SIDE)[0].amax(0) > 0
    opened = _some((F.unfold(inside, SIDE)[0].amax(0) > 0).nonzero()[:, 0], MAX_OPEN, random)
    known = _some((~near).nonzero()[:, 0], MAX_KNOWN, random)
    if len(known) < MIN_KNOWN:
        return None
    patches = F.unfold(features, SIDE)[0]  # (9 C, positions)
    examples = patches[:, known]
    squares, best = examples.square().sum(0), []
    for some in opened.split(AT_ONCE):
        check_cancelled()
        best.append((squares - 2 * patches[:, some].T @ examples).argmin(1))
    chosen = torch.zeros_like(patches)
    chosen[:, opened] = examples[:, torch.cat(best)]
    counts = torch.zeros_like(patches[: SIDE * SIDE])
    counts[:, opened] = 1
    size = features.shape[-2:]
    votes = F.fold(counts[None], tuple(size), SIDE)
    return Target(F.fold(chosen[None], tuple(size), SIDE) / votes.clamp(min=1), votes)


def _some(indices: Tensor, most: int, random: torch.Generator) -> Tensor:
    if len(indices) <= most:
        return indices
    return indices[torch.randperm(len(indices), generator=random)[:most].sort().values]
