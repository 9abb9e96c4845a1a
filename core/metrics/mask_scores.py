"""How well a hole was predicted: a prediction (B, 1, H, W) against the true hole (B, 1, H, W), 1 = hole."""

from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import InputError
from ..image.checks import shape_of

FLOOR = -100.0  # of logarithms, as torch's own cross entropy has it, so that certain mistakes stay finite
EPSILON = 1e-5  # of VCNet


class PrecisionRecall(NamedTuple):
    """Precision and recall of `probability > threshold`, (T,) each in [0, 1], by rising threshold."""

    thresholds: Tensor
    precision: Tensor
    recall: Tensor

    @property
    def f1(self) -> Tensor:
        """F1 at each threshold, (T,) in [0, 1]."""
        return 2 * self.precision * self.recall / (self.precision + self.recall).clamp(min=1e-12)

    @property
    def best_threshold(self) -> float:
        """The threshold of the largest F1."""
        return self.thresholds[self.f1.argmax()].item()

    @property
    def average_precision(self) -> float:
        """Area under the curve in steps, in [0, 1]: the mean of the precision over the rising recall."""
        steps = self.recall - torch.cat([self.recall[1:], self.recall.new_zeros(1)])
        return (steps * self.precision).sum().item()


def bce(probability: Tensor, truth: Tensor) -> Tensor:
    """Binary cross entropy, mean over the full picture, as torch's `binary_cross_entropy`.

    VCNet's tables have a BCE of the predicted masks at 256 x 256; the authors' program saves the masks and has no code
    for the numbers, so whether it is this or `balanced_bce` cannot be told from it.

    Args:
        probability: (B, 1, H, W) in [0, 1].
        truth: (B, 1, H, W) in [0, 1]; it may be soft.

    Returns:
        (B,) from 0 to 100, in nats; 0 = equal.

    Raises:
        InputError: for shapes that differ and values out of range.
    """
    hit, miss = _entropies(probability, truth)
    return (hit + miss).flatten(1).mean(1)


def balanced_bce(probability: Tensor, truth: Tensor) -> Tensor:
    """Class-balanced binary cross entropy as VCNet trains with (Wang et al., ECCV 2020), mean over the full picture.

    Hole pixels weigh known / (hole + 1e-5) for the shares of both in the picture, known pixels 1, so that a thin
    scratch counts as much as all that is sound (the authors' `bce_weighted`; there the logits are averaged over
    the batch first, as all of it has one mask, and put through a sigmoid: pass `logits.sigmoid()`). The paper's
    formula is this times the share of the hole.

    Args:
        probability: (B, 1, H, W) in [0, 1].
        truth: (B, 1, H, W) in [0, 1]; an empty one leaves the known pixels.

    Returns:
        (B,) of 0 or more, 0 = equal.

    Raises:
        InputError: for shapes that differ and values out of range.
    """
    hit, miss = _entropies(probability, truth)
    share = truth.to(hit).flatten(1).mean(1)
    weight = (1 - share) / (share + EPSILON)
    return weight * hit.flatten(1).mean(1) + miss.flatten(1).mean(1)


def iou(prediction: Tensor, truth: Tensor) -> Tensor:
    """Intersection over union of holes over the full picture, also called the Jaccard index.

    Args:
        prediction: (B, 1, H, W) of 0 and 1.
        truth: (B, 1, H, W) of 0 and 1.

    Returns:
        (B,) in [0, 1], 1 = equal; two empty holes are equal.

    Raises:
        InputError: for shapes that differ and soft masks.
    """
    both, union, _ = _overlap(prediction, truth)
    return torch.where(union > 0, both / union.clamp(min=1), 1.0)


def f1(prediction: Tensor, truth: Tensor) -> Tensor:
    """F1 of holes over the full picture: the harmonic mean of precision and recall, the same as the Dice coefficient.

    Over a test set papers take either the mean of this or, pooled, F1 of all pixels: put them in one row for that.

    Args:
        prediction: (B, 1, H, W) of 0 and 1.
        truth: (B, 1, H, W) of 0 and 1.

    Returns:
        (B,) in [0, 1], 1 = equal; two empty holes are equal.

    Raises:
        InputError: for shapes that differ and soft masks.
    """
    both, _, total = _overlap(prediction, truth)
    return torch.where(total > 0, 2 * both / total.clamp(min=1), 1.0)


def precision_recall(probability: Tensor, truth: Tensor, steps: int = 100) -> PrecisionRecall:
    """Precision and recall for the thresholds 0, 1/steps, ..., 1, pooled over all pixels.

    Args:
        probability: any shape, in [0, 1].
        truth: the same shape, of 0 and 1.
        steps: between thresholds.

    Returns:
        Precision and recall at each threshold; the precision is 1 where nothing is above it.

    Raises:
        InputError: for shapes that differ, values out of range, and a truth without a hole: there is no recall.
    """
    _check(probability, truth)
    truth = _as_bool(truth, "truth")
    if not truth.any():
        raise InputError("the true hole is empty, so there is no recall; give photos with damage")
    probability = probability.float()
    thresholds = torch.linspace(0, 1, steps + 1, device=probability.device)
    below = torch.bucketize(probability, thresholds)  # thresholds that a pixel is above
    above_all, above_true = (_at_least(below[part], steps + 2) for part in (torch.ones_like(truth), truth))
    precision = torch.where(above_all > 0, above_true / above_all.clamp(min=1), 1.0)
    return PrecisionRecall(thresholds, precision, above_true / truth.sum())


def _at_least(below: Tensor, bins: int) -> Tensor:
    """How many pixels are above the first threshold, the second, ... (T,)."""
    counts = torch.bincount(below.flatten(), minlength=bins)
    return counts.flip(0).cumsum(0).flip(0)[1:]


def _check(probability: Tensor, truth: Tensor) -> None:
    if probability.shape != truth.shape:
        raise InputError(f"prediction and truth must match, got {shape_of(probability)} and {shape_of(truth)}")
    if probability.numel() == 0:
        raise InputError(f"prediction and truth hold no pixels: {shape_of(probability)}")
    for name, value in (("prediction", probability), ("truth", truth)):
        if not ((value >= 0) & (value <= 1)).all():
            raise InputError(f"{name} must lie in [0, 1] and hold no NaN; give logits as logits.sigmoid()")


def _entropies(probability: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Cross entropy at every pixel, of what is hole and of what is known."""
    _check(probability, truth)
    probability = probability if probability.is_floating_point() else probability.float()
    truth = truth.to(probability)
    hit = -truth * probability.log().clamp(min=FLOOR)
    return hit, (truth - 1) * (1 - probability).log().clamp(min=FLOOR)


def _overlap(prediction: Tensor, truth: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Pixels in both holes, in either, and in one and the other, (B,) each."""
    _check(prediction, truth)
    a, b = _as_bool(prediction, "prediction"), _as_bool(truth, "truth")
    both, either = (x.flatten(1).sum(1) for x in (a & b, a | b))
    return both, either, both + either


def _as_bool(hole: Tensor, name: str) -> Tensor:
    if hole.dtype != torch.bool and not ((hole == 0) | (hole == 1)).all():
        raise InputError(f"{name} must hold only 0 and 1; make it so with masks.binarize(mask)")
    return hole.bool()
