"""How the nodes use their host: files, devices, memory and time, without ComfyUI."""

import subprocess
import sys

import pytest
import torch
from conftest import make_hole, make_photo
from monochromic.core.colorize.prior import prior_network
from monochromic.core.detect.networks import damage_network
from monochromic.core.host.device import on_device
from monochromic.core.host.host import current_host, using_host
from monochromic.core.weights import WeightFile, add_entry, get_entry
from monochromic.core.weights.load import clear
from monochromic.nodes import NODE_CLASS_MAPPINGS, runtime

CHANGING = {
    "MonochromicGrayInpaint": {"backbone": "mono"},
    "MonochromicRgbInpaint": {"backbone": "mono"},
    "MonochromicBlindMaskPredict": {"method": "vcnet"},
    "MonochromicMetrics": {"lpips": "vgg"},
}
HEAVY = ("cv2", "huggingface_hub", "scipy", "PIL.ImageDraw", "PIL.ImageFont", "spandrel", "safetensors.torch")
HEAVY += ("torch._dynamo",)  # which torch loads to draw weights that are nowhere


def bhwc(image):
    return image.movedim(1, -1).contiguous()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MONOCHROMIC_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    clear()
    yield tmp_path
    clear()


class TestFingerprints:
    @pytest.mark.parametrize("name", CHANGING)
    def test_the_same_as_long_as_nothing_changes(self, name, home):
        node = NODE_CLASS_MAPPINGS[name]
        first = node.IS_CHANGED(**CHANGING[name])
        assert isinstance(first, str)
        assert node.IS_CHANGED(**CHANGING[name], grow=3) == first
        assert isinstance(node.IS_CHANGED(), str)
        assert isinstance(node.IS_CHANGED(**dict.fromkeys(CHANGING[name])), str)  # a link in place of a constant

    def test_another_backbone_is_another_network(self):
        node = NODE_CLASS_MAPPINGS["MonochromicGrayInpaint"]
        told = {name: node.IS_CHANGED(backbone=name) for name in ("mono", "autoencoder", "lama", "telea", "zzz")}
        assert told["telea"] == told["zzz"] == ""
        assert len(set(told.values())) == 4
        assert get_entry("mono").sha256 in told["mono"]

    def test_weights_that_are_added_and_replaced(self, home):
        """The user's own go before the pack's, and files that are not there count for nothing."""
        folder = home / "weights"
        folder.mkdir()
        node = NODE_CLASS_MAPPINGS["MonochromicGrayInpaint"]
        before = node.IS_CHANGED(backbone="mono")
        told = {"backbone": "mono", "license": "MIT", "trained_on": "a", "source": "b", "channels": "gray"}
        row = {**told, "id": "mine", "filename": "mine.safetensors"}
        for content in (b"1", b"22"):
            add_entry(WeightFile(**row, sha256=(content * 32).hex()[:64], size=1), replace=True)
            (folder / "mine.safetensors").unlink(missing_ok=True)
            assert node.IS_CHANGED(backbone="mono") == before
            (folder / "mine.safetensors").write_bytes(content)
            assert node.IS_CHANGED(backbone="mono") == f"mine {(content * 32).hex()[:64]}"


def given(name):
    """Inputs of a node that takes pictures or masks, slightly out of range as ComfyUI's may be."""
    node = NODE_CLASS_MAPPINGS[name]
    schema = node.INPUT_TYPES()
    inputs = {}
    for key, (kind, options) in {**schema["required"], **schema.get("optional", {})}.items():
        if kind == "IMAGE":
            inputs[key] = bhwc(make_photo(seed=len(inputs), height=40, width=56)) * 1.2 - 0.1
        elif kind == "MASK":
            inputs[key] = make_hole(40, 56)[:, 0] * 1.1
        elif "default" in options:
            inputs[key] = options["default"]
    return inputs


TAKING = [
    name
    for name, node in NODE_CLASS_MAPPINGS.items()
    for schema in [node.INPUT_TYPES()]
    if {"IMAGE", "MASK"}
    & {kind for kind, _ in {**schema["required"], **schema.get("optional", {})}.values() if isinstance(kind, str)}
]


