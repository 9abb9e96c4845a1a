"""What a task is: a module of this folder that says what is learned from photos, and the records it gives.

TAKES: the keys that its tables in a recipe may have: {"network": {...}, "data": {...}, "losses": {...}}.
make(network): the network with new weights. sample(photos, side, random, data): one sample as tensors, drawn
by `random` alone. loss_of(network, batch, losses): an `Outcome`, of one call of the network. preview(network,
batch): rows of pictures (B, 3, H, W) in [0, 1].
"""

from typing import NamedTuple

from torch import Tensor

TASKS = ("gray", "damage", "colour_prior")


class Judged(NamedTuple):
    """What an adversary looks at: answer and truth (B, C, H, W), equal outside of hole (B, 1, H, W), 1 = fill."""

    answer: Tensor
    truth: Tensor
    hole: Tensor


class Outcome(NamedTuple):
    """The loss of a batch, figures for the log, and what an adversary may judge."""

    loss: Tensor
    figures: dict[str, Tensor]
    judged: Judged | None = None
