"""The detectors: what all of them promise, and what the shipped network is worth."""

import pytest
import torch
import torch.nn.functional as F
from conftest import make_photo, slow_but
from damage_photos import picture
from monochromic.core import (
    BACKBONES,
    DETECTORS,
    WeightsError,
    degrade,
    f1,
    find_hole,
    luminance,
    predict_damage,
    predict_kinds,
    restore,
)
from monochromic.core.backbones.vcnet import fresh
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect.detectors import LOGIT_BOOST, learned
from monochromic.core.detect.multiscale import (
    TILE,
    predict_tiled,
)
from monochromic.core.detect.networks import damage_network
from monochromic.core.io.files import hash_file
from monochromic.core.weights import WeightFile, add_entry, data_folder
from monochromic.core.weights.convert import describe, save_weights
from monochromic.core.weights.load import clear


def bring(network, variant):
    """Put a VCNet into the user's folder, as `monochromic weights convert` does with an authors' file."""
    path = data_folder() / "weights" / "mine.safetensors"
    told = {"license": "MIT", "source": "tests"}
    save_weights(path, network.state_dict(), describe(BACKBONES["vcnet"], variant, network, **told))
    whose = {"backbone": "vcnet", "variant": variant.id, "channels": "RGB", "trained_on": "nothing"}
    size = path.stat().st_size
    add_entry(WeightFile("mine", filename=path.name, sha256=hash_file(path), size=size, **whose, **told))


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
        clear()
        with torch.inference_mode():
            assert torch.equal(predict_damage(make_photo(), method), plain)
        assert torch.equal(predict_damage(make_photo(), method), plain)

    def test_progress_goes_to_its_end_and_can_stop_the_work(self, method):
        fractions = []
        photo = make_photo(1, 400, 700, batch=2)
        predict_damage(photo, method, progress=lambda done, total: fractions.append(done / total))
        assert fractions == sorted(fractions)
        assert fractions[0] == 0
        assert fractions[-1] == 1
        assert any(0.4 < fraction < 0.6 for fraction in fractions)

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
    @pytest.mark.parametrize("variant", BACKBONES["vcnet"].variants, ids=lambda variant: variant.id)
    def test_it_is_the_first_network_of_converted_weights(self, variant, channels):
        with torch.random.fork_rng():
            torch.manual_seed(1)
            network = fresh(channels, 4, variant.id == "official", finds=True).eval().requires_grad_(False)
        bring(network, variant)
        photo = make_photo(1, 250, 270)
        padded = F.pad(photo, (0, 2, 0, 6), mode="replicate")
        shown = {1: luminance(padded), 3: padded, 4: torch.cat([padded, luminance(padded)], 1)}[channels[0]]
        wanted = network.predict(shown)[..., :250, :270]
        assert wanted.std() > 0.001
        assert (predict_damage(photo, "vcnet") - wanted).abs().max() < 1e-5


MIN_F1 = {
    "scratch": 0.5,
    "crease": 0.38,
    "crackle": 0.25,
    "film_scratch": 0.1,
    "hair": 0.26,
    "fold": 0.37,
    "dust": 0.26,
    "torn_corner": 0.75,
    "worn_border": 0.75,
}
"""F1 of what is filled, before it grows, a little less than what is reached.

Of one kind alone on an undamaged photo: much of it is left then, as what little else tells that it is damage.
"""

ALWAYS = ("scratch",)

MAX_FILLED = {"astronaut": 0.002, "chelsea": 0.025, "coffee": 0.035, "rocket": 0.025}
"""Of clean photos at most so much is filled: what is still wrong with all but the first, so that it gets no worse."""


