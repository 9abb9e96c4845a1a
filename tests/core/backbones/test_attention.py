"""Contextual attention alone: the programs' own arrays, its parts against plain formulas, its promises."""

import itertools

import pytest
import torch
from fixtures import Fixture
from monochromic.core.backbones import attention
from monochromic.core.backbones.attention import ContextualAttention, Rules

PROGRAMS = {
    "deepfill_v1": Rules(padded_norm=True),
    "deepfill_v2": Rules(),
    "deepfill_v2_tf": Rules(fused=False, corners=True),
    "mmagic_deepfillv1": Rules(excluded=True, overlaps=True),
    "mmagic_deepfillv2": Rules(excluded=True, overlaps=True),
}
EVERY_RULES = [Rules(*flags) for flags in itertools.product([False, True], repeat=5)]


def made(height=10, width=14, batch=1, dtype=torch.float64):
    """Features, and a hole at four times their size that leaves some patches free."""
    generator = torch.Generator().manual_seed(3)
    features = torch.randn(batch, 3, height, width, generator=generator, dtype=dtype) / 3
    hole = torch.zeros(batch, 1, 4 * height, 4 * width, dtype=dtype)
    for item in range(batch):
        hole[item, :, 8 * item : 16, 16 : 32 + 8 * item] = 1
    return features, hole


@pytest.mark.parametrize("at_once", [attention.SCORES_AT_ONCE, 1])
@pytest.mark.parametrize("name", PROGRAMS)
def test_features_are_those_of_the_program(name, at_once):
    fixture, layer = Fixture(name), ContextualAttention(PROGRAMS[name], at_once)
    compared = 0
    for case, stem in itertools.product(fixture.cases, ["attention", "attention_unit"]):
        if f"{case}.{stem}_input" not in fixture:
            continue
        features = fixture[f"{case}.{stem}_input"]
        key = f"{case}.{stem}_mask" if f"{case}.{stem}_mask" in fixture else f"{case}.mask_tensor"
        fixture.check(layer(features, fixture[key]), case, f"{stem}_output")
        if f"{case}.{stem}_score" in fixture:
            half = features.shape[-2] // 2, features.shape[-1] // 2
            weights = torch.cat(list(layer.weights(features, fixture[key])))
            fixture.check(weights.T.reshape(1, *half, *half), case, f"{stem}_score")
        compared += 1
    assert compared


@pytest.mark.parametrize("name", [name for name in PROGRAMS if "mmagic" in name])
def test_holes_are_sampled_as_the_program_does(name):
    fixture = Fixture(name)
    for case in fixture.cases:
        if f"{case}.attention_mask" in fixture:
            height, width = fixture[f"{case}.attention_mask"].shape[-2:]
            hole = (fixture[f"{case}.mask"] > 0).float()[None, None]
            fixture.check(attention.sample(hole, height, width, corners=False), case, "attention_mask")


@pytest.mark.parametrize("rules", EVERY_RULES, ids=str)
def test_a_few_rows_at_a_time_are_as_all_at_once(rules):
    features, hole = made()
    whole = ContextualAttention(rules)(features, hole)
    for at_once in (1, 5 * 9 * 35):
        torch.testing.assert_close(ContextualAttention(rules, at_once)(features, hole), whole, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 4), (5, 1), (4, 7)])
