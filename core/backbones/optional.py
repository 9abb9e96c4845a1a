"""Networks that another library brings: imported when first asked for, with one clear error if that fails."""

import importlib
from collections.abc import Callable
from types import ModuleType

import numpy as np
import torch
from torch import nn

from ..errors import DependencyError

INSTALL = "run `pip install spandrel spandrel-extra-arches` with the Python that runs this"


def library(name: str, wanted_by: str) -> ModuleType:
    """The module called `name`. Raises `DependencyError` if it, or what it needs, is missing or broken."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = (error.name or name).split(".")[0]
        raise DependencyError(
            f"{wanted_by} needs the Python package {package}, which is not installed, or too old; {INSTALL}"
        ) from error
    except Exception as error:  # a torchvision made for another torch fails in many ways, few of them ImportError
        raise DependencyError(
            f"{wanted_by} needs the Python package {name.split('.')[0]}, which does not import ({error}); mostly its "
            f"torchvision is not the one for torch {torch.__version__}: install the one that is"
        ) from error


def loaded(load: Callable[[], nn.Module]) -> nn.Module:
    """The network that `load` gives, in evaluation mode; the global random states are as before.

    Such a library draws the weights first and reads them then.
    """
    numpy_state = np.random.get_state()
    try:
        with torch.inference_mode(False), torch.random.fork_rng(devices=[]):
            return load().eval().requires_grad_(False)
    finally:
        np.random.set_state(numpy_state)
