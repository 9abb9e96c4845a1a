"""Photos with much damage are searched again, more readily; where hardly any is found, lines are left."""

import math

import numpy as np
import pytest
import torch
from conftest import make_photo
from damage_photos import disc, picture
from monochromic.core import degrade, find_hole
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.detect import second_look, summary
from monochromic.core.detect.along_edge import along_edge
from monochromic.core.detect.hysteresis import hysteresis_marks
from monochromic.core.detect.inner_lines import inner_lines, long_lines
from monochromic.core.detect.second_look import DAMAGED_SHARE, is_damaged, second_marks

WORN, CLEAN = "worn", "clean"


@pytest.fixture(scope="module")
def photos():
    """A photo with crackle over much of it, and the same without damage."""
    clean = picture("astronaut", 256, 256)
    return {WORN: degrade(clean, ["crackle", "fold"], 0.2, seed=3).image, CLEAN: clean}


@pytest.fixture
def looked_once(monkeypatch):
    """Take the second look away."""
    return lambda: monkeypatch.setattr(second_look, "DAMAGED_SHARE", 1.0)


def test_how_much_damage_is_much():
    filled = torch.zeros(1, 1, 100, 100, dtype=torch.uint8)
    filled.flatten()[: math.floor(DAMAGED_SHARE * 10_000)] = 1
    assert not is_damaged(filled)
    filled.flatten()[-1] = 1
    assert is_damaged(filled)


def test_it_drops_nothing_that_the_first_look_found():
    draw = torch.Generator().manual_seed(1)
    noise = torch.nn.functional.avg_pool2d(torch.rand(2, 1, 96, 120, generator=draw), 5, 1, 2)
    chance = ((noise - 0.5) * 20).sigmoid()
    for threshold in (0.0, 0.3, 0.6):
        first, second = (mark(chance, threshold, 3, margin=2.0) for mark in (hysteresis_marks, second_marks))
        assert (second >= first).all()
    assert second.sum() > first.sum() > 0


def test_it_keeps_the_sure_part_of_a_weak_mark():
    """A scratch that fades into a long edge of the scene: too few of its pixels are sure."""
    chance = torch.zeros(1, 1, 3, 80)
    chance[..., 1, :] = 0.05  # logit -2.9
    chance[..., 1, :20] = 0.2  # logit -1.4
    chance[..., 1, :8] = 0.9
    assert not hysteresis_marks(chance, 0.5, margin=4.0).any()
    assert second_marks(chance, 0.5, 0, margin=4.0)[0, 0, 1].sum() == 20


def test_a_worn_photo_is_found_more_of_and_a_clean_one_is_as_before(photos, looked_once):
    found = {name: find_hole(photo, dilate=0) for name, photo in photos.items()}
    looked_once()
    once = {name: find_hole(photo, dilate=0) for name, photo in photos.items()}
    for field in ("hole", "skipped", "margin", "marks"):
        assert torch.equal(getattr(found[CLEAN], field), getattr(once[CLEAN], field))
    assert (found[WORN].hole >= once[WORN].hole).all()
    assert found[WORN].hole.sum() > once[WORN].hole.sum()
    assert not (found[WORN].hole * found[WORN].skipped).any()


def test_each_photo_of_a_batch_is_looked_at_by_itself(photos):
    both = find_hole(torch.cat([photos[CLEAN], photos[WORN]]))
    for i, name in enumerate((CLEAN, WORN)):
        alone = find_hole(photos[name])
        for field in ("hole", "skipped", "margin", "marks"):
            assert torch.equal(getattr(both, field)[i : i + 1], getattr(alone, field))


