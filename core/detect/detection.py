"""The record of what was found."""

from typing import NamedTuple

from torch import Tensor


class Detection(NamedTuple):
    """What was found in photos; K is the number of `DAMAGE_KINDS` in their order, or 1 from a method without kinds.

    hole: (B, 1, H, W) of 0 and 1, 1 = fill.
    probability: of damage, the highest of all kinds, (B, 1, H, W) in [0, 1].
    skipped: (B, 1, H, W) of 0 and 1, 1 = looks damaged and is not filled.
    margin: (B, 1, H, W) of 0 and 1, 1 = blank margin with its soft edge, which is never filled.
    kinds: the probability of each kind, (B, K, H, W) in [0, 1].
    marks: what looks damaged of each kind, filled or not, before it is dilated, uint8 (B, K, H, W) of 0 and 1.
    eyes: (B, 1, H, W) of 0 and 1, 1 = skipped at an eye that would be filled.
    """

    hole: Tensor
    probability: Tensor
    skipped: Tensor
    margin: Tensor
    kinds: Tensor
    marks: Tensor
    eyes: Tensor
