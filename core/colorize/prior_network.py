"""The learned half of the color prior: which known pixels a missing one should take its color from.

A small U-Net reads the gray image and the chroma that is known, and gives each cell of 4 x 4 pixels a query
and a key. A cell of the hole takes the mean chroma of the known cells, weighted by softmax(query . key); each
pixel then takes a weighted mean of the 3 x 3 cells around it. Both are means with positive weights, so every
color comes from this photo: what was learned from other photos is only where to look.

Our own design and weights (weights/colour_prior.md). The attention follows Vaswani et al. 2017, the last
step the convex upsampling of RAFT (Teed, Deng, ECCV 2020).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CELL = 4  # pixels a side
MULTIPLE = 16  # of the sides of what goes in
CHROMA_GAIN = 4.0  # brings chroma to the range of the luminance
NOWHERE = -80.0  # log weight of a cell of which nothing is known


class Block(nn.Module):
    """Two convolutions on normalized features beside the identity."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(1, channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return x + self.second(F.relu(self.first(self.norm(x))))


class PriorNetwork(nn.Module):
    """Gray and known chroma to a guess at the chroma everywhere and how sure it is.

    `widths` are the channels at 1/4, 1/8 and 1/16 of the size; `reach` is the length of queries and keys.
    """

    def __init__(self, widths: tuple[int, int, int] = (32, 48, 64), heads: int = 2, reach: int = 16) -> None:
        super().__init__()
        a, b, c = widths
        self.heads, self.reach = heads, reach
        self.enter = nn.Conv2d(4 * CELL**2, a, 3, padding=1)
        self.fine_in = nn.Sequential(Block(a), Block(a))
        self.to_middle = nn.Conv2d(a, b, 2, 2)
        self.middle_in = nn.Sequential(Block(b), Block(b))
        self.to_coarse = nn.Conv2d(b, c, 2, 2)
        self.coarse = nn.Sequential(Block(c), Block(c, dilation=2), Block(c))
        self.from_coarse = nn.Conv2d(c, b, 1)
        self.middle_out = nn.Sequential(Block(b), Block(b))
        self.from_middle = nn.Conv2d(b, a, 1)
        self.fine_out = nn.Sequential(Block(a), Block(a))
        self.query = nn.Conv2d(a, heads * reach, 1)
        self.key = nn.Conv2d(a, heads * reach, 1)
        self.worth = nn.Conv2d(a, heads, 1)
        self.gate = nn.Conv2d(a, heads, 1)
        self.nearness = nn.Parameter(torch.arange(heads, dtype=torch.float32))
        self.shares = nn.Conv2d(a, 9 * CELL**2, 1)
        self.doubt = nn.Conv2d(a, CELL**2, 1)

    def forward(self, gray: Tensor, chroma: Tensor, known: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
        """Guess (B, 2, H, W) and log of its expected squared error (B, 1, H, W).

        gray (B, 1, H, W) in [0, 1]; chroma (B, 2, H, W), 0 where unknown; known (B, 1, H, W), 1 = known; H
        and W multiples of MULTIPLE. keys (B, K): cells, in raster order, that may be looked at.
        """
        chroma = chroma * known
        features = self._features(torch.cat([gray - 0.5, chroma * CHROMA_GAIN, known], dim=1)).float()
        share = F.avg_pool2d(known, CELL)
        mean = F.avg_pool2d(chroma, CELL) / share.clamp(min=1e-4)
        cells = mean * share + self._look(features, mean, share, keys) * (1 - share)
        return self._spread(features, cells), F.pixel_shuffle(self.doubt(features), CELL)

    def _features(self, x: Tensor) -> Tensor:
        fine = self.fine_in(self.enter(F.pixel_unshuffle(x, CELL)))
        middle = self.middle_in(self.to_middle(fine))
        coarse = self.coarse(self.to_coarse(middle))
        middle = self.middle_out(middle + _enlarge(self.from_coarse(coarse), middle))
        return self.fine_out(fine + _enlarge(self.from_middle(middle), fine))

    def _look(self, features: Tensor, mean: Tensor, share: Tensor, keys: Tensor) -> Tensor:
        """What each cell sees in the cells of `keys`: (B, 2, h, w)."""
        b, _, h, w = features.shape

        def by_head(x: Tensor) -> Tensor:  # (B, heads * n, h, w) -> (B, heads, h * w, n)
            return x.view(b, self.heads, -1, h * w).transpose(2, 3)

        place = _places(h, w, features)
        near = self.nearness.exp().view(-1, 1, 1)
        known = torch.where(share > 0, share.clamp(min=1e-3).log(), NOWHERE).view(b, 1, h * w, 1)
        worth = by_head(self.worth(features)) + known - near * place.square().sum(1, keepdim=True)
        place = place.expand(b, self.heads, -1, -1)
        query = torch.cat([by_head(self.query(features)), 2 * near * place, torch.ones_like(worth)], dim=3)
        key = torch.cat([by_head(self.key(features)), place, worth], dim=3)
        key = key.gather(2, keys[:, None, :, None].expand(-1, self.heads, -1, key.shape[3]))
        value = mean.flatten(2).transpose(1, 2).gather(1, keys[..., None].expand(-1, -1, 2))
        seen = torch.softmax(query @ key.transpose(2, 3), dim=3) @ value[:, None]  # (B, heads, h * w, 2)
        gate = torch.softmax(by_head(self.gate(features)), dim=1)
        return (seen * gate).sum(1).transpose(1, 2).reshape(b, 2, h, w)

    def _spread(self, features: Tensor, cells: Tensor) -> Tensor:
        """From cells (B, 2, h, w) to pixels (B, 2, H, W)."""
        b, _, h, w = cells.shape
        weights = torch.softmax(self.shares(features).view(b, 1, 9, CELL**2, h, w), dim=2)
        around = F.unfold(F.pad(cells, (1, 1, 1, 1), mode="replicate"), 3).view(b, 2, 9, 1, h, w)
        pixels = sum(weights[:, :, i] * around[:, :, i] for i in range(9))
        return F.pixel_shuffle(pixels.reshape(b, -1, h, w), CELL)


def _enlarge(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[-2:], mode="bilinear")


def _places(h: int, w: int, like: Tensor) -> Tensor:
    """Row and column of each cell, (h * w, 2); a square picture goes from -1 to 1."""
    side = max((h * w) ** 0.5 - 1, 1)
    rows, columns = (torch.arange(n, dtype=like.dtype, device=like.device) - (n - 1) / 2 for n in (h, w))
    return torch.cartesian_prod(rows, columns).view(-1, 2) * (2 / side)