def test_the_hole_of_a_worn_photo_is_wider():
    clean = picture("astronaut", 512, 512)
    damage = (["crackle", "fold", "dust"], 0.2, 3), (["hair", "dust"], 0.3, 1)
    photos = torch.cat([degrade(clean, *each).image for each in damage])
    usual, one, two = (find_hole(photos, dilate=grow) for grow in (None, 1, 2))
    for i, wide in enumerate((two, one)):
        assert usual.hole[i].any()
        assert torch.equal(usual.hole[i], wide.hole[i])
    assert torch.equal(find_hole(photos[:1]).hole, usual.hole[:1])


def test_filters_alone_have_none(photos, monkeypatch):
    scratched = degrade(photos[CLEAN], "scratch", 0, seed=1).image
    holes = []
    for share in (0.0, 1.0):
        monkeypatch.setattr(second_look, "DAMAGED_SHARE", share)
        holes.append(find_hole(scratched, "classical").hole)
    assert holes[0].any()
    assert torch.equal(*holes)


def test_paper_that_shows_in_a_worn_photo_is_filled(monkeypatch):
    marks = torch.zeros(1, 5, 256, 256)
    marks[:, 2:3] = chip = disc(120, 150, 5, 256, 256)
    photo = (0.4 + 0.02 * torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(0))).where(
        chip == 0, torch.tensor(0.8)
    )
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: 0.9 * marks)
    assert not find_hole(photo, dilate=0).hole.any()
    marks[:, 0, 30:33] = marks[:, 0, 60:63] = 1  # creases across
    assert torch.equal(find_hole(photo, dilate=0).hole, marks.amax(1, keepdim=True))


@pytest.mark.parametrize(("count", "tone", "filled"), [(4, 0.8, False), (8, 0.8, True), (8, 0.35, False)])
def test_enough_paper_that_shows_makes_a_photo_worn(monkeypatch, count, tone, filled):
    """Chips of 0.12 % each: as thick parts they are left, unless they tell by themselves that the photo is worn."""
    marks = torch.zeros(1, 5, 256, 256)
    marks[:, 2:3] = chips = torch.stack([disc(40 + 25 * i, 60 + 20 * i, 5, 256, 256) for i in range(count)]).amax(0)
    photo = (0.4 + 0.02 * torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(0))).where(
        chips == 0, torch.tensor(tone)
    )
    faint = torch.zeros(1, 1, 256, 256)
    faint[..., 234:236, 20:200] = 1  # what only a second look finds
    marks[:, :1] = faint / 2
    monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: 0.9 * marks)
    assert torch.equal(find_hole(photo, dilate=0).hole, (chips + faint) * filled)


LINES, SPECKS, LOST, *_ = range(len(KIND_NAMES))


@pytest.fixture
def found_in(monkeypatch):
    """`find_hole` in photos where the network sees what the test says, (B, 5, H, W)."""

    monkeypatch.setattr("monochromic.core.detect.look.has_but_a_few_marks", lambda *_: False)
    monkeypatch.setattr("monochromic.core.detect.look.smooth_lines", lambda lines: lines * 0)
    for rule in ("blank_parts", "beds"):  # what looks lost is not drawn
        monkeypatch.setattr(f"monochromic.core.detect.look.{rule}", lambda lost, *_: lost * 0)

    def find(seen, **options):
        monkeypatch.setattr("monochromic.core.detect.stage.predict_kinds", lambda *_, **__: seen.clone())
        return find_hole(0.2 + 0.5 * make_photo(1, *seen.shape[-2:]).expand(len(seen), -1, -1, -1), dilate=0, **options)

    return find


def marked(*marks, side=400):
    """Marks as (kind, rows, columns), and a speck of 9 pixels; as one of a batch of its own, (1, 5, side, 500)."""
    kinds = torch.zeros(1, 5, side, 500)
    for kind, rows, columns in marks:
        kinds[0, kind, rows, columns] = 0.99
    kinds[0, SPECKS, 300:303, 200:203] = 0.9
    return kinds


