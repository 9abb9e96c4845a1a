"""The guard: thick parts that are skipped, and thin or blank ones that are filled."""

import cv2
import numpy as np
import pytest
import torch
from conftest import make_photo
from damage_photos import busy, disc, nothing
from monochromic.core import InputError
from monochromic.core.detect import split_hole
from monochromic.core.detect.thick_parts import MAX_CONTRAST
from monochromic.core.inpaint.turned import TURNS, turn, turn_back


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
        assert torch.equal(split_hole(thick, busy(640, 640)).skipped, thick)

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
        grain = 1 - 2 * MAX_CONTRAST / 255 * (torch.arange(320) % 3) / 2
        soft = torch.full_like(calm, 0.99)
        for photo in (calm.where(hole == 0, torch.tensor(0.8)), calm.where(hole == 0, grain), soft):
            assert torch.equal(split_hole(hole, photo).skipped, hole)

    def test_paper_that_shows_is_filled_in_worn_photos(self):
        """It is among the lightest, however flat, and darker all around; and it may end a crease."""
        chip, photo = disc(120, 150, 4), nothing() + 0.4
        photo[..., :26, :] = 0.75
        paper = 0.85 - 0.1 * (torch.arange(320) % 3) / 2
        showing = photo.where(chip == 0, paper)
        assert torch.equal(split_hole(chip, showing, worn=True).filled, chip)
        assert torch.equal(split_hole(chip, showing).skipped, chip)
        creased = chip.clone()
        creased[..., 119:123, 132:169] = creased[..., 102:139, 149:153] = 1
        assert torch.equal(split_hole(creased, photo.where(creased == 0, paper), worn=True).filled, creased)
        wide = disc(120, 150, 8)
        for hole, other in (
            (wide, photo.where(wide == 0, paper)),
            (chip, photo.where(chip == 0, torch.tensor(0.65))),
            (chip, showing.where(torch.arange(320) < 151, paper)),
            (chip, (photo + 0.4).where(chip == 0, paper)),
        ):
            assert torch.equal(split_hole(hole, other, worn=True).skipped, hole)

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
            assert torch.equal(whole.skipped[[i]], split_hole(hole[[i]], photo[[i]]).skipped)
        assert whole.skipped.sum((1, 2, 3)).tolist() == [hole[0].sum(), 0, 0]

    def test_what_does_not_fit_is_refused(self):
        with pytest.raises(InputError, match=r"image must fit the hole \(1, 1, 256, 320\), got \(1, 1, 9, 9\)"):
            split_hole(nothing(), make_photo(1, 9, 9))
        with pytest.raises(InputError, match="margin must fit the hole"):
            split_hole(nothing(), busy(), nothing(9, 9))


@pytest.mark.parametrize("seed", range(8))
def test_a_turned_photo_is_split_the_same(seed):
    """Ellipses, rings, lines and discs on a photo of spots: what is skipped does not depend on how the scan lies."""
    random = np.random.default_rng(seed)
    marks = np.zeros(tuple(random.integers(200, 300, 2)), np.uint8)
    places = [tuple(int(value) for value in random.integers(20, 200, 2)) for _ in range(15)]
    for place in places[:6]:
        axes = tuple(int(value) for value in random.integers(5, 25, 2))
        end, width = int(random.choice([200, 300, 360])), int(random.integers(1, 4))
        cv2.ellipse(marks, place, axes, random.uniform(0, 180), 0, end, 1, width)
    for start, end in zip(places[6:10], places[10:14], strict=True):
        cv2.line(marks, start, end, 1, int(random.integers(1, 4)))
    cv2.circle(marks, places[14], int(random.integers(3, 14)), 1, -1)
    spots = cv2.GaussianBlur(random.random((*marks.shape, 3)).astype(np.float32), (0, 0), 3)
    image = torch.from_numpy((4 * spots - 1.5).clip(0, 1)).permute(2, 0, 1)[None]
    hole = torch.from_numpy(marks)[None, None].float()
    skipped = split_hole(hole, image).skipped
    for number in range(1, TURNS):
        again = split_hole(turn(hole, number), turn(image, number)).skipped
        assert torch.equal(turn_back(again, number), skipped)