class TestLearned:
    """What the shipped network is worth at least; the figures are in docs/blind.md."""

    @pytest.mark.parametrize("kind", slow_but(ALWAYS, MIN_F1))
    def test_plain_damage_is_found(self, kind):
        photo = torch.cat([picture(name, 384, 384) for name in ("astronaut", "coffee", "chelsea")])
        reached = []
        for seed in (11, 12, 13):
            damaged = degrade(photo, kind, 0.2, seed=seed)
            reached.append(f1(find_hole(damaged.image, dilate=0).hole, damaged.hole).mean())
        assert sum(reached) / len(reached) > MIN_F1[kind]

    @pytest.mark.parametrize("name", MAX_FILLED)
    def test_most_of_clean_photos_stays_clean(self, name):
        photo = picture(name, 256, 384)
        assert find_hole(photo).hole.mean() <= MAX_FILLED[name]
        assert find_hole(luminance(photo)).hole.mean() <= MAX_FILLED[name]

    def test_a_thin_scratch_of_a_large_photo(self):
        photo = picture("astronaut", 1024, 1200)
        scratch = torch.zeros(1, 1, 1024, 1200)
        scratch[..., 200:800, 300:302] = 1
        lines = predict_kinds(photo.where(scratch == 0, torch.ones(())))[:, KIND_NAMES.index("lines")]
        assert lines[..., 210:790, 300:302].mean() > 0.8

    def test_tiles_leave_no_seams(self):
        """As found at once."""
        photo = degrade(picture("astronaut", 640, 1304), ["scratch", "stain", "text"], 0.5, seed=3).image

        def look(part):
            return damage_network(photo.device)(part).sigmoid()

        with torch.inference_mode():
            whole = predict_tiled(look, photo, tile=1304)
            apart = (predict_tiled(look, photo, TILE) - whole).abs()
        assert apart.max() < 0.15
        assert apart.mean() < 0.001

    def test_a_restored_clean_photo_is_the_photo(self):
        photo = luminance(picture("astronaut", 256, 384))
        hole = find_hole(photo, threshold=0.8, min_area=16).hole
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
        assert torch.allclose(raised[told], LOGIT_BOOST * marks[told].double(), atol=1e-2)

    def test_at_its_own_size_it_is_the_network(self):
        photo = picture("chelsea", 320, 384)
        with torch.inference_mode():
            assert (learned(photo) - damage_network(photo.device)(photo).sigmoid()).abs().max() < 1e-5


def test_every_finder_is_named_once():
    assert list(DETECTORS) == ["both", "learned", "vcnet", "classical"]
    assert all(name == detector.id for name, detector in DETECTORS.items())


class TestOverlays:
    def test_they_have_a_network_of_their_own_where_asked_for(self):
        photo = make_photo(1, 90, 120)
        plain, asked = predict_kinds(photo), predict_kinds(photo, overlays=True)
        index = KIND_NAMES.index("overlays")
        assert torch.equal(plain[:, :index], asked[:, :index])
        assert not torch.equal(plain[:, index:], asked[:, index:])
        assert torch.equal(predict_kinds(photo, "classical", overlays=True), predict_kinds(photo, "classical"))

    def test_progress_goes_through_both_networks(self):
        fractions = []
        predict_kinds(make_photo(), overlays=True, progress=lambda done, total: fractions.append(done / total))
        assert fractions == sorted(fractions)
        assert {fractions[0], fractions[-1]} == {0, 1}
        assert any(0.4 < fraction < 0.6 for fraction in fractions)

    @pytest.mark.parametrize("kind", ["plain_text", "constant"])
    def test_more_of_them_is_found(self, kind):
        """Than by the network for all kinds, of which the marks are."""
        found = plain = 0.0
        for seed, name in enumerate(MAX_FILLED):
            damaged = degrade(picture(name, 256, 256), kind, 0.2, seed)
            asked = find_hole(damaged.image, kinds=["overlays"], dilate=0)
            found += f1(asked.hole, damaged.hole).item() / len(MAX_FILLED)
            general = predict_kinds(damaged.image)[:, [KIND_NAMES.index("overlays")]] > 0.5
            plain += f1(general.float(), damaged.hole).item() / len(MAX_FILLED)
        assert found > plain + 0.1
