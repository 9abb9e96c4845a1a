"""The body that our own networks share: a U-Net of residual blocks at 1/2, 1/4 and 1/8 of the size, some at 1/16.

Residual blocks after He et al. 2016. Their norm is of the features of each position (layer norm, Ba et al. 2016, as in
ConvNeXt), since statistics of a plane would let a hole, or a tile, change all of it; the second convolution of each
begins at zero (as in Fixup, Zhang et al. 2019). The gates are the light-weight gated convolutions of Yi et al. 2020
(HiFill): a gate of 1 x 1 for features of 3 x 3. Pixels are put into channels first (Shi et al. 2016), dilations
grow to 8 at 1/8 of the size, and attention (Vaswani et al. 2017), where there is some, is at the smallest.
"""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MULTIPLE = 16  # of the sides, for every number of widths; `UNet.multiple` is that of one
DILATIONS = (1, 2, 4, 8, 2, 1)


class LayerNorm2d(nn.LayerNorm):
    """Layer norm of the features of each position."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Residual(nn.Module):
    """A gated convolution of normalized features, SiLU, and a convolution, beside the identity."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.norm = LayerNorm2d(channels)
        self.first = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.gate = nn.Conv2d(channels, channels, 1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.get_parameter("bias"))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        y = self.norm(x)
        if torch.is_grad_enabled():  # whose graph needs what the lines below write over
            return x + self.second(F.silu(self.first(y)) * self.gate(y).sigmoid())
        gated = F.silu(self.first(y), inplace=True).mul_(self.gate(y).sigmoid_())
        return self.second(gated).add_(x)


class Attention(nn.Module):
    """Self-attention of all positions (Vaswani et al. 2017), beside the identity."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = LayerNorm2d(channels)
        self.look = nn.Conv2d(channels, 3 * channels, 1)
        self.leave = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.get_parameter("bias"))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H, W)."""
        b, c, h, w = x.shape
        parts = self.look(self.norm(x)).view(b, 3, self.heads, c // self.heads, h * w).transpose(3, 4)
        attended = F.scaled_dot_product_attention(*(part.contiguous() for part in parts.unbind(1)))
        return x + self.leave(attended.transpose(2, 3).reshape(b, c, h, w))


def dilated(channels: int, heads: int) -> nn.Sequential:
    """Residual blocks that look ever farther and back, with attention after the second and the fourth."""
    blocks = nn.Sequential()
    for i, dilation in enumerate(DILATIONS):
        blocks.append(Residual(channels, dilation))
        if heads and i in (1, 3):
            blocks.append(Attention(channels, heads))
    return blocks


class Below(nn.Module):
    """One size further down and back: half the sides, other widths. Its answer is 0 for new weights."""

    def __init__(self, channels: int, width: int, heads: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(channels, width, 2, 2)
        self.blocks = dilated(width, heads)
        self.up = nn.Conv2d(width, 4 * channels, 1)
        self.out = Residual(channels)
        if not self.down.weight.is_meta:
            nn.init.kaiming_normal_(self.down.weight, nonlinearity="linear")
        for parameter in (self.down.bias, self.up.weight, self.up.bias):
            nn.init.zeros_(parameter)  # type: ignore[arg-type]  # a bias is there

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W), even H and W -> (B, C, H, W)."""
        below = self.blocks(self.down(x))  # (B, width, H/2, W/2)
        return self.out(x + F.pixel_shuffle(self.up(below), 2))


class UNet(nn.Module):
    """(B, in_channels, H, W) -> (B, out_channels, H, W), H and W multiples of its `multiple`.

    Args:
        in_channels: Of the input.
        out_channels: Of the output, which is 0 for new weights.
        widths: Channels at 1/2, 1/4 and 1/8 of the size, and at 1/16 if there are four.
        heads: Of the attention after the second and the fourth block at the smallest size; 0 for none.
    """

    def __init__(self, in_channels: int, out_channels: int, widths: Sequence[int], heads: int = 0) -> None:
        super().__init__()
        fine, middle, coarse, *deep = widths
        self.multiple = 2 ** len(widths)
        self.enter = nn.Conv2d(4 * in_channels, fine, 3, padding=1)
        self.fine_in = Residual(fine)
        self.to_middle = nn.Conv2d(fine, middle, 2, 2)
        self.middle_in = nn.Sequential(Residual(middle), Residual(middle))
        self.to_coarse = nn.Conv2d(middle, coarse, 2, 2)
        self.coarse = dilated(coarse, 0 if deep else heads)
        self.below = Below(coarse, deep[0], heads) if deep else None
        self.from_coarse = nn.Conv2d(coarse, 4 * middle, 1)
        self.middle_out = nn.Sequential(Residual(middle), Residual(middle))
        self.from_middle = nn.Conv2d(middle, 4 * fine, 1)
        self.fine_out = Residual(fine)
        self.leave = nn.Conv2d(fine, 4 * out_channels, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.get_parameter("bias"))
        for conv in (self.enter, self.to_middle, self.to_coarse, self.from_coarse, self.from_middle):
            if not conv.weight.is_meta:  # on which normal_ makes torch load its compiler, a second's work
                nn.init.kaiming_normal_(conv.weight, nonlinearity="linear")  # keeps the scale of the features
            nn.init.zeros_(conv.get_parameter("bias"))

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, H, W)."""
        fine = self.fine_in(self.enter(F.pixel_unshuffle(x, 2)))  # (B, fine, H/2, W/2)
        middle = self.middle_in(self.to_middle(fine))  # (B, middle, H/4, W/4)
        coarse = self.coarse(self.to_coarse(middle))  # (B, coarse, H/8, W/8)
        coarse = self.below(coarse) if self.below else coarse
        middle = self.middle_out(middle + F.pixel_shuffle(self.from_coarse(coarse), 2))
        fine = self.fine_out(fine + F.pixel_shuffle(self.from_middle(middle), 2))
        return F.pixel_shuffle(self.leave(fine), 2)


def widths_of(state: Mapping[str, Tensor]) -> tuple[int, ...]:
    """The widths of a U-Net, read off its tensors.

    Args:
        state: Tensors by name.

    Returns:
        Channels at 1/2, 1/4 and 1/8 of the size, and at 1/16 if there is such a level.
    """
    ends = ("enter", "to_middle", "to_coarse", "below.down")
    return tuple(len(state[f"{name}.bias"]) for name in ends if f"{name}.bias" in state)
