"""Wide parts of a hole: which they are, and that each part is filled as if it were filled alone by its backbone."""

import cv2
import numpy as np
import pytest
import torch
from conftest import make_photo
from monochromic.core import fill, luminance, random_hole, restore_photo
from monochromic.core.backbones import AUTO, DEFAULT, WIDE
from monochromic.core.inpaint.wide import wide_parts
from monochromic.nodes.gray_inpaint import GrayInpaint

SIDE = 256
ZIGZAG = np.array([[40, 40], [200, 60], [60, 200], [220, 220]])


def drawn(draw, side=SIDE):
    """A hole (1, 1, side, side) of what OpenCV draws."""
    canvas = np.zeros((side, side), np.uint8)
    draw(canvas)
    return torch.from_numpy(canvas > 0)[None, None]


def disk(radius, center=(128, 128)):
    return drawn(lambda canvas: cv2.circle(canvas, center, radius, 1, -1))


def box(height, width):
    return drawn(lambda canvas: cv2.rectangle(canvas, (20, 20), (19 + width, 19 + height), 1, -1))


def scratch(column=30):
    return drawn(lambda canvas: cv2.line(canvas, (column, 5), (column + 20, SIDE - 20), 1, 3))


@pytest.mark.parametrize(
    "hole", [disk(24), disk(60), box(120, 120), box(60, 200)], ids=["disk", "large", "box", "person"]
)
def test_compact_parts_are_wide(hole):
    assert torch.equal(wide_parts(hole), hole)


@pytest.mark.parametrize(
    "hole",
    [
        scratch(),
        disk(10),
        box(30, 200),
        drawn(lambda canvas: cv2.polylines(canvas, [ZIGZAG], False, 1, 36)),
        drawn(lambda canvas: cv2.circle(canvas, (128, 128), 80, 1, 40)),
    ],
    ids=["scratch", "spot", "strip", "stroke", "ring"],
)
def test_thin_long_and_hollow_parts_are_not(hole):
    assert not wide_parts(hole).any()


def test_hardly_any_brush_stroke_is_wide():
    """PSNR under strokes is that of the other backbone, but for a stroke that is a lump."""
    strokes = torch.cat([random_hole("free_form", SIDE, SIDE, 0.3, seed=seed).bool() for seed in range(40)])
    wide = wide_parts(strokes)
    assert wide.sum() < 0.06 * strokes.sum()


def test_parts_are_told_apart_one_by_one_and_item_by_item():
    both = torch.cat([disk(40) | scratch(), scratch(), torch.zeros_like(scratch()), torch.ones_like(scratch())])
    expected = torch.cat([disk(40), *[torch.zeros_like(scratch())] * 3])
    assert torch.equal(wide_parts(both), expected)


@pytest.fixture(scope="module")
def photo():
    return make_photo(height=SIDE, width=SIDE)


def test_what_is_all_wide_is_filled_as_by_its_backbone(photo):
    hole = disk(30)
    assert torch.equal(fill(photo, hole, "telea", wide="patchmatch"), fill(photo, hole, "patchmatch"))


def test_what_has_no_wide_part_is_filled_as_without(photo):
    hole = scratch()
    assert torch.equal(fill(photo, hole, "telea", wide="patchmatch", texture=1), fill(photo, hole, "telea", texture=1))


def test_thin_parts_stay_as_they_are_and_wide_ones_see_them_filled(photo):
    thin, wide = scratch(70), disk(40)
    gray = fill(photo, thin | wide, "telea", wide="patchmatch")
    plain = fill(photo, thin | wide, "telea")
    assert torch.equal(gray[thin], plain[thin])
    seen = torch.where(thin, plain, photo)
    assert torch.equal(gray[wide], fill(seen, wide, "patchmatch")[wide])
    assert torch.equal(gray[~(thin | wide)], luminance(photo)[~(thin | wide)])


def test_a_far_wide_part_costs_the_other_backbone_nothing(photo):
    """Its box has no thin pixel, so that it is not filled twice."""
    large = torch.cat([photo, photo], 3)
    hole = torch.cat([scratch(10), disk(30, (200, 128))], 3)
    seen = []

    def count(done, total):
        seen.append(done / total)

    gray = fill(large, hole, "telea", wide="patchmatch", progress=count)
    assert torch.equal(gray[..., SIDE:], fill(large, hole, "patchmatch")[..., SIDE:])
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_what_lies_under_the_hole_changes_nothing(photo):
    hole = disk(30) | scratch(90)
    other = torch.where(hole, 1 - photo, photo)
    assert torch.equal(
        fill(photo, hole, "telea", wide="patchmatch", texture=1),
        fill(other, hole, "telea", wide="patchmatch", texture=1),
    )


def test_restore_takes_both_where_it_is_told_to(photo):
    """Unasked it does not: what is copied into a face is worse than what is blurred there."""
    hole = disk(30).float()
    unasked, auto, named, plain = (
        restore_photo(photo, hole, **options).gray
        for options in ({}, {"backbone": AUTO}, {"backbone": WIDE}, {"backbone": DEFAULT})
    )
    assert torch.equal(unasked, plain)
    assert torch.equal(auto, named)
    assert not torch.equal(auto, plain)
    assert torch.equal(restore_photo(photo, hole, weights="mono").gray, plain)
    assert torch.equal(restore_photo(photo, hole, weights="mono", backbone=AUTO).gray, plain)


def test_the_node_takes_both_where_it_says_auto_and_one_where_that_is_named(photo):
    hole = disk(30)
    image, mask = photo.movedim(1, -1).contiguous(), hole[:, 0].float()
    auto, named = (GrayInpaint().inpaint(image, mask, name, 0, 0.5)["result"][0] for name in (AUTO, DEFAULT))
    assert torch.equal(auto[..., 0], fill(photo, hole, WIDE)[:, 0])
    assert torch.equal(named[..., 0], fill(photo, hole, DEFAULT)[:, 0])
