"""Networks that another package brings: imported when first asked for, with one clear error if that fails."""

import importlib
from collections.abc import Callable
from types import ModuleType

import numpy as np
import torch

from ..errors import DependencyError
from .record import AnyModule

INSTALL = "run `pip install spandrel spandrel-extra-arches` with the Python that runs this"


def optional_import(name: str, needed_by: str) -> ModuleType:
    """Import a module that may not be installed.

    Args:
        name: Of the module.
        needed_by: The backbone that needs it, for the message.

    Returns:
        The module.

    Raises:
        DependencyError: where it, or what it needs, is missing or broken.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = (error.name or name).split(".")[0]
        raise DependencyError(
            f"{needed_by} needs the Python package {package}, which is not installed, or too old; {INSTALL}"
        ) from error
    except Exception as error:  # a torchvision made for another torch fails in many ways, few of them ImportError
        raise DependencyError(
            f"{needed_by} needs the Python package {name.split('.')[0]}, which does not import ({error}); mostly its "
            f"torchvision is not the one for torch {torch.__version__}: install the one that is"
        ) from error


def load_frozen(load: Callable[[], AnyModule]) -> AnyModule:
    """Call another package's loader, without changing the global random states.

    Such a package draws the weights first and reads them then.

    Args:
        load: Returns the network.

    Returns:
        The network in evaluation mode, without gradients.
    """
    numpy_state = np.random.get_state()
    try:
        with torch.inference_mode(False), torch.random.fork_rng(devices=[]):
            return load().eval().requires_grad_(False)
    finally:
        np.random.set_state(numpy_state)
