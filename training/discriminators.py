"""Discriminators: a picture (B, C, H, W) and its hole (B, 1, H, W), 1 = fill, to features, the scores last.

`SnPatch` of DeepFill v2 (Yu et al. 2019), `Patch` of pix2pix (Isola et al. 2017) as EdgeConnect has it (Nazeri et
al. 2019), `GlobalLocal` of GLCIC (Iizuka et al. 2017). None has batch statistics, so that a batch equals its items.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

SLOPE = 0.2


class Convolutions(nn.Module):
    """Convolutions with leaky ReLUs between; spectrally normalized (Miyato et al. 2018) where asked for."""

    def __init__(
        self, in_channels: int, widths: tuple[int, ...], kernel: int, strides: tuple[int, ...], spectral: bool
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        for out_channels, stride in zip(widths, strides, strict=True):
            layer = nn.Conv2d(in_channels, out_channels, kernel, stride, (kernel - 1) // 2)
            self.layers.append(spectral_norm(layer) if spectral else layer)
            in_channels = out_channels

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, C, H, W) to the output of each layer."""
        outputs: list[Tensor] = []
        for layer in self.layers:
            x = layer(F.leaky_relu(x, SLOPE) if outputs else x)
            outputs.append(x)
        return outputs


class SnPatch(nn.Module):
    """Six convolutions of 5 x 5 with stride 2; each value of the last is a score."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.body = Convolutions(channels + 1, (width, 2 * width, *[4 * width] * 4), 5, (2,) * 6, spectral=True)

    def forward(self, picture: Tensor, hole: Tensor) -> list[Tensor]:
        """See the module."""
        return self.body(torch.cat([picture, hole], 1))


class Patch(nn.Module):
    """Five convolutions of 4 x 4; each score sees 70 x 70 pixels."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        widths = (width, 2 * width, 4 * width, 8 * width, 1)
        self.body = Convolutions(channels, widths, 4, (2, 2, 2, 1, 1), spectral=True)

    def forward(self, picture: Tensor, hole: Tensor) -> list[Tensor]:
        """See the module."""
        return self.body(picture)


class GlobalLocal(nn.Module):
    """One score of all of the picture and of the square of half its side around the middle of the hole.

    Both are averaged to 4 x 4 before the linear layers, which in GLCIC take pictures of one size only. No norms, as
    the critics of DeepFill v1, so that it does for WGAN-GP too.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        widths = (width, 2 * width, 4 * width, 8 * width)
        self.everywhere = Convolutions(channels + 1, widths, 5, (2,) * 4, spectral=False)
        self.around = Convolutions(channels, widths, 5, (2,) * 4, spectral=False)
        self.of_everywhere, self.of_around = (nn.Linear(16 * widths[-1], 16 * width) for _ in range(2))
        self.score = nn.Linear(32 * width, 1)

    def forward(self, picture: Tensor, hole: Tensor) -> list[Tensor]:
        """See the module."""
        everywhere = self.everywhere(torch.cat([picture, hole], 1))
        around = self.around(around_hole(picture, hole))
        pooled = [F.adaptive_avg_pool2d(F.leaky_relu(x[-1], SLOPE), 4).flatten(1) for x in (everywhere, around)]
        both = torch.cat([self.of_everywhere(pooled[0]), self.of_around(pooled[1])], 1)
        return [*everywhere, *around, self.score(F.leaky_relu(both, SLOPE))]


def around_hole(picture: Tensor, hole: Tensor) -> Tensor:
    """A crop of half the sides around the center of each hole, moved to lie inside, (B, C, H / 2, W / 2)."""
    sides = [n // 2 for n in hole.shape[-2:]]
    parts = []
    for each, inside in zip(picture, hole[:, 0], strict=True):
        positions = inside.nonzero().float()
        middle = positions.mean(0).tolist() if len(positions) else sides
        top, left = (
            min(max(round(m - n / 2), 0), size - n) for m, n, size in zip(middle, sides, inside.shape, strict=True)
        )
        parts.append(each[:, top : top + sides[0], left : left + sides[1]])
    return torch.stack(parts)


DISCRIMINATORS = {"sn_patch": SnPatch, "patch": Patch, "global_local": GlobalLocal}
