"""What a task is: a module of this folder that says what is learned from photos, and the records it gives.

TAKES: the keys that its tables in a recipe may have: {"network": {...}, "data": {...}, "losses": {...}}.
make(network): the network with new weights, which takes sides that are multiples of its `multiple` and, if it has a
`minimum`, at least that. sample(photos, side, random, data): one sample as tensors, drawn by `random` alone.
loss_of(network, batch, losses): a `StepResult`, of one call of the network. preview(network, batch): rows of pictures
(B, 3, H, W) in [0, 1].
"""

from typing import NamedTuple

from torch import Tensor

TASKS = ("gray", "damage", "overlays", "eyes", "colour_prior")


class AdversaryInput(NamedTuple):
    """What an adversary compares.

    Attributes:
        answer: (B, C, H, W), the true pixels outside of the hole.
        truth: (B, C, H, W).
        hole: (B, 1, H, W), 1 = fill.
    """

    answer: Tensor
    truth: Tensor
    hole: Tensor


class StepResult(NamedTuple):
    """What a task makes of a batch.

    Attributes:
        loss: To be minimized.
        figures: For the log, by name.
        adversary_input: None for a task without pictures.
    """

    loss: Tensor
    figures: dict[str, Tensor]
    adversary_input: AdversaryInput | None = None