@pytest.mark.parametrize("name", TAKING)
def test_inputs_are_never_modified_and_outputs_are_in_range(name):
    node, inputs = NODE_CLASS_MAPPINGS[name], given(name)
    copies = {key: value.clone() for key, value in inputs.items() if isinstance(value, torch.Tensor)}
    assert copies
    with torch.inference_mode():
        out = getattr(node(), node.FUNCTION)(**inputs)
    for key, value in copies.items():
        assert torch.equal(inputs[key], value), key
    for value in out["result"] if isinstance(out, dict) else out:
        handed_on = any(value is given for given in inputs.values())
        if isinstance(value, torch.Tensor) and not handed_on:
            todo = f"{name}: give pictures by image_out and masks by mask_out of nodes/tensors.py"
            assert value.dtype == torch.float32, todo
            assert value.device == current_host().intermediate_device, todo
            assert 0 <= value.min() <= value.max() <= 1, todo


class TestDevices:
    @pytest.fixture
    def host(self):
        """A host that sends networks away after each use, and notes who was asked for."""
        asked = []

        def move(network, device, needed):
            for other in asked:
                other.to("meta" if other is not network else device)
            asked.append(network)
            network.needed = needed

        with using_host(move=move):
            yield asked

    def test_every_network_asks_for_its_place_at_each_use(self, host, home):
        inputs = {"image": bhwc(make_photo()), "mask": make_hole()[:, 0]}
        gray = NODE_CLASS_MAPPINGS["MonochromicGrayInpaint"]().inpaint(**inputs, backbone="mono", grow=0, threshold=0.5)
        assert len(set(host)) == 1
        assert host[-1].needed > 0
        image, hole = gray["result"]
        NODE_CLASS_MAPPINGS["MonochromicProgressiveColorize"]().colorize(inputs["image"], image, hole, "propagate")
        assert host[-1] is prior_network(torch.device("cpu"))
        assert host[-1].needed > 0

    def test_an_evicted_network_comes_back(self, photo):
        """A host that puts every network to sleep when another is asked for: the answers stay the same."""
        asleep, saved = set(), {}

        def move(network, device, needed):
            for other in saved.keys() - {network} - asleep:
                saved[other] = {k: v.clone() for k, v in other.state_dict().items()}
                other.to("meta")
                asleep.add(other)
            if network in asleep:
                network.load_state_dict(saved[network], assign=True)
                asleep.discard(network)
            saved.setdefault(network, None)

        image, mask = bhwc(make_photo(height=64, width=64)), make_hole(64, 64)[:, 0]

        def run():
            found = NODE_CLASS_MAPPINGS["MonochromicBlindMaskPredict"]().predict(image, "learned", 0.5, 0, 0)["result"][
                1
            ]
            gray = NODE_CLASS_MAPPINGS["MonochromicGrayInpaint"]().inpaint(image, mask, "mono", 0, 0.5)["result"][0]
            return (
                found,
                gray,
                NODE_CLASS_MAPPINGS["MonochromicProgressiveColorize"]().colorize(image, gray, mask, "propagate")[
                    "result"
                ][0],
            )

        with torch.inference_mode():
            plain = run()
            try:
                with using_host(move=move):
                    for _ in range(2):
                        assert all(torch.equal(a, b) for a, b in zip(run(), plain, strict=True))
                    assert len(saved) == 3
                    for network in saved:  # all awake again for the other tests
                        on_device(network, "cpu")
                        asleep.discard(network)
            finally:
                for network in asleep:
                    network.load_state_dict(saved[network], assign=True)
        assert torch.equal(run()[1], plain[1])
        assert damage_network(torch.device("cpu"))


def test_hosted_is_also_a_decorator():
    @runtime.hosted()
    def work(a, b=2):
        return a + b

    assert (work(1), work(1, b=3)) == (3, 4)


def test_nothing_heavy_is_imported_with_the_nodes():
    """ComfyUI, which has torch and Pillow at hand anyway, starts about as fast as without the pack."""
    script = f"import torch, sys, monochromic.nodes; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
