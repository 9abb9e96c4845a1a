"""What copying from examples promises, and that it continues texture where Telea's method smears it."""

import numpy as np
import pytest
import torch
from monochromic.core.backbones.patchmatch import PATCHMATCH, Matching, fill
from monochromic.core.backbones.patchmatch_parts import Level, first_level, gradients, halved, level_of, pyramid
from monochromic.core.backbones.telea import fill as telea
from monochromic.core.image.color import luminance
from skimage import data
from skimage.feature import local_binary_pattern
from skimage.metrics import structural_similarity

SIDE = 128
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]
PERIODIC = {
    "checks": ((ROWS // 8 + COLUMNS // 8) % 2) * 0.6 + 0.2,
    "finest checks": ((ROWS + COLUMNS) % 2) * 0.6 + 0.2,
    "stripes": 0.5 + 0.4 * np.sin((COLUMNS + 0.5 * ROWS) * 2 * np.pi / 11),
    "dots": 0.8 - 0.6 * ((ROWS % 10 < 4) & (COLUMNS % 7 < 3)),
}
TINY = [(1, 1), (1, 40), (40, 1), (2, 2), (3, 8), (7, 7), (12, 12), (5, 90)]


def box(height, width, rows, columns):
    hole = torch.zeros(1, 1, height, width, dtype=torch.bool)
    hole[..., slice(*rows), slice(*columns)] = True
    return hole


CENTRE = box(SIDE, SIDE, (44, 84), (40, 80))


def photo_of(gray, hole):
    """A gray array as the photo that a backbone gets."""
    gray = torch.as_tensor(np.asarray(gray, dtype=np.float32))[None, None]
    return gray.expand(1, 3, -1, -1).masked_fill(hole, 0)


def noise(height, width, hole, seed=0):
    image = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))
    return image.masked_fill(hole, 0)


def likeness(filled, gray, hole):
    """SSIM over the hole."""
    pasted = np.where(hole[0, 0], filled[0, 0], gray)
    return structural_similarity(pasted, np.asarray(gray), data_range=1, full=True)[1][hole[0, 0]].mean()


def texture(gray, where):
    """How often each local binary pattern is met."""
    codes = local_binary_pattern((gray * 255).round().astype(np.uint8), 8, 1, "uniform")[where]
    return np.bincount(codes.astype(int), minlength=10) / len(codes)


@pytest.mark.parametrize("name", PERIODIC)
def test_periodic_texture_goes_on(name):
    gray = PERIODIC[name]
    photo = photo_of(gray, CENTRE)
    ours = likeness(fill(photo, CENTRE), gray, CENTRE)
    assert ours > 0.95
    assert ours > likeness(telea(photo, CENTRE), gray, CENTRE) + 0.5


def test_bricks_are_nearer_the_truth_than_telea():
    gray = data.brick()[:SIDE, :SIDE] / 255
    photo = photo_of(gray, CENTRE)
    assert likeness(fill(photo, CENTRE), gray, CENTRE) > likeness(telea(photo, CENTRE), gray, CENTRE) + 0.1


@pytest.mark.parametrize("name", ["grass", "gravel", "brick"])
def test_texture_is_that_of_the_surroundings(name):
    gray = getattr(data, name)()[:SIDE, :SIDE] / 255
    photo, inside = photo_of(gray, CENTRE), CENTRE[0, 0].numpy()
    wanted = texture(gray, ~inside)

    def apart(filled):
        return np.abs(texture(np.where(inside, filled[0, 0], gray), inside) - wanted).sum()

    assert apart(fill(photo, CENTRE)) < 0.8 * apart(telea(photo, CENTRE))


def test_known_pixels_come_back_and_the_hole_is_within_their_range():
    image = noise(60, 70, hole := box(60, 70, (20, 41), (30, 55))) * 0.5 + 0.2
    gray = fill(image.masked_fill(hole, 0), hole)
    known = gray[~hole]
    assert torch.equal(known, luminance(image)[~hole])
    assert known.min() <= gray[hole].min() < gray[hole].max() <= known.max()