def test_scores_are_summed_along_diagonals_of_both_orders(height, width):
    count = height * width
    queries, keys = torch.randn(2, count, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    by_columns = torch.arange(count).view(height, width).T.flatten()
    wanted = summed(queries @ keys.T)[by_columns][:, by_columns]
    wanted = summed(wanted)[by_columns.argsort()][:, by_columns.argsort()]
    for first, last in [(0, height), (height // 2, height), (0, height // 2 + 1)]:
        found = attention.fused_scores(queries, keys, height, width, first, last)
        torch.testing.assert_close(found, wanted[first * width : last * width])


def summed(scores):
    """Each score with the one before and the one after on its diagonal."""
    wider = torch.nn.functional.pad(scores, (1, 1, 1, 1))
    return wider[:-2, :-2] + scores + wider[2:, 2:]


@pytest.mark.parametrize(("count", "size", "wanted"), [(3, 24, [0, 12, 23]), (4, 8, [0, 2, 5, 7]), (1, 8, [0])])
def test_samples_that_keep_the_corners(count, size, wanted):
    line = torch.arange(float(size))[None, None, None]
    assert attention.sample(line, 1, count, corners=True).flatten().tolist() == wanted
    assert attention.sample(line, 1, count, corners=False).flatten().tolist() == [
        i * size // count for i in range(count)
    ]


@pytest.mark.parametrize("excluded", [False, True])
def test_nothing_is_taken_from_the_hole(excluded):
    features, hole = made()
    features = features / 20  # so that no patch wins alone
    touched = torch.nn.functional.max_pool2d(hole[..., ::8, ::8], 3, 1, 1).flatten() > 0
    weights = torch.cat(list(ContextualAttention(Rules(excluded=excluded)).weights(features, hole)))
    assert touched.any()
    assert not touched.all()
    assert (weights[:, touched] == 0).all()
    total = weights.sum(dim=1)
    assert torch.allclose(total, torch.ones_like(total)) if excluded else (total < 0.999).all()


@pytest.mark.parametrize("rules", [Rules(), Rules(excluded=True, overlaps=True)], ids=str)
def test_without_a_free_patch_it_gives_zeros(rules):
    features, hole = made()
    assert (ContextualAttention(rules)(features, torch.ones_like(hole)) == 0).all()


@pytest.mark.parametrize(("overlaps", "edge", "corner"), [(True, 1, 1), (False, 0.5, 0.25)])
def test_division_of_what_is_pasted(overlaps, edge, corner):
    layer = ContextualAttention(Rules(overlaps=overlaps))
    inner = torch.eye(64)[[27] * 64]  # every patch is rebuilt from one that meets no border
    layer.weights = lambda features, hole: iter([inner[:30], inner[30:]])
    found = layer(torch.ones(1, 2, 16, 16), torch.zeros(1, 1, 64, 64))
    assert (found[0, 0, 5, 5], found[0, 0, 0, 5], found[0, 0, 0, 0]) == (1, edge, corner)


@pytest.mark.parametrize("rules", [Rules(), Rules(excluded=True, overlaps=True), PROGRAMS["deepfill_v2_tf"]], ids=str)
def test_a_batch_is_its_items(rules):
    features, hole = made(batch=2)
    layer = ContextualAttention(rules)
    found = layer(features, hole)
    for item in range(2):
        assert torch.equal(found[item : item + 1], layer(features[item : item + 1], hole[item : item + 1]))
    assert not torch.equal(found[:1], layer(features[:1], hole[1:]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_it_computes_in_32_bits(dtype):
    features, hole = (x.to(dtype) for x in made())
    layer = ContextualAttention(Rules())
    found = layer(features, hole)
    assert found.dtype == dtype
    assert torch.equal(found, layer(features.float(), hole.float()).to(dtype))


@pytest.mark.parametrize(("height", "width", "at_once"), [(5, 7, 1), (5, 7, 1500), (128, 128, 2**25), (1, 1, 1)])
def test_rows_at_a_time_are_all_rows_and_few_enough(height, width, at_once):
    ranges = list(attention.row_ranges(height, width, at_once))
    assert [row for first, last in ranges for row in range(first, last)] == list(range(height))
    for first, last in ranges:
        assert last - first == 1 or (last - first + 2) * (width + 2) * height * width <= at_once


def test_it_can_be_trained_through():
    features, hole = made()
    features.requires_grad_(True)
    for rules in (Rules(), Rules(excluded=True, overlaps=True)):
        (gradient,) = torch.autograd.grad(ContextualAttention(rules)(features, hole).square().sum(), features)
        assert gradient.isfinite().all()
        assert gradient.any()
