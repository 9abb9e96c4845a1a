"""Rows that no method made, to read a table by: the hole as it is, and the best that one color can do."""

import torch
from experiments.frame import Case
from monochromic.core import luminance
from torch import Tensor

UNTOUCHED, ONE_COLOR, NO_COLOR = "hole left black", "one color, the true mean", "true gray, no color"


def untouched(case: Case) -> Tensor:
    """The photo, black in the hole."""
    return case.holed


def one_color(case: Case) -> Tensor:
    """The hole in the mean color of what it hides, which only the truth can tell: no other one color is closer."""
    hidden = case.image * case.hole
    mean = hidden.sum((2, 3), keepdim=True) / case.hole.sum()
    return torch.where(case.hole > 0, mean, case.image)


def no_color(case: Case) -> Tensor:
    """The true gray in the hole."""
    return torch.where(case.hole > 0, luminance(case.image), case.image)
