"""Metrics against scikit-image and torchmetrics."""

import math

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import InputError, UnknownNameError, l1, measure, mse, psnr, ssim, tv
from monochromic.core.metrics import format_table, mean_scores
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional.image import structural_similarity_index_measure, total_variation

WANG = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0, "channel_axis": 2}


@pytest.fixture
def pair():
    a = make_photo(1, 64, 48, batch=2).double()
    noise = torch.randn(a.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return a, (a + 0.05 * noise).clamp(0, 1)


def hwc(image):
    return image.permute(1, 2, 0).numpy()


def test_full_picture_agrees_with_scikit_image(pair):
    for a, b, p, s, m, d in zip(*pair, psnr(*pair), ssim(*pair), mse(*pair), l1(*pair), strict=True):
        a, b = hwc(a), hwc(b)
        assert p.item() == pytest.approx(peak_signal_noise_ratio(b, a, data_range=1.0), abs=1e-9)
        assert m.item() == pytest.approx(mean_squared_error(a, b), abs=1e-12)
        assert s.item() == pytest.approx(structural_similarity(a, b, **WANG), abs=1e-9)
        assert d.item() == pytest.approx(np.abs(a - b).mean(), abs=1e-12)


def test_agrees_with_torchmetrics(pair):
    a, b = pair
    theirs = structural_similarity_index_measure(a, b, data_range=1.0, return_full_image=True)[1]
    inner = theirs[..., 5:-5, 5:-5].flatten(1).mean(1)  # their mean has windows that stick out
    assert torch.allclose(ssim(a, b), inner, atol=1e-9)
    total = total_variation(a, reduction="none")
    assert torch.allclose(tv(a) * a[0].numel(), total, rtol=1e-9)


def test_hole_agrees_with_scikit_image(pair):
    a, b = pair
    hole = make_hole(64, 48).bool()
    inside = hole[0, 0].numpy()
    similarity = structural_similarity(hwc(a[0]), hwc(b[0]), full=True, **WANG)[1]
    ours = measure(a, b, hole.float(), "hole")[0]
    assert ours["ssim"] == pytest.approx(similarity[inside].mean(), abs=1e-9)
    assert ours["mse"] == pytest.approx(((hwc(a[0]) - hwc(b[0]))[inside] ** 2).mean(), abs=1e-12)
    assert ours["psnr"] == pytest.approx(-10 * math.log10(ours["mse"]), abs=1e-9)


def test_box_is_the_full_picture_of_the_box(pair):
    a, b = pair
    hole = torch.zeros(1, 1, 64, 48)
    hole[..., 20:41, 7:30] = 1
    cut = (slice(None), slice(None), slice(20, 41), slice(7, 30))
    assert measure(a, b, hole, "box") == measure(a[cut], b[cut])


@pytest.mark.parametrize("place", [(0, 0), (63, 47), (30, 20)])
def test_a_tiny_hole_has_a_box_that_ssim_can_take(pair, place):
    hole = torch.zeros(1, 1, 64, 48)
    hole[0, 0, place[0], place[1]] = 1
    top, left = (min(max(p - 5, 0), s - 11) for p, s in zip(place, (64, 48), strict=True))
    cut = (slice(None), slice(None), slice(top, top + 11), slice(left, left + 11))
    a, b = pair
    assert measure(a, b, hole, "box")[0]["ssim"] == pytest.approx(measure(a[cut], b[cut])[0]["ssim"])


def test_equal_pictures(pair):
    scores = measure(pair[0], pair[0])
    assert [s["psnr"] for s in scores] == [math.inf] * 2
    assert [s["ssim"] for s in scores] == pytest.approx([1, 1])


def test_float32_is_as_good(pair):
    double, single = measure(*pair)[0], measure(*(p.float() for p in pair))[0]
    assert single == pytest.approx(double, rel=1e-5)


def test_gray_against_colour(pair):
    a, b = pair
    assert measure(a[:, :1], b) == measure(a[:, :1].expand(-1, 3, -1, -1), b)


def test_what_is_refused(pair):
    a, b = pair
    with pytest.raises(InputError, match=r"must match, got \(2, 3, 64, 48\) and \(2, 3, 64, 47\)"):
        measure(a, b[..., 1:])
    with pytest.raises(InputError, match="needs the hole"):
        measure(a, b, region="hole")
    with pytest.raises(UnknownNameError, match="did you mean 'hole'"):
        measure(a, b, torch.ones(1, 1, 64, 48), "hle")
    with pytest.raises(InputError, match="empty"):
        measure(a, b, torch.zeros(1, 1, 64, 48), "hole")
    with pytest.raises(InputError, match="at least 11 x 11"):
        ssim(a[..., :10], b[..., :10])


def test_table_and_means():
    one = {"psnr": 30.0, "ssim": 0.5, "l1": 0.25, "mse": 0.125, "tv": 0.0}
    two = {"psnr": 20.0, "ssim": 1.0, "l1": 0.75, "mse": 0.375, "tv": 1.0}
    mean = mean_scores([one, two])
    assert mean == {"psnr": 25.0, "ssim": 0.75, "l1": 0.5, "mse": 0.25, "tv": 0.5}
    lines = format_table({"hole": mean, "full": {**one, "psnr": math.inf}}).splitlines()
    assert lines[0].split() == ["PSNR", "dB", "SSIM", "L1", "MSE", "TV"]
    assert lines[1].split() == ["hole", "25.00", "0.7500", "0.50000", "2.500e-01", "0.5000"]
    assert lines[2].split()[1] == "inf"
    assert len({len(line) for line in lines}) == 1
