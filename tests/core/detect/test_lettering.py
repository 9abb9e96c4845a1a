"""Lines and specks that are lettering are left, and real marks of damage are not taken for it."""

import numpy as np
import pytest
import torch
from monochromic.core import degrade, find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect import lettering as module
from monochromic.core.detect import summary
from monochromic.core.detect.lettering import Lettering
from monochromic.core.detect.second_look import DAMAGED_SHARE, HARDLY_SHARE
from PIL import Image, ImageDraw, ImageFont
from skimage import data, filters

LINES, SPECKS, LOST, AREAS, OVERLAYS = range(len(KIND_NAMES))


def to_photo(pixels):
    return torch.from_numpy(np.atleast_3d(pixels)).permute(2, 0, 1)[None].float() / 255


def title(side, size=24):
    """Letters of Pillow's own font, uint8 (1, 1, side, side) of 0 and 1."""
    canvas = Image.new("L", (side, side))
    ImageDraw.Draw(canvas).text((side // 6, side // 8), "Grandmother 1912", 255, ImageFont.load_default(size))
    return torch.from_numpy(np.asarray(canvas) > 127)[None, None].byte()


def lettering(marks, photo):
    return Lettering(photo).among(marks)


def share_of(part, whole):
    return (part.sum() / whole.sum()).item()


@pytest.fixture(scope="module")
def letters():
    return title(512)


@pytest.fixture(scope="module")
def photo(letters):
    """A photo with a light title."""
    return to_photo(data.astronaut()).masked_fill(letters > 0, 0.92)


@pytest.mark.parametrize("size", [14, 24, 40])
def test_a_title_is_lettering(size):
    letters = title(512, size)
    photo = to_photo(data.camera()).masked_fill(letters > 0, 0.95)
    assert share_of(lettering(letters, photo), letters) > 0.8


def test_a_scanned_page_is_lettering():
    page = data.page()
    ink = torch.from_numpy(page < filters.threshold_local(page, 31, offset=20))[None, None].byte()
    assert share_of(lettering(ink, to_photo(page)), ink) > 0.7


@pytest.mark.parametrize("kind", ["scratch", "film_scratch", "crease", "crackle", "hair", "dust"])
def test_damage_is_no_lettering(kind):
    damaged = degrade(to_photo(data.camera()), kind, 0.5, 3)
    marks = (damaged.hole > 0).byte()
    assert share_of(lettering(marks, damaged.image), marks) < 0.05


def test_a_scratch_across_a_title_is_none(photo, letters):
    """A mark is judged as a whole."""
    scratch = torch.zeros_like(letters)
    scratch[..., 76:78, :] = 1
    assert (scratch & letters).any()
    assert not lettering(scratch, photo).any()


def test_a_letter_that_is_not_seen_counts_beside_others(photo, letters):
    """A gray full stop at the end of the title counts, one far from it does not."""
    marks = torch.zeros_like(letters)
    right = letters.nonzero()[:, 3].max()
    marks[..., 78:81, right + 3 : right + 6] = 1
    marks[..., 300:303, 100:103] = 1
    assert torch.equal(lettering(marks, photo).nonzero(), marks[..., :200, :].nonzero())


def test_a_photo_is_looked_at_once_and_only_for_marks(photo, letters, monkeypatch):
    looks = []
    predict = module.predict_on_copy
    monkeypatch.setattr(module, "predict_on_copy", lambda *given: looks.append(1) or predict(*given))
    seen = Lettering(photo)
    assert not seen.among(letters * 0).any()
    assert not looks
    assert torch.equal(seen.among(letters), seen.among(letters))
    assert len(looks) == 1


@pytest.fixture
def found_in(photo, monkeypatch):
    """`find_hole` where the network sees what the test says, (1, 5, 512, 512), in the photo or in others as large.

    Letters stand in rows and amid others, by which those that look like specks would be left, too.
    """
    monkeypatch.setattr("monochromic.core.detect.look.has_but_a_few_marks", lambda *_: False)
    monkeypatch.setattr("monochromic.core.detect.look.smooth_lines", lambda lines: lines * 0)
    for rule in ("speck_rows", "texture_specks", "amid_edges", "ring_specks"):
        monkeypatch.setattr(f"monochromic.core.detect.doubtful_specks.{rule}", lambda specks: specks.contrast > 1)

    def find(seen, image=photo, **options):
        monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
        return find_hole(image, dilate=0, **options)

    return find


def test_each_photo_by_itself(photo, letters, found_in):
    plain = to_photo(data.astronaut())
    kinds = torch.zeros(2, 5, 512, 512)
    kinds[:, SPECKS] = 0.99 * letters[0]
    found = found_in(kinds, torch.cat([photo, plain]))
    assert share_of(found.skipped[0], letters) > 0.8
    assert share_of(found.hole[1], letters) > 0.8


def scratch_beside(letters, pixels, probability):
    """Letters, and a scratch of so many pixels, 2 wide, below them; all as lines, (1, 5, 512, 512)."""
    kinds = torch.zeros(1, 5, 512, 512)
    kinds[:, LINES] = 0.9 * letters[0]
    kinds[:, LINES, 300:302, 50 : 50 + pixels // 2] = probability
    return kinds


def sprinkle(kinds, rows):
    """Specks of 2 x 2 pixels, in place."""
    for i, j in np.ndindex(2, 2):
        kinds[:, SPECKS, rows.start + i : rows.stop : 6, 50 + j : 250 : 6] = 0.99


def test_letters_do_not_count_as_damage_where_there_is_hardly_any(letters, found_in):
    """Specks beside a short scratch are what counts."""
    kinds = scratch_beside(letters, 400, 0.99)
    kinds[:, LINES, 300:302, 95:] = 0
    kinds[:, SPECKS, 300:303, 400:403] = 0.9
    assert not found_in(kinds).hole[..., :300].any()
    sprinkle(kinds, slice(350, 390))
    assert HARDLY_SHARE < kinds[:, SPECKS].bool().float().mean() < DAMAGED_SHARE
    assert found_in(kinds).hole[..., 300:302, 50:95].all()


def test_letters_do_not_make_a_photo_worn(letters, found_in, monkeypatch):
    """A scratch that only the second look finds, below a title that covers more than what makes it look."""
    letters = torch.stack([letters.roll(40 * i, 2) for i in range(4)]).amax(0)
    photo = to_photo(data.camera()).masked_fill(letters > 0, 0.95)
    kinds = scratch_beside(letters, 700, 0.9)
    kinds[:, LINES, 400:402, 50:400] = 0.45
    sprinkle(kinds, slice(420, 450))
    monkeypatch.setattr("monochromic.core.detect.look.stark_lines", lambda lines, *_: lines * 0)  # letters are, too
    assert not found_in(kinds, photo).hole[..., 400:402, :].any()
    monkeypatch.setattr(Lettering, "among", lambda _, marks: marks * 0)
    assert found_in(kinds, photo).hole[..., 400:402, :].any()


def test_the_second_look_leaves_letters_that_it_finds(photo, letters, found_in):
    kinds = scratch_beside(letters, 700, 0.9)
    kinds[:, LINES, 200:206, :] = 0.9
    kinds[:, LINES, :150, 256:] *= 0.5
    found = found_in(kinds)
    assert found.marks[:, OVERLAYS, :, 256:].any()
    assert not (found.hole * lettering(letters, photo)).any()


@pytest.mark.parametrize(
    ("found_as", "options", "left"),
    [
        ([LINES], {}, True),
        ([SPECKS], {}, True),
        ([LINES, SPECKS], {}, True),
        ([LOST], {}, False),
        ([LINES, LOST], {}, False),
        ([LINES], {"guard": False}, False),
        ([LINES], {"kinds": ["lines", "overlays"]}, False),  # asked for
    ],
)
def test_lettering_that_is_found_becomes_an_overlay(photo, letters, found_in, found_as, options, left):
    speck = torch.zeros(1, 512, 512)
    speck[:, 300:303, 100:103] = 0.9
    kinds = torch.zeros(1, 5, 512, 512)
    kinds[:, SPECKS] = speck
    kinds[:, found_as] += 0.9 * letters[0]
    seen = lettering(letters, photo)
    found = found_in(kinds, **options)
    assert bool((found.hole * seen).any()) is not left
    for planes in (found.marks, found.kinds):
        assert bool((planes[:, OVERLAYS] * seen[0]).any()) is left
        assert bool((planes[:, found_as] * seen).any()) is not left
    assert torch.equal(found.probability, kinds.amax(1, keepdim=True))
    if left:
        assert torch.equal(found.skipped, seen.to(found.skipped))
        assert "not filled: 1 overlay of" in summary(found)[0]
        assert (found.hole * speck).any()
