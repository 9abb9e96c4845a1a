"""The tensors of a TorchScript file (`torch.jit.save`), read without its program, of which nothing is run.

Such a file is a zip: `data.pkl` holds the modules as a pickle, `data/` the numbers, and other members the program.
The pickle names classes of that program, which are not here and are not made: a module becomes a dict of what it
holds. Besides those it may name tensors and lists, nothing else.
"""

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import WeightsError

PROGRAM = "__torch__"  # where the classes of a program are
DEPTH = 100  # of modules in modules
DTYPES = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


class _Module(dict):
    """What a module of the program holds, by name."""

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            self.update(state)


def is_torchscript(path: Path) -> bool:
    """Whether a file is a TorchScript program.

    Args:
        path: Of the file.

    Returns:
        False also for a file that cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/constants.pkl") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def read_torchscript(path: Path) -> dict[str, Tensor]:
    """Read the parameters and buffers of a TorchScript file.

    Args:
        path: Of the file.

    Returns:
        Tensors on the CPU by the names that `torch.jit.load(path).state_dict()` gives them.

    Raises:
        WeightsError: for a pickle that names more than modules, tensors and lists, and for compressed members.
        Exception: whatever a broken file provokes.
    """
    with zipfile.ZipFile(path) as archive:
        folder = next(name for name in archive.namelist() if name.endswith("/data.pkl")).removesuffix("data.pkl")
        with archive.open(_stored(archive, f"{folder}data.pkl")) as file:
            module = _Reader(file, archive, folder).load()
    return dict(_tensors(module, "", 0))


def _tensors(module: Any, path: str, depth: int) -> Iterator[tuple[str, Tensor]]:
    if depth > DEPTH:
        raise WeightsError(f"its modules are nested more than {DEPTH} deep")
    for name, value in module.items() if isinstance(module, _Module) else ():
        if isinstance(value, Tensor):
            yield f"{path}{name}", value
        elif isinstance(value, _Module):
            yield from _tensors(value, f"{path}{name}.", depth + 1)


def _stored(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """A member as torch writes it: not compressed, so that it takes no more memory than the file."""
    member = archive.getinfo(name)
    if member.compress_type != zipfile.ZIP_STORED:
        raise WeightsError(f"{name} in it is compressed, which torch never does")
    return member


class _Reader(pickle.Unpickler):
    """Takes a few names for tensors and lists, and every class of the program for `_Module`."""

    def __init__(self, file: Any, archive: zipfile.ZipFile, folder: str) -> None:
        super().__init__(file)
        self.archive, self.folder = archive, folder
        self.storages: dict[str, Tensor] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module == PROGRAM or module.startswith(f"{PROGRAM}."):
            return _Module
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        if module == "torch.jit._pickle":
            return _values
        known: dict[tuple[str, str], Callable[..., Any]] = {
            ("torch._utils", "_rebuild_tensor_v2"): _tensor,
            ("collections", "OrderedDict"): OrderedDict,
        }
        if (module, name) not in known:
            raise WeightsError(f"it holds more than tensors ({module}.{name}), and reading that could run a program")
        return known[module, name]

    def persistent_load(self, pid: Any) -> Tensor:
        _, dtype, key, _, size = pid
        if key not in self.storages:
            data = bytearray(self.archive.read(_stored(self.archive, f"{self.folder}data/{key}")))
            self.storages[key] = torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
        storage = self.storages[key]
        if storage.dtype != dtype or len(storage) < size:
            raise WeightsError(f"its numbers {key} are not as many as it says")
        return storage


def _values(values: Any = None, *_: Any) -> Any:
    """Lists and their kin, which hold no parameters, as they are."""
    return values


def _tensor(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Tensor:
    return torch.as_strided(storage, size, stride, offset)
