"""What every backbone, every color method and the whole restoration promise (CONTRIBUTING.md)."""

import importlib
import pkgutil

import cv2
import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import (
    BACKBONES,
    METHODS,
    Backbone,
    Guide,
    InputError,
    Settings,
    UnknownNameError,
    backbones,
    colorize,
    fill,
    luminance,
    parse_points,
    restore,
)
from monochromic.core.backbones import registry

PLAIN = [name for name, backbone in BACKBONES.items() if backbone.fill]  # those with networks: tests/backbones


def gray_stage(name):
    return lambda image, hole: fill(image, hole, name)


def both_stages(**options):
    return lambda image, hole: restore(image, hole, **options)


STAGES = {
    **{f"fill-{name}": gray_stage(name) for name in PLAIN},
    **{f"restore-{name}": both_stages(method=name, settings=Settings(iterations=1)) for name in METHODS},
}
HINTED = both_stages(guide=Guide(points=parse_points("20,12,#ff0000")))


@pytest.fixture(params=[*STAGES, "hinted"])
def stage(request):
    return STAGES.get(request.param, HINTED)


def known_of(stage, photo):
    """What a stage has to give back in the known pixels."""
    return luminance(photo) if stage in [STAGES[f"fill-{n}"] for n in PLAIN] else photo


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_shape_dtype_range_and_known_pixels(stage, dtype):
    photo, hole = make_photo(batch=2).to(dtype), make_hole(batch=2)
    out = stage(photo, hole)
    expected = known_of(stage, photo)
    assert out.shape == expected.shape
    assert out.dtype == dtype
    assert out.device == photo.device
    assert out.min() >= 0
    assert out.max() <= 1
    known = (hole == 0).expand_as(expected)
    assert torch.equal(out[known], expected[known])
    assert not torch.equal(out, expected)


def test_what_lies_under_the_hole_changes_nothing(stage):
    photo, hole = make_photo(), make_hole()
    for other in (torch.zeros_like(photo), torch.ones_like(photo), torch.rand_like(photo)):
        assert torch.equal(stage(torch.where(hole > 0, other, photo), hole), stage(photo, hole))


def test_what_is_known_does_matter(stage):
    photo, hole = make_photo(), make_hole()
    changed = torch.where(hole > 0, photo, 1 - photo)
    inside = hole[0, 0] > 0
    assert not torch.allclose(stage(changed, hole)[..., inside], stage(photo, hole)[..., inside], atol=0.01)


def test_inputs_and_global_random_state_are_untouched(stage, untouched_rng):
    photo, hole = make_photo(), make_hole()
    copies = photo.clone(), hole.clone()
    stage(photo, hole)
    assert torch.equal(photo, copies[0])
    assert torch.equal(hole, copies[1])


def test_a_batch_equals_its_items(stage):
    photo = make_photo(batch=3)
    hole = torch.cat([make_hole(), torch.zeros(1, 1, 37, 53), make_hole().flip(3)])
    hole[1, 0, 12, 20] = 1
    together = stage(photo, hole)
    for i in range(3):
        assert torch.equal(together[[i]], stage(photo[[i]], hole[[i]]))
    shared = stage(photo, hole[:1])
    assert torch.equal(shared, stage(photo, hole[:1].expand(3, -1, -1, -1)))
    assert torch.equal(shared[[0]], together[[0]])


def test_an_empty_hole_gives_the_photo_back(stage):
    photo = make_photo()
    assert torch.equal(stage(photo, torch.zeros(1, 1, 37, 53)), known_of(stage, photo))


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("size", [(1, 2), (1, 40), (40, 1), (2, 2), (3, 8), (64, 8)])
def test_small_and_thin_photos(name, size):
    photo, hole = make_photo(height=64, width=64)[..., : size[0], : size[1]], torch.zeros(1, 1, *size)
    hole[..., -1, -1] = 1
    out = STAGES[name](photo, hole)
    assert out.shape[-2:] == size
    assert out.isfinite().all()


def test_one_pixel_photo():
    photo = torch.full((1, 3, 1, 1), 0.25)
    assert torch.equal(restore(photo, torch.zeros(1, 1, 1, 1)), photo)
    with pytest.raises(InputError, match="nothing is known"):
        restore(photo, torch.ones(1, 1, 1, 1))


@pytest.mark.parametrize("stage", [*(STAGES[f"fill-{name}"] for name in PLAIN), both_stages(backbone="telea")])
def test_one_known_pixel_gives_all_it_has(stage):
    photo, hole = make_photo(), torch.ones(1, 1, 37, 53)
    hole[..., 0, 0] = 0
    expected = known_of(stage, photo)[..., :1, :1]
    assert (stage(photo, hole) - expected).abs().max() < 2e-3


