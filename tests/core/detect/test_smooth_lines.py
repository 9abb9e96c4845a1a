"""Smooth lines are left where little is damaged: rims, rods, collars, ribbons."""

import pytest
import torch
from line_shapes import SIDE, arc, crack, rod
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.lettering import Lettering
from monochromic.core.detect.smooth_lines import smooth_lines

LINES = KIND_NAMES.index("lines")


def planes(*lines):
    """Lines (H, W) as (1, 1, H, W)."""
    return torch.from_numpy(sum(lines).clip(0, 1))[None, None]


@pytest.mark.parametrize(
    ("line", "is_smooth"),
    [(rod(), True), (arc(), True), (crack(), False), (rod(length=20), True), (rod(length=9), False)],
)
def test_it_is_smooth_and_not_too_short(line, is_smooth):
    assert torch.equal(smooth_lines(planes(line)), planes(line) * is_smooth)


def test_each_line_and_each_photo_by_itself():
    assert torch.equal(smooth_lines(planes(rod(60), crack(140))), planes(rod(60)))
    batch = torch.cat([planes(rod()), planes(crack())])
    assert torch.equal(smooth_lines(batch), torch.cat([planes(rod()), planes(crack()) * 0]))


def test_no_lines():
    assert not smooth_lines(torch.zeros(1, 1, 9, 9, dtype=torch.uint8)).any()


BRIEF, RAGGED = (
    rod(100, length=30, half=1),
    crack(200, length=30, half=1, rough=1.2),
)  # less than a tenth of the shorter side
CORNER = slice(0, 20)  # 0.25 % of the photo


@pytest.mark.parametrize(
    ("side", "options", "left"),
    [
        (20, {}, True),
        (50, {}, False),  # 1.6 %
        (20, {"guard": False}, False),
        (20, {"kinds": ["lines", "lost"]}, False),
        (20, {"kinds": ["lines", "specks", "lost", "areas"]}, True),
    ],
)
def test_find_hole_leaves_them_where_little_is_filled(monkeypatch, side, options, left):
    """Beside a torn corner; ragged ones of that length are filled."""
    lines, torn = planes(BRIEF, RAGGED), torch.zeros(1, 1, SIDE, SIDE)
    torn[..., :side, :side] = 1
    kinds = torch.zeros(1, len(KIND_NAMES), SIDE, SIDE)
    kinds[:, LINES], kinds[:, KIND_NAMES.index("lost")] = 0.99 * lines[0], 0.9 * torn[0]
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: kinds.clone())
    monkeypatch.setattr(Lettering, "among", lambda _, marks: marks * 0)
    for rule in ("blank_parts", "beds"):  # what looks lost is not drawn
        monkeypatch.setattr(f"monochromic.core.detect.look.{rule}", lambda lost, *_: lost * 0)
    found = find_hole(torch.full((1, 3, SIDE, SIDE), 0.4) + 0.3 * lines, dilate=0, **options)
    assert torch.equal(found.hole > 0, (lines + torn - left * planes(BRIEF)) > 0)
    assert torch.equal(found.skipped, planes(BRIEF) * left)
