"""The detector without weights: what it finds, what it leaves alone, and what it promises."""

import math

import pytest
import torch
from conftest import make_photo
from monochromic.core.degrade import degrade
from monochromic.core.detect.filters import find_damage, find_marks
from monochromic.core.errors import InputError


def photo_of(height=192, width=224, seed=2, batch=1):
    return make_photo(seed, height, width, batch) * 0.7 + 0.15


def f1(found, hole):
    hit = ((found > 0.5) & (hole > 0)).sum()
    return float(2 * hit / ((found > 0.5).sum() + hole.sum()))


def drawn_line(angle, width, height=192, wide=224):
    """A bool line across the middle, (H, W)."""
    y, x = torch.meshgrid(torch.arange(height) - height / 2, torch.arange(wide) - wide / 2, indexing="ij")
    across = (y * math.cos(angle) - x * math.sin(angle)).abs()
    along = (y * math.sin(angle) + x * math.cos(angle)).abs()
    return (across <= width / 2) & (along < 60)


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("degrees", range(0, 180, 15))
def test_a_line_of_any_direction(degrees, value):
    line = drawn_line(math.radians(degrees), 2.2)
    found = find_damage(torch.where(line, value, photo_of()))[0, 0] > 0.5
    assert (found & line).sum() > 0.9 * line.sum()
    assert (found & ~line).sum() < 0.6 * line.sum()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_specks_whole_and_nothing_else(value):
    photo, specks = photo_of(), torch.zeros(192, 224, dtype=torch.bool)
    for i in range(20):
        y, x = 8 + 37 * i % 176, 8 + 53 * i % 208
        specks[y : y + 2 + i % 2, x : x + 3] = True
    found = find_damage(torch.where(specks, value, photo))[0, 0] > 0.5
    assert (found & specks).sum() > 0.9 * specks.sum()
    assert (found & ~specks).sum() < specks.sum()


@pytest.mark.parametrize("kind", ["scratch", "dust"])
def test_the_degradation_model(kind):
    plain = degrade(photo_of(batch=4), kind, 0, seed=3)
    assert f1(find_damage(plain.image), plain.hole) > 0.6
    middle = degrade(photo_of(batch=4), kind, 0.5, seed=3)
    assert f1(find_damage(middle.image), middle.hole) > 0.5


def test_clean_photos_stay_clean():
    generator = torch.Generator().manual_seed(1)
    grainy = (photo_of(batch=3) + 0.03 * torch.randn(3, 3, 192, 224, generator=generator)).clamp(0, 1)
    for clean in (photo_of(batch=3), grainy):
        assert (find_damage(clean) > 0.5).float().mean() < 0.002


def test_texture_is_no_damage():
    """A line of a height that texture has everywhere counts on calm ground only."""
    noise = torch.randn(1, 1, 192, 224, generator=torch.Generator().manual_seed(4))
    texture = torch.nn.functional.avg_pool2d(noise, 3, 1, 1) * 0.5
    line = drawn_line(0.3, 2.2)
    for ground, low, high in ((photo_of(), 0.9, 1.0), ((photo_of() + texture).clamp(0, 1), 0.0, 0.2)):
        found = find_damage(torch.where(line, (ground + 0.15).clamp(0, 1), ground))[0, 0] > 0.5
        assert low <= found[line].float().mean() <= high
        assert found[~line].float().mean() < 0.01


def grainy_ground(level=0.45, height=240, width=320):
    """Gray with the grain of a scan, (1, 3, H, W)."""
    grain = 0.012 * torch.randn(1, 1, height, width, generator=torch.Generator().manual_seed(6))
    return (level + grain).clamp(0, 1).expand(-1, 3, -1, -1)


def test_a_line_is_in_the_first_channel_and_a_speck_in_the_second():
    photo = grainy_ground()
    photo = photo.clone()
    photo[..., 60:62, 40:280] = 0.9
    photo[..., 180:183, 100:103] = 0.9
    lines, specks = find_marks(photo)[0] > 0.5
    assert lines[60:62, 44:276].float().mean() > 0.95
    assert specks[180:183, 100:103].all()
    assert lines.sum() < 2 * 480
    assert specks.sum() <= 25
    assert torch.equal(find_damage(photo), find_marks(photo).amax(1, keepdim=True))


def test_a_faint_fold_across_the_whole_photo():
    """15 levels of 255 above its ground, broken off every 40 pixels, and a dark flank below it."""
    photo = grainy_ground().clone()
    photo[..., 120:122, :] += 15 / 255
    photo[..., 122:124, :] -= 12 / 255
    for x in range(0, 320, 40):
        photo[..., 120:124, x : x + 6] = grainy_ground()[..., 120:124, x : x + 6]
    lines = find_marks(photo)[0, 0] > 0.5
    near = lines[118:126].any(0)
    assert near.float().mean() > 0.8
    assert lines[:110].sum() + lines[134:].sum() < 0.001 * lines.numel()


