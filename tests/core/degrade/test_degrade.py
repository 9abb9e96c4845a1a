"""The damage: what it promises of masks and untouched pixels, and that each kind is what it is called."""

from functools import partial

import numpy as np
import pytest
import torch
from conftest import make_photo
from monochromic.core.damage_kinds import KIND_NAMES
from monochromic.core.degrade import ANY, KINDS, VISIBLE, Kind, degrade, draw_kind
from monochromic.core.degrade.kinds import by_id
from monochromic.core.degrade.scene import Layer, alpha_blend, coordinates
from monochromic.core.errors import InputError, UnknownNameError
from monochromic.nodes.degrade import Degrade


def burn(scene):
    """A brown disc at a random place."""
    rows, columns = coordinates(scene)
    x, y = scene.random_point()
    alpha = (np.hypot(columns - x, rows - y) < 20 * scene.unit).astype(np.float32)
    return Layer(alpha_blend(scene, np.array([0.2, 0.1, 0.0]), scene.by_difficulty(1, 0.3)), alpha)


BURN = Kind("burn", burn, "areas", sum(kind.frequency for kind in KINDS.values()) / 9)
"""A made-up kind, a tenth of all draws."""

SIZES = [(8, 8), (8, 70), (61, 8), (53, 90)]


def photo_of(height=96, width=128, seed=2, batch=1):
    return make_photo(seed, height, width, batch) * 0.9 + 0.05


def check(photo, found):
    """What holds for every kind."""
    b, _, h, w = photo.shape
    assert found.image.shape == photo.shape
    assert found.alpha.shape == found.hole.shape == (b, 1, h, w)
    assert found.kinds.shape == (b, len(KIND_NAMES), h, w)
    assert found.image.dtype == found.alpha.dtype == found.hole.dtype == photo.dtype
    assert 0 <= found.image.min() <= found.image.max() <= 1
    assert 0 <= found.alpha.min() <= found.alpha.max() <= 1
    assert set(found.hole.unique().tolist()) == {0, 1}, f"each attempt damages all or nothing of {h} x {w}"
    untouched = (found.alpha == 0).expand_as(photo)
    assert torch.equal(found.image[untouched], photo[untouched])
    change = (found.image - photo).abs().amax(1, keepdim=True)
    assert torch.equal(found.hole, ((found.alpha > 0.5) | (change > VISIBLE)).to(photo))
    assert change[found.hole == 0].max() <= VISIBLE


@pytest.mark.parametrize("kind", [*KINDS, ANY])
def test_masks_and_pixels(kind, untouched_rng):
    photo = photo_of(batch=2)
    for difficulty in (0, 0.5, 1):
        found = degrade(photo, kind, difficulty, seed=11)
        check(photo, found)
        again = degrade(photo.clone(), kind, difficulty, seed=11)
        assert all(map(torch.equal, found, again))
        assert not torch.equal(found.hole, degrade(photo, kind, difficulty, seed=12).hole)


@pytest.mark.parametrize("kind", KINDS)
def test_any_size_has_some_damage_and_some_photo(kind):
    for i, size in enumerate(SIZES * 3):
        photo = photo_of(*size)
        check(photo, degrade(photo, kind, (0, 0.5, 1)[i % 3], seed=i, other=photo_of(9, 30)))


def damage(kind, difficulty, photo, seeds=12):
    """Share of the photo in the hole, mean change there, and that summed over the photo; means over seeds."""
    found = degrade(photo.expand(seeds, -1, -1, -1), kind, difficulty, seed=100)
    change = (found.image - photo).abs().amax(1, keepdim=True)
    share = found.hole.mean((1, 2, 3))
    inside = (change * found.hole).mean((1, 2, 3))
    return share.mean(), (inside / share).mean(), inside.mean(), share


@pytest.mark.parametrize("kind", KINDS)
def test_difficulty(kind):
    """Seen at 0, of a sane size, and less and less to see."""
    photo = photo_of()
    plain, middle, hard = (damage(kind, difficulty, photo) for difficulty in (0, 0.5, 1))
    for share, _, _, every in (plain, middle, hard):
        assert 0.001 < share < 0.6
        assert every.max() < 0.8
    assert plain[1] > 1.5 * VISIBLE
    assert plain[2] > middle[2] > hard[2] > 0
    assert hard[2] < 0.6 * plain[2]


