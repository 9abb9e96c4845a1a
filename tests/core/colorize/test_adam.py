"""Our way to call torch's Adam. The oracle is its class."""

import torch
from monochromic.core.colorize.adam import Adam
from torch import nn


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 1, 3), nn.Conv2d(1, 1, 1))


def test_the_bits_of_torch_s_class():
    """With a rate that changes, gradients that are shortened, and parameters that have none in some steps."""
    ours, theirs = network(), network()
    one, other = Adam(ours.parameters(), 0.01, (0.9, 0.99)), torch.optim.Adam(theirs.parameters(), 0.01, (0.9, 0.99))
    for step in range(12):
        picture = torch.rand((2, 1, 12, 12), generator=torch.Generator().manual_seed(step))
        last = 4 if step % 3 else 5
        one.rate = other.param_groups[0]["lr"] = 0.01 / (step + 1)
        clip = 0.05 if step % 2 else torch.inf
        one.step(ours[:last](picture).square().mean(), clip)
        other.zero_grad()
        theirs[:last](picture).square().mean().backward()
        if clip < 1:
            nn.utils.clip_grad_norm_(theirs.parameters(), clip)
        other.step()
        for mine, his in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert torch.equal(mine, his), step
