"""Where the pack meets its host: files, device, progress, cancel. The only file that knows ComfyUI.

Under ComfyUI the host's own functions are used. Elsewhere (`monochromic run`, tests) pictures are looked
for in the folders of `input_folders`, progress goes to the function set by `progress_hook`, and pictures to show in a
node to that of `preview_hook`.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from pathlib import Path, PurePath
from typing import Any, TypeVar

import torch
from PIL import Image
from torch import Tensor

from ..core.backbones import get_backbone
from ..core.backbones.loaded import Model
from ..core.host.cancel import Preview, Progress, reporting, silent
from ..core.host.device import put
from ..core.host.memory import free_host, translates_oom
from ..core.weights import model_folders
from ..core.weights.select import fingerprint_of, load_model, row_fingerprint

input_folders: ContextVar[tuple[Path, ...]] = ContextVar("input_folders", default=(Path(),))
progress_hook: ContextVar[Progress | None] = ContextVar("progress_hook", default=None)
preview_hook: ContextVar[Callable[[Tensor], list[dict[str, str]]] | None] = ContextVar("preview_hook", default=None)

Place = TypeVar("Place", bound=PurePath)

HELD = "_comfyui"  # attribute of a network
PREVIEW_SIDE = 512  # pixels at most
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif")


def in_comfyui() -> bool:
    """Whether ComfyUI loaded this pack."""
    return "comfy.model_management" in sys.modules and "folder_paths" in sys.modules


def device() -> torch.device:
    """Where to compute: ComfyUI's choice, else CUDA when there is one, else the CPU."""
    if in_comfyui():
        return sys.modules["comfy.model_management"].get_torch_device()
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def intermediate_device() -> torch.device:
    """Where results go between nodes."""
    return sys.modules["comfy.model_management"].intermediate_device() if in_comfyui() else torch.device("cpu")


@contextmanager
def hosted() -> Iterator[None]:
    """Around the work of a node, also as a decorator: its host's folders, memory, model manager and cancel button."""
    with ExitStack() as stack:
        stack.enter_context(weight_folders())
        stack.enter_context(translates_oom())
        if in_comfyui():
            stack.enter_context(reporting(lambda done, total: _stop_if_asked()))(0, 1)
            stack.enter_context(_as(free_host, _free))
            stack.enter_context(_as(put, _put))
        yield


def _stop_if_asked() -> None:
    sys.modules["comfy.model_management"].throw_exception_if_processing_interrupted()


def _free() -> None:
    management = sys.modules["comfy.model_management"]
    management.unload_all_models()
    management.soft_empty_cache()


class _Held:
    """What ComfyUI's model manager knows a network by; kept by the network, and not copied with it."""

    def __init__(self, patcher: Any = None) -> None:
        self.patcher = patcher

    def __deepcopy__(self, memo: dict) -> "_Held":
        return _Held()


def _put(network: torch.nn.Module, where: torch.device, needed: int) -> None:
    """Have ComfyUI's model manager bring a network to its device, and send others away for it and its work."""
    if where.type == "cpu" and device().type != "cpu":  # the second try of what did not fit the device
        network.to(where)
        return
    from comfy.model_patcher import ModelPatcher

    held = network.__dict__.setdefault(HELD, _Held())
    held.patcher = held.patcher or ModelPatcher(network, device(), torch.device("cpu"))
    load = sys.modules["comfy.model_management"].load_models_gpu
    load([held.patcher], memory_required=needed, force_full_load=True)


@contextmanager
def _as(setting: ContextVar, value: object) -> Iterator[None]:
    token = setting.set(value)
    try:
        yield
    finally:
        setting.reset(token)


def progress() -> Progress:
    """A function `(done, total)` that shows progress, and raises when the user has cancelled."""
    return watch()[0]


