"""Where a network goes to the device it runs on: the host moves it, before each use."""

from typing import TypeVar

import torch
from torch import nn

from .host import current_host

Network = TypeVar("Network", bound=nn.Module)

BYTES = 2048  # a pixel; about what our networks need while they run


def on_device(network: Network, device: torch.device | str, pixels: int = 0) -> Network:
    """Bring a network to a device. Call it before each use: the host may have sent the network away since.

    Args:
        network: in any place.
        device: where it is to run.
        pixels: of the picture that it is to run on; says how much memory will be needed.

    Returns:
        The network itself.
    """
    with torch.inference_mode(False):
        current_host().move(network, torch.device(device), pixels * BYTES)
    return network
