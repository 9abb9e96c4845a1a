"""Specks are measured once; what most of a speck is, all of it is."""

import numpy as np
import torch
from monochromic.core import find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect import summary
from monochromic.core.detect.planes import to_gray
from monochromic.core.detect.specks import by_specks, mostly_in

SIDE = 200
SPECKS = [(20, 20), (20, 120), (150, 60)]


def speck_plane(*places, size=4):
    """Specks of size x size pixels at places (y, x), uint8 (1, 1, SIDE, SIDE)."""
    marks = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.uint8)
    for y, x in places:
        marks[..., y : y + size, x : x + size] = 1
    return marks


def test_a_rule_chooses_whole_specks():
    """It sees their places, sizes and contrasts; what it says of the first row, which is of no speck, is not used."""
    marks = speck_plane(*SPECKS)
    photo = torch.linspace(0.3, 0.7, SIDE).expand(1, 1, SIDE, SIDE) + 0.2 * speck_plane(SPECKS[1])
    seen = []

    def light(specks):
        seen.append(specks)
        return np.append(True, specks.contrast[1:] > 0.2)

    assert torch.equal(by_specks(light, marks, marks, to_gray(photo)), speck_plane(SPECKS[1]))
    assert seen[0].centers[1:].round().tolist() == [[22, 22], [122, 22], [62, 152]]
    assert seen[0].stats[1:, 4].tolist() == [16, 16, 16]


def test_mostly_in():
    specks, others = speck_plane(*SPECKS), torch.zeros(1, 1, SIDE, SIDE, dtype=torch.uint8)
    others[..., 22:, 100:140] = 1  # half of the second
    others[..., 151:, :] = 1  # three quarters of the third
    assert torch.equal(mostly_in(specks, others), speck_plane(SPECKS[2]))
    assert not mostly_in(specks, others * 0).any()


def test_what_sticks_out_of_a_margin_is_not_filled(monkeypatch):
    """A mark at the edge of a margin is no dust of the photo; one that lies in the photo is filled up to the margin."""
    photo = 0.5 + 0.2 * torch.rand(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    photo[..., -20:, :] = 1
    specks = torch.zeros(5, SIDE, SIDE)
    specks[KIND_NAMES.index("specks"), SIDE - 28 : SIDE - 12, 40:43] = 0.9  # its soft edge is of the margin, too
    specks[KIND_NAMES.index("specks"), SIDE - 36 : SIDE - 20, 140:144] = 0.9
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: specks[None].clone())
    for rule in ("look.lone_specks", "doubtful_specks.amid_edges", "doubtful_specks.texture_specks"):
        monkeypatch.setattr(f"monochromic.core.detect.{rule}", lambda found: found.contrast > 1)
    found = find_hole(photo, dilate=0)
    assert found.margin[..., -20:, :].all()
    assert not found.hole[..., 40:46].any()
    assert found.hole[..., SIDE - 36 : SIDE - 24, 140:144].all()
    assert summary(found)[0].startswith("filled: 1 speck")
