"""A second look at photos in which much damage was found: there it is found more readily.

How probable damage is in a pixel depends on how much of it the photo has. A network is trained for the mean of all
photos; in a photo that is plainly worn, a faint line is more often a crease than the edge of a roof (Saerens, Latinne,
Decaestecker 2002, "Adjusting the Outputs of a Classifier to New a Priori Probabilities", Neural Computation). So the
thresholds are a little lower in the second look, and a mark may also be the sure part of a weak one.
"""

import torch
from torch import Tensor

from .hysteresis import hysteresis_marks

DAMAGED_SHARE = 0.008  # of a photo filled, above which it is looked at again; of 193 undamaged ones 4 have more
LENIENCE = 0.3  # logits by which the thresholds are lower
TIGHTENING = 0.6  # of the margin of hysteresis: that of the sure parts of weak marks


def is_damaged(filled: Tensor) -> bool:
    """Whether a photo has so much damage that it is looked at again.

    Args:
        filled: what is filled of one photo, before it is dilated; of 0 and 1.
    """
    return int(filled.count_nonzero()) > DAMAGED_SHARE * filled.numel()


def second_marks(probability: Tensor, threshold: float, min_area: int = 0, margin: float = 0.0) -> Tensor:
    """Marks of 0 and 1, found more readily than by `hysteresis_marks`.

    Args:
        probability: (B, 1, H, W) in [0, 1]; each photo by itself.
        threshold: as in the first look; at least 0, below 1.
        min_area: connected parts of fewer pixels are dropped.
        margin: of the hysteresis in the first look, in logits. 0 is none: then the marks are those of the first look.

    Returns:
        (B, 1, H, W) of 0 and 1, 1 = damage, of the same dtype and device.
    """
    if not margin:
        return hysteresis_marks(probability, threshold, min_area)
    lower = float(torch.sigmoid(torch.logit(torch.tensor(threshold, dtype=torch.float64)) - LENIENCE))
    marks = (hysteresis_marks(probability, lower, min_area, each) for each in (margin, TIGHTENING * margin))
    return torch.maximum(*marks)
