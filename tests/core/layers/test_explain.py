"""What is told of attention and gates: against what the layers do, and without changing it."""

import pytest
import torch
from conftest import make_photo
from monochromic.core import BACKBONES, restore_photo
from monochromic.core.backbones.attention import ContextualAttention, Rules
from monochromic.core.backbones.deepfill_parts import Convolution, Form
from monochromic.core.backbones.deepfill_v2_zhaoyuzhi import GatedConv
from monochromic.core.backbones.loaded import Model
from monochromic.core.backbones.shift_net import Shift
from monochromic.core.colorize.prior import prior_network
from monochromic.core.host.host import using_host
from monochromic.core.layers.explain import CORNERS, attention_picture, explained, places_picture

SIZE = 92, 84  # no multiple of anything that networks ask for


def hole_of(height, width):
    hole = torch.zeros(1, 1, height, width)
    hole[..., 30:54, 20:50] = 1
    hole[..., 80:84, 70:80] = 1
    return hole


def model(name, width=4):
    (variant, *_) = BACKBONES[name].variants
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Model(BACKBONES[name], variant, variant.fresh((1, 1), width).eval().requires_grad_(False))


@pytest.mark.parametrize("rules", [Rules(), Rules(fused=False), Rules(excluded=True, overlaps=True)])
def test_attention_tells_what_it_copies(rules):
    """The hole holds a copy of features elsewhere: each patch in its middle is told to be from there."""
    features = torch.randn(2, 16, 48, 48, generator=torch.Generator().manual_seed(0))
    features[..., 8:28, 8:28] = features[..., 24:44, 24:44]
    hole = torch.zeros(2, 1, 48, 48)
    hole[..., 8:24, 8:24] = 1
    cells = ContextualAttention(rules).explain(features, hole).cells
    assert cells.shape == (24, 24)
    rows, columns = torch.meshgrid(torch.arange(6, 10), torch.arange(6, 10), indexing="ij")
    assert torch.equal(cells[6:10, 6:10], (rows + 8) * 24 + columns + 8)


def test_attention_with_nothing_known_tells_of_no_source():
    assert (ContextualAttention(Rules()).explain(torch.rand(1, 4, 16, 16), torch.ones(1, 1, 16, 16)).cells == -1).all()


def test_the_shift_layer_tells_what_it_copies():
    features, cells = torch.rand(1, 8, 6, 5), torch.rand(1, 1, 6, 5) < 0.4
    told = Shift().explain(features, cells).cells
    shifted, latter = Shift()(features, cells)[0, 8:].flatten(1), features[0, 4:].flatten(1)
    assert torch.equal(told >= 0, cells[0, 0])
    for at in (told.flatten() >= 0).nonzero().flatten():
        assert torch.equal(shifted[:, at], latter[:, told.flatten()[at]])


def test_gates_are_what_the_answer_is_multiplied_by():
    form = Form(gated=True, padding="reflect")
    layer, x = Convolution(3, 4, form, stride=2, activation=torch.ones_like), torch.rand(2, 3, 12, 10)
    torch.testing.assert_close(layer.explain(x).open, layer(x)[0].mean(0))
    assert Convolution(3, 4, Form()).explain(x) is None
    other = GatedConv(3, 4, pad="reflect", enlarge=True, norm=False)
    torch.nn.init.zeros_(other.feature.weight)
    torch.nn.init.ones_(other.feature.bias)
    torch.testing.assert_close(other.explain(x).open, other.gated(x)[0].mean(0))


def test_the_prior_tells_where_a_token_takes_its_color_from():
    """By the weights that are told, the mean of the known chroma is what the network's attention answers."""
    network, gray, chroma = (
        prior_network(torch.device("cpu")),
        make_photo(height=64, width=48)[:, :1],
        torch.rand(1, 2, 64, 48),
    )
    known = 1 - torch.nn.functional.pad(torch.ones(1, 1, 32, 24), (12, 12, 16, 16))
    keys = torch.nn.functional.avg_pool2d(known, 4).flatten().nonzero().T
    token = 8 * 12 + 6
    with torch.no_grad():
        weights = network.attention(gray, chroma, known, keys, token)
        inputs = torch.cat([gray - 0.5, chroma * known * 4, known], 1)
        share = torch.nn.functional.avg_pool2d(known, 4)
        mean = torch.nn.functional.avg_pool2d(chroma * known, 4) / share.clamp(min=1e-4)
        answer = network._attend(network._features(inputs), mean, share, keys)[0].flatten(1)[:, token]
    assert weights.shape == (16, 12)
    assert weights.sum() == pytest.approx(1, abs=1e-4)
    torch.testing.assert_close((weights * mean[0]).sum((1, 2)), answer, atol=1e-5, rtol=0)


