"""What each command of `monochromic` does."""

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from ..core.backbones import get_backbone
from ..core.checks import shape_of
from ..core.color import luminance
from ..core.colorize import Guide, Settings, colorize, get_method, parse_points, parse_strokes
from ..core.errors import InputError, PictureError
from ..core.images import bits_of, format_of, load_alpha, load_hole, load_image, save_image, save_picture, write_bytes
from ..core.inpaint import fill, fill_rgb
from ..core.masks import binarize, grow
from ..core.metrics import REGIONS, load_lpips, measure, table_cells
from ..core.model import Model
from ..core.weights.choose import load_model
from ..core.weights.models import load_network
from ..nodes import NODE_CLASS_MAPPINGS, runtime
from .execute import execute
from .host_nodes import HOST_CLASSES, output_folder
from .load import load_graph
from .report import mark_hole, report_sheet
from .score import check_csv, score_all

DEFAULT = "telea"  # backbone
PIPELINES = ("gray", "rgb_to_gray", "rgb")


def restore_photo(options: argparse.Namespace) -> None:
    """`monochromic restore`: gray stage, colour stage, picture, report."""
    colouring = _colour_options(options)
    get_backbone(options.backbone or DEFAULT)
    _check_output(options.out, options.photo, options.mask, options.hints, options.reference)
    if options.reference and not options.report:
        raise InputError("--reference is for the report; add --report DIR")
    if options.report:
        _check_writable(Path(options.report))
    photo, hole, guide = _load(options)
    reference = load_image(options.reference) if options.reference else None
    if reference is not None and reference.shape[-2:] != photo.shape[-2:]:
        raise InputError(f"the reference must be the size of the photo, {shape_of(photo)}, got {shape_of(reference)}")
    gray, result = _restored(options, photo, hole, guide, colouring)
    save_image(result, options.out, _bits(options))
    print(options.out)
    if options.report:
        print(_write_report(options, photo, hole, gray, result, reference))


def _restored(
    options: argparse.Namespace, photo: Tensor, hole: Tensor, guide: Guide | None, colouring: dict[str, Any]
) -> tuple[Tensor, Tensor]:
    """The gray image and the result, by the pipeline of the user's choice."""
    sizes = {"context": options.context, "max_side": options.max_side}
    with progress_bar("weights") as progress:
        model = _model(options, photo, progress)
    with progress_bar("gray") as progress:
        if options.pipeline == "rgb":
            result = fill_rgb(photo.expand(-1, 3, -1, -1), hole, model, **sizes, progress=progress)
            return luminance(result), result
        source = "gray" if options.pipeline == "gray" else "rgb"
        gray = fill(photo, hole, model, source=source, **sizes, progress=progress)
    with progress_bar("colour") as progress:
        return gray, colorize(photo, gray, hole, guide=guide, **colouring, progress=progress)


def _model(options: argparse.Namespace, photo: Tensor, progress: "Progress") -> Model:
    """The backbone with the weights that were named, or those that are there."""
    if options.weights is None:
        return load_model(get_backbone(options.backbone or DEFAULT), photo.device, progress=progress)
    model = load_network(options.weights, photo.device, progress=progress)
    if options.backbone not in (None, model.backbone.id):
        raise InputError(f"weights {options.weights!r} are of {model.backbone.id}, not of {options.backbone}")
    return model


def colorize_photo(options: argparse.Namespace) -> None:
    """`monochromic colorize`: the colour stage alone, the gray image given."""
    colouring = _colour_options(options)
    _check_output(options.out, options.photo, options.mask, options.hints, options.gray)
    photo, hole, guide = _load(options)
    gray = luminance(load_image(options.gray).to(photo.device))
    with progress_bar("colour") as progress:
        result = colorize(photo, gray, hole, guide=guide, **colouring, progress=progress)
    save_image(result, options.out, _bits(options))
    print(options.out)


def score_pictures(options: argparse.Namespace) -> None:
    """`monochromic score`: metrics of a picture, or of a folder of them with their means, as table, JSON or CSV."""
    if options.csv:
        check_csv(options.csv)
        _check_writable(Path(options.csv).parent)
    device, network = "cpu", None
    if options.lpips:
        device = runtime.device()
        with progress_bar("weights") as progress:
            network = load_lpips(options.lpips, device, progress=progress)
    with progress_bar("score") as progress:
        scores = score_all(options.image, options.reference, options.mask, device, network, progress)
    if options.csv:
        write_bytes(scores.csv().encode(), options.csv)
    print(json.dumps(scores.plain(), indent=2) if options.json else scores.table())


