"""The state of a training in one safetensors file, which is complete or not there.

Parts are networks and optimizers by name. The file has their tensors under `PART.TENSOR`.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from monochromic.core.errors import WeightsError
from monochromic.core.io.files import atomic_write
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.optim import Optimizer

Parts = Mapping[str, nn.Module | Optimizer]


def save_state(path: Path, parts: Parts, seen: int) -> None:
    """Write all parts and how many samples were seen. The old file stays until the new one is complete."""
    tensors = {f"{name}.{k}": v for name, part in parts.items() for k, v in _tensors(part).items()}
    data = save({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, {"seen": json.dumps(seen)})
    with atomic_write(path, WeightsError) as part:
        part.write_bytes(data)


def load_state(path: Path, parts: Parts) -> int:
    """Read all parts back into place.

    Args:
        path: Of the checkpoint.
        parts: The networks and optimizers of this training.

    Returns:
        How many samples were seen.

    Raises:
        SystemExit: for a file that is no checkpoint or is one of other networks.
    """
    tensors, seen = read(path)
    for name, part in parts.items():
        try:
            _load_part(part, under(name, tensors))
        except (RuntimeError, KeyError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise SystemExit(f"{path} is of another recipe, train into another folder: {name}: {reason}") from error
    return seen


def start_from(network: nn.Module, path: Path) -> None:
    """Take from shipped weights every tensor that the network has under the same name and in the same shape.

    Args:
        network: Changed in place.
        path: Of the weights.

    Raises:
        SystemExit: for a file that cannot be read, or of which nothing fits.
    """
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise SystemExit(f"{path} is no file of weights: {error}") from error
    state = network.state_dict()
    given = {name: tensors[shipped_name(name)] for name in state if shipped_name(name) in tensors}
    fitting = {name: value.float() for name, value in given.items() if value.shape == state[name].shape}
    if not fitting:
        raise SystemExit(f"{path} is of another network: none of its tensors fits")
    network.load_state_dict({**state, **fitting})
    print(f"{len(fitting)} of {len(state)} tensors are those of {path}", flush=True)


def shipped_name(name: str) -> str:
    """The name that a tensor of a training's network has in exported weights: not `Filled`'s, but the backbone's."""
    return name.removeprefix("network.")


def read(path: Path) -> tuple[dict[str, Tensor], int]:
    """All tensors of a checkpoint, and how many samples were seen. Raises `SystemExit`."""
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, json.loads(file.metadata()["seen"])
    except (SafetensorError, OSError, KeyError, TypeError) as error:
        raise SystemExit(f"{path} is no checkpoint of a training: {error}") from error


def load_average(path: Path) -> dict[str, Tensor]:
    """The averaged weights of a checkpoint, or those of a file of weights, at full precision. Raises `SystemExit`."""
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise SystemExit(f"{path} holds no weights: {error}") from error
    return {k: v.float() for k, v in (under("average", tensors) or tensors).items()}


def under(name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of one part, by their names within it."""
    return {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}


def _tensors(part: nn.Module | Optimizer) -> dict[str, Tensor]:
    if isinstance(part, nn.Module):
        return part.state_dict()
    states = part.state_dict()["state"].items()
    return {f"{i}.{k}": torch.as_tensor(v) for i, state in states for k, v in state.items()}


def _load_part(part: nn.Module | Optimizer, tensors: Mapping[str, Tensor]) -> None:
    if isinstance(part, nn.Module):
        part.load_state_dict(tensors)
        return
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        i, key = name.split(".")
        state.setdefault(int(i), {})[key] = value
    part.load_state_dict({**part.state_dict(), "state": state})