@pytest.mark.parametrize("size", TINY)
@pytest.mark.parametrize("kind", ["all", "thirds", "corner", "half", "all but one", "none"])
def test_tiny_pictures(size, kind):
    height, width = size
    number = torch.arange(height * width).view(1, 1, height, width)
    hole = {
        "all": number >= 0,
        "thirds": number % 3 == 0,
        "corner": number >= height * width - 2,
        "half": (number % width > width // 2) | (number // width > height // 2),
        "all but one": number > 0,
        "none": number < 0,
    }[kind]
    filled = fill(noise(height, width, hole), hole)
    assert filled.shape == hole.shape
    assert filled.dtype == torch.float32
    assert 0 <= filled.min() <= filled.max() <= 1


@pytest.mark.parametrize(
    ("rows", "columns"),
    [((0, 30), (0, 70)), ((25, 60), (10, 70)), ((0, 60), (30, 50)), ((3, 57), (3, 67)), ((0, 60), (8, 70))],
)
def test_holes_at_the_borders(rows, columns):
    """Checks go on where half of them is known."""
    gray = PERIODIC["checks"][:60, :70]
    hole = box(60, 70, rows, columns)
    filled = fill(photo_of(gray, hole), hole)
    known = filled[~hole]
    assert filled.isfinite().all()
    assert known.min() <= filled.min() <= filled.max() <= known.max()
    if hole.float().mean() < 0.6:
        assert likeness(filled, gray, hole) > 0.8


def test_without_examples_it_is_telea():
    hole = ~box(30, 30, (10, 13), (10, 13))
    image = noise(30, 30, hole)
    assert torch.equal(fill(image, hole), telea(image, hole))


def test_known_and_open_patches():
    level = Level(torch.zeros(3, 5, 6), box(5, 6, (2, 3), (3, 4))[0, 0], (2, 3))
    known = level.known.view(5, 6)
    opened = torch.zeros(30, dtype=torch.bool).index_fill(0, level.open, True).view(5, 6)
    for y in range(5):
        for x in range(6):
            inside = y + 2 <= 5 and x + 3 <= 6
            touches = y <= 2 < y + 2 and x <= 3 < x + 3
            assert known[y, x] == (inside and not touches)
            assert opened[y, x] == (inside and touches)


@pytest.mark.parametrize(("side", "stride"), [(40, 1), (160, 2), (601, 3)])
def test_every_pixel_of_the_hole_lies_in_some_patch_that_is_used(side, stride):
    """However far the used patches are apart, and at the borders too."""
    hole = torch.ones(side, side, dtype=torch.bool)
    hole[: side // 8] = False
    level = level_of(torch.zeros(3, side, side), hole, 7)
    assert level.stride == stride
    voted = torch.zeros(side * side, dtype=torch.bool)
    voted[level.open[:, None] + (torch.arange(7)[:, None] * side + torch.arange(7)).flatten()] = True
    assert voted.view(side, side)[hole].all()


def test_halving_averages_what_is_known():
    gray = torch.tensor([[0.2, 0.9, 0.4], [0.6, 0.9, 0.9], [0.1, 0.3, 0.8]])
    hole = torch.tensor([[0, 1, 0], [0, 1, 1], [0, 0, 0]]).bool()
    mean, left = halved(gray[None], hole)
    torch.testing.assert_close(mean[0], torch.tensor([[0.4, 0.4], [0.2, 0.8]]))
    assert not left.any()
    assert halved(gray[None], torch.tensor([[0, 1, 1], [1, 1, 1], [0, 0, 1]]).bool())[1].tolist() == [[1, 1], [0, 1]]


def test_gradients_are_those_between_known_pixels():
    """A slope of 0.01 along rows and 0.02 along columns, whatever lies in the hole and up to its rim."""
    rows, columns = torch.arange(20)[:, None], torch.arange(24)
    hole = box(20, 24, (6, 14), (7, 17))[0, 0]
    gray = torch.where(
        hole, torch.rand(20, 24, generator=torch.Generator().manual_seed(0)), rows * 0.02 + columns * 0.01
    )
    along_rows, along_columns = gradients(gray, hole)
    torch.testing.assert_close(along_rows[~hole], torch.full_like(gray[~hole], 0.01))
    torch.testing.assert_close(along_columns[~hole], torch.full_like(gray[~hole], 0.02))


def test_the_pyramid_halves_until_too_little_is_known():
    gray, hole = torch.rand(SIDE, SIDE, generator=torch.Generator().manual_seed(1)), CENTRE[0, 0]
    levels = pyramid(first_level(gray, hole))
    assert [level.hole.shape[0] for level in levels] == [128, 64, 32]
    thin = box(SIDE, SIDE, (64, 65), (10, 100))[0, 0]
    assert len(pyramid(first_level(gray, thin))) == 1


def test_the_rim_is_filled_before_the_middle():
    """A column of stripes that goes into the hole goes on through all of it before any search."""
    gray = torch.as_tensor(PERIODIC["stripes"][:40, :40], dtype=torch.float32)
    level = first_level(gray, box(40, 40, (12, 28), (12, 28))[0, 0])
    matching = Matching(level, torch.zeros_like(level.planes), torch.Generator().manual_seed(0))
    matching.fill_inwards()
    assert (matching.planes[0] - gray).abs().max() < 0.15
    assert level.known[matching.match[level.open]].all()


def test_every_run_gives_the_same_picture_and_leaves_random_numbers_alone():
    image = noise(60, 70, hole := box(60, 70, (20, 41), (30, 55)))
    state = torch.get_rng_state()
    assert torch.equal(fill(image, hole), fill(image, hole))
    assert torch.equal(state, torch.get_rng_state())


def test_texture_does_not_drift_to_what_is_smooth():
    """Half of the photo is gravel and half of it flat, of the same mean: a hole in the gravel gets gravel."""
    gray = data.gravel()[:SIDE, :SIDE] / 255
    gray = np.concatenate([gray, np.full((SIDE, SIDE), gray.mean())], 1)
    hole = box(SIDE, 2 * SIDE, (30, 98), (30, 98))
    filled, inside = fill(photo_of(gray, hole), hole)[0, 0].numpy(), hole[0, 0].numpy()
    assert filled[inside].std() > 0.7 * gray[inside].std()


def test_the_record():
    assert (PATCHMATCH.id, PATCHMATCH.fill, PATCHMATCH.multiple, PATCHMATCH.minimum) == ("patchmatch", fill, 1, 1)
