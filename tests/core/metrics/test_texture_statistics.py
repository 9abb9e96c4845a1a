"""The distance of texture statistics against scikit-image's Gabor filters and SciPy, and what it must ignore."""

import itertools

import numpy as np
import pytest
import torch
from conftest import make_photo
from monochromic.core import InputError
from monochromic.core.metrics import measure, stru
from monochromic.core.metrics.texture_statistics import FLOOR, UNRELATED
from scipy import ndimage, signal
from skimage.filters import gabor_kernel

SIDE = 96


def cloth(seed=0, stretch=3.0):
    """Random short fibers: sparse and directed, which noise is not. (1, 1, SIDE, SIDE)"""
    random = np.random.default_rng(seed)
    points = (random.random((SIDE, SIDE)) > 0.97) * random.uniform(-1, 1, (SIDE, SIDE))
    fibers = ndimage.gaussian_filter(points, (0.8, 0.8 * stretch))
    return torch.from_numpy(0.5 + 0.15 * fibers / fibers.std()).clamp(0.02, 0.98)[None, None]


def phases_drawn_anew(picture):
    """Noise with the spectrum of a picture: all its energies, none of its structure."""
    spectrum = torch.fft.rfft2(picture - picture.mean())
    noise = torch.fft.rfft2(torch.randn(picture.shape, generator=torch.Generator().manual_seed(1)).to(picture))
    return (picture.mean() + torch.fft.irfft2(spectrum.abs() * noise / noise.abs(), s=picture.shape[-2:])).clamp(0, 1)


def tile_of(plane, row, column):
    return plane[32 * row : 32 * row + 32, 32 * column : 32 * column + 32]