def test_gray_photos_stay_gray():
    gray = make_photo()[:, :1]
    one, three = restore(gray, make_hole()), restore(gray.expand(-1, 3, -1, -1), make_hole())
    assert one.shape == gray.shape
    assert torch.equal(one.expand(-1, 3, -1, -1), three)


@pytest.mark.parametrize(
    ("photo", "hole", "words"),
    [
        (make_photo()[0], make_hole(), "image must be"),
        (make_photo() * float("nan"), make_hole(), "NaN"),
        (torch.cat([make_photo()] * 2, 1)[:, :4], make_hole(), r"image must be \(B, 1 or 3, H, W\)"),
        (make_photo(batch=3), make_hole(batch=2), r"hole must be \(3, 1, 37, 53\)"),
        (make_photo(), make_hole(36), "hole must be"),
        (make_photo(), torch.ones(1, 1, 37, 53), "inverted"),
    ],
)
def test_bad_input(photo, hole, words):
    for name in PLAIN:
        with pytest.raises(InputError, match=words):
            fill(photo, hole, name)
    with pytest.raises(InputError, match=words):
        restore(photo, hole)


def test_unknown_names(photo, hole):
    with pytest.raises(UnknownNameError, match="no backbone 'teela'; did you mean 'telea'"):
        restore(photo, hole, backbone="teela")
    with pytest.raises(UnknownNameError, match="no color method 'zzz'; there are: propagate"):
        restore(photo, hole, method="zzz")
    with pytest.raises(InputError, match="context and max_side must be 0 or more pixels, got -1"):
        fill(photo, hole, context=-1)
    with pytest.raises(InputError, match=r"gray must be \(1, 1, 37, 53\) to match the image, got \(1, 1, 36, 53\)"):
        colorize(photo, torch.zeros(1, 1, 36, 53), hole)


def test_progress_and_cancel(photo, hole):
    seen = []
    restore(photo, hole, progress=lambda done, total: seen.append((done, total)))
    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(photo, hole, progress=stop)


@pytest.mark.parametrize(("name", "method"), [("telea", cv2.INPAINT_TELEA), ("navier_stokes", cv2.INPAINT_NS)])
def test_opencv_backbones_are_opencv(name, method):
    """On a gray photo the answer is cv2.inpaint's, crop or no crop."""
    photo = make_photo(height=90, width=120)[:, :1]
    hole = torch.zeros(1, 1, 90, 120)
    hole[..., 30:42, 50:60] = 1
    gray, mask = (photo[0, 0] * 65535).round().numpy().astype(np.uint16), hole[0, 0].numpy().astype(np.uint8)
    expected = cv2.inpaint(gray, mask, 3, method) / 65535
    inside = mask > 0
    for context in (8, 500):
        ours = fill(photo, hole, name, context=context)[0, 0].numpy()
        assert np.abs(ours - expected)[inside].max() < 1e-6


def mean_of_known(image, hole):
    """A stand-in network: pads as asked, or fails."""
    assert image.shape[-2] % 8 == 0
    assert image.shape[-1] % 8 == 0
    assert min(image.shape[-2:]) >= 48
    assert not image[hole.expand_as(image)].any()
    return torch.full_like(image[:, :1], luminance(image)[~hole].mean().item())


def test_padding_to_what_a_backbone_asks_for(photo, hole):
    record = Backbone("mean", "", "", "", mean_of_known, multiple=8, minimum=48)
    out = fill(photo, hole, record, context=4)
    assert out.shape == (1, 1, 37, 53)
    assert out[hole > 0].unique().numel() <= 3


def test_a_repeated_id_is_refused():
    one = BACKBONES["telea"]
    with pytest.raises(ValueError, match="two backbones are called 'telea'"):
        registry(one, one)


def test_every_backbone_is_listed_and_described():
    modules = [info.name for info in pkgutil.iter_modules(backbones.__path__)]
    for module in modules:
        for record in vars(importlib.import_module(f"{backbones.__name__}.{module}")).values():
            if isinstance(record, Backbone):
                listed = BACKBONES.get(record.id) is record
                assert listed, f"BACKBONES of core/backbones/__init__.py lacks {record.id!r} of {module}.py"
    for name, record in BACKBONES.items():
        for field in ("title", "paper", "license"):
            assert getattr(record, field), f"the record of {name!r} in core/backbones/ lacks {field}"
