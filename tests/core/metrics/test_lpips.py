"""LPIPS against the authors' program, and where its weights come from."""

import math
from pathlib import Path

import pytest
import torch
from conftest import ROOT, make_hole, make_photo
from fixtures import Fixture
from monochromic.core import InputError, UnknownNameError, WeightsError, measure
from monochromic.core.metrics import NETS, add_lpips, build_lpips, load_lpips, lpips, perceptual_weights
from monochromic.core.metrics.perceptual import enlarged
from monochromic.core.weights import get_entry
from monochromic.core.weights.load import clear
from monochromic.nodes import metrics as node
from safetensors.torch import load_file

HUB = ROOT.parent / "shared" / "data" / "lpips" / "vgg_lpips_linear.safetensors"


@pytest.fixture(scope="module")
def authors():
    return Fixture("lpips")


@pytest.fixture(scope="module")
def networks(authors):
    """Each network with the fixture's weights, built once."""
    return {net: build_lpips(net, authors.state(net), heads_of(authors, net)) for net in NETS}


def heads_of(authors, net):
    count = len(NETS[net].widths)
    return {f"lin{i}.model.1.weight": authors[f"lin.{net}.{i}"].view(1, -1, 1, 1) for i in range(count)}


def blank(net, value=0.0):
    """The network with the same value for every weight."""
    with torch.device("meta"):
        shapes = {k: v.shape for k, v in torch.nn.ModuleList([NETS[net].make()]).state_dict().items()}
    backbone = {k.replace("0.", "features.", 1): torch.full(shape, value) for k, shape in shapes.items()}
    heads = {f"{i}.weight": torch.ones(1, width, 1, 1) for i, width in enumerate(NETS[net].widths)}
    return build_lpips(net, backbone, heads)


def pairs(authors):
    """The cases, without the heads' weights."""
    return [case for case in authors.cases if case != "lin"]


def pictures(authors, case):
    """The pair as the library has it; the program's own input is checked on the way."""
    for i in (0, 1):
        image = authors[f"{case}.image{i}"].permute(2, 0, 1)[None] / 255
        assert torch.allclose(image * 2 - 1, authors[f"{case}.in{i}"], atol=1e-6)
        yield image


@pytest.mark.parametrize("net", NETS)
def test_every_number_is_the_programs(authors, networks, net):
    network = networks[net]
    for case in pairs(authors):
        image, reference = pictures(authors, case)
        authors.check(lpips(image, reference, network), case, f"{net}_distance")
        layers = network(image, reference)
        authors.check(torch.stack([layer.mean() for layer in layers]), case, f"{net}_per_layer")
        authors.check(enlarged(layers, image.shape[-2:]), case, f"{net}_spatial")
        features = network.tapped_features(image)
        authors.check(features[0].mean((2, 3))[0], case, f"{net}_feature1_channel_mean")
        authors.check(features[-1].mean((2, 3))[0], case, f"{net}_feature_last_channel_mean")


def test_every_array_of_the_fixture_is_compared(authors):
    names = {f"{net}_{part}" for net in NETS for part in ("distance", "per_layer", "spatial")}
    names |= {f"{net}_feature{which}_channel_mean" for net in NETS for which in ("1", "_last")}
    names |= {"image0", "image1", "in0", "in1"}
    found = {key.split(".", 1)[1] for key in authors.arrays if not key.startswith("lin.")}
    assert found == names


def test_measure_takes_the_network(authors, networks):
    network, case = networks["vgg"], pairs(authors)[0]
    image, reference = pictures(authors, case)
    hole = make_hole(*image.shape[-2:])
    full, inside, box = (measure(image, reference, hole, r, lpips=network)[0] for r in ("full", "hole", "box"))
    assert full["lpips"] == pytest.approx(authors[f"{case}.vgg_distance"].item(), abs=1e-6)
    spatial = authors[f"{case}.vgg_spatial"]
    assert inside["lpips"] == pytest.approx((spatial * hole).sum().item() / hole.sum().item(), abs=1e-6)
    rows, columns = (hole[0, 0].any(d).nonzero().flatten() for d in (1, 0))
    cut = (..., slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    assert box["lpips"] == pytest.approx(lpips(image[cut], reference[cut], network).item(), abs=1e-6)
    assert measure(image, image, lpips=network)[0]["lpips"] == 0
    assert math.isnan(measure(image, reference)[0]["lpips"])


def test_a_batch_is_its_items_and_gray_is_three_channels(authors, networks):
    a, b = (make_photo(s, 40, 48, batch=2) for s in (1, 2))
    together = lpips(a, b, networks["alex"])
    apart = torch.cat([lpips(a[[i]], b[[i]], networks["alex"]) for i in (0, 1)])
    assert torch.allclose(together, apart, atol=1e-6)
    assert together[0] != together[1]
    gray = a[:, :1]
    assert torch.equal(lpips(gray, b, networks["alex"]), lpips(gray.expand(-1, 3, -1, -1), b, networks["alex"]))


@pytest.mark.parametrize("net", NETS)
def test_the_smallest_size(net):
    """The network takes it, and nothing smaller; `measure` then has no number."""
    network, side = blank(net), NETS[net].min_side
    a, b = torch.rand((2, 1, 3, side, side), generator=torch.Generator().manual_seed(0))
    assert lpips(a, b, network) == 0
    with pytest.raises(InputError, match=f"needs pictures of at least {side} x {side} pixels, got"):
        lpips(a[..., 1:], b[..., 1:], network)
    with pytest.raises(RuntimeError):
        network(a[..., 1:], b[..., 1:])
    assert math.isnan(measure(a[..., 1:], b[..., 1:], lpips=network)[0]["lpips"])


def test_an_empty_region_is_refused():
    photo = make_photo()
    with pytest.raises(InputError, match="region to measure in is empty"):
        lpips(photo, photo, blank("squeeze"), torch.zeros(1, 1, 37, 53, dtype=torch.bool))


def test_a_network_is_fixed_and_draws_no_numbers(untouched_rng):
    network = blank("squeeze")
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())


