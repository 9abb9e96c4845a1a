"""Metrics against scikit-image and torchmetrics."""

import math

import numpy as np
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core import InputError, UnknownNameError, l1, luminance, measure, mse, psnr, ssim, tv
from monochromic.core.metrics import (
    METRICS,
    ciede2000,
    format_csv,
    format_table,
    mean_scores,
    ms_ssim,
    plain_numbers,
    to_lab,
)
from monochromic.core.metrics.color_difference import lab_difference
from scipy import ndimage
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional.image import structural_similarity_index_measure, total_variation

REGIONS = ("hole", "box", "full")
POWERS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang, Simoncelli, Bovik 2003
SHARMA = [  # pairs of Sharma, Wu, Dalal 2005, table 1
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 3.1571, -77.2803), (50, 0, -82.7485), 2.8615),
    ((50, 2.8361, -74.0200), (50, 0, -82.7485), 3.4412),
    ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
    ((50, -1.1848, -84.8006), (50, 0, -82.7485), 1.0),
    ((50, -0.9009, -85.5211), (50, 0, -82.7485), 1.0),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
    ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
    ((50, -0.001, 2.49), (50, 0.0009, -2.49), 4.8045),
    ((50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (61, -5, 29), 22.8977),
    ((50, 2.5, 0), (56, -27, -3), 31.9030),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
]
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
    """Infinity, 1 and 0, and no nan but for what does not apply."""
    for photo in (make_photo(2, 190, 200), make_photo(3, 190, 200)[:, :1], torch.zeros(1, 3, 190, 200)):
        for region in REGIONS:
            scores = measure(photo, photo, make_hole(190, 200), region)[0]
            assert list(scores) == list(METRICS)
            assert scores["psnr"] == math.inf
            assert scores["ssim"] == 1
            assert scores["l1"] == scores["mse"] == scores["ciede2000"] == 0
            assert scores["ms_ssim"] == pytest.approx(1, abs=1e-6)
            assert [name for name, value in scores.items() if math.isnan(value)] == ["lpips"]


def test_float32_is_as_good(pair):
    double, single = measure(*pair)[0], measure(*(p.float() for p in pair))[0]
    assert single == pytest.approx(double, rel=1e-5, nan_ok=True)
    large = [make_photo(s, 181, 200) for s in (1, 2)]
    assert torch.allclose(ms_ssim(*large).double(), ms_ssim(*(p.double() for p in large)), atol=1e-5)


def test_gray_against_color(pair):
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
    with pytest.raises(
        InputError, match=r"MS-SSIM needs pictures of at least 176 x 176 pixels, got \(1, 3, 175, 300\)"
    ):
        ms_ssim(*[make_photo(s, 175, 300) for s in (1, 2)])
    assert ms_ssim(*[make_photo(s, 176, 176) for s in (1, 2)]).isfinite().all()


@pytest.mark.parametrize("metric", [l1, mse, psnr, ssim, ms_ssim, ciede2000])
def test_an_empty_region_is_refused(metric):
    """Also where only one photo of a batch has it."""
    a, b = (make_photo(s, 176, 176, batch=2) for s in (1, 2))
    where = torch.zeros(2, 1, 176, 176, dtype=torch.bool)
    where[0] = True
    with pytest.raises(InputError, match="region to measure in is empty"):
        metric(a, b, where)
    with pytest.raises(InputError, match="region to measure in is empty"):
        tv(a, where)


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


def test_what_does_not_apply_is_a_dash_or_nothing():
    scores = measure(make_photo(), make_photo(2))[0]
    assert math.isnan(scores["ms_ssim"])
    heading, small, large = format_table({"small": scores, "large": {**scores, "ms_ssim": 0.5}}).splitlines()
    columns = heading.replace("PSNR dB", "PSNR").split()
    assert "LPIPS" not in columns  # which no row has
    place = columns.index("MS-SSIM") + 1  # the title of the row stands first
    assert small.split()[place] == "-"
    assert large.split()[place] == "0.5000"
    assert "MS-SSIM" not in format_table({"small": scores})
    assert plain_numbers({**scores, "psnr": math.inf})["lpips"] is None
    assert plain_numbers({**scores, "psnr": math.inf})["psnr"] is None
    assert plain_numbers(scores)["l1"] == scores["l1"]
    heading, row = (line.split(",") for line in format_csv({("a, b",): scores}, ("picture",)).splitlines())
    assert heading == ["picture", *METRICS]
    assert row[:2] == ['"a', ' b"']
    assert [float(v) if v else None for v in row[2:]] == [None if math.isnan(v) else v for v in scores.values()]


def test_means_are_over_the_photos_that_a_metric_applies_to():
    mean = mean_scores([{"a": 1.0, "b": math.nan, "c": math.nan}, {"a": 2.0, "b": 3.0, "c": math.nan}])
    assert mean["a"] == 1.5
    assert mean["b"] == 3
    assert math.isnan(mean["c"])


def test_l1_as_mmagic_has_it(pair):
    """Over the hole times 100: the sum of differences in the hole over its pixels times channels."""
    a, b = (p[:1] for p in pair)
    hole = make_hole(64, 48).double()
    theirs = ((a - b).abs() * hole).sum() / (hole.sum() * 3)
    assert 100 * measure(a, b, hole, "hole")[0]["l1"] == pytest.approx(100 * theirs.item())


