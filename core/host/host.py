"""Who runs the library: one record of what it provides, for the work that follows in this thread and its children."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .progress import Preview, Progress, ProgressReporter, silent

CPU = torch.device("cpu")


def _cuda_or_cpu() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _move(network: nn.Module, device: torch.device, needed: int) -> None:
    if next(network.parameters()).device != device:
        network.to(device)


def _free_nothing() -> None:
    pass


@dataclass(frozen=True)
class Host:
    """What the host provides. By default there is none: a program that calls the library.

    Attributes:
        device: where to compute; by default CUDA if there is any, else the CPU. The functions of the library follow
            their inputs; this is for whoever makes those.
        intermediate_device: where results go between nodes.
        move: called as `move(network, device, needed)` before each use of a network, to bring it to the device where
            work of about `needed` bytes follows. ComfyUI's model manager sends other networks away for it.
        free: called when memory runs out, to give back what the host can spare.
        model_folders: where to look for weight files before the user's own folder; the first is the one to name.
        shared_folders: of other programs, where weight files are looked for last; a file that is not the right one is
            none of ours, and passed over.
        input_folders: where pictures are looked for by name.
        named_files: files and folders that the user named by hand, which may lie outside the input folders.
        output_folder: where pictures are saved.
        progress: called as `progress(done, total)` by what the host runs; it cancels the work by raising.
        preview: called now and then with the picture as it stands, (1, 3, H, W) in [0, 1]; None where nobody looks.
        show: called with pictures (B, H, W, 3) in [0, 1] to show in a node after its run; returns where they are, as
            entries of the node's `ui`. None where nobody looks.
        explain: called as `explain(title, picture, pixels)` with pictures (1, 1 or 3, H, W) in [0, 1] of what networks
            do inside, and how many pixels they fill there. None where nobody looks.
        reporter: whom `check_cancelled` polls; set by `reporting`.
    """

    device: torch.device = field(default_factory=_cuda_or_cpu)
    intermediate_device: torch.device = CPU
    move: Callable[[nn.Module, torch.device, int], None] = _move
    free: Callable[[], None] = _free_nothing
    model_folders: tuple[Path, ...] = ()
    shared_folders: tuple[Path, ...] = ()
    input_folders: tuple[Path, ...] = (Path(),)
    named_files: frozenset[str] = frozenset()
    output_folder: Path = Path("output")
    progress: Progress = silent
    preview: Preview | None = None
    show: Callable[[Tensor], list[dict[str, str]]] | None = None
    explain: Callable[[str, Tensor, int], None] | None = None
    reporter: ProgressReporter | None = None


_default_host = lru_cache(maxsize=1)(Host)  # made when first asked for: it looks for CUDA
_host: ContextVar[Host | None] = ContextVar("host", default=None)


def current_host() -> Host:
    """The host of the work that runs now.

    Returns:
        What `using_host` set, or the default `Host`.
    """
    return _host.get() or _default_host()


@contextmanager
def using_host(host: Host | None = None, **changes: Any) -> Iterator[Host]:
    """Run what follows under another host; nested ones change what they name and keep the rest.

    Args:
        host: the record; by default the current one.
        **changes: fields of `Host` to change.

    Yields:
        The host in use.

    >>> from monochromic.core.host.host import current_host, using_host
    >>> with using_host(output_folder="restored"):
    ...     current_host().output_folder
    'restored'
    """
    token = _host.set(replace(host or current_host(), **changes))
    try:
        yield current_host()
    finally:
        _host.reset(token)
