"""What the two sides of a rim have in common: against plain loops, and what must and must not count."""

import math

import numpy as np
import pytest
import torch
from monochromic.core.inpaint.rim import FLOOR, RIM, SEEN, SIGMA, rim_disagreement
from scipy import ndimage

SIDE = 72


def stripes(angle=0.4, wavelength=9.0, light=0.5):
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    wave = torch.sin(2 * math.pi / wavelength * (x * math.cos(angle) + y * math.sin(angle)))
    return (light + 0.2 * wave)[None, None]


def box():
    hole = torch.zeros(1, 1, SIDE, SIDE)
    hole[..., 22:50, 20:52] = 1
    return hole


def filled(fill, known=None):
    return torch.where(box() > 0, fill, stripes() if known is None else known)


def windowed(plane, weight, y, x):
    """Weighted mean of a plane in a Gaussian window at one pixel."""
    rows, columns = np.mgrid[: plane.shape[0], : plane.shape[1]]
    gauss = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * SIGMA**2)) / (2 * math.pi * SIGMA**2) * weight
    return (plane * gauss).sum() / gauss.sum(), gauss.sum()


def rms_of_steps(plane, inside, y, x, across):
    """Of neighbors, both known or on two sides of the rim, in a Gaussian window at one pixel."""
    total = weight = 0.0
    for dy, dx in ((1, 0), (0, 1)):
        h, w = plane.shape[0] - dy, plane.shape[1] - dx
        here, there = inside[:h, :w], inside[dy:, dx:]
        pairs = (here != there) if across else ~here & ~there
        rows, columns = np.mgrid[:h, :w]
        gauss = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * SIGMA**2)) * pairs
        total, weight = total + (gauss * (plane[dy:, dx:] - plane[:h, :w]) ** 2).sum(), weight + gauss.sum()
    return math.sqrt(total / weight) + FLOOR


def by_loops(gray, hole):
    plane, inside = gray[0, 0].double().numpy(), hole[0, 0].numpy() > 0
    dy, dx = np.gradient(plane)
    near = ndimage.distance_transform_edt(inside)
    cross = ndimage.generate_binary_structure(2, 1)
    parts = []
    for y, x in zip(*np.nonzero(inside & (near <= RIM)), strict=True):
        sides = []
        for side in (~inside, inside):
            valid = ndimage.binary_erosion(side, cross)
            tensor = np.array([windowed(p, valid, y, x)[0] for p in (dx * dx, dy * dy, dx * dy)])
            sides.append((tensor, windowed(plane, side, y, x)[1]))
        if min(seen for _, seen in sides) > SEEN:
            (t0, _), (t1, _) = sides
            e0, e1 = (math.sqrt(t[0] + t[1]) + FLOOR for t in (t0, t1))
            between = (t0 / e0**2 - t1 / e1**2) ** 2
            direction = math.sqrt(between[0] + between[1] + 2 * between[2])
            known, across = (rms_of_steps(plane, inside, y, x, kind) for kind in (False, True))
            parts.append(max(math.log(across / known), 0) + abs(math.log(e1 / e0)) + direction)
    return np.mean(parts)


@pytest.mark.parametrize("fill", [stripes(), stripes(1.2), stripes(light=0.6), torch.full((1, 1, SIDE, SIDE), 0.5)])
def test_agrees_with_loops(fill):
    """OpenCV cuts its windows off and measures the depth on a grid, so to 8 %."""
    gray = filled(fill)
    assert rim_disagreement(gray, box()) == pytest.approx(by_loops(gray, box()), rel=0.08)


def test_what_goes_on_agrees_best():
    best = rim_disagreement(filled(stripes()), box())
    for wrong in (stripes(1.2), stripes(light=0.7), torch.full((1, 1, SIDE, SIDE), 0.5), stripes() * 0.2 + 0.4):
        assert rim_disagreement(filled(wrong), box()) > 2 * best


@pytest.mark.parametrize("change", [lambda t: t.flip(3), lambda t: t.mT.contiguous(), lambda t: t.rot90(1, (2, 3))])
def test_the_same_turned_or_flipped(change):
    gray = filled(stripes(1.2))
    assert rim_disagreement(change(gray), change(box())) == pytest.approx(rim_disagreement(gray, box()), rel=0.02)


def test_only_what_is_near_the_rim_counts():
    gray, changed = filled(stripes(1.2)), filled(stripes(1.2))
    changed[..., 1:2, 1:2] = 0
    assert rim_disagreement(changed, box()) == rim_disagreement(gray, box())


def test_without_a_rim_nothing_disagrees():
    gray = stripes()
    assert rim_disagreement(gray, torch.zeros_like(gray)) == 0
    assert rim_disagreement(gray, torch.ones_like(gray)) == 0
    speck = torch.zeros_like(gray)
    speck[..., 5, 5] = 1
    assert math.isfinite(rim_disagreement(gray, speck))
