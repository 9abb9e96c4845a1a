"""Texture: the fill gets the detail of its surround; what is known and what is thin stay."""

import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import ROOT, make_photo
from monochromic.core import fill, random_hole, restore_photo
from monochromic.core.errors import InputError
from monochromic.core.inpaint.texture import add_texture
from monochromic.core.inpaint.texture.choice import Edges, _propagate
from monochromic.core.inpaint.texture.planes import bands
from monochromic.core.inpaint.texture.quilt import cheapest_cuts

GUIDE = ROOT.parent / "shared" / "guides" / "texture" / "prototype.py"
SIDE = 160


def cloth(seed=0, side=SIDE):
    """Fine noise on a slope, (1, 1, H, W): one texture everywhere."""
    noise = torch.randn(1, 1, side, side, generator=torch.Generator().manual_seed(seed))
    return (0.5 + 0.15 * F.avg_pool2d(noise, 3, 1, 1) * 3 + torch.linspace(-0.1, 0.1, side)).clamp(0, 1)


def box(side=SIDE, first=50, last=110):
    hole = torch.zeros(1, 1, side, side, dtype=torch.bool)
    hole[..., first:last, first:last] = True
    return hole


def smooth_fill(picture, hole):
    return torch.where(hole, F.avg_pool2d(picture, 31, 1, 15), picture)


def detail(picture, hole):
    """The rms of the finest octave well inside a hole."""
    fine = picture - F.avg_pool2d(picture, 3, 1, 1, count_include_pad=False)
    deep = -F.max_pool2d(-hole.float(), 25, 1, 12) > 0
    return fine[deep].std().item()


def test_a_smooth_fill_gets_the_detail_of_its_surround():
    truth, hole = cloth(), box()
    filled = smooth_fill(truth, hole)
    half, full = (detail(add_texture(filled, hole, amount), hole) for amount in (0.5, 1.0))
    assert detail(filled, hole) < 0.1 * detail(truth, hole)
    assert 0.35 < half / full < 0.75
    assert 0.6 < full / detail(truth, hole) < 1.3


def test_known_pixels_stay_bit_for_bit_and_the_rest_in_range():
    truth, hole = cloth(), box()
    result = add_texture(smooth_fill(truth, hole), hole)
    assert torch.equal(result[~hole], truth[~hole])
    assert result.min() >= 0
    assert result.max() <= 1


def test_a_seed_is_a_picture():
    filled = smooth_fill(cloth(), box())
    first, again, other = (add_texture(filled, box(), seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_global_randomness_is_left_alone():
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    add_texture(smooth_fill(cloth(), box()), box())
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])


def test_what_stays_as_it_is_filled():
    truth, hole = cloth(), box()
    filled = smooth_fill(truth, hole)
    scratch = box(first=70, last=76)
    little = box(side=40, first=5, last=38)
    assert torch.equal(add_texture(filled, hole, 0.0), filled)
    assert torch.equal(add_texture(smooth_fill(truth, scratch), scratch), smooth_fill(truth, scratch))
    assert torch.equal(add_texture(cloth(side=40), little), cloth(side=40))
    assert torch.equal(add_texture(filled, torch.ones_like(hole)), filled)
    assert torch.equal(add_texture(filled, torch.zeros_like(hole)), filled)


def test_each_of_a_batch_by_itself():
    pictures = torch.cat([smooth_fill(cloth(seed), box()) for seed in (0, 1)])
    together = add_texture(pictures, box().expand(2, -1, -1, -1))
    assert torch.equal(together, torch.cat([add_texture(each[None], box()) for each in pictures]))


def test_double_and_half():
    filled = smooth_fill(cloth(), box())
    expected = add_texture(filled, box())
    assert torch.allclose(add_texture(filled.double(), box()).float(), expected, atol=1e-6)
    assert add_texture(filled.half(), box()).dtype == torch.float16


