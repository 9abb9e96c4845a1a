"""Where the pack meets its host: ComfyUI's record of a host, and files by name. The only file that knows ComfyUI.

Elsewhere (`monochromic run`, tests) the current host is taken as it is: pictures are looked for in its input folders,
progress goes to its callable, and pictures to show in a node to its `show`.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any, TypeVar

import torch
from PIL import Image
from torch import Tensor

from ..core.backbones import get_backbone
from ..core.backbones.loaded import Model
from ..core.host.cancel import reporting
from ..core.host.host import Host, current_host, using_host
from ..core.host.memory import translates_oom
from ..core.host.progress import Preview, Progress
from ..core.io.signatures import picture_endings
from ..core.weights.select import entry_fingerprint, fingerprint_of, load_model

Place = TypeVar("Place", bound=PurePath)

HELD = "_comfyui"  # attribute of a network
SHARED = "inpaint"  # of ComfyUI's model folders
PREVIEW_SIDE = 512  # pixels at most
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif")


def in_comfyui() -> bool:
    """Whether ComfyUI loaded this pack."""
    return "comfy.model_management" in sys.modules and "folder_paths" in sys.modules


@contextmanager
def hosted() -> Iterator[None]:
    """Around the work of a node, also as a decorator: its host's folders, memory, model manager and cancel button."""
    with ExitStack() as stack:
        if in_comfyui():
            stack.enter_context(using_host(_comfyui()))
        stack.enter_context(translates_oom())
        if in_comfyui():
            stack.enter_context(reporting(lambda done, total: _raise_if_interrupted()))(0, 1)
        yield


def _comfyui() -> Host:
    """ComfyUI as a host, for one node; what runs the node stays."""
    management = sys.modules["comfy.model_management"]
    progress, preview = _progress_bar()
    return replace(
        current_host(),
        device=management.get_torch_device(),
        intermediate_device=management.intermediate_device(),
        move=_move,
        free=_free,
        model_folders=_model_folders(),
        shared_folders=_shared_folders(),
        input_folders=_input_folders(),
        output_folder=Path(sys.modules["folder_paths"].get_output_directory()),
        progress=progress,
        preview=preview,
        show=lambda images: sys.modules["nodes"].PreviewImage().save_images(images)["ui"]["images"],
    )


def _raise_if_interrupted() -> None:
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


def _move(network: torch.nn.Module, device: torch.device, needed: int) -> None:
    """Have ComfyUI's model manager bring a network to its device, and send others away for it and its work."""
    management = sys.modules["comfy.model_management"]
    usual = management.get_torch_device()
    if device.type == "cpu" and usual.type != "cpu":  # the second try of what did not fit the device
        network.to(device)
        return
    from comfy.model_patcher import ModelPatcher

    held = network.__dict__.setdefault(HELD, _Held())
    held.patcher = held.patcher or ModelPatcher(network, usual, torch.device("cpu"))
    management.load_models_gpu([held.patcher], memory_required=needed, force_full_load=True)


def _progress_bar() -> tuple[Progress, Preview]:
    """What shows progress in the node and raises when the user has cancelled, and what shows a picture there."""
    from comfy.utils import ProgressBar

    bar = ProgressBar(1)
    last = None

    def report(done: int, total: int) -> None:
        nonlocal last
        _raise_if_interrupted()
        if last != (done, total):  # the same is reported again and again, to ask whether to go on
            last = done, total
            bar.update_absolute(done, max(total, 1))

    def show(picture: Tensor) -> None:
        pixels = (picture[0].expand(3, -1, -1).movedim(0, -1) * 255).round().byte().cpu().numpy()
        bar.update_absolute(bar.current, bar.total, ("JPEG", Image.fromarray(pixels), PREVIEW_SIDE))

    return report, show


def progress() -> Progress:
    """A function `(done, total)` that shows progress, and raises when the user has cancelled."""
    return current_host().progress


def preview(image: Tensor) -> list[dict[str, str]]:
    """Show IMAGE (B, H, W, 3) in the node after its run; what the node returns as `images` in its `ui`."""
    show = current_host().show
    return show(image) if show else []


@contextmanager
def weight_folders() -> Iterator[None]:
    """Within it weights are also looked for in ComfyUI's model folders `monochromic` and `inpaint`."""
    if not in_comfyui():
        yield
        return
    with using_host(model_folders=_model_folders(), shared_folders=_shared_folders()):
        yield


def _model_folders() -> tuple[Path, ...]:
    folder_paths = sys.modules["folder_paths"]
    if "monochromic" not in folder_paths.folder_names_and_paths:
        folder_paths.add_model_folder_path("monochromic", str(Path(folder_paths.models_dir) / "monochromic"))
    folder_paths.folder_names_and_paths["monochromic"][1].add(".safetensors")  # of none, every file would be listed
    return tuple(map(Path, folder_paths.get_folder_paths("monochromic")))


def _shared_folders() -> tuple[Path, ...]:
    """Where packs for inpainting keep LaMa and MAT. They may not be installed, and `inpaint` not be known."""
    folder_paths = sys.modules["folder_paths"]
    known = folder_paths.get_folder_paths(SHARED) if SHARED in folder_paths.folder_names_and_paths else ()
    return tuple(dict.fromkeys(map(Path, (*known, Path(folder_paths.models_dir) / SHARED))))


def model(name: str, *, rgb: bool = False) -> Model:
    """A backbone ready to fill on the host's device, by weights that give RGB if `rgb`."""
    with hosted():
        return load_model(get_backbone(name), current_host().device, rgb=rgb, progress=progress())


def fingerprint(name: str, *, rgb: bool = False) -> str:
    """Changes where `model(name)` would give another network. Reads no weights, and raises nothing."""
    with weight_folders():
        return fingerprint_of(name, rgb=rgb)


