"""VGG's features: a network with made-up weights, as the real ones are a download."""

import features
import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core.metrics.perceptual import NETS


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = NETS["vgg"].make().eval().requires_grad_(False)
    for layer in network:
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight)
    return network


@pytest.mark.parametrize("name", features.FEATURES)
def test_an_equal_picture_is_best_and_the_known_pixels_count_as_true(network, name):
    truth, hole = make_photo(height=32, width=48), make_hole(32, 48)
    loss = features.FEATURES[name]
    answer = (truth * hole + (1 - truth) * (1 - hole)).requires_grad_()
    best = loss(answer, truth, hole, network)
    other = torch.rand(truth.shape, generator=torch.Generator().manual_seed(0)).requires_grad_()
    worse = loss(other, truth, hole, network)
    assert best.shape == (1,)
    assert best < 0.05 * worse
    worse.sum().backward()
    assert other.grad[..., 10, 15].any()
    assert not other.grad[..., 1, 1].any()


def test_gray_pictures_and_the_layers_that_are_looked_at(network):
    layers = features.tapped_features(network, torch.rand(2, 1, 32, 32), features.STYLE_LAYERS)
    assert [tuple(x.shape[1:]) for x in layers] == [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 2, 2)]
    assert all(x.min() == 0 for x in layers)
    assert [
        len(x[0]) for x in features.tapped_features(network, torch.rand(1, 3, 32, 32), tuple(features.MRF_LAYERS))
    ] == [
        256,
        512,
    ]