def halftone(height=240, width=320, pitch=5):
    """Dots of 45 degrees, larger where the picture is darker."""
    y, x = torch.meshgrid(torch.arange(height).float(), torch.arange(width).float(), indexing="ij")
    screen = torch.cos((x + y) * 2 * math.pi / pitch / 1.4) + torch.cos((x - y) * 2 * math.pi / pitch / 1.4)
    return (0.5 + 0.25 * screen * (0.5 + x / width / 2)).clamp(0, 1).expand(1, 3, -1, -1)


def foliage(height=240, width=320):
    """A thousand small bright and dark leaves."""
    noise = torch.randn(1, 1, height, width, generator=torch.Generator().manual_seed(8))
    leaves = torch.nn.functional.avg_pool2d(noise, 3, 1, 1) * 3
    return (0.45 + 0.2 * leaves.tanh()).clamp(0, 1).expand(-1, 3, -1, -1)


def checker(height=240, width=320, side=4):
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (0.3 + 0.4 * ((y // side + x // side) % 2)).float().expand(1, 3, -1, -1)


@pytest.mark.parametrize("texture", [halftone, foliage, checker])
def test_a_crowd_of_small_things_is_texture(texture):
    lines, specks = find_marks(texture())[0] > 0.5
    assert specks.float().mean() < 0.001
    assert lines.float().mean() < 0.005


def test_dust_counts_on_calm_ground_and_not_in_foliage():
    """The same ten specks, on calm ground and on texture as high as they are."""
    found = []
    for photo in (grainy_ground().clone(), foliage().clone()):
        for i in range(10):
            photo[..., 20 + 20 * i, 17 + 28 * i : 20 + 28 * i] = 0.65
            photo[..., 21 + 20 * i, 17 + 28 * i : 20 + 28 * i] = 0.65
        specks = find_marks(photo)[0, 1] > 0.5
        found.append(sum(bool(specks[20 + 20 * i : 22 + 20 * i, 17 + 28 * i : 20 + 28 * i].any()) for i in range(10)))
    assert found[0] == 10
    assert found[1] <= 1


def test_gradients_and_steps_hold_nothing():
    ramp = torch.linspace(0.1, 0.9, 320).expand(1, 3, 240, 320).clone()
    ramp[..., 100:, :] = ramp[..., 100:, :].flip(-1)
    assert (find_marks(ramp) > 0.5).sum() == 0


def test_large_photos_are_searched_on_a_smaller_copy(monkeypatch):
    monkeypatch.setattr("monochromic.core.detect.filters.planes.WORKING_PIXELS", 40_000)
    photo = grainy_ground().clone()
    photo[..., 60:63, 40:280] = 0.9
    found = find_marks(photo)[0, 0] > 0.5
    assert found[60:63, 50:270].float().mean() > 0.9
    assert found.sum() < 3 * 720


def test_wide_marks_on_large_photos():
    """Eight pixels wide: nothing for the photo itself, a scratch for a reduced copy."""
    photo = torch.nn.functional.interpolate(photo_of(), scale_factor=4, mode="bilinear")
    photo[..., 300:308, 200:700] = 1
    found = find_damage(photo)[0, 0] > 0.5
    assert found[300:308, 220:680].float().mean() > 0.9
    assert found.float().mean() < 0.01


def test_shape_range_batch_and_repeat(untouched_rng):
    photo = degrade(photo_of(61, 83, batch=2), "scratch", 0.2, seed=1).image
    found = find_damage(photo)
    assert found.shape == (2, 1, 61, 83)
    assert found.dtype == photo.dtype
    assert 0 <= found.min() <= found.max() <= 1
    assert find_marks(photo).shape == (2, 2, 61, 83)
    assert torch.equal(found[1:], find_damage(photo[1:]))
    assert torch.equal(found, find_damage(photo.clone()))
    assert find_damage(photo.double()).dtype == torch.float64


def test_gray_photos():
    gray = degrade(photo_of()[:, :1], "scratch", 0, seed=5)
    assert torch.equal(find_damage(gray.image), find_damage(gray.image.expand(-1, 3, -1, -1)))
    assert f1(find_damage(gray.image), gray.hole) > 0.5


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (8, 8), (13, 300)])
def test_thin_sizes(size):
    assert find_damage(photo_of(64, 320)[..., : size[0], : size[1]]).shape == (1, 1, *size)


def test_what_is_refused():
    with pytest.raises(InputError, match="divide 8-bit values"):
        find_damage(torch.zeros(1, 3, 8, 8, dtype=torch.uint8))
