"""Do no harm: which parts of a hole are left alone, where margins are, and what is said of it."""

import pytest
import torch
from conftest import ROOT, make_photo
from monochromic.core import InputError, find_hole, load_image
from monochromic.core.detect import Detection, find_margins, split_hole, summary
from monochromic.core.detect.guard import FLAT
from monochromic.core.detect.summary import count_parts

REAL = ROOT.parent / "shared" / "data" / "real"
PHOTOS = sorted([*REAL.glob("still_*.jpg"), *REAL.glob("worn/[0-9c]*[a-z].jpg")]) if REAL.is_dir() else []


def nothing(h=256, w=320, batch=1):
    return torch.zeros(batch, 1, h, w)


def busy(h=256, w=320, seed=1):
    """A photo with an image everywhere."""
    return make_photo(seed, h, w)


def disc(y, x, radius, h=256, w=320):
    rows, columns = torch.arange(h)[:, None], torch.arange(w)
    return ((rows - y) ** 2 + (columns - x) ** 2 <= radius**2).float()[None, None]


class TestGuard:
    """256 pixels are thick above 5, and fat above 10.7."""

    @pytest.mark.parametrize("radius", [4, 10, 40])
    def test_a_disc_inside_is_left_whole(self, radius):
        hole = disc(120, 150, radius)
        filled, left = split_hole(hole, busy())
        assert torch.equal(left, hole)
        assert not filled.any()

    def test_a_speck_inside_is_filled(self):
        hole = disc(120, 150, 2)
        assert torch.equal(split_hole(hole, busy()).filled, hole)

    def test_what_is_thick_grows_with_the_photo(self):
        """At 640 pixels it is what is wider than 10."""
        thin, thick = disc(300, 300, 4, 640, 640), disc(300, 300, 6, 640, 640)
        assert torch.equal(split_hole(thin, busy(640, 640)).filled, thin)
        assert torch.equal(split_hole(thick, busy(640, 640)).left, thick)

    @pytest.mark.parametrize(("y", "x"), [(0, 150), (20, 150), (120, 300), (255, 319)])
    def test_a_disc_at_the_border_is_filled(self, y, x):
        hole = disc(y, x, 20)
        assert torch.equal(split_hole(hole, busy()).filled, hole)

    @pytest.mark.parametrize("width", [1, 4, 7, 12])
    def test_a_crease_across_is_filled_whatever_its_width(self, width):
        hole = nothing()
        hole[..., 100 : 100 + width, :] = 1
        assert torch.equal(split_hole(hole, busy()).filled, hole)
        hole[..., :2] = hole[..., -2:] = 0  # without the border
        assert torch.equal(split_hole(hole, busy()).filled, hole)

    def test_a_crease_whose_width_varies_is_not_cut(self):
        hole = nothing()
        hole[..., 100:104, 10:310] = 1
        for start in range(20, 300, 40):
            hole[..., 99:106, start : start + 12] = 1
        assert torch.equal(split_hole(hole, busy()).filled, hole)

    def test_a_blob_on_a_crease_is_left_and_the_crease_filled(self):
        crease = nothing()
        crease[..., 100:107, :] = 1
        hole = torch.maximum(crease, disc(125, 150, 24))
        filled, left = split_hole(hole, busy())
        assert torch.equal(filled + left, hole)
        assert left[..., 108:, :].sum() > 0.99 * hole[..., 108:, :].sum()
        assert filled[..., 100:107, :110].all()
        assert filled[..., 100:107, 190:].all()

    def test_crumbs_around_a_blob_are_left_and_specks_far_off_filled(self):
        crumb, far = nothing(), nothing()
        crumb[..., 120:123, 176:179] = 1  # 5 pixels from the disc
        far[..., 20:23, 20:23] = 1
        filled, left = split_hole(disc(120, 150, 20) + crumb + far, busy())
        assert torch.equal(filled, far)
        assert (left * crumb).sum() == 9

    @pytest.mark.parametrize("level", [1.0, 0.0])
    def test_what_shows_no_image_is_filled(self, level):
        hole = disc(120, 150, 20)
        photo = torch.where(hole > 0, torch.tensor(level), 0.3 + 0.4 * busy())
        assert torch.equal(split_hole(hole, photo).filled, hole)

    def test_but_not_gray_nor_grainy_nor_where_the_edge_is_soft(self):
        hole, calm = disc(120, 150, 20), 0.3 + 0.4 * busy()
        grain = 1 - 2 * FLAT / 255 * (torch.arange(320) % 3) / 2
        soft = torch.full_like(calm, 0.99)
        for photo in (calm.where(hole == 0, torch.tensor(0.8)), calm.where(hole == 0, grain), soft):
            assert torch.equal(split_hole(hole, photo).left, hole)

    def test_at_twice_the_size_and_more_it_is_the_same(self):
        hole = torch.maximum(disc(300, 500, 60, 1100, 1300), nothing(1100, 1300))
        hole[..., 700:702, 100:1200] = 1  # narrower than a pixel of the reduced copy
        hole[..., 900:930, 100:1200] = 1
        filled, left = split_hole(hole, busy(1100, 1300))
        assert torch.equal(left, disc(300, 500, 60, 1100, 1300))
        assert torch.equal(filled, hole - left)

    def test_a_margin_is_left_and_is_no_border(self):
        hole, margin = nothing(), nothing()
        margin[..., :20] = 1
        hole[..., 100:150, :60] = 1
        filled, left = split_hole(hole, busy(), margin)
        assert not filled.any()
        assert torch.equal(left, hole)
        assert split_hole(hole, busy()).filled.sum() == 50 * 60

    def test_a_batch_equals_its_items(self):
        hole = torch.cat([disc(120, 150, 20), disc(0, 150, 20), nothing()])
        photo = torch.cat([busy(seed=1), busy(seed=2), busy(seed=3)])
        whole = split_hole(hole, photo)
        for i in range(3):
            assert torch.equal(whole.left[[i]], split_hole(hole[[i]], photo[[i]]).left)
        assert whole.left.sum((1, 2, 3)).tolist() == [hole[0].sum(), 0, 0]

    def test_what_does_not_fit_is_refused(self):
        with pytest.raises(InputError, match=r"image must fit the hole \(1, 1, 256, 320\), got \(1, 1, 9, 9\)"):
            split_hole(nothing(), make_photo(1, 9, 9))
        with pytest.raises(InputError, match="margin must fit the hole"):
            split_hole(nothing(), busy(), nothing(9, 9))


