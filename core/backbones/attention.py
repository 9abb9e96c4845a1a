"""Contextual attention: each patch of a feature map is rebuilt from patches that lie outside the hole.

Yu et al. 2018, "Generative Image Inpainting with Contextual Attention" (CVPR). Published programs differ in
five places, see `Rules`; the fixtures of five programs prove each. Written anew, without code of theirs.

Patches of 3x3 are compared on the halved map, patches of 4x4 are pasted on the full map. All pairs of the
patches of a 1024 x 1024 photo would be 2^28 numbers, so a few rows of queries are done at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..layers.explain import Explainable, Sources

SHARPNESS = 10.0  # the scores are multiplied by it before the softmax
SMALLEST_NORM = 1e-4
SCORES_AT_ONCE = 2**25


@dataclass(frozen=True)
class Rules:
    """Where the published programs differ.

    fused: whether neighbors must match neighbors: scores are summed along diagonals, by rows, then by columns.
    corners: halving keeps first and last sample (TensorFlow's `align_corners`); else it takes each second one.
    excluded: a patch that touches the hole is not in the softmax; else it is with score 0, and
    its weight is set to 0 afterwards.
    overlaps: pasted patches are divided by how many overlap; else by 4, which darkens the border.
    padded_norm: a patch is divided by sqrt(sum(w^2 + 1e-4)); else by its norm, at least 1e-4.
    """

    fused: bool = True
    corners: bool = False
    excluded: bool = False
    overlaps: bool = False
    padded_norm: bool = False


class ContextualAttention(Explainable, nn.Module):
    """Features (B, C, H, W), H and W even, and hole (B, 1, kH, kW), 1 = fill -> features of the same shape.

    No weights. Items of a batch do not mix. It computes in 32 bits where the features have 16. Where no patch
    is free of the hole the answer is 0. `at_once`: about how many scores are in memory.
    """

    def __init__(self, rules: Rules, at_once: int = SCORES_AT_ONCE) -> None:
        super().__init__()
        self.rules, self.at_once = rules, at_once

    def forward(self, features: Tensor, hole: Tensor) -> Tensor:  # noqa: D102
        x = features if features.dtype == torch.float64 else features.float()
        items = zip(x.split(1), hole.to(x.dtype).split(1), strict=True)
        return torch.cat([self._rebuild(item, its_hole) for item, its_hole in items]).to(features.dtype)

    def explain(self, *inputs: Tensor) -> Sources:
        """For each patch of the halved map the one that it takes most of; -1 where it takes nothing."""
        features, hole = (each[:1].float() for each in inputs)
        best = [weights.max(dim=1) for weights in self.weights(features, hole)]
        cells = torch.cat([part.indices.masked_fill(part.values == 0, -1) for part in best])
        return Sources(cells.view(features.shape[-2] // 2, features.shape[-1] // 2))

    def weights(self, features: Tensor, hole: Tensor) -> Iterator[Tensor]:
        """The weights of all patches for a few rows of queries at a time, (queries, patches), for one item."""
        height, width = features.shape[-2] // 2, features.shape[-1] // 2
        small = sample(features, height, width, self.rules.corners)
        queries = patches(small, 3, 1)
        keys = queries / self._norm(queries)
        free = F.max_pool2d(sample(hole, height, width, self.rules.corners), 3, 1, 1).flatten() == 0
        for first, last in row_ranges(height, width, self.at_once):
            if self.rules.fused:
                scores = fused_scores(queries, keys, height, width, first, last)
            else:
                scores = queries[first * width : last * width] @ keys.T
            yield self._softmax(scores, free)

    def _rebuild(self, features: Tensor, hole: Tensor) -> Tensor:
        pieces = patches(features, 4, 2)
        pasted = torch.cat([weights @ pieces for weights in self.weights(features, hole)])  # (HW / 4, 16 C)
        if not self.rules.overlaps:
            return paste(pasted, features.shape) / 4
        return paste(pasted, features.shape) / paste(torch.ones_like(pasted[:, :16]), features[:, :1].shape)

    def _norm(self, queries: Tensor) -> Tensor:
        if self.rules.padded_norm:
            return (queries.square() + SMALLEST_NORM).sum(dim=1, keepdim=True).sqrt()
        return queries.norm(dim=1, keepdim=True).clamp(min=SMALLEST_NORM)

    def _softmax(self, scores: Tensor, free: Tensor) -> Tensor:
        if self.rules.excluded and free.any():
            return torch.softmax((scores * SHARPNESS).masked_fill(~free, -torch.inf), dim=1)
        return torch.softmax(scores * free * SHARPNESS, dim=1) * free


def sample(x: Tensor, height: int, width: int, corners: bool) -> Tensor:
    """Nearest samples, (B, C, H, W) -> (B, C, height, width), H and W being multiples of them."""
    for dim, count in ((-2, height), (-1, width)):
        size = x.shape[dim]
        if corners:
            at = (torch.linspace(0, size - 1, count, dtype=torch.float32) + 0.5).floor().long()
        else:
            at = torch.arange(count) * (size // count)
        x = x.index_select(dim, at.to(x.device))
    return x


def patches(x: Tensor, side: int, stride: int) -> Tensor:
    """All patches of one item, (1, C, H, W) -> (patches by rows, C side side); beyond the border is 0."""
    return F.unfold(x, side, padding=1, stride=stride)[0].T


def paste(pieces: Tensor, shape: torch.Size) -> Tensor:
    """The sum of overlapping 4x4 patches, each second pixel one: (HW / 4, 16 C) -> `shape`, (1, C, H, W)."""
    return F.fold(pieces.T[None], shape[-2:], 4, padding=1, stride=2)


def row_ranges(height: int, width: int, at_once: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows whose scores against all patches, with a row and a column around, are about `at_once`."""
    rows = max(1, at_once // ((width + 2) * height * width) - 2)
    for first in range(0, height, rows):
        yield first, min(first + rows, height)


def fused_scores(queries: Tensor, keys: Tensor, height: int, width: int, first: int, last: int) -> Tensor:
    """Scores of the queries in rows first to last - 1, summed along diagonals: (queries, patches).

    The sum adds the scores of the two patches before and after, in reading order and then in the order of
    columns. Both orders wrap from line to line, as in the paper's program: above the top of a column lies the
    bottom of the column to its left.
    """
    rows, count = last - first + 2, height * width
    starts = torch.tensor([row % height * width + row // height for row in range(first - 1, last + 1)])
    at = (starts[:, None] + torch.arange(-1, width + 1)).to(queries.device)  # (rows, width + 2)
    inside = (at >= 0) & (at < count)
    scores = (queries[at.clamp(0, count - 1)] * inside[..., None]) @ keys.T  # (rows, width + 2, patches)
    by_rows = along_diagonal(scores[:, :-2], scores[:, 1:-1], scores[:, 2:])  # (rows, width, patches)
    if first == 0:
        by_rows[0, 0] = 0
    if last == height:
        by_rows[-1, -1] = 0
    turned = by_rows.view(rows, width, height, width).transpose(2, 3).reshape(rows, width, count)
    by_columns = along_diagonal(turned[:-2], turned[1:-1], turned[2:])  # (rows - 2, width, patches by columns)
    return by_columns.view(-1, width, height).transpose(1, 2).reshape(-1, count)


def along_diagonal(before: Tensor, scores: Tensor, after: Tensor) -> Tensor:
    """Scores of a query plus those of its two neighbors against the two neighbors of each patch."""
    total = scores.clone()
    total[..., 1:] += before[..., :-1]
    total[..., :-1] += after[..., 1:]
    return total