def test_every_kind_is_another():
    photo = photo_of()
    found = [degrade(photo, kind, 0, seed=1).hole for kind in KINDS]
    assert all(not torch.equal(a, b) for i, a in enumerate(found) for b in found[:i])


def test_any_draws_every_kind(monkeypatch):
    seen = []
    for name, kind in KINDS.items():
        paint = partial(lambda scene, name, paint: seen.append(name) or paint(scene), name=name, paint=kind.paint)
        monkeypatch.setitem(KINDS, name, kind._replace(paint=paint))
    degrade(photo_of(16, 16).expand(500, -1, -1, -1), ANY)
    assert set(seen) == set(KINDS)


def test_a_new_kind_takes_few_draws_from_others(monkeypatch):
    before = [draw_kind(seed) for seed in range(200)]
    monkeypatch.setitem(KINDS, "burn", BURN)
    after = [draw_kind(seed) for seed in range(200)]
    changed = [now for was, now in zip(before, after, strict=True) if was != now]
    assert set(changed) == {"burn"}  # a tenth of the draws, and of others none
    assert 8 <= len(changed) <= 36  # 20 expected; beyond either end one time in ten thousand


def test_a_new_kind_is_one_record(monkeypatch):
    """With a record more, it can be asked for and drawn; all else is as before, bit for bit."""
    photo = photo_of(48, 64)
    requests = [(kind, seed) for kind in (*KINDS, ANY, ("scratch", ANY)) for seed in range(3)]
    before = [degrade(photo, kind, 0.3, seed) for kind, seed in requests]
    monkeypatch.setitem(KINDS, "burn", BURN)
    for (kind, seed), was in zip(requests, before, strict=True):
        if ANY not in kind or draw_kind(seed, int(kind != ANY)) != "burn":
            assert all(map(torch.equal, degrade(photo, kind, 0.3, seed), was))
    burned = degrade(photo, "burn", 0, seed=1)
    check(photo, burned)
    assert burned.kinds[0].sum((1, 2)).nonzero().flatten().tolist() == [KIND_NAMES.index("areas")]
    seed = next(seed for seed in range(200) if draw_kind(seed) == "burn")
    assert all(map(torch.equal, degrade(photo, ANY, 0, seed), degrade(photo, "burn", 0, seed)))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_help_page_names_every_kind(root, language):
    page = root / "web" / "docs" / "MonochromicDegrade" / f"{language}.md"
    missing = [kind for kind in KINDS if f"`{kind}`" not in page.read_text()]
    assert not missing, f"name {missing} in {page}"


def test_an_id_is_there_once():
    assert list(by_id([BURN])) == ["burn"]
    with pytest.raises(ValueError, match="two kinds of damage with the id 'burn'"):
        by_id([BURN, *KINDS.values(), BURN])
    with pytest.raises(ValueError, match="the group of 'burn' must be one of lines, specks, .*, got 'area'"):
        by_id([BURN._replace(group="area")])
    with pytest.raises(ValueError, match="the frequency of 'burn' must be above 0, got 0; scratches have 1"):
        by_id([BURN._replace(frequency=0)])
    assert all(kind.id == name for name, kind in KINDS.items())


@pytest.mark.parametrize("kind", KINDS)
def test_the_map_of_kinds(kind):
    """Only the kind's own plane is marked, inside the hole, and nearly all of the layer is."""
    found = degrade(photo_of(), kind, 0.2, seed=3)
    place = KIND_NAMES.index(KINDS[kind].group)
    assert found.kinds.shape == (1, len(KIND_NAMES), *found.hole.shape[2:])
    assert found.kinds.sum((0, 2, 3)).nonzero().flatten().tolist() == [place]
    own = found.kinds[:, place : place + 1]
    assert (own <= found.hole).all()
    assert own.sum() >= 0.6 * (found.alpha > 0.5).sum()


def test_several_kinds_are_in_their_own_planes():
    photo = photo_of()
    both = degrade(photo, ["torn_corner", "text"], 0, seed=4).kinds[0].mean((1, 2))
    assert [name for name, share in zip(KIND_NAMES, both, strict=True) if share > 0] == ["lost", "overlays"]


def test_light_beside_a_crease_is_no_crack():
    """The flanks change the photo, and so are in the hole; only the crack is a line."""
    seeds = [degrade(photo_of(192, 256), "crease", 0, seed) for seed in range(8)]
    lines, hole = (sum(t.sum() for t in tensors) for tensors in zip(*((s.kinds, s.hole) for s in seeds), strict=True))
    assert 0 < lines < 0.9 * hole