ROWS = slice(100, 102)
SCRATCH = LINES, ROWS, slice(50, 350)
SHORT = LINES, ROWS, slice(50, 150)
BRIEF = LINES, ROWS, slice(50, 88)  # less than a tenth of the shorter side
FOLD = LINES, ROWS, slice(0, 500)
CREASES = (LINES, ROWS, slice(0, 110)), (LINES, ROWS, slice(390, 500))
DUST = tuple(
    (SPECKS, slice(y, y + 3), slice(x, x + 3))
    for y, x in np.random.default_rng(1).integers((120, 10), (290, 490), (45, 2))
)
MANY = tuple((LINES, slice(y, y + 3), slice(20, 480)) for y in (30, 42, 54, 66, 320, 332, 344, 356))
FORK = LINES, slice(92, 94), slice(0, 6)
TORN, WORN_CORNER, LOST_CORNER = ((LOST, slice(0, side), slice(0, side)) for side in (20, 42, 48))


@pytest.mark.parametrize(
    ("seen", "options", "left"),
    [
        (marked(SHORT), {}, True),
        (marked(SCRATCH), {}, True),  # twice as much as the least of other marks
        (marked(SCRATCH), {"guard": False}, False),
        (marked(SCRATCH), {"method": "classical"}, False),
        (marked(SCRATCH), {"kinds": ["lines"]}, False),  # asked for alone
        (marked(SCRATCH), {"kinds": ["lines", "specks", "lost", "areas"]}, True),
        (marked(SCRATCH, *DUST), {}, True),  # long, and no fold
        (marked(BRIEF, *DUST), {}, False),
        (marked(SCRATCH, TORN), {}, True),
        (marked(BRIEF, TORN), {}, False),
        (marked(SCRATCH, WORN_CORNER), {}, True),  # looked at twice
        (marked(SCRATCH, LOST_CORNER), {}, False),  # over 1 % of the photo
        (marked(FOLD, *DUST), {}, False),
        (marked(SCRATCH, *DUST, *MANY[:2]), {}, False),  # 1.7 % in lines
        (marked(SCRATCH, *DUST), {"guard": False}, False),
        (marked(SCRATCH, *MANY), {}, False),
        (marked(SCRATCH, *MANY[:2]), {}, True),
        (marked(SCRATCH, *MANY[:2], side=399), {}, False),
        (marked(FOLD), {}, False),
        (marked((LINES, ROWS, slice(15, 485))), {}, False),  # the print ends before the scan does
        (marked((LINES, ROWS, slice(20, 480))), {}, True),
        (marked(*CREASES), {}, True),  # two, or a wire behind something
        (marked((LINES, ROWS, slice(0, 350)), (LINES, ROWS, slice(374, 500))), {}, False),  # a fold in two pieces
        (marked((LINES, ROWS, slice(0, 350))), {}, True),  # cut off at one side: a rope
        (marked((LINES, ROWS, slice(0, 350)), (LINES, slice(92, 110), 5), FORK), {}, True),  # frayed
        (marked((LINES, ROWS, slice(0, 90)), (LINES, ROWS, slice(410, 500))), {}, True),  # too short for folds
        (marked(SCRATCH, side=320), {}, True),
        (marked((LOST, ROWS, slice(50, 150))), {}, False),
        (marked(SHORT, (LOST, ROWS, slice(50, 150))), {}, False),
    ],
)
def test_lines_are_left_where_hardly_anything_else_is_found(found_in, seen, options, left):
    found = found_in(seen, **options)
    assert bool(found.hole[..., ROWS, :].any()) is not left
    assert torch.equal(found.skipped[..., ROWS, :] > 0, (seen[:, :1, ROWS] > 0) & left)
    if "kinds" not in options:
        assert found.hole[..., 300:303, :].any()
    assert ("doubtful line" in summary(found)[0]) is left


