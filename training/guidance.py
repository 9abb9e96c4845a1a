"""Shift-Net's guidance loss: in the hole the decoder is to have the features that the encoder has of the whole photo.

Yan, Li, Li, Zuo, Shan 2018, as their program has it (https://github.com/Zhaoyi-Yan/Shift-Net_pytorch, MIT): the network
runs on the whole photo first, which gives the target; known cells are pulled towards it by a constant, too.
"""

import torch
from monochromic.core.backbones.shift_net import ShiftNet, hole_cells
from torch import Tensor, nn


def guidance(former: Tensor, target: Tensor, cells: Tensor) -> Tensor:
    """Mean squared distance of the decoder's features in the hole, 0 elsewhere, to the target.

    Args:
        former: The decoder's features (B, C, h, w).
        target: The encoder's features of the whole photo, as `former`.
        cells: (B, 1, h, w), 1 = hole.

    Returns:
        (B,). Its gradient goes to all of `former`: the program takes it with respect to what is 0 outside the hole.
    """
    outside = former * (1 - cells)
    return (former - outside.detach() - target).square().mean((1, 2, 3))


def guided_answer(network: nn.Module, inputs: Tensor, hole: Tensor) -> tuple[Tensor, Tensor]:
    """A network's answer, and the guidance loss on the way to it.

    Args:
        network: A backbone's, called with the image and the hole.
        inputs: The whole photo (B, in_channels, H, W) in [0, 1].
        hole: (B, 1, H, W), 1 = fill.

    Returns:
        The answer (B, out_channels, H, W), and the loss (B,).

    Raises:
        SystemExit: For a network that has no shift layer.
    """
    inner = next((module for module in network.modules() if isinstance(module, ShiftNet)), None)
    if inner is None:
        raise SystemExit("guidance is a loss of the backbone shift_net alone; take it out of [losses]")
    seen: list[Tensor] = []
    hook = inner.shift.register_forward_pre_hook(lambda _, given: seen.append(given[0].float()))
    cells = hole_cells(hole > 0)
    try:
        with torch.no_grad():
            inner(torch.cat([inputs * 2 - 1, 1 - hole], dim=1), cells)
        answer = network(inputs * (1 - hole), hole)
    finally:
        hook.remove()
    (_, target), (former, _) = (features.chunk(2, dim=1) for features in seen)
    return answer, guidance(former, target, cells.to(former))