def test_scale_makes_lines_thicker():
    photo = photo_of(192, 192)
    thin, thick = (
        sum(degrade(photo, "crackle", 0, seed, scale=scale).kinds.sum() for seed in range(6)) for scale in (0.7, 2)
    )
    assert thick > 1.5 * thin


def test_several_at_once():
    photo = photo_of()
    both = degrade(photo, ["missing_border", "scratch"], 0, seed=4)
    check(photo, both)
    first = degrade(photo, "missing_border", 0, seed=4)
    assert (both.alpha >= first.alpha).all()
    assert both.hole.sum() > first.hole.sum()


def test_gray_batch_and_dtype():
    gray = photo_of(batch=3)[:, :1]
    found = degrade(gray, "stain", 0.2, seed=8)
    check(gray, found)
    for i in range(3):
        assert torch.equal(found.image[i : i + 1], degrade(gray[i : i + 1], "stain", 0.2, seed=8 + i).image)
    check(gray.double(), degrade(gray.double(), "fold"))
    with torch.inference_mode():
        assert torch.equal(degrade(gray, "stain", 0.2, seed=8).image, found.image)


def test_free_form_is_the_published_blend():
    """I = O (1 - M) + N M with the other photo as N, half of the masks soft."""
    photo, other = photo_of(), photo_of(seed=5)
    soft = 0
    for seed in range(20):
        found = degrade(photo, "free_form", 0, seed, other)
        assert torch.allclose(found.image, photo * (1 - found.alpha) + other * found.alpha, atol=1e-5)
        soft += ((found.alpha > 0) & (found.alpha < 1)).any().item()
    assert 4 <= soft <= 16


def test_mosaic_keeps_the_mean_of_each_block():
    photo = photo_of()
    found = degrade(photo, "mosaic", 0, seed=3)
    inside = found.alpha[0, 0] == 1
    assert len(found.image[0, :, inside].unique(dim=1).T) < inside.sum() / 9
    assert abs(found.image - photo).mean() > 1e-3
    assert torch.allclose(found.image.mean(), photo.mean(), atol=5e-3)


def test_where_it_lies():
    """A torn corner holds a corner, a missing border whole sides, a fold goes from side to side."""
    photo = photo_of()
    for seed in range(8):
        torn = degrade(photo, "torn_corner", 0.3, seed).hole[0, 0]
        assert torn[[0, 0, -1, -1], [0, -1, 0, -1]].any()
        border = degrade(photo, "missing_border", 0.3, seed).hole[0, 0]
        assert any(line.all() for line in (border[0], border[-1], border[:, 0], border[:, -1]))
        assert not border[30:60, 40:80].any()
        fold = degrade(photo, "fold", 0.3, seed).hole[0, 0]
        assert fold.any(0).all() or fold.any(1).all()


def test_what_is_refused():
    photo = photo_of(16, 16)
    with pytest.raises(UnknownNameError, match="no kind of damage 'scrach'; did you mean 'scratch'"):
        degrade(photo, "scrach")
    with pytest.raises(InputError, match="at least one kind"):
        degrade(photo, [])
    with pytest.raises(InputError, match=r"at least 8 x 8 pixels, got \(1, 3, 7, 16\)"):
        degrade(photo[..., :7, :])
    with pytest.raises(InputError, match="difficulty must be from 0 to 1, got 1.5"):
        degrade(photo, "fold", 1.5)
    with pytest.raises(InputError, match="seed must be 0 or more, got -1"):
        degrade(photo, "fold", seed=-1)
    with pytest.raises(InputError, match="other must lie in"):
        degrade(photo, "fold", other=photo * 2)


def test_the_node_is_the_library():
    photo = photo_of(batch=2)
    image, mask, soft = Degrade().degrade(photo.movedim(1, -1), "text", 0.25, 2**64 - 1)
    found = degrade(photo, "text", 0.25, 2**64 - 1)
    assert torch.equal(image, found.image.movedim(1, -1))
    assert torch.equal(mask, found.hole[:, 0])
    assert torch.equal(soft, found.alpha[:, 0])
    assert Degrade.INPUT_TYPES()["required"]["seed"][1]["control_after_generate"]
    other = photo_of(seed=9).movedim(1, -1)
    assert not torch.equal(
        Degrade().degrade(photo.movedim(1, -1), "free_form", 0.0, 1)[0],
        Degrade().degrade(photo.movedim(1, -1), "free_form", 0.0, 1, other)[0],
    )
