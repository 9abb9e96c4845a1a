"""LaMa and MAT, whose networks the library spandrel brings; what needs it is skipped where it is not installed."""

import importlib
import importlib.util
import sys
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from monochromic.core import DependencyError
from monochromic.core.backbones.lama import LAMA
from monochromic.core.backbones.mat import MAT
from torch import nn

VARIANTS = {"lama": LAMA.variants[0], "mat": MAT.variants[0]}
PACKAGES = {"lama": "spandrel", "mat": "spandrel_extra_arches"}
DECLARED = []
each = pytest.mark.parametrize("name", VARIANTS)


def needs(name):
    """Skip without the library; where torchvision lacks its operators, declare them, which is all that is needed."""
    packages = ("torchvision", "spandrel", PACKAGES[name])
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{name} needs {package}, which is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            importlib.import_module("torchvision")
        except RuntimeError:
            operators = torch.library.Library("torchvision", "DEF")
            operators.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            operators.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            DECLARED.append(operators)
        for package in packages:
            importlib.import_module(package)


def generator_of(name):
    """Some tensors by the names that a file surely has, empty."""
    lama = ("1.ffc.convl2l.weight", "1.bn_l.running_mean", "22.conv2.ffc.convg2g.fu.conv_layer.weight", "34.weight")
    mat = ("synthesis.first_stage.conv_first.conv.resample_filter", "mapping.fc0.weight", "synthesis.enc.x.weight")
    return {key: torch.zeros(1) for key in {"lama": lama, "mat": mat}[name]}


def untouched(work):
    """What `work` gives; it must not move a global random state."""
    torch.manual_seed(5), np.random.seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    result = work()
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == np.random.get_state()[1].tolist()
    return result


@pytest.mark.parametrize(
    ("name", "prefix"),
    [("lama", p) for p in ("model.", "generator.model.", "model.model.", "")] + [("mat", p) for p in ("model.", "")],
)
def test_every_prefix_is_known(name, prefix):
    variant, tensors = VARIANTS[name], generator_of(name)
    state = {prefix + key: value for key, value in tensors.items()}
    state |= {prefix + "1.bn_l.num_batches_tracked": torch.tensor(3)} if name == "lama" else {}
    training = {"discriminator.model0.0.weight": torch.zeros(1), "loss_resnet_pl.impl.conv1.weight": torch.zeros(1)}
    assert variant.detect({**state, **training}) == ""
    ours = variant.convert({**state, **training})
    start = {"lama": "model.model.", "mat": "model."}[name]
    assert {key: value.data_ptr() for key, value in ours.items()} == {
        start + key: value.data_ptr() for key, value in tensors.items()
    }
    assert variant.convert(ours).keys() == ours.keys()


@each
def test_foreign_tensors_are_not_detected(name):
    other = generator_of("mat" if name == "lama" else "lama")
    for state in (
        {},
        other,
        {"conv1.weight": torch.zeros(1)},
        {f"x.{key}": v for key, v in generator_of(name).items()},
    ):
        assert VARIANTS[name].detect(state) is None


def test_a_smaller_lama_is_not_taken_for_the_published_one():
    state = generator_of("lama")
    del state["22.conv2.ffc.convg2g.fu.conv_layer.weight"]
    assert VARIANTS["lama"].detect(state) is None


@pytest.fixture
def without(monkeypatch):
    """Forget the libraries, so that they are imported anew."""
    for module in list(sys.modules):
        if module.split(".")[0] in PACKAGES.values():
            monkeypatch.delitem(sys.modules, module)


@each
@pytest.mark.parametrize("work", ["build", "fresh"])
def test_a_missing_library_is_named(name, work, without, monkeypatch):
    monkeypatch.setitem(sys.modules, PACKAGES[name], None)
    arguments = {"build": (generator_of(name),), "fresh": ((3, 3), 64)}[work]
    with pytest.raises(
        DependencyError, match=rf"{name} needs .*{PACKAGES[name]}, which is not installed, or too old; run `pip"
    ):
        getattr(VARIANTS[name], work)(*arguments)


