"""Where networks are while they work: on the device that was asked for, unless the host looks after that."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def _move(network: nn.Module, device: torch.device, needed: int) -> None:
    if next(network.parameters()).device != device:
        network.to(device)


put: ContextVar[Callable[[nn.Module, torch.device, int], None]] = ContextVar("put", default=_move)
"""Brings a network to a device, where work of about so many bytes follows. Under ComfyUI its model manager does it,
which sends networks away when others need the room."""

BYTES = 2048  # a pixel; about what our networks need while they run


def placed(network: Network, device: torch.device | str, pixels: int = 0) -> Network:
    """The network, on `device` now, to run on so many pixels. Ask anew before each use: the host may send it away."""
    with torch.inference_mode(False):
        put.get()(network, torch.device(device), pixels * BYTES)
    return network