@pytest.mark.parametrize(("options", "message"), [({"amount": 1.5}, r"\[0, 1\], got 1.5"), ({"seed": -1}, "0 or more")])
def test_wrong_numbers(options, message):
    with pytest.raises(InputError, match=message):
        add_texture(cloth(), box(), **options)


@pytest.mark.parametrize("backbone", ["telea", "mono"])
def test_nothing_under_the_hole_is_read(backbone):
    photo, hole = make_photo(1, SIDE, SIDE), box().float()
    covered = torch.where(hole > 0, 1 - photo, photo)
    assert torch.equal(*(fill(each, hole, backbone, texture=1.0) for each in (photo, covered)))


def test_without_memory_for_it_the_fill_stays_as_it_is(monkeypatch, caplog):
    def fails(*_):
        raise MemoryError

    photo, hole = cloth(), box()
    smooth = fill(photo, hole.float(), "telea")
    monkeypatch.setattr("monochromic.core.inpaint.stage.add_texture", fails)
    assert torch.equal(fill(photo, hole.float(), "telea", texture=1.0), smooth)
    assert caplog.messages == ["not enough memory for the texture of a part of 160 x 160 pixels; it is filled without"]


def test_restoring_has_texture_and_can_do_without():
    photo = cloth().expand(-1, 3, -1, -1)
    hole = random_hole("box", SIDE, SIDE, 0.2, seed=1)
    smooth, usual, full = (
        restore_photo(photo, hole, backbone="telea", grain=0.0, **options).gray
        for options in ({"texture": 0.0}, {}, {"texture": 1.0})
    )
    assert torch.equal(smooth, fill(photo, hole, "telea"))
    assert detail(smooth, hole > 0) < detail(usual, hole > 0) < detail(full, hole > 0)


def test_cheapest_cuts_are_the_cheapest():
    """Against all paths of a small overlap."""
    cost = torch.rand(1, 4, 3, generator=torch.Generator().manual_seed(0))
    paths = [[c] for c in range(3)]
    for _ in range(3):
        paths = [[*path, c] for path in paths for c in range(3) if abs(c - path[-1]) <= 1]
    cheapest = min(paths, key=lambda path: sum(cost[0, row, c].item() for row, c in enumerate(path)))
    assert cheapest_cuts(cost)[0].int().argmax(1).tolist() == cheapest


def test_messages_find_the_best_choice_of_a_chain():
    """Belief propagation is exact on a chain: against all choices."""
    generator = torch.Generator().manual_seed(1)
    cost, pair = torch.rand(3, 4, generator=generator), torch.rand(2, 4, 4, generator=generator)
    edges = [Edges(torch.tensor([0, 1]), torch.tensor([1, 2]), pair)]
    every = torch.cartesian_prod(*[torch.arange(4)] * 3)
    total = cost[torch.arange(3), every].sum(1) + pair[0, every[:, 0], every[:, 1]] + pair[1, every[:, 1], every[:, 2]]
    assert _propagate(cost, edges).tolist() == every[total.argmin()].tolist()


def test_bands_add_up():
    plane = cloth()[0, 0].numpy()
    parts, rest = bands(plane, (1.0, 2.0))
    assert np.allclose(sum(parts) + rest, plane, atol=1e-6)


@pytest.mark.skipif(not GUIDE.is_file(), reason="the prototype is not here")
def test_it_is_the_prototype(monkeypatch):
    """Written anew from a prototype with measured figures: the same picture."""
    monkeypatch.syspath_prepend(str(GUIDE.parent))
    prototype = __import__("prototype")
    hole = random_hole("blob", SIDE, SIDE, 0.3, seed=3) > 0
    filled = smooth_fill(cloth(), hole)
    planes = cloth()[0, 0].numpy(), hole[0, 0].numpy(), filled[0, 0].numpy()
    expected = prototype.texture(*planes, prototype.Settings(seed=4))
    sys.modules.pop("prototype")
    assert np.allclose(add_texture(filled, hole, seed=4)[0, 0].numpy(), expected, atol=1e-6)
