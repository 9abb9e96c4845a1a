"""Tiles: they cover, overlap and keep their promises; those of finding lie and weigh as when it had its own."""

import doctest
import itertools

import pytest
import torch
from monochromic.core.detect import multiscale
from monochromic.core.image import tiling
from monochromic.core.image.boxes import Box
from monochromic.core.image.tiling import Blend, cover, edge_distance, tile_boxes
from monochromic.core.inpaint import tiled

LENGTHS = [
    *range(1, 300, 7),
    *range(63, 67),
    *range(126, 131),
    *range(254, 259),
    *range(300, 5000, 97),
    1024,
    1025,
    1088,
]


def spans_of_finding(length, tile):
    """Where the tiles of finding damage began and ended before it shared its tiler."""
    if length <= tile:
        return [(0, length)]
    steps = -(-(length - tile) // (tile - 192))
    side = -(-(length + steps * 192) // ((steps + 1) * 8)) * 8
    starts = (i * (length - side) // (steps * 8) * 8 for i in range(steps + 1))
    return [(start, start + side) for start in starts]


@pytest.mark.parametrize("side", [64, 100, 128, 255, 256, 512])
def test_tiles_of_filling_share_half(side):
    for length in LENGTHS:
        boxes = tiled._tiles(length, 60, side=side)
        assert (boxes[0].top, boxes[-1].bottom) == (0, length if length > side else min(side, length))
        assert all(box.bottom - box.top == min(side, length) for box in boxes)
        assert all(one.bottom - two.top >= side // 2 for one, two in itertools.pairwise(boxes))


@pytest.mark.parametrize("tile", [256, 320, 512, 896, 1024])
def test_finding_keeps_its_tiles(tile):
    for length in LENGTHS:
        padded = length + -length % 8
        assert cover(padded, tile, 192, 8) == spans_of_finding(padded, tile)
        assert multiscale.tiles_of(length, 7, tile) == [Box(a, 0, b, 8) for a, b in spans_of_finding(padded, tile)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("side", [64, 100, 256])
def test_weights_of_filling_fall_to_their_rims_and_leave_no_gap(side, dtype):
    like, hole = torch.zeros((), dtype=dtype), torch.ones(1, 1, 3 * side + 7, 2 * side, dtype=torch.bool)
    total = torch.zeros(hole.shape[-2:], dtype=dtype)
    for box in tiled._tiles(*hole.shape[-2:], side=side):
        weight, middle = tiled._fade(box, *hole.shape[-2:], like=like)[0, 0], tiled._middle(box, hole)[0, 0]
        assert (weight[~middle] == 0).all()
        assert weight.max() > 0.99
        assert weight[middle].min() > 0
        steps = max(weight.diff(dim=axis).abs().max() for axis in (0, 1))
        assert steps < 8 / side  # a smoothstep over a quarter of the side rises by 6 / side at most
        box.crop(total).add_(weight)
    assert total.min() > 0


def ramp_of_finding(start, end, length):
    """The weights of a tile along one axis before finding damage shared its tiler."""
    at = torch.arange(start, end) + 0.5
    before = at - start if start else at.new_full(at.shape, torch.inf)
    after = end - at if end < length else before.new_full(at.shape, torch.inf)
    rise = ((torch.minimum(before, after) - 64) / 64).clamp(0, 1)
    return (rise * rise * (3 - 2 * rise)).clamp(min=1e-4)


@pytest.mark.parametrize("tile", [256, 320, 1024])
def test_finding_keeps_its_weights(tile):
    for size in [(8, 8), (1024, 600), (1032, 2000), (4000, 3000)]:
        for box in multiscale.tiles_of(*size, tile):
            weight = ramp_of_finding(box.top, box.bottom, size[0])[:, None]
            weight = weight * ramp_of_finding(box.left, box.right, size[1])
            assert torch.equal(multiscale._tile_weight(box, *size), weight)


@pytest.mark.parametrize("multiple", [None, 8])
@pytest.mark.parametrize(("tile", "overlap"), [(64, 0), (64, 16), (128, 120), (1024, 192)])
def test_spans_cover_and_overlap_at_even_distances(tile, overlap, multiple):
    for length in LENGTHS:
        length += -length % (multiple or 1)
        spans = cover(length, tile, overlap, multiple)
        assert spans[0][0] == 0
        assert spans[-1][1] == length
        assert len({end - start for start, end in spans}) == 1
        assert spans[0][1] <= tile
        for (start, end), (following, _) in itertools.pairwise(spans):
            assert start < following
            assert end - following >= overlap
        steps = {b - a for (a, _), (b, _) in itertools.pairwise(spans)}
        assert not steps or max(steps) - min(steps) <= (multiple or 1)
        assert not any(number % (multiple or 1) for span in spans for number in span)
        fewer = tile + (len(spans) - 2) * (tile - overlap)  # what one span less would cover at most
        assert len(spans) == 1 or fewer < length


def test_tiles_go_row_by_row():
    assert tile_boxes([(0, 2), (1, 3)], [(0, 4)]) == [Box(0, 0, 2, 4), Box(1, 0, 3, 4)]


def test_distances_to_the_edges_that_count():
    assert edge_distance(4).tolist() == [0.5, 1.5, 1.5, 0.5]
    assert edge_distance(3, after=False).tolist() == [0.5, 1.5, 2.5]
    assert edge_distance(3, before=False).tolist() == [2.5, 1.5, 0.5]
    assert edge_distance(2, before=False, after=False).tolist() == [torch.inf] * 2
    assert edge_distance(5, like=torch.zeros(1, dtype=torch.float64)).dtype == torch.float64


def test_a_blend_is_the_weighted_mean():
    blend = Blend(torch.zeros(1, 2, 1, 3), torch.zeros(1, 1, 1, 3))
    blend.add(Box(0, 0, 1, 2), torch.full((1, 2, 1, 2), 4.0), torch.tensor([1.0, 1.0]).view(1, 1, 1, 2))
    blend.add(Box(0, 1, 1, 3), torch.full((1, 2, 1, 2), 8.0), torch.tensor([3.0, 1.0]).view(1, 1, 1, 2))
    assert (blend.total / blend.weight)[0, 0, 0].tolist() == [4, 7, 8]
    assert torch.equal(blend.total[:, 0], blend.total[:, 1])


def test_examples():
    assert doctest.testmod(tiling).attempted == 2
    assert doctest.testmod(tiling).failed == 0
