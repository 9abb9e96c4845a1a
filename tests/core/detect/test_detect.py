"""Damage found from the photo alone: what is found, what is left alone, sizes, tiles, and what is promised."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import make_photo
from monochromic.core import (
    BACKBONES,
    DETECTORS,
    InputError,
    UnknownNameError,
    WeightsError,
    degrade,
    f1,
    find_damage,
    find_hole,
    heat_map,
    luminance,
    predict_damage,
    predict_kinds,
    restore,
)
from monochromic.core.backbones.vcnet import fresh
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.detectors import TRUST, _damage_network, damage_network, learned
from monochromic.core.detect.multiscale import (
    BLIND,
    MULTIPLE,
    OVERLAP,
    TILE,
    find_at_sizes,
    find_in_tiles,
    sizes_of,
    tiles_of,
)
from monochromic.core.detect.stage import hole_of, usual_growth
from monochromic.core.io.files import hash_file
from monochromic.core.weights import WeightFile, add_row, data_folder
from monochromic.core.weights.convert import describe, save_weights
from monochromic.core.weights.load import clear
from skimage import data


def picture(name, height, width):
    """The middle of a free photo, reduced to a size."""
    image = torch.from_numpy(np.array(getattr(data, name)())).permute(2, 0, 1)[None].float() / 255
    h, w = image.shape[-2:]
    scale = min(h / height, w / width)
    high, wide = int(height * scale), int(width * scale)
    top, left = (h - high) // 2, (w - wide) // 2
    cut = image[..., top : top + high, left : left + wide]
    return F.interpolate(cut, (height, width), mode="bilinear", antialias=True).clamp(0, 1)


def bring(network, layout):
    """Put a VCNet into the user's folder, as `monochromic weights convert` does with an authors' file."""
    path = data_folder() / "weights" / "mine.safetensors"
    told = {"licence": "MIT", "source": "tests"}
    save_weights(path, network.state_dict(), describe(BACKBONES["vcnet"], layout, network, **told))
    whose = {"backbone": "vcnet", "layout": layout.id, "channels": "RGB", "trained_on": "nothing"}
    size = path.stat().st_size
    add_row(WeightFile("mine", filename=path.name, sha256=hash_file(path), size=size, **whose, **told))


class TestSizesAndTiles:
    @pytest.mark.parametrize("size", [(5, 3), (8, 1024), (1025, 600), (900, 1700), (1033, 3001)])
    def test_tiles_cover_everything_and_overlap(self, size):
        high, wide = (side + -side % MULTIPLE for side in size)
        seen = torch.zeros(high, wide)
        boxes = tiles_of(*size)
        for box in boxes:
            assert not (box.top | box.left) % MULTIPLE
            assert box.bottom <= high
            assert box.right <= wide
            box.crop(seen)[:] += 1
        assert seen.min() == 1
        for starts in ({box.top for box in boxes}, {box.left for box in boxes}):
            steps = np.diff(sorted(starts))
            assert not len(steps) or steps.max() <= TILE - OVERLAP

    def test_sizes_go_from_the_training_to_the_photo(self):
        assert sizes_of(100, 300, 256) == [(100, 300)]
        assert sizes_of(380, 300, 256) == [(380, 300)]
        assert sizes_of(512, 1024, 256) == [(256, 512), (512, 1024)]
        assert sizes_of(4000, 3000, 256) == [(341, 256), (683, 512), (1707, 1280)]

    def test_the_surest_size_counts(self):
        photo = torch.zeros(1, 3, 512, 512)
        for low, high in ((0.3, 0.8), (0.8, 0.3)):
            chances = {256: low, 512: high}
            found = find_at_sizes(lambda part, c=chances: torch.full_like(part[:, :1], c[part.shape[-1]]), photo, 256)
            assert found.shape == (1, 1, 512, 512)
            assert torch.allclose(found, torch.full((), 0.8))

    def test_a_near_sighted_look_knows_no_tiles(self):
        """What looks no further than the blind rim of a tile gives the same in tiles of any size as at once."""
        photo = make_photo(3, 401, 533)

        def look(part):
            return F.avg_pool2d(part.mean(1, keepdim=True), 2 * BLIND - 1, 1, BLIND - 1)

        whole = find_in_tiles(look, photo, tile=1024)
        assert whole.shape == (1, 1, 401, 533)
        for tile in (256, 320):
            assert (find_in_tiles(look, photo, tile) - whole).abs().max() < 1e-3

    def test_what_any_size_shows_is_found(self):
        """A look for small things finds a speck at full size, and a block where it is small enough."""
        photo = torch.zeros(1, 3, 1024, 1024)
        photo[..., 500:620, 200:320] = 1
        photo[..., 100:102, 800:802] = 1

        def look(part):
            return (30 * (part[:, :1] - F.avg_pool2d(part[:, :1], 65, 1, 32)) - 9).sigmoid()

        found = find_at_sizes(look, photo, 256)[0, 0]
        assert find_in_tiles(look, photo)[0, 0, 540:580, 240:280].max() < 0.1
        assert found[540:580, 240:280].min() > 0.9
        assert found[100:102, 800:802].min() > 0.9
        assert found[:80].max() < 0.1


class TestHole:
    @pytest.mark.parametrize(("side", "pixels"), [(256, 1), (512, 1), (768, 2), (3000, 4)])
    def test_how_far_it_grows_follows_the_photo(self, side, pixels):
        assert usual_growth(side, 4 * side // 3) == usual_growth(2 * side, side) == pixels

    def test_without_a_word_it_grows_by_the_photos_size(self):
        photo = degrade(picture("astronaut", 200, 260), "scratch", 0, seed=1).image
        usual, two = (find_hole(photo, "classical", grow=grow).hole for grow in (None, 2))
        assert torch.equal(usual, find_hole(photo, "classical", grow=1).hole)
        assert 0 < usual.sum() < two.sum()

    def test_it_grows_and_leaves_what_is_protected(self):
        marks = torch.zeros(1, 1, 20, 30)
        marks[0, 0, 4:7, 4:7] = 1
        wide = hole_of(marks, pixels=1)
        assert torch.equal(wide[0, 0].nonzero().aminmax(dim=0).max, torch.tensor([7, 7]))
        assert wide.sum() == 25
        protect = torch.zeros(1, 1, 20, 30, dtype=torch.bool)
        protect[..., :5] = True
        assert hole_of(marks, pixels=1, protect=protect).sum() == 15

    def test_a_photo_that_is_all_damage_is_refused(self):
        marks = torch.zeros(2, 1, 9, 9)
        marks[1] = 1
        with pytest.raises(InputError, match="all of photo 2 was taken for damage.*protect"):
            hole_of(marks)
        protect = torch.zeros(1, 1, 9, 9, dtype=torch.bool)
        protect[..., 0, 0] = True
        assert hole_of(marks, protect=protect)[1].sum() == 80

    def test_protect_reaches_every_photo(self):
        damaged = degrade(make_photo(2, 64, 96, batch=2), "scratch", 0, seed=4).image
        found = find_hole(damaged, "classical", grow=0)
        assert torch.equal(found.probability, find_damage(damaged))
        assert (found.hole[:, :, :, :48].sum((1, 2, 3)) > 0).all()
        protect = torch.zeros(1, 1, 64, 96)
        protect[..., :48] = 1
        kept = find_hole(damaged, "classical", grow=0, protect=protect).hole
        assert not kept[..., :48].any()
        assert torch.equal(kept[..., 48:], found.hole[..., 48:])

    @pytest.mark.parametrize(
        ("change", "error", "words"),
        [
            ({"method": "lerned"}, UnknownNameError, "no way of finding damage 'lerned'; did you mean 'learned'"),
            ({"threshold": 1.0}, InputError, "threshold must be at least 0 and below 1, got 1"),
            ({"kinds": ["line"]}, UnknownNameError, "no kind of damage 'line'; did you mean 'lines'"),
            ({"kinds": {"lines": 2.0}}, InputError, "threshold of lines must be at least 0 and below 1, got 2"),
            ({"smallest": -1}, InputError, "smallest part must have 0 pixels or more, got -1"),
            ({"grow": -1}, InputError, "grows by 0 pixels or more, got -1"),
            ({"protect": torch.zeros(1, 1, 5, 5)}, InputError, r"protect must be \(1, 1, 37, 53\) like image"),
            ({"image": torch.zeros(1, 4, 9, 9)}, InputError, "image must be"),
        ],
    )
    def test_bad_input_is_refused_before_the_work(self, photo, change, error, words):
        def progress(done, total):
            raise AssertionError("it began")

        with pytest.raises(error, match=words):
            find_hole(**{"image": photo, "progress": progress, **change})


@pytest.mark.parametrize("method", ["both", "learned", "classical"])
class TestContract:
    def test_shape_type_and_range(self, method, untouched_rng):
        for photo in (make_photo(batch=2), make_photo()[:, :1], make_photo(height=3, width=5), make_photo().double()):
            before = photo.clone()
            found = predict_damage(photo, method)
            assert found.shape == (len(photo), 1, *photo.shape[-2:])
            assert found.dtype == photo.dtype
            assert 0 <= found.min() <= found.max() <= 1
            assert torch.equal(photo, before)

    def test_a_batch_equals_its_items(self, method):
        photo = torch.cat([make_photo(1, 90, 120), make_photo(2, 90, 120)])
        one, other = (predict_damage(item, method) for item in photo.split(1))
        assert torch.equal(predict_damage(photo, method), torch.cat([one, other]))
        assert not torch.equal(one, other)

    def test_gray_is_what_its_three_channels_are(self, method):
        gray = luminance(make_photo(1, 90, 120))
        assert torch.equal(predict_damage(gray, method), predict_damage(gray.expand(-1, 3, -1, -1), method))

    def test_under_inference_mode(self, method):
        plain = predict_damage(make_photo(), method)
        _damage_network.cache_clear()
        with torch.inference_mode():
            assert torch.equal(predict_damage(make_photo(), method), plain)
        assert torch.equal(predict_damage(make_photo(), method), plain)

    def test_progress_goes_to_its_end_and_can_stop_the_work(self, method):
        told = []
        predict_damage(make_photo(1, 400, 700, batch=2), method, progress=lambda *step: told.append(step))
        done, totals = zip(*told, strict=True)
        assert list(done) == sorted(done)
        assert set(totals) == {done[-1]}
        assert done[-1] > 1

        def stop(done, total):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            predict_damage(make_photo(), method, progress=stop)


class TestVCNet:
    @pytest.fixture(autouse=True)
    def home(self, tmp_path, monkeypatch):
        monkeypatch.setenv("MONOCHROMIC_HOME", str(tmp_path))
        clear()
        yield
        clear()

    def test_the_shipped_one_cannot_find(self, photo):
        with pytest.raises(
            WeightsError, match=r"fill holes but do not find them; convert a file of both .* --as vcnet"
        ):
            find_hole(photo, "vcnet")

    @pytest.mark.parametrize("channels", [(1, 1), (3, 3), (4, 1)])
    @pytest.mark.parametrize("layout", BACKBONES["vcnet"].layouts, ids=lambda layout: layout.id)
    def test_it_is_the_first_network_of_converted_weights(self, layout, channels):
        with torch.random.fork_rng():
            torch.manual_seed(1)
            network = fresh(channels, 4, layout.id == "official", finds=True).eval().requires_grad_(False)
        bring(network, layout)
        photo = make_photo(1, 250, 270)
        padded = F.pad(photo, (0, 2, 0, 6), mode="replicate")
        shown = {1: luminance(padded), 3: padded, 4: torch.cat([padded, luminance(padded)], 1)}[channels[0]]
        wanted = network.predict(shown)[..., :250, :270]
        assert wanted.std() > 0.001
        assert (predict_damage(photo, "vcnet") - wanted).abs().max() < 1e-5


LEAST = {
    "scratch": 0.5,
    "crease": 0.4,
    "crackle": 0.3,
    "film_scratch": 0.33,
    "hair": 0.39,
    "fold": 0.35,
    "dust": 0.32,
    "torn_corner": 0.55,
    "worn_border": 0.5,
}
"""F1 of what is filled, before it grows: four fifths of what the shipped network reaches, or a little less."""

MOST = {"astronaut": 0.01, "chelsea": 0.04, "coffee": 0.08, "rocket": 0.08}
"""Of clean photos at most so much is filled: what is still wrong with all but the first, so that it gets no worse."""


class TestLearned:
    """What the shipped network is worth at least; the figures are in docs/blind.md."""

    @pytest.mark.parametrize("kind", LEAST)
    def test_plain_damage_is_found(self, kind):
        photo = torch.cat([picture(name, 384, 384) for name in ("astronaut", "coffee", "chelsea")])
        reached = []
        for seed in (11, 12, 13):
            damaged = degrade(photo, kind, 0.2, seed=seed)
            reached.append(f1(find_hole(damaged.image, grow=0).hole, damaged.hole).mean())
        assert sum(reached) / len(reached) > LEAST[kind]

    @pytest.mark.parametrize("name", MOST)
    def test_most_of_clean_photos_stays_clean(self, name):
        photo = picture(name, 256, 384)
        assert find_hole(photo).hole.mean() <= MOST[name]
        assert find_hole(luminance(photo)).hole.mean() <= MOST[name]

    def test_a_thin_scratch_of_a_large_photo(self):
        photo = picture("astronaut", 1024, 1200)
        scratch = torch.zeros(1, 1, 1024, 1200)
        scratch[..., 200:800, 300:302] = 1
        lines = predict_kinds(photo.where(scratch == 0, torch.ones(())))[:, KIND_NAMES.index("lines")]
        assert lines[..., 210:790, 300:302].mean() > 0.8

    def test_tiles_leave_no_seams(self):
        """As found at once, however the tiles lie."""
        photo = degrade(picture("astronaut", 640, 1304), ["scratch", "stain", "text"], 0.5, seed=3).image

        def look(part):
            return damage_network(photo.device)(part).sigmoid()

        with torch.inference_mode():
            whole = find_in_tiles(look, photo, tile=1304)
            for tile in (896, TILE):
                apart = (find_in_tiles(look, photo, tile) - whole).abs()
                assert apart.max() < 0.15
                assert apart.mean() < 0.001

    def test_a_restored_clean_photo_is_the_photo(self):
        photo = luminance(picture("astronaut", 256, 384))
        hole = find_hole(photo, threshold=0.8, smallest=16).hole
        assert not hole.any()
        assert torch.equal(restore(photo, hole), photo)

    def test_the_filters_raise_its_log_odds(self):
        photo = picture("astronaut", 256, 256)
        photo[..., 40:200, 90:92] = 1
        alone, helped, marks = (predict_kinds(photo, name) for name in ("learned", "both", "classical"))
        assert (marks > 0.5).any()
        assert ((helped - alone)[marks == 0]).abs().max() < 1e-5
        raised = helped.double().logit(1e-6) - alone.double().logit(1e-6)
        told = (marks > 0) & (alone > 2e-6) & (helped < 0.999)  # not where the log odds are cut off
        assert told.any()
        assert torch.allclose(raised[told], TRUST * marks[told].double(), atol=1e-2)

    def test_at_its_own_size_it_is_the_network(self):
        photo = picture("chelsea", 256, 320)
        with torch.inference_mode():
            assert (learned(photo) - damage_network(photo.device)(photo).sigmoid()).abs().max() < 1e-5


class TestHeatMap:
    def test_from_gray_to_yellow(self):
        photo, chance = make_photo(batch=2), torch.zeros(2, 1, 37, 53)
        assert torch.equal(heat_map(photo, chance), luminance(photo).expand(-1, 3, -1, -1))
        chance[1, 0, 5, 7] = 1
        seen = heat_map(photo, chance)
        assert (seen[0] == luminance(photo)[0]).all()
        red, green, blue = seen[1, :, 5, 7].tolist()
        assert min(red, green) > 0.9 > 0.45 > blue
        assert heat_map(photo[:, :1].double(), chance).dtype == torch.float64
        with pytest.raises(InputError, match=r"probability must fit image \(2, 3, 37, 53\), got \(2, 1, 37, 50\)"):
            heat_map(photo, chance[..., :50])

    def test_the_warmer_the_more_probable(self):
        chance = torch.linspace(0.2, 1, 50).view(1, 1, 1, 50)
        red, _, blue = heat_map(torch.full((1, 1, 1, 50), 0.4), chance)[0]
        assert (red - blue).diff().min() > -0.02
        assert (red - blue)[0, -1] > (red - blue)[0, 0] + 0.4


def test_every_finder_is_named_once():
    assert list(DETECTORS) == ["both", "learned", "vcnet", "classical"]
    assert all(name == detector.id for name, detector in DETECTORS.items())
