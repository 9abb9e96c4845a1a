"""`find_hole`: from marks to the hole, what the guard skips, and which arguments are refused."""

import pytest
import torch
from conftest import make_photo, slow_but
from damage_photos import PHOTOS, busy, disc, framed, picture
from monochromic.core import (
    InputError,
    UnknownNameError,
    degrade,
    find_damage,
    find_hole,
    load_image,
)
from monochromic.core.detect import find_margins
from monochromic.core.detect.stage import auto_dilation, to_hole


class TestHole:
    @pytest.mark.parametrize(
        ("side", "pixels", "worn"), [(256, 1, 1), (512, 1, 2), (768, 2, 2), (960, 2, 3), (3000, 4, 4)]
    )
    def test_how_far_it_grows_follows_the_photo(self, side, pixels, worn):
        assert auto_dilation(side, 4 * side // 3) == auto_dilation(2 * side, side) == pixels
        assert auto_dilation(side, 2 * side, worn=True) == worn

    def test_without_a_word_it_grows_by_the_photos_size(self):
        photo = degrade(picture("astronaut", 200, 260), "scratch", 0, seed=1).image
        usual, two = (find_hole(photo, "classical", dilate=grow).hole for grow in (None, 2))
        assert torch.equal(usual, find_hole(photo, "classical", dilate=1).hole)
        assert 0 < usual.sum() < two.sum()

    def test_it_grows_and_leaves_what_is_protected(self):
        marks = torch.zeros(1, 1, 20, 30)
        marks[0, 0, 4:7, 4:7] = 1
        wide = to_hole(marks, dilate=1)
        assert torch.equal(wide[0, 0].nonzero().aminmax(dim=0).max, torch.tensor([7, 7]))
        assert wide.sum() == 25
        protect = torch.zeros(1, 1, 20, 30, dtype=torch.bool)
        protect[..., :5] = True
        assert to_hole(marks, dilate=1, protect=protect).sum() == 15

    def test_a_photo_that_is_all_damage_is_refused(self):
        marks = torch.zeros(2, 1, 9, 9)
        marks[1] = 1
        with pytest.raises(InputError, match="all of photo 2 was taken for damage.*protect"):
            to_hole(marks)
        protect = torch.zeros(1, 1, 9, 9, dtype=torch.bool)
        protect[..., 0, 0] = True
        assert to_hole(marks, protect=protect)[1].sum() == 80

    def test_protect_reaches_every_photo(self):
        damaged = degrade(make_photo(2, 64, 96, batch=2), "scratch", 0, seed=4).image
        found = find_hole(damaged, "classical", dilate=0)
        assert torch.equal(found.probability, find_damage(damaged))
        assert (found.hole[:, :, :, :48].sum((1, 2, 3)) > 0).all()
        protect = torch.zeros(1, 1, 64, 96)
        protect[..., :48] = 1
        kept = find_hole(damaged, "classical", dilate=0, protect=protect).hole
        assert not kept[..., :48].any()
        assert torch.equal(kept[..., 48:], found.hole[..., 48:])

    @pytest.mark.parametrize(
        ("change", "error", "words"),
        [
            ({"method": "lerned"}, UnknownNameError, "no way of finding damage 'lerned'; did you mean 'learned'"),
            ({"threshold": 1.0}, InputError, "threshold must be at least 0 and below 1, got 1"),
            ({"kinds": ["line"]}, UnknownNameError, "no kind of damage 'line'; did you mean 'lines'"),
            ({"kinds": {"lines": 2.0}}, InputError, "threshold of lines must be at least 0 and below 1, got 2"),
            ({"min_area": -1}, InputError, "smallest part must have 0 pixels or more, got -1"),
            ({"dilate": -1}, InputError, "grows by 0 pixels or more, got -1"),
            ({"protect": torch.zeros(1, 1, 5, 5)}, InputError, r"protect must be \(1, 1, 37, 53\) like image"),
            ({"image": torch.zeros(1, 4, 9, 9)}, InputError, "image must be"),
        ],
    )
    def test_bad_input_is_refused_before_the_work(self, photo, change, error, words):
        def progress(done, total):
            raise AssertionError("it began")

        with pytest.raises(error, match=words):
            find_hole(**{"image": photo, "progress": progress, **change})


class TestFound:
    def test_both_are_on_unless_turned_off(self, monkeypatch):
        photo, _ = framed(0.2 + 0.5 * busy(), 12, 12, 9, 9)
        marks = torch.maximum(disc(120, 150, 20), disc(60, 60, 2))
        marks[..., :12, 40:80] = 1
        monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: 0.9 * marks)
        found = find_hole(photo, dilate=0)
        assert torch.equal(found.hole, disc(60, 60, 2))
        assert torch.equal(found.skipped, marks - found.hole)
        assert torch.equal(found.margin, find_margins(photo, beyond=2))
        plain = find_hole(photo, dilate=0, guard=False)
        assert torch.equal(plain.hole, marks)
        assert not plain.skipped.any()
        assert not plain.margin.any()

    def test_it_does_not_grow_over_what_was_left(self, monkeypatch):
        marks = disc(120, 150, 20)
        marks[..., 120:122, :] = 1  # a scratch through it
        monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: 0.9 * marks)
        protect = disc(120, 150, 5)
        found = find_hole(busy(), dilate=6, protect=protect)
        assert found.hole[..., 115:126, :100].any(2).all()
        assert not (found.hole * found.skipped).any()
        assert not (found.skipped * protect).any()

    @pytest.mark.parametrize("path", slow_but(PHOTOS[::4], PHOTOS), ids=lambda path: path.stem)
    def test_no_margin_of_a_real_photo_is_filled(self, path):
        photo = load_image(path)
        found = find_hole(photo, "classical")
        assert not (found.hole * find_margins(photo)).any()
        assert torch.equal(found.hole * (found.skipped + found.margin).clamp(max=1), torch.zeros_like(found.hole))

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