def framed(photo, top=0, bottom=0, left=0, right=0, level=1.0):
    """The photo under margins, and what they cover."""
    photo, margin = photo.clone(), torch.zeros_like(photo[:, :1])
    for sides in ((..., slice(0, top), slice(None)), (..., slice(photo.shape[-2] - bottom, None), slice(None))):
        margin[sides] = 1
    margin[..., :left] = margin[..., photo.shape[-1] - right :] = 1
    return torch.where(margin > 0, torch.tensor(level), photo), margin


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

    def test_a_batch_equals_its_items_and_gray_its_channels(self):
        photo = torch.cat([framed(0.2 + 0.5 * busy(), 12, 12, 9, 9)[0], busy(seed=2)])
        margin = find_margins(photo)
        assert torch.equal(margin, torch.cat([find_margins(item) for item in photo.split(1)]))
        assert margin.flatten(1).any(1).tolist() == [True, False]
        gray = photo[:, :1]
        assert torch.equal(find_margins(gray.double()), find_margins(gray.expand(-1, 3, -1, -1)).double())

    def test_a_tiny_photo_has_none(self):
        assert not find_margins(framed(make_photo(1, 20, 30), 4, 4, 4, 4)[0]).any()


class TestFound:
    def test_both_are_on_unless_turned_off(self, monkeypatch):
        photo, _ = framed(0.2 + 0.5 * busy(), 12, 12, 9, 9)
        marks = torch.maximum(disc(120, 150, 20), disc(60, 60, 2))
        marks[..., :12, 40:80] = 1
        monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: 0.9 * marks)
        found = find_hole(photo, grow=0)
        assert torch.equal(found.hole, disc(60, 60, 2))
        assert torch.equal(found.left, marks - found.hole)
        assert torch.equal(found.margin, find_margins(photo, beyond=2))
        plain = find_hole(photo, grow=0, guard=False)
        assert torch.equal(plain.hole, marks)
        assert not plain.left.any()
        assert not plain.margin.any()

    def test_it_does_not_grow_over_what_was_left(self, monkeypatch):
        marks = disc(120, 150, 20)
        marks[..., 120:122, :] = 1  # a scratch through it
        monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: 0.9 * marks)
        protect = disc(120, 150, 5)
        found = find_hole(busy(), grow=6, protect=protect)
        assert found.hole[..., 115:126, :100].any(2).all()
        assert not (found.hole * found.left).any()
        assert not (found.left * protect).any()

    @pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.stem)
    def test_no_margin_of_a_real_photo_is_filled(self, path):
        photo = load_image(path)
        found = find_hole(photo, "classical")
        assert not (found.hole * find_margins(photo)).any()
        assert torch.equal(found.hole * (found.left + found.margin).clamp(max=1), torch.zeros_like(found.hole))

    @pytest.mark.skipif(not PHOTOS, reason="the real photos are not here")
    def test_margins_of_real_photos(self):
        """Which have one by eye, and how much of the photo it is."""
        shares = {path.stem: find_margins(load_image(path)).mean().item() for path in PHOTOS}
        wide = {name: share for name, share in shares.items() if share > 0.01}
        assert set(wide) == {
            "08_baby",
            "21_couple_before",
            "22_child_frame",
            "still_00",
            "still_03",
            "still_15",
            "still_17",
        }
        assert 0.08 < wide["08_baby"] < 0.13
        assert max(wide.values()) < 0.17


