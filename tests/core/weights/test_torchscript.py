"""TorchScript files: their tensors are read, their program is not run; with torch's own reader as the oracle."""

import pickle
import zipfile

import pytest
import torch
from monochromic.core import WeightsError
from monochromic.core.weights.convert import convert
from monochromic.core.weights.detect import read_tensors
from monochromic.core.weights.torchscript import is_torchscript
from tiny_network import at_home, tiny_state
from torch import nn

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit")


class Odd(nn.Module):
    """Parameters and buffers of several types, shapes and places, shared and not, and attributes that are neither."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.many = nn.ModuleList([nn.Linear(2, 2), nn.Sequential(nn.BatchNorm1d(2), nn.PReLU())])
        self.thin = nn.Parameter(torch.rand(3).half())
        self.turned = nn.Parameter(torch.rand(2, 5).t())
        self.again = self.many[0].weight
        self.register_buffer("steps", torch.tensor([3, -4]))
        self.register_buffer("flag", torch.tensor(True))
        self.names, self.side, self.sizes = ["a", "b"], 3, [1, 2]
        with torch.random.fork_rng():
            torch.manual_seed(1)
            for parameter in self.parameters():
                nn.init.uniform_(parameter)

    def forward(self, x):
        return self.conv(x)


def scripted(path):
    torch.jit.save(torch.jit.script(Odd()), str(path))
    return path


def traced(path):
    torch.jit.save(torch.jit.trace(Odd().eval(), torch.zeros(1, 2, 8, 8)), str(path))
    return path


@pytest.mark.parametrize("save", [scripted, traced])
def test_the_same_tensors_as_torch_gives(tmp_path, save):
    path = save(tmp_path / "x.pt")
    wanted = torch.jit.load(path).state_dict()
    found = read_tensors(path)
    assert wanted.keys() <= found.keys()
    for name, value in wanted.items():
        assert found[name].dtype == value.dtype
        assert torch.equal(found[name], value), name


def test_the_program_is_not_compiled(tmp_path, monkeypatch):
    path = scripted(tmp_path / "x.pt")
    monkeypatch.setattr(torch.jit, "load", lambda *_: pytest.fail("it was loaded as a program"))
    assert is_torchscript(path)
    assert "conv.weight" in read_tensors(path)


def nested(state):
    """A module that has tensors under these names."""
    root = nn.Module()
    for name, value in state.items():
        *path, last = name.split(".")
        module = root
        for part in path:
            if not hasattr(module, part):
                module.add_module(part, nn.Module())
            module = getattr(module, part)
        module.register_parameter(last, nn.Parameter(value))
    return root


def test_it_is_converted_as_the_plain_weights_are(tmp_path, monkeypatch):
    at_home(tmp_path / "home", monkeypatch)
    state = {name: value.clone() for name, value in tiny_state().items()}
    torch.save(state, tmp_path / "plain.pth")
    torch.jit.save(torch.jit.script(nested(state)), str(tmp_path / "x.pt"))
    plain, program = convert([tmp_path / "plain.pth"], "one"), convert([tmp_path / "x.pt"], "two")
    assert (plain.backbone, plain.variant, plain.size) == (program.backbone, program.variant, program.size)


def rewritten(path, change):
    """A TorchScript file with its members changed by `change(name, data)`, which gives data and a compression."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, *change(name, data))
    return path


class Evil:
    def __reduce__(self):
        return print, ("it ran",)


WRONG = {
    "holds more than tensors": lambda n, d: (pickle.dumps(Evil(), 2) if n.endswith("/data.pkl") else d, 0),
    "is compressed": lambda n, d: (d, zipfile.ZIP_DEFLATED),
    "not as many as it says": lambda n, d: (d[: len(d) // 8 * 4] if "/data/" in n else d, 0),
    "it is broken": lambda n, d: (d[: len(d) // 2] if n.endswith("/data.pkl") else d, 0),
}


@pytest.mark.parametrize(("words", "change"), WRONG.items(), ids=WRONG)
def test_what_is_wrong_is_refused_in_one_line(tmp_path, capfd, words, change):
    path = rewritten(scripted(tmp_path / "x.pt"), change)
    with pytest.raises(WeightsError, match=f"x.pt is not read: .*{words}") as refusal:
        read_tensors(path)
    assert "\n" not in str(refusal.value)
    assert "it ran" not in capfd.readouterr().out