def test_folds_end_at_the_margin():
    fold = torch.zeros(1, 1, 400, 500, dtype=torch.uint8)
    fold[..., ROWS, 40:460] = 1
    margin = torch.zeros_like(fold)
    assert torch.equal(inner_lines(fold, margin), fold)
    margin[..., :38] = margin[..., 462:] = 1
    assert not inner_lines(fold, margin).any()
    both = inner_lines(torch.cat([fold, fold]), torch.cat([margin, margin * 0]))
    assert both.flatten(1).any(1).tolist() == [False, True]


def test_each_fold_meets_the_edge_twice_by_itself():
    """It may be found in pieces with little between them."""
    fold, rope, short, gap = (torch.zeros(1, 1, 400, 500, dtype=torch.uint8) for _ in range(4))
    fold[..., ROWS, :], rope[..., 200:202, :300], short[..., 250, 50:88], gap[..., ROWS, 300:324] = 1, 1, 1, 1
    margin = torch.zeros_like(fold)
    assert torch.equal(inner_lines(fold | rope | short, margin), rope | short)
    assert torch.equal(inner_lines((fold | rope) & (1 - gap), margin), rope)
    pieces = (fold | rope) & (1 - (gap | gap.roll(24, -1)))
    assert torch.equal(inner_lines(pieces, margin), pieces)


def test_long_lines_extend_over_a_tenth_of_the_shorter_side():
    lines = torch.zeros(1, 1, 400, 500, dtype=torch.uint8)
    lines[..., 250, 50:88], lines[..., 300, 50:92] = 1, 1
    assert torch.equal(long_lines(lines), lines * (torch.arange(400) > 260)[:, None])


def test_what_runs_along_the_edge_is_no_fold(found_in):
    """It meets the edge at both ends, as a fold further inside does; beside a margin too. It is left in worn photos."""
    margin = torch.zeros(1, 1, 400, 500, dtype=torch.uint8)
    for row, is_fold in ((12, False), (22, False), (45, True)):
        line = torch.zeros_like(margin)
        line[..., row : row + 2, :] = 1
        assert torch.equal(along_edge(line, margin), line * (not is_fold))
        worn = marked(*MANY[3:], FOLD, (LINES, slice(row, row + 2), slice(0, 500)))
        assert bool(found_in(worn).hole[..., row : row + 2, :].any()) is is_fold
        assert found_in(worn, kinds=["lines"]).hole[..., row : row + 2, :].any()
    short = line.roll(-33, -2) * (torch.arange(500) < 98)
    assert not along_edge(short, margin).any()
    margin[..., :25, :] = 1
    assert torch.equal(along_edge(line, margin), line)


RIM = LOST, slice(100, 260), slice(0, 12)


@pytest.mark.parametrize(
    ("marks", "options", "left"),
    [
        ([RIM], {}, True),
        ([RIM, *DUST, BRIEF], {}, True),
        ([RIM, *DUST, TORN, BRIEF], {}, False),  # over 0.4 % of the photo in other marks
        ([RIM], {"guard": False}, False),
        ([RIM], {"kinds": ["lost"]}, False),
        ([RIM], {"kinds": ["lines", "specks", "lost", "areas"]}, True),
        ([(LOST, RIM[1], slice(0, 40))], {}, False),
        ([(LOST, RIM[1], slice(200, 212))], {}, False),
        ([(LOST, slice(100, 190), RIM[2])], {}, False),  # less than a quarter of the shorter side
    ],
)
def test_lost_parts_along_the_edge_are_left_where_hardly_anything_else_is_found(found_in, marks, options, left):
    seen = marked(*marks)
    found = found_in(seen, **options)
    lost = (seen[:, LOST : LOST + 1] > 0) & (torch.arange(400) > 50)[:, None]
    assert torch.equal((found.hole > 0) & lost, lost & (not left))
    assert torch.equal((found.skipped > 0) & lost, lost & left)


def test_lines_are_left_in_each_photo_by_itself(found_in):
    found = found_in(torch.cat([marked(FOLD), marked(SHORT)]))
    assert found.hole[:, :, ROWS].flatten(1).any(1).tolist() == [True, False]
