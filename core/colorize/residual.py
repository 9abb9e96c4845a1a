"""The small residual network that the paper trains afresh for every photo and every scale.

Wang, Ouyang, Chen, CVPR 2021, section 3.3; 8 blocks of 32 channels. Written from the paper and checked
against its program number by number (tests/core/colorize/test_paper.py). The layers are numbered as in the program,
whose names the proof uses.
"""

import math

import torch
from torch import Generator, Tensor, nn


class ResidualBlock(nn.Module):
    """Two normalized convolutions beside the identity, (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=False),
            nn.BatchNorm2d(channels),
            nn.LeakyReLU(0.2),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return x + self.blocks(x)


class ResidualNetwork(nn.Module):
    """Gray, or gray and a smaller scale's RGB, to RGB: (B, 1 or 4, H, W) -> (B, 3, H, W) in (0, 1)."""

    def __init__(self, in_channels: int, channels: int = 32, blocks: int = 8) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(in_channels, channels, 3),
            nn.LeakyReLU(0.2),
            *(ResidualBlock(channels) for _ in range(blocks)),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.BatchNorm2d(channels),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, 3, 3),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.model(x)


def build(in_channels: int, like: Tensor, seed: int) -> ResidualNetwork:
    """A fresh network with torch's default initialization, from no global state.

    Args:
        in_channels: 1 for gray, 4 for gray and RGB.
        like: a tensor whose dtype and device the network takes.
        seed: of the weights.

    Returns:
        The network, in training mode.
    """
    with torch.device("meta"):
        net = ResidualNetwork(in_channels)
    net.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(seed)
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            _init_uniform(layer, generator)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
    return net.to(like)


def _init_uniform(layer: nn.Conv2d, generator: Generator) -> None:
    """Weights and biases uniform within 1 / sqrt(fan in), as torch draws them."""
    bound = 1 / math.sqrt(layer.weight[0].numel())
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)
