"""The same answers on a GPU: `pytest tests -m cuda`."""

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import METHODS, Guide, Settings, colorize, luminance, parse_points, restore

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]


@pytest.mark.parametrize("guide", [None, Guide(points=parse_points("60,40,#c02040,3"))])
@pytest.mark.parametrize("size", [(37, 53), (256, 256), (600, 700)])
def test_colours_agree_with_the_cpu(size, guide):
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
