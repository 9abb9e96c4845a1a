"""Lines that are darker than what is around them are content; light ones, and creases in relief, are damage."""

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.dark_lines import dark_lines
from monochromic.core.detect.planes import to_gray

SIDE, AT = 400, 200
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]
LINE = (np.abs(ROWS - AT) <= 2) & (COLUMNS > 50) & (COLUMNS < 350)


def case(tone, ground=0.6, line=LINE):
    """A line as marked, (1, 1, H, W), and a grained photo with it."""
    gray = np.where(line, tone, ground) + np.random.default_rng(0).normal(0, 0.02, line.shape)
    return torch.from_numpy(line)[None, None].byte(), torch.from_numpy(gray.clip(0, 1)).float()[None, None]


def found_dark(line, marks, photo):
    return dark_lines(line, marks, to_gray(photo))


@pytest.mark.parametrize(("darkness", "share"), [(0.05, 0), (0.14, 1)])
def test_how_dark_they_are(darkness, share):
    """A rope before the sky is thinner than what is marked of it, and so darker than its mean."""
    line, photo = case((1 - darkness) * 0.8, 0.8)
    assert torch.equal(found_dark(line, line, photo), line * share)


@pytest.mark.parametrize("ground", [0.15, 0.5, 0.9])
def test_dark_and_light_lines(ground):
    line, photo = case(0.5 * ground, ground)
    assert torch.equal(found_dark(line, line, photo), line)
    line, photo = case(ground + 0.1, ground)
    assert not found_dark(line, line, photo).any()


def test_a_crease_in_relief_is_damage():
    """Its dark flank is wider than the light one, and less far from the ground."""
    wide = (np.abs(ROWS - AT) <= 4) & (COLUMNS > 50) & (COLUMNS < 350)
    line, photo = case(np.where(ROWS < AT - 2, 1.0, 0.48), line=wide)
    assert not found_dark(line, line, photo).any()


@pytest.mark.parametrize("start", [150, 250])
def test_a_line_that_is_dark_in_part(start):
    """One that is dark over more than half of its length, from 50 to 350, is dark as a whole."""
    line, photo = case(np.where(np.arange(SIDE) < start, 0.8, 0.3))
    dark = found_dark(line, line, photo)
    assert torch.equal(dark, line if start == 150 else torch.zeros_like(line))


def test_each_line_by_itself():
    second = LINE | np.roll(LINE, 100, axis=0)
    line, photo = case(np.where(ROWS < AT + 50, 0.8, 0.3), line=second)
    assert torch.equal(found_dark(line, line, photo)[0, 0].bool(), torch.from_numpy(second & ~LINE))


def test_other_marks_are_not_its_ground():
    """A line that is a little lighter than the photo, in the middle of white damage."""
    beside = (np.abs(ROWS - AT) > 2) & (np.abs(ROWS - AT) <= 4)
    line, photo = case(np.where(beside, 1.0, 0.65), 0.6, LINE | beside)
    line &= torch.from_numpy(LINE).byte()
    marks = torch.maximum(line, torch.from_numpy(beside).byte())
    assert not found_dark(line, marks, photo).any()


def test_nothing_known_around():
    line, photo = case(0.2)
    assert not found_dark(line, torch.ones_like(line), photo).any()


@pytest.mark.parametrize("scale", [2, 5])
def test_as_in_a_smaller_copy(scale):
    second = LINE | np.roll(LINE, 100, axis=0)
    line, photo = case(np.where(ROWS < AT + 50, 0.8, 0.3), line=second)
    large = (plane.repeat_interleave(scale, 2).repeat_interleave(scale, 3) for plane in (line, line, photo))
    small, dark = found_dark(line, line, photo), found_dark(*large)[..., ::scale, ::scale]
    assert torch.equal(small, dark)
    assert small.any()


@pytest.mark.parametrize("turn", [lambda p: p.flip(-1), lambda p: p.flip(-2), lambda p: p.mT])
def test_however_the_scan_lies(turn):
    """Lean lines side by side over a ramp, darker than it by 5 to 30 %."""
    random = np.random.default_rng(3)
    tones, strokes = np.zeros((300, 360)), np.zeros((300, 360), np.uint8)
    for top in range(20, 280, 26):
        one, (left, right) = np.zeros_like(strokes), np.sort(random.integers(5, 355, 2)).tolist()
        cv2.line(one, (left, top), (right, top + 8), 1, int(random.integers(1, 5)))
        tones[one > 0] = random.uniform(0.7, 0.95)
        strokes |= one
    gray = np.where(strokes > 0, tones, 1) * np.linspace(0.2, 0.8, 360)
    line, photo = torch.from_numpy(strokes)[None, None], torch.from_numpy(gray).float()[None, None]
    dark = found_dark(line, line, photo)
    assert 0 < dark.sum() < line.sum()
    turned = found_dark(*(turn(plane).contiguous() for plane in (line, line, photo)))
    assert torch.equal(turned, turn(dark))


def test_each_photo_by_itself():
    line, photo = case(0.3)
    light = case(0.9)[1]
    dark = found_dark(line.repeat(2, 1, 1, 1), line.repeat(2, 1, 1, 1), torch.cat([light, photo]))
    assert not dark[0].any()
    assert torch.equal(dark[1:], line)


def test_find_hole_leaves_a_dark_line_unless_the_guard_is_off():
    for tone, share in ((0.95, 1), (0.2, 0)):
        line, photo = case(tone)
        found, unguarded = (find_hole(photo, "classical", dilate=0, guard=guard) for guard in (True, False))
        filled, skipped, everything = (
            (mask * line).sum() / line.sum() for mask in (found.hole, found.skipped, unguarded.hole)
        )
        assert everything > 0.95
        assert abs(filled - share) < 0.05
        assert abs(skipped - (1 - share)) < 0.05


@pytest.mark.parametrize(
    ("kinds", "filled"), [(None, False), (["lines", "specks", "lost", "areas"], False), (["lines"], True)]
)
def test_one_that_is_asked_for_alone_is_filled(monkeypatch, kinds, filled):
    line, photo = case(0.3)
    seen = F.pad(0.9 * line, (0, 0, 0, 0, 0, len(KIND_NAMES) - 1))
    seen[:, KIND_NAMES.index("specks"), :30, :30] = 0.9  # over 0.15 % of the photo
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    hole = find_hole(photo, dilate=0, kinds=kinds).hole
    assert torch.equal(hole * line, line * float(filled))
