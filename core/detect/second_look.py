"""How much damage was found in a photo tells how probable more of it is.

Where it is much, a second look finds it more readily, and lines are joined. Where it is hardly any but lines, but lost
parts along the edge, or but a few specks or lost parts, these are left.

How probable damage is in a pixel depends on how much of it the photo has. A network is trained for the mean of all
photos; in a photo that is plainly worn, a faint line is more often a crease than the edge of a roof (Saerens, Latinne,
Decaestecker 2002, "Adjusting the Outputs of a Classifier to New a Priori Probabilities", Neural Computation). So the
thresholds are a little lower in the second look, and a mark may also be the sure part of a weak one.
"""

import numpy as np
import torch
from torch import Tensor

from .bridges import bridges
from .hysteresis import hysteresis_marks, lowered
from .planes import logits, reduction

DAMAGED_SHARE = 0.008  # of a photo filled, above which it is looked at again; of 193 undamaged ones 4 have more
HARDLY_SHARE = 0.0015  # of a photo filled by other marks, below which lines are left,
SLIGHT_SHARE = 0.01  # and below which long lines are left that are no folds,
SLIGHT_LINES = 0.012  # unless lines inside are so much of it: then one of them is a crack that is found in part
WHOLE_SHARE = 0.004  # of a photo filled by other marks, below which lost parts along its edge are left: it is whole
TINY_SHARE = 0.0003  # of a photo filled, and no lines, below which all is left,
SMALL_SHARE, FEW = 0.0006, 10  # and below which it is left if it is so few parts at most,
LITTLE_SHARE = 0.005  # and below which specks are left that are large among its own
HEAVY_SHARE = 0.05  # of a photo filled, from which what stands out in it is damage, however doubtful
MANY_LINES = 0.05  # of a photo in lines inside it, from which they are damage: content is hardly ever so much;
MANY_IN_SMALL, DUST_SIDE = 0.012, 400  # of a photo whose shorter side has fewer pixels: dust cannot be seen there
LENIENCE = 0.3  # logits by which the thresholds are lower
TIGHTENING = 0.6  # of the margin of hysteresis: that of the sure parts of weak marks
REDUCED_COVER = 64  # of 255: of a pixel of the copy, above which it belongs to a line


def is_damaged(filled: Tensor) -> bool:
    """Whether a photo has so much damage that it is looked at again.

    Args:
        filled: what is filled of one photo, before it is dilated; of 0 and 1.
    """
    return int(filled.count_nonzero()) > DAMAGED_SHARE * filled.numel()


def is_little_damaged(filled: Tensor) -> bool:
    """Whether a photo has so little damage that its large specks may be content; `filled` as in `is_damaged`."""
    return int(filled.count_nonzero()) < LITTLE_SHARE * filled.numel()


def has_but_a_few_marks(filled: Tensor, lines: Tensor) -> bool:
    """Whether hardly anything is damaged in a photo: to fill it can gain little, and one lost button is more.

    Args:
        filled: what would be filled of one photo, before it is dilated; (1, 1, H, W) of 0 and 1.
        lines: those among it, of 0 and 1.
    """
    import cv2

    area = int(filled.count_nonzero())
    if lines.any() or area >= SMALL_SHARE * filled.numel():
        return False
    return area < TINY_SHARE * filled.numel() or cv2.connectedComponents(filled[0, 0].cpu().numpy())[0] - 1 <= FEW


def is_heavily_damaged(filled: Tensor) -> bool:
    """Whether a photo has so much damage that what stands out in it is damage, too; `filled` as in `is_damaged`."""
    return int(filled.count_nonzero()) >= HEAVY_SHARE * filled.numel()


def is_hardly_damaged(filled: Tensor, inner_lines: Tensor) -> bool:
    """Whether a photo has so little damage that what looks like a line in it is rather the rim or the trim of a thing.

    Args:
        filled: what would be filled of one photo, before it is dilated; (1, 1, H, W) of 0 and 1.
        inner_lines: those of its lines that do not count, unless they are many: see `inner_lines`; of 0 and 1.
    """
    many = MANY_IN_SMALL if min(filled.shape[-2:]) < DUST_SIDE else MANY_LINES
    return _has_less(HARDLY_SHARE, many, filled, inner_lines)


def is_slightly_damaged(filled: Tensor, inner_lines: Tensor) -> bool:
    """Whether a photo has so little damage that what looks like a long line in it, and is no fold, is rather content.

    Arguments as `is_hardly_damaged`.
    """
    return _has_less(SLIGHT_SHARE, SLIGHT_LINES, filled, inner_lines)


def has_whole_rims(filled: Tensor, rims: Tensor) -> bool:
    """Whether a photo has so little damage that what looks lost along its edge is rather what the print lies on.

    Args:
        filled: what would be filled of one photo, before it is dilated; (1, 1, H, W) of 0 and 1.
        rims: the lost parts among it that run along the edge, of 0 and 1.
    """
    return _others(filled, rims) < WHOLE_SHARE * filled.numel()


def _has_less(other_share: float, line_share: float, filled: Tensor, inner_lines: Tensor) -> bool:
    """Whether less than these shares of a photo are filled by other marks than lines inside, and by these."""
    inner = int(inner_lines.count_nonzero())
    return _others(filled, inner_lines) < other_share * filled.numel() and inner < line_share * filled.numel()


def _others(filled: Tensor, marks: Tensor) -> int:
    """How many pixels of one photo are filled by others than these of its marks."""
    return int(filled.count_nonzero()) - int(marks.count_nonzero())


def second_marks(probability: Tensor, threshold: float, min_area: int, margin: float) -> Tensor:
    """Marks of 0 and 1, found more readily than by `hysteresis_marks`.

    Args:
        probability: (B, 1, H, W) in [0, 1]; each photo by itself.
        threshold: as in the first look; at least 0, below 1.
        min_area: connected parts of fewer pixels are dropped.
        margin: of the hysteresis in the first look, in logits.

    Returns:
        uint8 (B, 1, H, W) of 0 and 1, 1 = damage, on the same device.
    """
    lower = lowered(threshold, LENIENCE)
    marks = (hysteresis_marks(probability, lower, min_area, each) for each in (margin, TIGHTENING * margin))
    return torch.maximum(*marks)


def bridge_lines(lines: Tensor, probability: Tensor) -> Tensor:
    """What joins the pieces of broken lines of one photo, see `bridges`.

    Args:
        lines: (1, 1, H, W) of 0 and 1, 1 = in a line that is filled.
        probability: that a pixel is in a line, (1, 1, H, W) in [0, 1].

    Returns:
        (1, 1, H, W) of 0 and 1, 1 = in a bridge, of the dtype and device of `lines`.
    """
    import cv2

    factor = reduction(lines.shape)
    plane = lines[0, 0].byte().cpu().numpy()
    logit = logits(probability[0, 0].float().cpu().numpy())
    size = tuple(max(1, length // factor) for length in plane.shape[::-1])
    small = cv2.resize(plane * 255, size, interpolation=cv2.INTER_AREA) > REDUCED_COVER
    traces = np.asarray(cv2.resize(logit, size, interpolation=cv2.INTER_AREA), np.float32)
    joined = cv2.resize(bridges(small, traces).astype(np.uint8), plane.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return torch.from_numpy(joined).to(lines)[None, None]
