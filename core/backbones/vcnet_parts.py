"""Parts of VCNet: the two contextual normalizations, the residual block, and how features are enlarged.

Both normalizations let the known pixels influence the hole: with H the hole and X the features,
`[beta T(X, H) + (1 - beta) X . H] . H + X . (1 - H)`, where T shifts the mean and deviation of the hole's features
to those of the known ones. A soft hole weighs every sum. The two programs differ in beta, in the weights
of the sums and in how often H multiplies; each class says how. Sums are per item of a batch and in 32 bits.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPSILON = 1e-5
PLANE = (-2, -1)
SQUEEZE = 16  # features per hidden feature of the branch that gives beta


def resized(hole: Tensor, like: Tensor) -> Tensor:
    """The hole at the size and in the type of features, nearest pixel."""
    return F.interpolate(hole.to(like.dtype), like.shape[-2:], mode="nearest")


def at_least_float32(x: Tensor) -> Tensor:
    """At least 32 bits, since the sums run over a whole plane."""
    return x if x.dtype == torch.float64 else x.float()


def area(hole: Tensor) -> Tensor:
    """How much of each item is hole, (B, 1, 1, 1). The reproduction sums over the whole batch instead."""
    return hole.sum(PLANE, keepdim=True)


class LearnedContext(nn.Module):
    """The reproduction's normalization: beta is the features times their squeeze-and-excitation weights.

    As in its program, both the hole's and the known features are weighed by the hole when they are summed, and
    the known ones thus count only where the hole is soft.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(1, channels // SQUEEZE)
        self.squeeze, self.excite = nn.Linear(channels, hidden), nn.Linear(hidden, channels)

    def forward(self, x: Tensor, hole: Tensor) -> Tensor:
        """Features (B, C, H, W) and hole (B, 1, kH, kW) in [0, 1], 1 = fill, to features (B, C, H, W)."""
        wide, share = at_least_float32(x), resized(hole, at_least_float32(x))
        inside, outside = wide * share, wide * (1 - share)
        mean, deviation = self._moments(inside, share)
        known_mean, known_deviation = self._moments(outside, share)
        moved = (inside - mean) / deviation * known_deviation + known_mean
        beta = wide * at_least_float32(self._gate(x))
        return (beta * moved * share + (1 - beta) * inside + outside).to(x.dtype)

    def _gate(self, x: Tensor) -> Tensor:
        means = at_least_float32(x).mean(PLANE).to(x.dtype)
        return self.excite(F.relu(self.squeeze(means))).sigmoid()[..., None, None]  # (B, C, 1, 1)

    def _moments(self, x: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        weighed, count = x * share, area(share) + EPSILON
        mean = weighed.sum(PLANE, keepdim=True) / count
        variance = (weighed - mean).square().sum(PLANE, keepdim=True) / count
        return mean, (variance + EPSILON).sqrt()


class FixedContext(nn.Module):
    """The authors' normalization: beta is a constant, and known features are weighed by what is known."""

    def __init__(self, beta: float = 0.5) -> None:
        super().__init__()
        self.beta = beta

    def forward(self, x: Tensor, hole: Tensor) -> Tensor:
        """Features (B, C, H, W) and hole (B, 1, kH, kW) in [0, 1], 1 = fill, to features (B, C, H, W)."""
        wide = at_least_float32(x)
        known = resized(1 - at_least_float32(hole), wide)
        share = 1 - known
        inside, outside = wide * share, wide * known
        mean, variance = self._moments(inside, share)
        known_mean, known_variance = self._moments(outside, known)
        moved = (inside - mean) / (variance + EPSILON).sqrt() * known_variance.sqrt() + known_mean
        return ((self.beta * moved + (1 - self.beta) * inside) * share + outside).to(x.dtype)

    @staticmethod
    def _moments(weighed: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        count = area(share).clamp(min=EPSILON)
        mean = weighed.sum(PLANE, keepdim=True) / count
        return mean, (weighed - mean).square().sum(PLANE, keepdim=True) / count


class Conv(nn.Conv2d):
    """A convolution with zeros around that keeps the size, or halves even sides.

    shifted: halve as TensorFlow does, which adds one row and column more at the bottom and right.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int = 3,
        stride: int = 1,
        dilation: int = 1,
        shifted: bool = False,
    ) -> None:
        around = kernel // 2
        self.pads = (around - 1, around) * 2 if shifted and stride == 2 else None
        super().__init__(in_channels, out_channels, kernel, stride, 0 if self.pads else dilation * around, dilation)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, H / stride, W / stride)."""
        return super().forward(F.pad(x, self.pads) if self.pads else x)


class Block(nn.Module):
    """Two convolutions, a normalization if there is one, and a shortcut if there is one."""

    def __init__(self, first: Conv, norm: nn.Module | None = None, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        width = first.out_channels
        self.first = first
        self.second = Conv(width, width, first.kernel_size[0], dilation=first.dilation[0])
        self.norm, self.shortcut = norm, shortcut

    def forward(self, x: Tensor, hole: Tensor | None = None) -> Tensor:
        """Features, and for a normalization the hole at any size, to features."""
        y = self.second(F.elu(self.first(x)))
        if self.norm is not None:
            y = self.norm(y, hole)
        return F.elu(y if self.shortcut is None else y + self.shortcut(x))


def doubled(x: Tensor) -> Tensor:
    """Twice the size, each pixel repeated; TensorFlow's nearest pixel with `align_corners` is the same there."""
    return F.interpolate(x, scale_factor=2, mode="nearest")