def watch() -> tuple[Progress, Preview | None]:
    """The same, and a function that shows a picture (1, C, H, W) in the node while it works, if the host can."""
    if not in_comfyui():
        return progress_hook.get() or silent, None
    from comfy.utils import ProgressBar

    bar = ProgressBar(1)
    shown = None

    def report(done: int, total: int) -> None:
        nonlocal shown
        _stop_if_asked()
        if shown != (done, total):  # the same is told again and again, to be asked whether to go on
            shown = done, total
            bar.update_absolute(done, max(total, 1))

    def show(picture: Tensor) -> None:
        pixels = (picture[0].expand(3, -1, -1).movedim(0, -1) * 255).round().byte().cpu().numpy()
        bar.update_absolute(bar.current, bar.total, ("JPEG", Image.fromarray(pixels), PREVIEW_SIDE))

    return report, show


def preview(image: Tensor) -> list[dict[str, str]]:
    """Show IMAGE (B, H, W, 3) in the node after its run; what the node returns as `images` in its `ui`."""
    if in_comfyui():
        return sys.modules["nodes"].PreviewImage().save_images(image)["ui"]["images"]
    hook = preview_hook.get()
    return hook(image) if hook else []


@contextmanager
def weight_folders() -> Iterator[None]:
    """Within it weights are also looked for in ComfyUI's model folders `monochromic`."""
    if not in_comfyui():
        yield
        return
    folder_paths = sys.modules["folder_paths"]
    if "monochromic" not in folder_paths.folder_names_and_paths:
        folder_paths.add_model_folder_path("monochromic", str(Path(folder_paths.models_dir) / "monochromic"))
    folder_paths.folder_names_and_paths["monochromic"][1].add(".safetensors")  # of none, every file would be listed
    with _as(model_folders, tuple(map(Path, folder_paths.get_folder_paths("monochromic")))):
        yield


def model(name: str, *, rgb: bool = False) -> Model:
    """A backbone ready to fill on `device()`, by weights that give RGB if `rgb`."""
    with hosted():
        return load_model(get_backbone(name), device(), rgb=rgb, progress=progress())


def fingerprint(name: str, *, rgb: bool = False) -> str:
    """Changes where `model(name)` would give another network. Reads no weights, and raises nothing."""
    with weight_folders():
        return fingerprint_of(name, rgb=rgb)


def weights_fingerprint(*names: str) -> str:
    """Changes where weights of these ids become others. Reads no weights, and raises nothing."""
    with weight_folders():
        return " ".join(row_fingerprint(name) for name in names)


def find_picture(name: str) -> str | None:
    """Path of a picture by the name a workflow gives it, such as `old.png` or `sub/x.png [output]`."""
    if in_comfyui():
        folder_paths = sys.modules["folder_paths"]
        found = folder_paths.exists_annotated_filepath(name)
        return folder_paths.get_annotated_filepath(name) if found else None
    name = name.removesuffix("[input]").strip()
    return next((str(f / name) for f in input_folders.get() if name and (f / name).is_file()), None)


def list_pictures() -> list[str]:
    """Names of the pictures in the input folder, for a menu."""
    if in_comfyui():
        folder_paths = sys.modules["folder_paths"]
        names = _files(Path(folder_paths.get_input_directory()))
        return sorted(folder_paths.filter_files_content_types(names, ["image"]))
    return sorted({n for f in input_folders.get() for n in _files(f) if n.lower().endswith(PICTURES)})


def find_folder(name: str) -> Path | None:
    """A folder within the input folder by its name there, such as `album/1960`."""
    places = (within(folder, name) for folder in _input_places())
    return next((place for place in places if place and place.is_dir()), None)


def within(folder: Place, name: str) -> Place | None:
    """The place of that name in a folder; None for a name that leads out of it, such as `../x` or `C:\\x`."""
    inner = type(folder)(name)
    leads_out = inner.drive or inner.root or ".." in inner.parts
    return None if leads_out or not name.strip() else folder / inner


def list_folders() -> list[str]:
    """Names of the folders in the input folder that hold pictures, for a menu."""
    folders = {e.name: e.path for f in _input_places() for e in os.scandir(f) if e.is_dir()}
    return sorted(n for n, path in folders.items() if any(f.lower().endswith(PICTURES) for f in _files(path)))


def _input_places() -> tuple[Path, ...]:
    return (Path(sys.modules["folder_paths"].get_input_directory()),) if in_comfyui() else input_folders.get()


def _files(folder: os.PathLike[str]) -> Iterable[str]:
    return [e.name for e in os.scandir(folder) if e.is_file()]
