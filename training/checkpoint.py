"""Everything that a training is, in one safetensors file that is whole or not there."""

import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn


def save_state(path: Path, network: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, seen: int) -> None:
    """Write the weights, their averages and the optimizer's state; the file before stays until this one is whole."""
    tensors = {f"network.{k}": v for k, v in network.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.state_dict().items()}
    for i, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{i}.{k}": torch.as_tensor(v) for k, v in state.items()}
    part = path.with_suffix(".part")
    part.write_bytes(save({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, {"seen": json.dumps(seen)}))
    part.replace(path)


def load_state(path: Path, network: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Read them back into place; returns how many samples were seen."""
    tensors, seen = read(path)
    network.load_state_dict(_under("network.", tensors))
    average.load_state_dict(_under("average.", tensors))
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _under("optimizer.", tensors).items():
        i, key = name.split(".")
        state.setdefault(int(i), {})[key] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return seen


def load_average(path: Path) -> tuple[dict[str, Tensor], int]:
    """The averaged weights, and how many samples they have seen."""
    tensors, seen = read(path)
    return _under("average.", tensors), seen


def read(path: Path) -> tuple[dict[str, Tensor], int]:
    """All tensors of a checkpoint, and how many samples were seen."""
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()["seen"])  # noqa: SIM118


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
