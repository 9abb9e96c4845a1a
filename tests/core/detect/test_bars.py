"""Flat bars with captions along a side are margins; skies, grainy rims and soft ends are not."""

import numpy as np
import pytest
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.bands import find_band
from monochromic.core.detect.bars import find_bar
from monochromic.core.detect.margins import find_margins
from PIL import Image, ImageDraw, ImageFont

H, W, DEPTH = 240, 320, 20
DEEPEST = H // 4


def picture(level=85, depth=DEPTH, text="somewhere.com, by a member"):
    """A grained photo with a bar along its bottom, gray levels (H, W)."""
    ramp = np.linspace(140, 220, W) + np.random.default_rng(0).normal(0, 6, (H, W))
    page = Image.fromarray(ramp.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, H - depth, W, H), fill=level)
    pen.text((4, H - depth + 3), text, fill=250, font=ImageFont.load_default(11))
    return np.array(page)


def bar_of(gray):
    return find_bar(gray[::-1].T, min(gray.shape))


@pytest.mark.parametrize("level", [0, 85, 180, 215])
def test_a_bar_with_a_caption(level):
    bar = bar_of(picture(level))
    assert bar is not None
    assert bar.level == level
    assert set(bar.ends.tolist()) == {DEPTH + 1}  # with the line that may be mixed


def test_what_is_no_bar():
    plain = picture(depth=0, text="")
    grained = picture()
    grained[-DEPTH:] = (grained[-DEPTH:] + np.random.default_rng(1).normal(0, 6, (DEPTH, W))).clip(0, 255)
    soft = picture()
    soft[-DEPTH - 3 : -DEPTH, : W // 2] = 85
    slanted = picture()
    slanted[-DEPTH:][np.arange(DEPTH)[:, None] < np.linspace(0, DEPTH, W)] = 190
    sky = picture(250, text="")
    for gray in (plain, grained, soft, slanted, sky):
        assert bar_of(gray) is None


@pytest.mark.parametrize(
    ("depth", "is_bar"), [(3, False), (DEEPEST, True), (DEEPEST + 1, False), (DEEPEST + 2, False), (2 * DEEPEST, False)]
)
def test_how_deep_a_bar_is(depth, is_bar):
    assert (bar_of(picture(depth=depth)) is not None) is is_bar


def test_of_any_tone_they_are_margins_whose_neighbors_are_not():
    gray = picture()
    assert find_band(gray[::-1].T, H) is None  # of the letters
    for turns in range(4):
        photo = torch.from_numpy(np.rot90(gray, turns).copy())[None, None] / 255
        margin = np.rot90(find_margins(photo)[0, 0].numpy(), -turns)
        assert margin[-DEPTH:].all()
        assert not margin[: -DEPTH - 2].any()


def test_a_bar_is_no_lost_part(monkeypatch):
    """Its edge is not softened by what is filled beside it either."""
    photo = torch.from_numpy(picture())[None, None] / 255
    seen = torch.zeros(1, 5, H, W)
    seen[:, KIND_NAMES.index("lost"), -DEPTH - 1 :, W // 3 :] = 0.9
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
    assert not find_hole(photo).hole.any()
    assert find_hole(photo, guard=False).hole[..., -DEPTH:, W // 3 :].all()