def test_the_hole_has_the_color_of_its_source():
    image, hole = torch.full((1, 3, 16, 24), 0.5), torch.zeros(1, 1, 16, 24, dtype=torch.bool)
    hole[..., 4:12, 8:16] = True
    cells = torch.full((4, 6), -1)
    cells[1, 2], cells[1, 3], cells[2, 2] = 0, 5, 3 * 6 + 5  # top left, top right, bottom right; one is from nowhere
    picture = places_picture(image, hole, cells)
    corners = torch.tensor(CORNERS)
    for (row, column), corner in {(5, 9): 0, (5, 13): 1, (9, 9): 3}.items():
        distances = (corners - picture[0, :, row, column]).norm(dim=1)
        assert distances.argmin() == corner
        assert distances.min() < 0.25
    assert not picture[0, :, 9, 13].any()
    assert (picture[0, :, 0, 0] - corners[0]).abs().max() < 0.3


def test_the_marked_token_and_the_brightest_place():
    weights = torch.zeros(8, 10)
    weights[6, 2] = 0.4
    picture = attention_picture(torch.full((1, 1, 32, 40), 0.3), weights, 1, 7)
    assert picture.shape == (1, 3, 64, 80)
    changed = (picture[0] - 0.3).abs().amax(0) > 0.05
    assert changed[6 * 8 : 7 * 8, 2 * 8 : 3 * 8].all()
    assert changed[8:16, 56:64].all()
    assert changed.sum() == 8 * 8 + 10 * 10


@pytest.mark.parametrize(
    ("name", "beginnings"),
    [
        ("deepfill_v2", ["attention:", "gates 1 of 4", "gates ", "gates 4", "color:"]),
        ("deepfill_v1", ["attention:", "color:"]),
        ("aot_gan", ["gates 1 of 8", "gates 5 of 8", "gates 8 of 8", "color:"]),
        ("autoencoder", ["color:"]),
    ],
)
def test_a_restoration_explains_itself_and_stays_as_it_is(name, beginnings, untouched_rng):
    photo, hole, network = make_photo(height=SIZE[0], width=SIZE[1]), hole_of(*SIZE), model(name)
    found = restore_photo(photo, hole, backbone=network, explain=True)
    plain = restore_photo(photo, hole, backbone=network)
    assert torch.equal(found.image, plain.image)
    assert plain.explanations == {}
    assert not any(layer._forward_hooks for layer in network.network.modules())
    assert len(found.explanations) == len(beginnings)
    for (title, picture), beginning in zip(found.explanations.items(), beginnings, strict=True):
        assert title.startswith(beginning)
        assert picture.dtype == torch.float32
        assert 0 <= picture.min() < picture.max() <= 1
        assert picture.shape[-2:] == tuple((2 if title.startswith("color") else 1) * side for side in SIZE)


def test_what_is_under_the_hole_is_not_explained():
    photo, hole, network = make_photo(height=SIZE[0], width=SIZE[1]), hole_of(*SIZE), model("deepfill_v2")
    first = restore_photo(photo, hole, backbone=network, explain=True).explanations
    other = torch.where(hole > 0, torch.rand(photo.shape, generator=torch.Generator().manual_seed(3)), photo)
    second = restore_photo(other, hole, backbone=network, explain=True).explanations
    assert all(torch.equal(first[title], second[title]) for title in first)


def test_nobody_is_told_of_a_network_that_fails():
    told, layer = [], Shift()
    image, hole = torch.rand(1, 1, 8, 8), torch.zeros(1, 1, 8, 8, dtype=torch.bool)

    def fail():
        with explained(layer, image, hole, (8, 8)):
            layer(torch.rand(1, 4, 2, 2), torch.rand(1, 1, 2, 2) < 0.5)
            raise InterruptedError

    with using_host(explain=lambda *what: told.append(what)), pytest.raises(InterruptedError):
        fail()
    assert told == []
    assert not layer._forward_hooks
