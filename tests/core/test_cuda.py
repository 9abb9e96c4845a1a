"""The same answers on a GPU: `pytest tests -m cuda`."""

import copy

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import BACKBONES, METHODS, Guide, Settings, colorize, fill, luminance, parse_points, restore
from monochromic.core.backbones.loaded import Model

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]


@pytest.mark.parametrize("guide", [None, Guide(points=parse_points("60,40,#c02040,3"))])
@pytest.mark.parametrize("size", [(37, 53), (256, 256), (600, 700)])
def test_colors_agree_with_the_cpu(size, guide):
    photo, hole = make_photo(1, *size), make_hole(*size)
    hole[..., size[0] // 4 : size[0] // 2, 20 : size[1] // 2] = 1
    if guide and size == (37, 53):
        guide = Guide(points=parse_points("25,12,#c02040"))
    gray = luminance(photo)
    here, there = (colorize(photo.to(d), gray.to(d), hole.to(d), guide=guide) for d in ("cpu", "cuda"))
    assert there.device.type == "cuda"
    assert (there.cpu() - here).abs().max() < 1 / 255


@pytest.mark.parametrize("method", METHODS)
def test_the_contract_holds(method, untouched_rng):
    photo, hole = make_photo(batch=2).cuda(), make_hole(batch=2).cuda()
    out = restore(photo, hole, method=method, settings=Settings(iterations=3))
    assert out.shape == photo.shape
    assert out.device == photo.device
    known = (hole == 0).expand_as(photo)
    assert torch.equal(out[known], photo[known])
    assert torch.equal(out, restore(photo, hole, method=method, settings=Settings(iterations=3)))


HALF = [b for b in BACKBONES.values() if b.half and b.variants]


@pytest.mark.parametrize("backbone", HALF, ids=[b.id for b in HALF])
def test_sixteen_bits_agree_with_thirty_two(backbone):
    """A backbone whose record allows 16 bits gives the same picture in them, to 2/255."""
    variant = backbone.variants[0]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = variant.fresh((3, 3), 8).eval().requires_grad_(False).cuda()
    photo, hole = make_photo(1, 256, 256).cuda(), make_hole(256, 256).cuda()
    one = fill(photo, hole, Model(backbone, variant, network))
    half = copy.deepcopy(network).half()
    assert (fill(photo, hole, Model(backbone, variant, half)) - one).abs().max() < 2 / 255
