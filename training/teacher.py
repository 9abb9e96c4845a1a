"""Learning from a backbone that is trained already: what `mono` fills is the target instead of the truth.

Many pictures fit into a hole. A network that is judged by its squared error learns their mean, but a photo shows only
one of them, so each sample pulls another way. What a trained network fills is near that mean, and tells a smaller one
the same with fewer samples (knowledge distillation: Hinton, Vinyals, Dean 2015).
"""

from functools import lru_cache

import torch
from losses import MIN_MSE, composite, mse
from monochromic.core import get_backbone
from monochromic.core.backbones.loaded import Model
from monochromic.core.errors import WeightsError
from monochromic.core.image.color import to_y
from monochromic.core.weights.select import load_model
from torch import Tensor

TEACHER = "mono"


def lesson(image: Tensor, hole: Tensor) -> Tensor:
    """What the teacher fills.

    Args:
        image: (B, 3, H, W) in [0, 1].
        hole: (B, 1, H, W) of 0 and 1, 1 = fill.

    Returns:
        Gray (B, 1, H, W) in [0, 1], with the true pixels outside of the hole.

    Raises:
        SystemExit: the teacher's weights are missing.
    """
    with torch.no_grad():
        return composite(_teacher(image.device).fill(image * (1 - hole), hole > 0).float(), to_y(image), hole)


def taught(answer: Tensor, truth: Tensor, target: Tensor, hole: Tensor) -> Tensor:
    """The loss `psnr` with its target replaced: squared error to the lesson, by that to the truth, which is a constant.

    Args:
        answer: (B, 1, H, W).
        truth: (B, 1, H, W).
        target: The lesson, as `truth`.
        hole: (B, 1, H, W) of 0 and 1, 1 = fill.

    Returns:
        (B,). Where the lesson is the truth, its gradient is that of `psnr`.
    """
    return mse(answer, target, hole) / (mse(answer.detach(), truth, hole) + MIN_MSE)


@lru_cache(1)
def _teacher(device: torch.device) -> Model:
    try:
        return load_model(get_backbone(TEACHER), device)
    except WeightsError as error:
        raise SystemExit(f"the loss taught needs {TEACHER}: {error}") from error
