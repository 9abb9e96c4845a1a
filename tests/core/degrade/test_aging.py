"""Old prints and scans: the same shape and range, drawn by the generator alone, and each effect is at work."""

import numpy as np
import pytest
from conftest import make_photo
from monochromic.core.degrade.aging import make_old, scan


def photo_of(height=61, width=83):
    return make_photo(2, height, width)[0].permute(1, 2, 0).numpy().copy()


def seeds(function, count=60):
    photo = photo_of()
    return photo, [function(photo.copy(), np.random.default_rng(seed)) for seed in range(count)]


@pytest.mark.parametrize("function", [make_old, scan])
def test_shape_range_and_generator(function, untouched_rng):
    photo, results = seeds(function, 20)
    for seed, result in enumerate(results):
        assert result.shape == photo.shape
        assert result.dtype == np.float32
        assert 0 <= result.min() <= result.max() <= 1
        assert np.array_equal(result, function(photo.copy(), np.random.default_rng(seed)))
    assert not np.array_equal(results[0], results[1])


def test_most_old_prints_are_gray_or_of_one_tone():
    """Gray within 0.06, or not: make_old keeps the colors of about a third, and tones some of the gray ones."""
    _, results = seeds(make_old)
    spread = np.array([(r - r.mean(2, keepdims=True)).std((0, 1)).max() for r in results])
    assert 0.4 < np.mean(spread < 0.06) < 0.95


def test_some_old_prints_lie_on_paper():
    """Blank rows or columns at a side, which the photo does not have."""
    photo, results = seeds(make_old, 120)

    def blank(picture):
        sides = (picture[0], picture[-1], picture[:, 0], picture[:, -1])
        return any(np.ptp(side, axis=0).max() < 1e-3 for side in sides)

    assert not blank(photo)
    assert 3 <= sum(map(blank, results)) <= 40


def test_scans_change_fine_detail_and_not_the_picture():
    photo, results = seeds(scan)
    for result in results:
        assert abs(result.mean() - photo.mean()) < 0.03
    assert sum(not np.array_equal(result, photo) for result in results) > 50