@pytest.fixture
def large():
    """Sides that are halved four times without a rest."""
    a = make_photo(1, 192, 208, batch=2).double()
    noise = torch.randn(a.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return a, (a + 0.2 * noise).clamp(0, 1)


def test_ms_ssim_is_made_of_what_torchmetrics_gives_at_each_scale(large):
    a, b = large
    expected = torch.ones(2, dtype=torch.float64)
    for power in POWERS[:-1]:
        similarity = structural_similarity_index_measure(
            a, b, data_range=1.0, reduction="none", return_contrast_sensitivity=True
        )
        expected *= similarity[1] ** power
        a, b = (torch.nn.functional.avg_pool2d(p, 2) for p in (a, b))
    last = structural_similarity_index_measure(a, b, data_range=1.0, return_full_image=True)[1]
    expected *= last[..., 5:-5, 5:-5].flatten(1).mean(1) ** POWERS[-1]  # theirs also has windows that stick out
    assert torch.allclose(ms_ssim(*large), expected, atol=1e-9)
    assert (expected < 0.9).all()


@pytest.mark.parametrize("size", [(181, 197), (176, 335)])
def test_ms_ssim_is_the_published_program_at_odd_sizes(size):
    a = luminance(make_photo(1, *size)).double()
    noise = torch.randn(a.shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    b = (a + 0.1 * noise).clamp(0, 1)
    assert ms_ssim(a, b).item() == pytest.approx(wang(a[0, 0].numpy(), b[0, 0].numpy()), abs=1e-9)


def wang(a, b):
    """Wang, Simoncelli, Bovik 2003 with SciPy's filters."""
    product = 1.0
    for scale, power in enumerate(POWERS):
        window = ndimage.gaussian_filter(np.pad([[1.0]], 5), 1.5, truncate=3.4, mode="constant")
        window /= window.sum()

        def smooth(x, window=window):
            return ndimage.correlate(x, window)[5:-5, 5:-5]

        ma, mb = smooth(a), smooth(b)
        value = (2 * (smooth(a * b) - ma * mb) + 0.03**2) / (smooth(a * a) - ma**2 + smooth(b * b) - mb**2 + 0.03**2)
        if scale == 4:
            value = value * (2 * ma * mb + 0.01**2) / (ma**2 + mb**2 + 0.01**2)
        product *= value.mean() ** power
        mean = np.full((2, 2), 0.25)
        a, b = (ndimage.correlate(x, mean, mode="reflect", origin=-1)[::2, ::2] for x in (a, b))
    return product


def test_ms_ssim_in_a_region(large):
    """A hole that is all of the picture has its windows centered anywhere; what is far from the hole does not count."""
    a, b = large
    hole = torch.zeros(2, 1, 192, 208, dtype=torch.bool)
    hole[..., :40, :40] = True
    changed = b.clone()
    changed[..., 191, 207] = 0
    assert torch.equal(ms_ssim(a, changed, hole), ms_ssim(a, b, hole))
    worse = b.clone()
    worse[..., :40, :40] = 1 - a[..., :40, :40]
    assert (ms_ssim(a, worse, hole) < ms_ssim(a, b, hole)).all()
    assert (ms_ssim(a, worse, hole) < ms_ssim(a, worse)).all()
    assert (ms_ssim(a, 1 - a) == 0).all()  # a negative mean counts as 0, and is no nan


@pytest.mark.parametrize(("first", "second", "wanted"), SHARMA)
def test_ciede2000_is_the_papers_table(first, second, wanted):
    lab = torch.tensor([first, second], dtype=torch.float64).view(2, 3, 1, 1)
    assert lab_difference(lab[:1], lab[1:]).item() == pytest.approx(wanted, abs=5e-5)
    assert lab_difference(lab[1:], lab[:1]).item() == pytest.approx(wanted, abs=5e-5)


def test_ciede2000_agrees_with_scikit_image():
    generator = torch.Generator().manual_seed(1)
    a, b = torch.rand((2, 1, 3, 300, 40), generator=generator, dtype=torch.float64)
    b[..., :150, :] = (a + 0.1 * (b - 0.5))[..., :150, :].clamp(0, 1)
    labs = [rgb2lab(hwc(p[0])) for p in (a, b)]
    assert np.allclose(hwc(to_lab(a)[0]), labs[0], atol=1e-9)
    theirs = deltaE_ciede2000(*labs)
    assert np.allclose(lab_difference(to_lab(a), to_lab(b))[0, 0].numpy(), theirs, atol=1e-7)
    assert ciede2000(a, b).item() == pytest.approx(theirs.mean(), abs=1e-9)
    assert ciede2000(a.float(), b.float()).item() == pytest.approx(theirs.mean(), rel=1e-4)
    hole = make_hole(300, 40).bool()
    assert ciede2000(a, b, hole).item() == pytest.approx(theirs[hole[0, 0].numpy()].mean(), abs=1e-9)


def test_ciede2000_of_gray_pictures():
    """As of three equal channels; black and white are 100 apart."""
    a, b = (make_photo(s)[:, :1] for s in (1, 2))
    assert torch.equal(ciede2000(a, b), ciede2000(a.expand(-1, 3, -1, -1), b.expand(-1, 3, -1, -1)))
    assert ciede2000(torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 4, 4)).item() == pytest.approx(100, abs=1e-3)
