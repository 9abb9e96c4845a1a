"""The learned half of the color prior: which known pixels a missing one should take its color from.

A small U-Net reads the gray image and the chroma that is known, and gives each token (a patch of 4 x 4 pixels) a
query and a key. A token of the hole takes the mean chroma of the known tokens, weighted by softmax(query . key); each
pixel then takes a weighted mean of the 3 x 3 tokens around it. Both are means with positive weights, so every
color comes from this photo: what was learned from other photos is only where to look.

Our own design and weights (weights/colour_prior.md). The attention follows Vaswani et al. 2017, the last
step the convex upsampling of RAFT (Teed, Deng, ECCV 2020). Attributes of the modules are keys of the weights.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PATCH = 4  # pixels a side of a token
MULTIPLE = 16  # of the sides of the input
CHROMA_GAIN = 4.0  # brings chroma to the range of the luminance
UNKNOWN_BIAS = -80.0  # log weight of a token of which nothing is known


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

    Args:
        widths: channels at 1/4, 1/8 and 1/16 of the size.
        heads: of the attention.
        head_dim: length of queries and keys.
    """

    def __init__(self, widths: tuple[int, int, int] = (32, 48, 64), heads: int = 2, head_dim: int = 16) -> None:
        super().__init__()
        a, b, c = widths
        self.heads, self.multiple = heads, MULTIPLE
        self.enter = nn.Conv2d(4 * PATCH**2, a, 3, padding=1)
        self.fine_in = nn.Sequential(Block(a), Block(a))
        self.to_middle = nn.Conv2d(a, b, 2, 2)
        self.middle_in = nn.Sequential(Block(b), Block(b))
        self.to_coarse = nn.Conv2d(b, c, 2, 2)
        self.coarse = nn.Sequential(Block(c), Block(c, dilation=2), Block(c))
        self.from_coarse = nn.Conv2d(c, b, 1)
        self.middle_out = nn.Sequential(Block(b), Block(b))
        self.from_middle = nn.Conv2d(b, a, 1)
        self.fine_out = nn.Sequential(Block(a), Block(a))
        self.query = nn.Conv2d(a, heads * head_dim, 1)
        self.key = nn.Conv2d(a, heads * head_dim, 1)
        self.worth = nn.Conv2d(a, heads, 1)  # key bias
        self.gate = nn.Conv2d(a, heads, 1)
        # log of the distance scale; without values, torch.arange would make torch load its compiler, a second's work
        self.nearness = nn.Parameter(torch.tensor(range(heads), dtype=torch.float32))
        self.shares = nn.Conv2d(a, 9 * PATCH**2, 1)  # upsampling weights
        self.doubt = nn.Conv2d(a, PATCH**2, 1)  # log variance

    def forward(self, gray: Tensor, chroma: Tensor, known: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
        """Guess the chroma of every pixel.

        Args:
            gray: (B, 1, H, W) in [0, 1]; H and W multiples of `MULTIPLE`.
            chroma: (B, 2, H, W), 0 where unknown.
            known: (B, 1, H, W), 1 = known.
            keys: (B, K) tokens that may be attended to, by their index in raster order.

        Returns:
            The guess (B, 2, H, W), and the log of its expected squared error (B, 1, H, W).
        """
        chroma = chroma * known
        features = self._features(torch.cat([gray - 0.5, chroma * CHROMA_GAIN, known], dim=1)).float()
        share = F.avg_pool2d(known, PATCH)
        mean = F.avg_pool2d(chroma, PATCH) / share.clamp(min=1e-4)
        tokens = mean * share + self._attend(features, mean, share, keys) * (1 - share)
        log_var = F.pixel_shuffle(self.doubt(features), PATCH)
        return self._convex_upsample(features, tokens), log_var

    def _features(self, x: Tensor) -> Tensor:
        fine = self.fine_in(self.enter(F.pixel_unshuffle(x, PATCH)))  # (B, a, H / 4, W / 4)
        middle = self.middle_in(self.to_middle(fine))
        coarse = self.coarse(self.to_coarse(middle))
        middle = self.middle_out(middle + _upsample(self.from_coarse(coarse), middle))
        return self.fine_out(fine + _upsample(self.from_middle(middle), fine))

    def _attend(self, features: Tensor, mean: Tensor, share: Tensor, keys: Tensor) -> Tensor:
        """The mean chroma that each token sees in the tokens of `keys`: (B, 2, h, w)."""
        b, _, h, w = features.shape
        value = mean.flatten(2).transpose(1, 2).gather(1, keys[..., None].expand(-1, -1, 2))
        attended = self._weights(features, share, keys) @ value[:, None]  # (B, heads, h * w, 2)
        gate = torch.softmax(self._by_head(self.gate(features)), dim=1)
        return (attended * gate).sum(1).transpose(1, 2).reshape(b, 2, h, w)

    def attention(self, gray: Tensor, chroma: Tensor, known: Tensor, keys: Tensor, token: int) -> Tensor:
        """How much of its color one token of the first item takes from each token, (h, w), 1 in all; see `forward`."""
        features = self._features(torch.cat([gray - 0.5, chroma * known * CHROMA_GAIN, known], dim=1)).float()
        weights = self._weights(features, F.avg_pool2d(known, PATCH), keys)[0, :, token]  # (heads, K)
        gate = torch.softmax(self._by_head(self.gate(features)), dim=1)[0, :, token]  # (heads, 1)
        taken = features.new_zeros(features.shape[-2:]).flatten()
        taken[keys[0]] = (weights * gate).sum(0)
        return taken.view(features.shape[-2:])

    def _by_head(self, x: Tensor) -> Tensor:
        """(B, heads * n, h, w) -> (B, heads, h * w, n)."""
        return x.view(len(x), self.heads, -1, x.shape[-2] * x.shape[-1]).transpose(2, 3)

    def _weights(self, features: Tensor, share: Tensor, keys: Tensor) -> Tensor:
        """How much each head of each token looks at the tokens of `keys`: (B, heads, h * w, K)."""
        b, _, h, w = features.shape
        by_head = self._by_head
        position = _positions(h, w, features)
        distance_scale = self.nearness.exp().view(-1, 1, 1)
        known = torch.where(share > 0, share.clamp(min=1e-3).log(), UNKNOWN_BIAS).view(b, 1, h * w, 1)
        key_bias = by_head(self.worth(features)) + known - distance_scale * position.square().sum(1, keepdim=True)
        position = position.expand(b, self.heads, -1, -1)
        ones = torch.ones_like(key_bias)
        query = torch.cat([by_head(self.query(features)), 2 * distance_scale * position, ones], dim=3)
        key = torch.cat([by_head(self.key(features)), position, key_bias], dim=3)
        key = key.gather(2, keys[:, None, :, None].expand(-1, self.heads, -1, key.shape[3]))
        return torch.softmax(query @ key.transpose(2, 3), dim=3)

    def _convex_upsample(self, features: Tensor, tokens: Tensor) -> Tensor:
        """From tokens (B, 2, h, w) to pixels (B, 2, H, W)."""
        b, _, h, w = tokens.shape
        weights = torch.softmax(self.shares(features).view(b, 1, 9, PATCH**2, h, w), dim=2)
        around = F.unfold(F.pad(tokens, (1, 1, 1, 1), mode="replicate"), 3).view(b, 2, 9, 1, h, w)
        pixels = sum((weights[:, :, i] * around[:, :, i] for i in range(9)), torch.zeros(()))
        return F.pixel_shuffle(pixels.reshape(b, -1, h, w), PATCH)


def _upsample(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[-2:], mode="bilinear")


def _positions(h: int, w: int, like: Tensor) -> Tensor:
    """Row and column of each token, (h * w, 2); a square picture goes from -1 to 1."""
    side = max((h * w) ** 0.5 - 1, 1)
    rows, columns = (torch.arange(n, dtype=like.dtype, device=like.device) - (n - 1) / 2 for n in (h, w))
    return torch.cartesian_prod(rows, columns).view(-1, 2) * (2 / side)
