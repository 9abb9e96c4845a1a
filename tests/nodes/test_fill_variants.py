"""The node Fill Variants: what it gives, and that choosing fills nothing again."""

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic import core
from monochromic.core import Guide, InputError, Point, restore_variants
from monochromic.core.host.host import using_host
from monochromic.nodes.fill_variants import FillVariants

NAMES = "telea, navier_stokes"


@pytest.fixture(autouse=True)
def inference_mode():
    with torch.inference_mode():
        yield


@pytest.fixture
def shown():
    """The pictures that nodes show."""
    pictures = []
    with using_host(show=lambda image: pictures.append(image) or [{"filename": f"{len(pictures)}.png"}]):
        yield pictures


def bhwc(image):
    return image.movedim(1, -1).contiguous()


def test_the_chosen_one_the_grid_and_all(shown):
    photo, hole = make_photo(), make_hole()
    wanted = restore_variants(photo, hole, count=3, backbones=("telea", "navier_stokes"), seed=4)
    node = FillVariants()
    for choice in (1, 3):
        out = node.fill(bhwc(photo), hole[:, 0], 3, choice, NAMES, 4, reference=bhwc(photo))
        image, sheet, images, text = out["result"]
        assert torch.equal(images, bhwc(wanted.images))
        assert torch.equal(image, images[[choice - 1]])
        assert torch.equal(shown[-1], sheet)
        assert [line.split()[1] for line in text.splitlines()[1:-1]] == [name.split()[0] for name in wanted.names]
        assert "stru" in text


def test_choosing_fills_nothing_again(monkeypatch):
    filled = []

    def counted(*given, **options):
        filled.append(options["seed"])
        return restore_variants(*given, **options)

    monkeypatch.setattr(core, "restore_variants", counted)
    photo, hole, node = bhwc(make_photo()), make_hole()[:, 0], FillVariants()
    guide = Guide(picture=torch.rand(1, 4, 37, 53, generator=torch.Generator().manual_seed(1)), points=())
    for choice in (1, 2, 1):
        node.fill(photo.clone(), hole, 2, choice, "telea", guide=guide)
    assert len(filled) == 1
    node.fill(photo, hole, 2, 1, "telea", 1, guide=guide)
    node.fill(photo, hole, 2, 1, "telea", 1, guide=Guide(points=(Point(15, 15, (1.0, 0.0, 0.0)),)))
    node.fill(photo * 0.5, hole, 2, 1, "telea", 1)
    node.fill(photo * 0.5, make_hole(20, 20)[:, 0], 2, 1, "telea", 1)
    assert filled == [0, 1, 1, 1, 1]


def test_refusals_and_an_empty_mask():
    photo, hole = bhwc(make_photo()), make_hole()[:, 0]
    with pytest.raises(InputError, match="choice is 3 and there are 2 variants; set choice to 1 to 2"):
        FillVariants().fill(photo, hole, 2, 3, "telea")
    with pytest.raises(InputError, match="one photo, got 2"):
        FillVariants().fill(bhwc(make_photo(batch=2)), hole, 2, 1, "telea")
    with pytest.raises(InputError, match="one mask, got 2"):
        FillVariants().fill(photo, hole.expand(2, -1, -1), 2, 1, "telea")
    assert "did you mean 'telea'?" in FillVariants.VALIDATE_INPUTS("mono, tela")
    assert FillVariants.VALIDATE_INPUTS() is True
    out = FillVariants().fill(photo, torch.zeros_like(hole), 4, 3, "telea")
    assert torch.equal(out["result"][0], photo)
    assert "nothing to fill" in out["ui"]["text"][0]


def test_it_runs_again_where_weights_have_changed():
    assert FillVariants.IS_CHANGED("mono, telea") == FillVariants.IS_CHANGED("mono, telea", choice=2)
    assert FillVariants.IS_CHANGED("mono") != FillVariants.IS_CHANGED("glcic")