def found(filled, left=None, margin=None):
    """As of a method that tells no kinds."""
    none = torch.zeros_like(filled)
    left, margin = (none if mask is None else mask for mask in (left, margin))
    return Detection(filled, filled, left, margin, filled, torch.maximum(filled, left))


class TestSummary:
    def test_counts_and_shares(self):
        filled, left, margin = torch.zeros(3, 1, 1, 20, 50)
        filled[..., 5, 5:10] = filled[..., 10, 40] = filled[..., 11, 41] = 1
        left[..., 12:18, 10:20] = 1
        assert summary(found(filled)) == ["filled: 2 marks, 0.7 % of the photo"]
        alone = "filled: 2 marks, 0.7 % of the photo; left: 1 thick part of 6.0 %"
        assert summary(found(filled, left)) == [f"{alone}, see the heat map"]
        margin[..., :2, :] = left[..., :2, :20] = 1
        assert summary(found(filled, left, margin)) == [f"{alone} and 4.0 % of blank margin, see the heat map"]

    def test_nothing_and_hardly_anything(self):
        assert summary(found(nothing())) == ["filled: nothing"]
        speck = nothing()
        speck[..., 3, 3] = 1
        assert summary(found(speck)) == ["filled: 1 mark, under 0.1 % of the photo"]

    def test_a_warning_where_it_is_much(self):
        for rows, warned in ((8, False), (9, True)):
            hole = torch.zeros(1, 1, 100, 10)
            hole[..., :rows, :] = 1
            assert ("; warning: more than 8 % of the photo" in summary(found(hole))[0]) == warned

    def test_a_line_for_each_photo(self):
        hole = nothing(batch=2)
        hole[1, ..., :10] = 1
        assert summary(found(hole)) == ["photo 1: filled: nothing", "photo 2: filled: 1 mark, 3.1 % of the photo"]

    def test_parts_that_touch_at_a_corner_are_one(self):
        mask = torch.eye(10)[None]
        assert count_parts(mask) == (1, 0.1)

    def test_crumbs_are_counted_with_the_area_they_lie_around(self):
        mask = torch.zeros(1, 10, 40)
        mask[..., 2:4, [5, 9, 20]] = 1  # gaps of 3 and 10 pixels
        assert [count_parts(mask, apart)[0] for apart in (0, 2, 3, 9, 10)] == [3, 3, 2, 2, 1]
        assert count_parts(mask, 10)[1] == 6 / 400
        left = torch.zeros(1, 1, 96, 120)  # 96 / 24 pixels apart
        left[..., 40:50, [10, 14, 21]] = 1
        assert "left: 2 thick parts of 0.3 %" in summary(found(nothing(96, 120), left))[0]
