"""The record of what was found."""

from typing import NamedTuple

from torch import Tensor

from .working_copy import enlarged_marks, enlarged_probability


class Detection(NamedTuple):
    """What was found in photos; K is the number of `DAMAGE_KINDS` in their order, or 1 from a method without kinds.

    hole: (B, 1, H, W) of 0 and 1, 1 = fill.
    skipped: uint8 (B, 1, H, W) of 0 and 1, 1 = looks damaged and is not filled.
    margin: uint8 (B, 1, H, W) of 0 and 1, 1 = blank margin with its soft edge, which is never filled.
    eyes: uint8 (B, 1, H, W) of 0 and 1, 1 = skipped at an eye that would be filled.
    marks_in_copy: what looks damaged of each kind, filled or not, before it is dilated, uint8 (B, K, h, w) of 0 and 1,
        in the copies that were searched (`working_copy`).
    kinds_in_copy: the probability of each kind there, (B, K, h, w).
    """

    hole: Tensor
    skipped: Tensor
    margin: Tensor
    eyes: Tensor
    marks_in_copy: Tensor
    kinds_in_copy: Tensor

    @property
    def marks(self) -> Tensor:
        """What looks damaged of each kind, uint8 (B, K, H, W) of 0 and 1; enlarged when asked for, to save memory."""
        return enlarged_marks(self.marks_in_copy, *self.hole.shape[-2:])

    @property
    def kinds(self) -> Tensor:
        """The probability of each kind, (B, K, H, W) in [0, 1]; enlarged when asked for."""
        return enlarged_probability(self.kinds_in_copy, *self.hole.shape[-2:])

    @property
    def probability(self) -> Tensor:
        """Of damage, the highest of all kinds, (B, 1, H, W) in [0, 1]."""
        return self.kinds.amax(1, keepdim=True)