def test_weights_that_do_not_fit():
    with pytest.raises(WeightsError, match=r"not the weights of LPIPS \(alex\)"):
        build_lpips("alex", {"features.0.weight": torch.zeros(64, 3, 11, 11)}, {})
    with pytest.raises(UnknownNameError, match="did you mean 'alex'"):
        build_lpips("alx", {}, {})


def test_the_heads_on_the_hub_are_the_authors(authors):
    if not HUB.exists():
        pytest.skip(f"no {HUB}")
    assert HUB.stat().st_size == get_entry("lpips_vgg").size
    found, wanted = load_file(HUB), heads_of(authors, "vgg")
    for i, (name, value) in enumerate(sorted(found.items())):
        assert name == f"{i}.weight"
        assert torch.equal(value, wanted[f"lin{i}.model.1.weight"])


def test_vgg_is_of_the_manifest(authors, monkeypatch):
    """Its two rows, asked for once; classifier and metadata of the file are passed over."""
    files = {"vgg16": {**authors.state("vgg"), "head.fc.weight": torch.zeros(3)}}
    files["lpips_vgg"] = {f"{i}.weight": v for i, v in enumerate(heads_of(authors, "vgg").values())}
    asked = []
    monkeypatch.setattr(perceptual_weights, "load_weights", lambda name, progress: asked.append(name) or files[name])
    clear()
    with torch.inference_mode():
        network = load_lpips()
    assert load_lpips("vgg") is network
    assert asked == ["vgg16", "lpips_vgg"]
    assert not next(network.parameters()).is_inference()
    case = pairs(authors)[-1]
    authors.check(lpips(*pictures(authors, case), network), case, "vgg_distance")


def test_the_users_own_weights(authors, networks, tmp_path, monkeypatch):
    """The authors' files are added once; then the network is there by its name."""
    monkeypatch.setenv("MONOCHROMIC_HOME", str(tmp_path))
    clear()
    with pytest.raises(
        WeightsError, match=r"LPIPS \(squeeze\) needs weights squeezenet1_1 and lpips_squeeze of your own"
    ):
        load_lpips("squeeze")
    torch.save({**authors.state("squeeze"), "classifier.1.weight": torch.zeros(3)}, tmp_path / "net.pth")
    torch.save(heads_of(authors, "squeeze"), tmp_path / "squeeze.pth")
    rows = add_lpips("squeeze", tmp_path / "net.pth", tmp_path / "squeeze.pth")
    assert [row.id for row in rows] == ["squeezenet1_1", "lpips_squeeze"]
    assert rows[0] == get_entry("squeezenet1_1")
    photos = make_photo(1), make_photo(2)
    assert torch.equal(lpips(*photos, load_lpips("squeeze")), lpips(*photos, networks["squeeze"]))
    add_lpips("squeeze", tmp_path / "net.pth", tmp_path / "squeeze.pth")  # again is no error
    with pytest.raises(InputError, match="the pack has weights 'vgg16' already"):
        add_lpips("vgg", "a.pth", "b.pth")
    with pytest.raises(WeightsError, match="not the weights of LPIPS"):
        add_lpips("alex", tmp_path / "net.pth", tmp_path / "squeeze.pth")
    with pytest.raises(WeightsError, match="cannot be read"):
        add_lpips("alex", Path("gone.pth"), tmp_path / "squeeze.pth")
    assert not (tmp_path / "weights" / "alexnet.safetensors").exists()


def test_unknown_networks_are_refused():
    for call in (load_lpips, lambda name: add_lpips(name, "a", "b")):
        with pytest.raises((UnknownNameError, WeightsError)):
            call("resnet")


def test_the_node_loads_a_network_only_when_asked(monkeypatch):
    """nan on the outputs for what does not apply; the network's number when it is chosen."""
    asked = []
    monkeypatch.setattr(node, "load_lpips", lambda name, *_, **__: asked.append(name) or blank(name, 0.01))
    a, b = (make_photo(s).movedim(1, -1) for s in (1, 2))
    names = node.Metrics.RETURN_NAMES
    plain = dict(zip(names, node.Metrics().measure(a, b, "full")["result"], strict=True))
    assert not asked
    assert [name for name in names[1:] if math.isnan(plain[name])] == ["ms_ssim", "lpips"]
    chosen = dict(zip(names, node.Metrics().measure(a, b, "full", None, "alex")["result"], strict=True))
    assert asked == ["alex"]
    assert chosen["lpips"] >= 0
    assert chosen["psnr"] == plain["psnr"]
    assert names[:6] == ("text", "psnr", "ssim", "l1", "mse", "tv")  # saved workflows count on their places