def mirrored_convolution(picture, kernel):
    """`ndimage.convolve(picture, kernel, mode="mirror")`, by SciPy's fast Fourier transform."""
    around = [(side // 2, side // 2) for side in kernel.shape]
    return signal.fftconvolve(np.pad(picture, around, mode="reflect"), kernel, mode="valid")


def described(picture, where):
    """The three groups for every tile, by scikit-image and SciPy, a loop over tiles and pairs."""
    filters = [gabor_kernel(1 / w, k * np.pi / 4, n_stds=5) for w in (4, 8, 16) for k in range(4)]
    responses = [np.abs(mirrored_convolution(picture, kernel)) for kernel in filters]
    down, across = np.gradient(np.pad(picture, 16, mode="reflect"))
    products = (ndimage.gaussian_filter(p, 2)[16:-16, 16:-16] for p in (across**2, across * down, down**2))
    xx, xy, yy = products
    coherence = np.sqrt((xx - yy) ** 2 + 4 * xy**2) / (xx + yy + FLOOR**2)
    pairs = [(i, j) for i, j in itertools.combinations(range(12), 2) if i // 4 == j // 4 or j - i == 4]
    for row, column in np.ndindex(SIDE // 32, SIDE // 32):
        inside = tile_of(where, row, column)
        if inside.any():
            values = np.array([tile_of(plane, row, column)[inside] for plane in responses])
            covariance = np.cov(values, bias=True)
            spread = np.sqrt(covariance.diagonal() + FLOOR**2)
            squares = np.log1p(covariance.diagonal() / (values.mean(1) ** 2 + FLOOR**2))
            together = [covariance[i, j] / spread[i] / spread[j] for i, j in pairs]
            quartiles = np.quantile(tile_of(coherence, row, column)[inside], (0.25, 0.5, 0.75))
            yield inside.sum(), (squares, np.array(together), quartiles)


def by_scikit_image(image, reference, where):
    total = weight = 0.0
    for (count, one), (_, other) in zip(described(image, where), described(reference, where), strict=True):
        apart = [np.abs(a - b).mean() / unit for a, b, unit in zip(one, other, UNRELATED, strict=True)]
        total, weight = total + count * np.mean(apart), weight + count
    return total / weight


@pytest.mark.parametrize("whole", [True, False])
def test_agrees_with_scikit_image(whole):
    """Its filters are cut farther out, so to 1 %."""
    image, reference = cloth(1), cloth(2, stretch=1.0)
    where = torch.ones(1, 1, SIDE, SIDE, dtype=torch.bool)
    if not whole:
        where = torch.zeros_like(where)
        where[..., 10:50, 20:61], where[..., 70:75, 3:90] = True, True
    wanted = by_scikit_image(*(t[0, 0].numpy() for t in (image, reference, where)))
    assert stru(image, reference, None if whole else where).item() == pytest.approx(wanted, rel=0.01)


def test_other_texture_is_nearer_than_noise_of_its_energies_and_than_a_blur():
    truth = cloth(1)
    same_kind, noise = stru(cloth(2), truth).item(), stru(phases_drawn_anew(truth), truth).item()
    blurred = torch.from_numpy(ndimage.gaussian_filter(truth[0, 0].numpy(), 4))[None, None]
    assert stru(truth, truth).item() == 0
    assert same_kind < 0.9 * noise
    assert same_kind < 0.7 * stru(blurred, truth).item()


def turned(*pictures):
    return [picture.rot90(1, (2, 3)) for picture in pictures]


def flipped(*pictures):
    return [picture.flip(3) for picture in pictures]


@pytest.mark.parametrize("change", [turned, flipped])
def test_the_same_turned_or_flipped(change):
    """The correlations across orientations and scales are the same ones in another order."""
    image, reference = cloth(1), cloth(3, stretch=1.0)
    assert stru(*change(image, reference)).item() == pytest.approx(stru(image, reference).item(), rel=1e-6)


def test_brightness_and_contrast_hardly_count():
    image, reference = cloth(1), cloth(3, stretch=1.0)
    value = stru(image, reference).item()
    assert stru(0.6 * image + 0.1, 0.6 * reference + 0.1).item() == pytest.approx(value, rel=0.01)
    assert stru(0.6 * image + 0.1, reference).item() == pytest.approx(value, rel=0.03)


def test_the_same_in_strips():
    """Rows of tiles are measured some at a time, and nothing beyond what counts is measured."""
    tall = torch.cat([cloth(i) for i in range(4)], 2)
    other = torch.cat([cloth(i + 9, stretch=1.0) for i in range(4)], 2)
    where = torch.zeros(tall.shape, dtype=torch.bool)
    where[..., 250:300, 10:90] = True
    parts = [torch.zeros_like(where), torch.zeros_like(where)]
    parts[0][..., 250:256, :], parts[1][..., 256:300, :] = True, True
    counts = [(part & where).sum() for part in parts]
    split = sum(stru(tall, other, where & part) * n for part, n in zip(parts, counts, strict=True)) / sum(counts)
    assert stru(tall, other, where).item() == pytest.approx(split.item(), rel=1e-6)


def test_one_pixel_odd_sizes_and_small_pictures():
    image, reference = make_photo(1, 37, 53), make_photo(2, 37, 53)
    where = torch.zeros(1, 1, 37, 53, dtype=torch.bool)
    where[..., 36, 52] = True
    assert stru(image, reference, where).isfinite().all()
    assert stru(image, reference).item() > 0
    with pytest.raises(InputError, match="at least 32 x 32"):
        stru(image[..., :31], reference[..., :31])
    assert np.isnan(measure(image[..., :31], reference[..., :31])[0]["stru"])
    with pytest.raises(InputError, match="empty"):
        stru(image, reference, torch.zeros_like(where))


def test_a_batch_equals_its_items():
    image, reference = make_photo(1, 40, 50, batch=2), make_photo(2, 40, 50, batch=2)
    both = torch.cat([stru(image[[i]], reference[[i]]) for i in (0, 1)])
    assert torch.equal(stru(image, reference), both)
