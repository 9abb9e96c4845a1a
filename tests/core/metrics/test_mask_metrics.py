"""Scores of predicted masks against torch and torchmetrics."""

import math

import pytest
import torch
import torch.nn.functional as F
from monochromic.core import InputError
from monochromic.core.metrics import balanced_bce, bce, f1, iou, precision_recall
from torchmetrics.functional.classification import (
    binary_average_precision,
    binary_f1_score,
    binary_jaccard_index,
    binary_precision_recall_curve,
)


@pytest.fixture
def masks():
    """Probabilities that know a little, and the truth."""
    generator = torch.Generator().manual_seed(4)
    truth = (torch.rand((3, 1, 20, 31), generator=generator) < torch.tensor([0.1, 0.5, 0.02]).view(3, 1, 1, 1)).float()
    logits = torch.randn(truth.shape, generator=generator) * 2 + 2 * truth - 1
    return logits.sigmoid(), truth


def test_bce_is_torchs(masks):
    probability, truth = masks
    expected = F.binary_cross_entropy(probability, truth, reduction="none").flatten(1).mean(1)
    assert torch.allclose(bce(probability, truth), expected, atol=1e-6)
    soft = truth * 0.7 + 0.1
    expected = F.binary_cross_entropy(probability, soft, reduction="none").flatten(1).mean(1)
    assert torch.allclose(bce(probability, soft), expected, atol=1e-6)


def test_balanced_bce_is_vcnets(masks):
    """`weighted_cross_entropy_with_logits` of their `bce_weighted`, which torch has as `pos_weight`."""
    probability, truth = (m.double() for m in masks)
    for p, t, found in zip(probability, truth, balanced_bce(probability, truth), strict=True):
        hole = t.mean()
        weight = (1 - hole) / (hole + 1e-5)
        expected = F.binary_cross_entropy_with_logits(p.logit(), t, pos_weight=weight)
        assert found.item() == pytest.approx(expected.item(), abs=1e-9)
    even = balanced_bce(torch.full((1, 1, 10, 10), 0.5), torch.eye(10)[None, None])
    assert even.item() == pytest.approx(2 * 0.9 * math.log(2), rel=1e-3)  # as much for the hole as for the rest


def test_certain_mistakes_stay_finite():
    ones, zeros = torch.ones(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    assert bce(ones, zeros) == bce(zeros, ones) == 100
    assert bce(ones, ones) == bce(zeros, zeros) == 0
    for truth in (ones, zeros):
        for found in (ones, zeros):
            assert balanced_bce(found, truth).isfinite()


@pytest.mark.parametrize(("ours", "theirs"), [(iou, binary_jaccard_index), (f1, binary_f1_score)])
def test_overlap_agrees_with_torchmetrics(masks, ours, theirs):
    probability, truth = masks
    found = probability > 0.5
    expected = torch.stack([theirs(p, t) for p, t in zip(probability, truth.int(), strict=True)])
    assert torch.allclose(ours(found, truth), expected)
    assert torch.allclose(ours(found.float(), truth.bool()), expected)
    assert 0.02 < expected.min() < expected.max() < 0.95


@pytest.mark.parametrize("score", [iou, f1])
def test_empty_holes(score):
    """A clean photo of which nothing is found is right, and not nan; a false alarm is wrong."""
    none, some = torch.zeros(1, 1, 4, 4), torch.eye(4)[None, None]
    assert score(none, none) == 1
    assert score(some, some) == 1
    assert score(some, none) == score(none, some) == 0


def test_the_curve_agrees_with_torchmetrics(masks):
    probability, truth = masks
    curve = precision_recall(probability, truth, steps=20)
    precision, recall, thresholds = binary_precision_recall_curve(probability, truth.int(), thresholds=21)
    assert torch.allclose(curve.thresholds, thresholds)
    assert torch.allclose(curve.recall, recall[:-1])
    assert torch.allclose(curve.precision[:-1], precision[:-2])
    assert curve.precision[-1] == 1  # nothing is found above 1, where theirs is 0
    expected = binary_average_precision(probability, truth.int(), thresholds=21)
    assert curve.average_precision == pytest.approx(expected.item(), abs=1e-6)
    for threshold, value in zip(curve.thresholds, curve.f1, strict=True):
        pooled = f1((probability > threshold).reshape(1, 1, 1, -1), truth.reshape(1, 1, 1, -1))
        assert value.item() == pytest.approx(pooled.item(), abs=1e-6)
    assert curve.f1.max() == curve.f1[curve.thresholds == curve.best_threshold]


def test_a_threshold_is_exceeded_as_in_binarize():
    curve = precision_recall(torch.tensor([0.0, 0.5, 1.0]), torch.tensor([0, 1, 1]), steps=2)
    assert curve.recall.tolist() == [1, 0.5, 0]
    assert curve.precision.tolist() == [1, 1, 1]


def test_what_is_refused(masks):
    probability, truth = masks
    for score in (bce, balanced_bce, precision_recall, iou, f1):
        with pytest.raises(InputError, match=r"must match, got \(3, 1, 20, 30\) and \(3, 1, 20, 31\)"):
            score(probability[..., 1:], truth)
        with pytest.raises(InputError, match="must lie in \\[0, 1\\]"):
            score(probability * math.nan, truth)
        with pytest.raises(InputError, match="no pixels"):
            score(probability[..., :0], truth[..., :0])
    for score in (iou, f1):
        with pytest.raises(InputError, match="binarize"):
            score(probability, truth)
    with pytest.raises(InputError, match="no recall"):
        precision_recall(probability, truth * 0)
