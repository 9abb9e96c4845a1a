"""Blank margins: which are found, and which bands of the picture are none."""

import warnings

import pytest
import torch
from conftest import make_photo
from damage_photos import busy, framed
from monochromic.core.detect import find_margins


class TestMargins:
    @pytest.mark.parametrize("level", [0.97, 0.02])
    @pytest.mark.parametrize(
        "sides",
        [
            {"top": 12, "bottom": 12, "left": 9, "right": 9},
            {"top": 30, "bottom": 55, "left": 20, "right": 20},
            {"left": 8},
            {"bottom": 25},
            {"top": 13, "bottom": 13},
        ],
        ids=str,
    )
    def test_of_a_print(self, sides, level):
        photo, margin = framed(0.2 + 0.5 * busy(), **sides, level=level)
        assert torch.equal(find_margins(photo), margin)

    def test_a_gray_one_only_where_another_side_has_one(self):
        photo, margin = framed(0.7 * busy(), level=0.8, left=10, right=10)
        assert torch.equal(find_margins(photo), margin)
        assert not find_margins(framed(0.7 * busy(), level=0.8, left=10)[0]).any()

    def test_grain_and_a_line_of_another_color_at_the_border_do_not_hide_it(self):
        photo, margin = framed(0.6 * busy(), 12, 12, 9, 9, level=0.95)
        photo = (photo + 0.01 * torch.randn(photo.shape, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
        photo[..., 0] = photo[..., 0, :] = 0.5
        assert torch.equal(find_margins(photo), margin)

    def test_paper_in_a_frame(self):
        inner, paper = framed(0.2 + 0.5 * busy(), 24, 24, 24, 24, level=0.95)
        photo, frame = framed(inner, 10, 10, 10, 10, level=0.02)
        assert torch.equal(find_margins(photo), torch.maximum(paper, frame))

    def test_beyond_its_edge(self):
        photo, _ = framed(0.2 + 0.5 * busy(), 12, 12, 9, 9)
        assert torch.equal(find_margins(photo, beyond=3), framed(photo, 15, 15, 12, 12)[1])

    def test_a_slanted_one(self):
        edge = 10 + 6 * torch.arange(256)[:, None] / 255
        margin = (torch.arange(320) < edge).float()[None, None]
        photo = torch.where(margin > 0, torch.tensor(1.0), 0.2 + 0.5 * busy())
        assert (find_margins(photo) - margin).abs().sum() < 256

    def test_damage_across_it_does_not_hide_it(self):
        photo, margin = framed(0.2 + 0.5 * busy(), 12, 12, 9, 9)
        photo[..., 100:106, :] = 0.3
        assert torch.equal(find_margins(photo), margin)

    def test_none_where_the_sky_reaches_the_border(self):
        """It ends where trees and hills do, or far inside."""
        across = torch.arange(320)
        hills, plain = 20 + 12 * torch.sin(across / 20), torch.full((320,), 35.0)
        roof = torch.where((across - 160).abs() < 120, 20, 200)
        town = torch.where(across % 20 < 14, 20, 30 + across % 7)
        for skyline in (hills, plain, 3 * plain, roof, town):
            sky = torch.arange(256)[:, None] < skyline
            assert not find_margins(torch.where(sky, torch.tensor(0.95), 0.6 * busy())).any()

    def test_none_of_a_dark_studio(self):
        far = ((torch.arange(256)[:, None] - 128) ** 2 / 128**2 + (torch.arange(320) - 160) ** 2 / 160**2).sqrt()
        assert not find_margins(busy() * (1.2 - far).clamp(0.02, 1)).any()

    def test_none_of_a_torn_corner_or_a_ragged_rim(self):
        place = torch.arange(256)[:, None] + torch.arange(320)
        assert not find_margins(torch.where(place < 90, torch.tensor(1.0), 0.6 * busy())).any()
        rough = 10 + 20 * torch.rand(320, generator=torch.Generator().manual_seed(1))
        ragged = torch.arange(256)[:, None] < rough
        assert not find_margins(torch.where(ragged, torch.tensor(1.0), 0.6 * busy())).any()

    @pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
    def test_none_of_a_photo_of_one_color(self, level):
        assert not find_margins(torch.full((1, 3, 64, 80), level)).any()

    @pytest.mark.parametrize("row", [0, 30])
    def test_none_and_no_warning_of_a_spot_on_one_line(self, row):
        """In the corner no line at all could be fitted to it, which was an error."""
        photo = torch.full((1, 1, 64, 64), 0.9)
        photo[..., row, 3:5] = 0.1
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert not find_margins(photo).any()

    def test_a_batch_equals_its_items_and_gray_its_channels(self):
        photo = torch.cat([framed(0.2 + 0.5 * busy(), 12, 12, 9, 9)[0], busy(seed=2)])
        margin = find_margins(photo)
        assert torch.equal(margin, torch.cat([find_margins(item) for item in photo.split(1)]))
        assert margin.flatten(1).any(1).tolist() == [True, False]
        gray = photo[:, :1]
        assert torch.equal(find_margins(gray.double()), find_margins(gray.expand(-1, 3, -1, -1)).double())

    def test_a_tiny_photo_has_none(self):
        assert not find_margins(framed(make_photo(1, 20, 30), 4, 4, 4, 4)[0]).any()
