"""Losses against their formulas, written again pixel by pixel or by somebody else."""

import numpy as np
import pytest
import torch
from conftest import make_photo
from features import gram, mrf
from losses import PIXELS, composite, distance_to_known
from monochromic.core import tv as core_tv
from scipy.ndimage import distance_transform_edt
from torchmetrics.functional.image import multiscale_structural_similarity_index_measure as oracle_ms_ssim


@pytest.fixture(params=[1, 3])
def case(request):
    """An answer, the truth and two holes, one small; as tensors and as float64 arrays."""
    random = np.random.default_rng(4)
    answer, truth = random.random((2, 2, request.param, 14, 11))
    hole = np.zeros((2, 1, 14, 11))
    hole[0, 0, 2:9, 3:10] = 1
    hole[1, 0, 13, 4:6] = 1
    return [torch.from_numpy(x) for x in (answer, truth, hole)], (answer, truth, hole)


def over(where, values):
    """The mean over channels and the pixels of `where`, item by item."""
    return np.array([v[:, w[0] > 0].mean() for v, w in zip(values, where, strict=True)])


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("mse", lambda a, t, h: over(h, (a - t) ** 2)),
        ("psnr", lambda a, t, h: np.log(over(h, (a - t) ** 2) + 1e-5)),
        ("l1", lambda a, t, h: over(h, abs(a - t))),
        ("valid", lambda a, t, h: over(1 - h, abs(a - t))),
        ("discounted", lambda a, t, h: over(h, abs(a - t) * 0.99 ** np.stack([[edt(x[0])] for x in h]))),
    ],
)
def test_means_over_pixels(case, name, formula):
    tensors, arrays = case
    assert np.allclose(PIXELS[name](*tensors).numpy(), formula(*arrays), rtol=1e-5)


def edt(hole):
    return distance_transform_edt(hole)


@pytest.mark.parametrize("name", ["gradient", "tv"])
def test_differences_of_neighbors(case, name):
    tensors, (answer, truth, hole) = case
    wanted = []
    for a, t, h in zip(answer, truth, hole, strict=True):
        picture = (a - t) * h if name == "gradient" else np.where(h > 0, a, t)
        total = 0
        for c, y, x in np.ndindex(picture.shape):
            for y2, x2 in ((y + 1, x), (y, x + 1)):
                if y2 < picture.shape[1] and x2 < picture.shape[2] and (h[0, y, x] or h[0, y2, x2]):
                    total += abs(picture[c, y2, x2] - picture[c, y, x])
        wanted.append(total / (h.sum() * len(picture)))
    assert np.allclose(PIXELS[name](*tensors).numpy(), wanted, rtol=1e-6)


def test_tv_of_a_full_hole_is_the_metric(case):
    (answer, truth, _), _ = case
    assert torch.allclose(PIXELS["tv"](answer, truth, torch.ones_like(truth[:, :1])), core_tv(answer))


def test_ms_ssim_is_the_oracle_s_and_can_be_learned_from():
    truth = make_photo(1, 192, 180, batch=2)
    answer = (truth + 0.2 * torch.randn(truth.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    hole = torch.zeros(2, 1, 192, 180)
    hole[..., 60:130, 50:120] = 1
    answer.requires_grad_()
    loss = PIXELS["ms_ssim"](answer, truth, hole)
    options = {"data_range": 1.0, "kernel_size": 11, "sigma": 1.5, "gaussian_kernel": True}
    pairs = zip(composite(answer, truth, hole).split(1), truth.split(1), strict=True)
    wanted = [1 - oracle_ms_ssim(a, t, **options) for a, t in pairs]
    assert torch.allclose(loss, torch.stack(wanted), atol=2e-3)
    loss.sum().backward()
    assert answer.grad.isfinite().all()
    assert (answer.grad.abs().amax(1, keepdim=True)[hole == 0] == 0).all()


def test_distance_is_to_the_nearest_known_pixel():
    hole = torch.zeros(1, 1, 9, 9)
    hole[..., 2:7, 2:7] = 1
    far = distance_to_known(hole)[0, 0]
    assert (far[4, 4], far[2, 4], far[0, 0]) == (3, 1, 0)


def test_gram_is_its_formula():
    features = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    found = gram(features)
    for b, i, j in np.ndindex(2, 3, 3):
        assert torch.isclose(found[b, i, j], (features[b, i] * features[b, j]).sum() / 60)


def test_id_mrf_is_its_formula():
    random = np.random.default_rng(0)
    answer, truth = random.standard_normal((2, 1, 5, 3, 4))
    mean = truth.mean((2, 3), keepdims=True)
    a, t = ((x - mean).reshape(5, 12).T for x in (answer, truth))
    shares = np.empty((12, 12))
    for i in range(12):
        apart = [(1 - a[i] @ t[j] / np.linalg.norm(a[i]) / np.linalg.norm(t[j])) / 2 for j in range(12)]
        near = np.exp((1 - np.array(apart) / (min(apart) + 1e-5)) / 0.5)
        shares[i] = near / near.sum()
    wanted = -np.log(np.mean([shares[:, j].max() for j in range(12)]))
    assert np.isclose(mrf(*map(torch.from_numpy, (answer, truth))).item(), wanted, rtol=1e-6)