def weights_fingerprint(*names: str) -> str:
    """Changes where weights of these ids become others. Reads no weights, and raises nothing."""
    with weight_folders():
        return " ".join(entry_fingerprint(name) for name in names)


def find_picture(name: Any) -> str | None:
    """Path of a picture by the name a workflow gives it, such as `old.png` or `sub/x.png [output]`.

    Outside ComfyUI it lies within the input folders, links followed, unless the user named it by hand.
    """
    if not is_name(name):
        return None
    if in_comfyui():
        folder_paths = sys.modules["folder_paths"]
        found = folder_paths.exists_annotated_filepath(name)
        return folder_paths.get_annotated_filepath(name) if found else None
    return next((str(place) for place in _places(name) if os.path.isfile(place)), None)  # noqa: PTH113


def missing(name: str) -> str:
    """What is wrong with the name of a picture or folder that is not found, to end an error that says what it is."""
    _, folders = _annotated(name)
    where = ", ".join(dict.fromkeys(str(f.absolute()) for f in folders))
    by_hand = "" if in_comfyui() else "; files elsewhere are read where --set names them"
    shown = name if len(name) <= 100 else f"{name[:80]}..."
    return f"{shown!r} in {where}{by_hand}"


def list_pictures(*, output: bool = False) -> list[str]:
    """Names of the pictures in the input folder, or in the output folder, for a menu."""
    if output:
        return sorted(f"{n} [output]" for n in _files(current_host().output_folder) if n.lower().endswith(PICTURES))
    if in_comfyui():
        folder_paths = sys.modules["folder_paths"]
        names = _files(Path(folder_paths.get_input_directory()))
        return sorted(folder_paths.filter_files_content_types(names, ["image"]))
    return sorted({n for f in current_host().input_folders for n in _files(f) if n.lower().endswith(PICTURES)})


def find_folder(name: Any) -> Path | None:
    """A folder within the input folder by its name there, such as `album/1960`; outside ComfyUI as `find_picture`."""
    if not is_name(name):
        return None
    places = [within(folder, name) for folder in _input_folders()] if in_comfyui() else _places(name)
    return next((place for place in places if place and os.path.isdir(place)), None)  # noqa: PTH112


def is_name(name: Any) -> bool:
    """Whether a value of a workflow can name a file."""
    if not isinstance(name, str) or not name.strip() or "\0" in name:
        return False
    try:
        os.fsencode(name)
    except UnicodeEncodeError:  # half of a character
        return False
    return True


def _places(name: str) -> Iterator[Path]:
    """Where a file of that name may lie that `monochromic run` reads."""
    host = current_host()
    if name in host.named_files:
        yield from (folder / name for folder in (*host.input_folders, Path()))
        return
    inner, folders = _annotated(name)
    for folder in folders:
        place = folder / inner
        if _is_within(place, folders):
            yield place


def _annotated(name: str) -> tuple[str, tuple[Path, ...]]:
    """The name without ComfyUI's ending for one of its folders, and the folders to look in."""
    output = current_host().output_folder
    for ending, folders in (("[output]", (output,)), ("[temp]", (output / "temp",)), ("[input]", _input_folders())):
        if name.endswith(ending):
            return name.removesuffix(ending).strip(), folders
    return name.strip(), _input_folders()


def _is_within(place: Path, folders: Iterable[Path]) -> bool:
    """Whether a place lies in one of the folders, by its name and by where its links lead."""
    named = any(Path(os.path.abspath(place)).is_relative_to(os.path.abspath(f)) for f in folders)  # noqa: PTH100
    return named and any(Path(os.path.realpath(place)).is_relative_to(os.path.realpath(f)) for f in folders)


def pictures_in(folder: Path) -> list[Path]:
    """The picture files of a folder by name, without hidden ones.

    Outside ComfyUI also without links out of the input folders, unless the user named the folder by hand.
    """
    endings, folders = picture_endings(), _input_folders()
    confined = not in_comfyui() and _is_within(folder, folders)
    return sorted(
        folder / name
        for name in _files(folder)
        if Path(name).suffix.lower() in endings
        and not name.startswith(".")
        and not (confined and not _is_within(folder / name, folders))
    )


def within(folder: Place, name: str) -> Place | None:
    r"""The place of that name in a folder; None for a name that leads out of it, such as `../x` or `C:\x`."""
    inner = type(folder)(name)
    leads_out = inner.drive or inner.root or ".." in inner.parts
    return None if leads_out or not name.strip() else folder / inner


def list_folders() -> list[str]:
    """Names of the folders in the input folder that hold pictures, for a menu."""
    inputs = _input_folders()
    folders = {e.name: e.path for f in inputs for e in _entries(f) if _holds(e.is_dir) and _may_be_read(e.path, inputs)}
    return sorted(n for n, path in folders.items() if any(f.lower().endswith(PICTURES) for f in _files(path)))


def _may_be_read(path: str, folders: Iterable[Path]) -> bool:
    return in_comfyui() or _is_within(Path(path), folders)


def _input_folders() -> tuple[Path, ...]:
    if in_comfyui():
        return (Path(sys.modules["folder_paths"].get_input_directory()),)
    return current_host().input_folders


def _files(folder: str | os.PathLike[str]) -> list[str]:
    return [e.name for e in _entries(folder) if _holds(e.is_file)]


def _entries(folder: str | os.PathLike[str]) -> list[os.DirEntry[str]]:
    """What lies in a folder; nothing where it may not be read."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _holds(test: Callable[[], bool]) -> bool:
    """A test of an entry; false where its links form a loop."""
    try:
        return test()
    except OSError:
        return False
