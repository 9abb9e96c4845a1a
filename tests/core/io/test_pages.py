"""Several pages in one TIFF file, read back by tifffile and by Pillow."""

import pytest
import tifffile
import torch
from conftest import make_photo
from monochromic.core import InputError, PictureError, load_photo
from monochromic.core.io.metadata import Metadata
from monochromic.core.io.opening import picture_sizes
from monochromic.core.io.pages import Page, write_pages
from PIL import Image


def rounded(image, bits):
    return (image * (2**bits - 1)).round() / (2**bits - 1)


def test_pages_of_every_kind(tmp_path):
    photo, alpha = make_photo(), torch.rand(1, 1, 37, 53)
    pages = [
        Page(photo),
        Page(make_photo(1, 21, 19)[:, :1], 16, None, Metadata(exif={270: "Grandma"}, dpi=(300, 300))),
        Page(make_photo(2), 16, alpha),
        Page(make_photo(3)[:, :1], 8, alpha),
    ]
    path = tmp_path / "new" / "x.tif"
    with write_pages(path) as add:
        for page in pages:
            add(page)
    assert picture_sizes(path) == [(53, 37), (19, 21), (53, 37), (53, 37)]
    with tifffile.TiffFile(path) as file:
        assert len(file.pages) == 4
        for page, stored in zip(pages, file.pages, strict=True):
            levels = torch.from_numpy(stored.asarray() / (2.0**page.bits - 1)).reshape(*page.image.shape[-2:], -1)
            expected = page.image if page.alpha is None else torch.cat([page.image, page.alpha], 1)
            assert torch.allclose(levels.permute(2, 0, 1)[None].float(), rounded(expected, page.bits), atol=1e-7)
        assert file.pages[1].description == "Grandma"
    with Image.open(path) as picture:
        assert picture.n_frames == 4
    for number, page in enumerate(pages, 1):
        assert torch.equal(load_photo(path, number).image, rounded(page.image, page.bits))


def test_nothing_is_written_where_a_page_fails(tmp_path):
    def broken():
        with write_pages(tmp_path / "x.tif") as add:
            add(Page(make_photo()))
            add(Page(make_photo(), 12))

    with pytest.raises(InputError, match="bits must be 8 or 16"):
        broken()
    assert not list(tmp_path.iterdir())
    with pytest.raises(PictureError, match="pages go into one .tif file"), write_pages(tmp_path / "x.png"):
        pass