@each
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import torchvision", "needs the Python package torchvision, which is not installed"),
        ("raise RuntimeError('operator torchvision::nms does not exist')", r"nms does not exist\); mostly its torchv"),
        ("import_me", "does not import"),
    ],
)
def test_a_broken_library_is_explained(name, source, message, without, monkeypatch, tmp_path):
    (tmp_path / PACKAGES[name]).mkdir()
    (tmp_path / PACKAGES[name] / "__init__.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(DependencyError, match=message):
        VARIANTS[name].build(generator_of(name))


class Noisy(nn.Module):
    """Stands in for MAT: a pass draws noise by dropout, and needs one square photo."""

    channels = (3, 3)

    def __init__(self):
        super().__init__()
        self.quiet = nn.Dropout(0.9)
        self.seen = []

    def forward(self, image, hole):
        assert len(image) == 1
        self.seen.append((image, hole))
        noise = F.dropout(torch.full_like(image, 0.5), training=True)
        return self.quiet(image * (1 - hole)) + hole * F.dropout(noise, 0.25, True) * 4 - hole


@torch.inference_mode()
def test_mat_is_shown_squares_and_its_noise_is_fixed():
    network = Noisy().eval()
    image, hole = torch.rand(2, 3, 6, 10), torch.rand(2, 1, 6, 10) < 0.5
    answer = untouched(lambda: MAT.variants[0].fill(network, image, hole))
    assert answer.shape == image.shape
    assert 0 <= answer.min() < answer.max() <= 1
    for i, (photo, marked) in enumerate(list(network.seen)):
        assert photo.shape == (1, 3, 10, 10)
        assert torch.equal(photo[..., :6, :], image[[i]])
        assert torch.equal(photo[..., 6:, :], image[[i], :, 5:].expand(-1, -1, 4, -1))
        assert torch.equal(marked[..., 6:, :] > 0, hole[[i], :, 5:].expand(-1, -1, 4, -1))
        assert torch.equal(MAT.variants[0].fill(network, image[[i]], hole[[i]]), answer[[i]])
    inside = answer[hole.expand_as(answer)]
    assert 0.1 < (inside == 0).float().mean() < 0.9  # both kept and dropped


def check_fill(variant, network, sides, batch=2):
    """The promises of `Variant.fill`: the answer for the last photo, in its hole, comes again without the others and
    with something under the hole."""
    taken, given = network.channels
    image, hole = torch.rand(batch, taken, *sides), torch.rand(batch, 1, *sides) < 0.3
    hole[..., : sides[0] // 2, : sides[1] // 2] = True
    with torch.inference_mode():
        answer = untouched(lambda: variant.fill(network, image.masked_fill(hole, 0), hole))
        assert answer.shape == (batch, given, *sides)
        assert answer.isfinite().all()
        assert 0 <= answer.min() < answer.max() <= 1
        image, hole, answer = image[-1:], hole[-1:], answer[-1:]
        again = variant.fill(network, image, hole)
    inside = hole.expand_as(answer)
    torch.testing.assert_close(again[inside], answer[inside], rtol=0, atol=1e-5)
    return image, hole, again


def test_lama_builds_and_fills():
    needs("lama")
    variant = VARIANTS["lama"]
    state = variant.convert(variant.fresh((3, 3), 64).state_dict())
    assert variant.detect(state) == ""
    network = untouched(lambda: variant.build({name: value.half() for name, value in state.items()}))
    assert network.channels == (3, 3)
    assert not network.training
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    image, hole, answer = check_fill(variant, network, (LAMA.minimum, LAMA.minimum + 3 * LAMA.multiple))
    from spandrel import ModelLoader

    whole = ModelLoader().load_from_state_dict({name: value.half() for name, value in state.items()}).eval()
    with torch.inference_mode():
        wanted = whole(image, hole.float())
        assert variant.fill(network.double(), image.double(), hole).dtype == torch.float64
    torch.testing.assert_close(torch.where(hole, answer, image), wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("channels", [(1, 1), (4, 1)])
def test_lama_of_other_channels(channels):
    needs("lama")
    variant = VARIANTS["lama"]
    network = variant.build(variant.convert(variant.fresh(channels, 64).state_dict()))
    assert network.channels == channels
    check_fill(variant, network, (16, 24))


def test_mat_builds_and_fills():
    needs("mat")
    variant = VARIANTS["mat"]
    state = variant.convert(variant.fresh((3, 3), 64).state_dict())
    assert variant.detect(state) == ""
    network = untouched(lambda: variant.build({name: value.half() for name, value in state.items()}))
    assert network.channels == (3, 3)
    assert not network.training
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    assert variant.convert(network.state_dict()).keys() == state.keys()
    assert torch.equal(variant.build(state).z, network.z)
    side = MAT.minimum
    with torch.inference_mode():
        answer = variant.fill(network, torch.rand(1, 3, side, side), torch.rand(1, 1, side, side) < 0.3)
    assert answer.shape == (1, 3, side, side)
    assert answer.isfinite().all()


def test_a_small_mat_keeps_the_promises():
    """The same layers for photos of 128 pixels, which the library's class does not offer by itself."""
    needs("mat")
    from spandrel_extra_arches.architectures.MAT.__arch.MAT import Generator

    variant = VARIANTS["mat"]
    network = variant.fresh((3, 3), 64)
    torch.manual_seed(0)
    network.model = Generator(z_dim=512, c_dim=0, w_dim=512, img_resolution=128, img_channels=3)
    network.eval()
    image, hole, answer = check_fill(variant, network, (128, 128), batch=1)
    known = ~hole.expand_as(image)
    torch.testing.assert_close(answer[known], image[known], rtol=0, atol=1e-6)