def run_workflow(options: argparse.Namespace) -> None:
    """`monochromic run`: a workflow without ComfyUI; prints what it saved and what it would show."""
    classes = {**NODE_CLASS_MAPPINGS, **HOST_CLASSES}
    beside, out = Path(options.workflow).parent, Path(options.out)
    folders = (Path(options.input),) if options.input else (beside, beside / "input", Path())
    runtime.input_folders.set(tuple(f for f in folders if f.is_dir()))
    output_folder.set(out)
    _check_writable(out)
    graph = load_graph(options.workflow, classes)
    for assignment in options.set:
        graph.set(assignment)
    with progress_bar("") as progress:
        runtime.progress_hook.set(progress)
        execute(graph, classes, lambda call, ui: _show(call.title, ui, out), lambda call: progress.name(call.title))


@contextmanager
def progress_bar(name: str) -> Iterator["Progress"]:
    """A bar that appears after a second, on a terminal only, and leaves nothing behind."""
    with tqdm(desc=name, delay=1, disable=None, leave=False) as bar:
        yield Progress(bar)


class Progress:
    """A tqdm bar as the function `(done, total)` that the library calls."""

    def __init__(self, bar: tqdm) -> None:
        self.bar = bar

    def __call__(self, done: int, total: int) -> None:
        self.bar.total = total
        self.bar.update(done - self.bar.n)

    def name(self, text: str) -> None:
        self.bar.set_description(text)


def _load(options: argparse.Namespace) -> tuple[Tensor, Tensor, Guide | None]:
    """Photo, hole and hints on the device to compute on."""
    photo = load_image(options.photo).to(runtime.device())
    if options.mask:
        hole = load_hole(options.mask, photo, invert=options.invert)
    else:
        hole = binarize(1 - load_alpha(options.photo).to(photo.device), invert=options.invert)
        if not hole.any():
            raise InputError(f"{options.photo} has no transparent part to fill; give --mask FILE, white = fill")
    return photo, grow(hole, options.grow), _load_hints(options.hints, options.strength) if options.hints else None


def _load_hints(path: str, strength: float) -> Guide:
    """Hints from a text file of points, a JSON file of strokes, or a picture with alpha."""
    kind = Path(path).suffix.lower()
    if kind not in (".txt", ".csv", ".json"):
        colors = load_image(path).expand(-1, 3, -1, -1)
        return Guide(torch.cat([colors, load_alpha(path)], dim=1), strength=strength)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PictureError(f"cannot read the hints {path}: {error}") from error
    if kind == ".json":
        return Guide(strokes=parse_strokes(text), strength=strength)
    return Guide(points=parse_points(text), strength=strength)


def _colour_options(options: argparse.Namespace) -> dict[str, Any]:
    """What `colorize` takes beside the pictures; wrong values are refused before any work."""
    names = ("seed", "scales", "schedule", "iterations", "stop_loss")
    settings = Settings(**{name: getattr(options, name) for name in names})
    method = get_method(options.method).id
    return {"method": method, "keep_luminance": not options.free_luminance, "settings": settings}


def _bits(options: argparse.Namespace) -> int:
    """16 where the photo has 16 bits and the file to write can hold them, else 8."""
    return bits_of(options.photo) if format_of(options.out) in ("PNG", "TIFF") else 8


def _check_output(out: str, *inputs: str | None) -> None:
    """Refuse, before any work, a place that cannot be written to, or that is one of the inputs."""
    format_of(out)
    for path in map(Path, filter(None, inputs)):
        if Path(out).exists() and path.exists() and path.samefile(out):
            raise PictureError(f"{out} is one of the inputs and would be overwritten; choose another name")
    if Path(out).is_dir():
        raise PictureError(f"{out} is a folder; give the name of a file in it")
    _check_writable(Path(out).parent)


def _check_writable(folder: Path) -> None:
    """Raise `PictureError` unless the folder, or the nearest one above it, takes new files."""
    there = next(f for f in (folder.absolute(), *folder.absolute().parents) if f.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise PictureError(f"cannot write to {folder}: {there} is {'read-only' if there.is_dir() else 'not a folder'}")


def _write_report(
    options: argparse.Namespace, photo: Tensor, hole: Tensor, gray: Tensor, result: Tensor, reference: Tensor | None
) -> Path:
    panels = {"photo, hole marked": mark_hole(photo, hole), "gray reconstruction": gray, "result": result}
    table: list[list[str]] = []
    if reference is not None:
        reference = reference.to(photo.device)
        panels["reference"] = reference
        if hole.any():
            table = table_cells({name: measure(result, reference, hole, name)[0] for name in REGIONS})
    path = Path(options.report) / f"{Path(options.out).stem}_report.png"
    save_picture(report_sheet(panels, table), path)
    return path


def _show(title: str, ui: dict[str, object], out: Path) -> None:
    for image in ui.get("images", []):
        folder = out / "temp" if image["type"] == "temp" else out
        print(folder / image["subfolder"] / image["filename"])
    for text in ui.get("text", ()):
        print(f"{title}:\n{text}" if "\n" in text else f"{title}: {text}")
