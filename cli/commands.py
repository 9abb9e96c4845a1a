"""What each command of `monochromic` does."""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..core.backbones import DEFAULT, get_backbone
from ..core.backbones.loaded import Model
from ..core.colorize import Guide, Settings, colorize, get_method, parse_points, parse_strokes
from ..core.errors import InputError, PictureError
from ..core.image.checks import shape_of
from ..core.image.color import luminance
from ..core.image.masks import binarize, dilate
from ..core.inpaint.stage import fill, fill_rgb
from ..core.io.files import write_bytes
from ..core.io.images import (
    bits_of,
    format_of,
    load_alpha,
    load_hole,
    load_image,
    save_image,
    save_picture,
)
from ..core.io.sheet import mark_hole, report_sheet
from ..core.metrics import REGIONS, load_lpips, measure, table_cells
from ..core.weights.load import load_network
from ..core.weights.select import load_model
from ..nodes import NODE_CLASS_MAPPINGS, runtime
from ..runner.comfy_nodes import HOST_CLASSES, PreviewImage, output_folder
from ..runner.execute import execute
from ..runner.graph import Call
from ..runner.load import load_graph
from .mask import asks_to_find, find, warn_of_nothing
from .score import check_csv, score_all
from .shared import Progress, check_output, check_writable, progress_bar

log = logging.getLogger(__name__)

PIPELINES = ("gray", "rgb_to_gray", "rgb")


def restore_photo(options: argparse.Namespace) -> None:
    """`monochromic restore`: gray stage, color stage, picture, report."""
    coloring = _color_options(options)
    get_backbone(options.backbone or DEFAULT)
    asked = asks_to_find(options)
    check_output(options.out, options.photo, options.mask, options.hints, options.reference, options.protect)
    if options.reference and not options.report:
        raise InputError("--reference is for the report; add --report DIR")
    if options.report:
        check_writable(Path(options.report))
    photo, guide = _load(options)
    reference = load_image(options.reference) if options.reference else None
    if reference is not None and reference.shape[-2:] != photo.shape[-2:]:
        raise InputError(f"the reference must be the size of the photo, {shape_of(photo)}, got {shape_of(reference)}")
    hole, title = _hole_to_restore(options, photo, asked)
    gray, result = _restored(options, photo, hole, guide, coloring) if hole.any() else (luminance(photo), photo)
    save_image(result, options.out, _bits(options))
    print(options.out)
    if options.report:
        panels = {f"photo, {title}": mark_hole(photo, hole), "gray reconstruction": gray, "result": result}
        print(_write_report(options, panels, hole, reference))


def _restored(
    options: argparse.Namespace, photo: Tensor, hole: Tensor, guide: Guide | None, coloring: dict[str, Any]
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
    with progress_bar("color") as progress:
        return gray, colorize(photo, gray, hole, guide=guide, **coloring, progress=progress)


def _model(options: argparse.Namespace, photo: Tensor, progress: Progress) -> Model:
    """The backbone with the weights that were named, or those that are there."""
    if options.weights is None:
        record = get_backbone(options.backbone or DEFAULT)
        return load_model(record, photo.device, rgb=options.pipeline == "rgb", progress=progress)
    model = load_network(options.weights, photo.device, progress=progress)
    if options.backbone not in (None, model.backbone.id):
        raise InputError(f"weights {options.weights!r} are of {model.backbone.id}, not of {options.backbone}")
    return model


def colorize_photo(options: argparse.Namespace) -> None:
    """`monochromic colorize`: the color stage alone, the gray image given."""
    coloring = _color_options(options)
    check_output(options.out, options.photo, options.mask, options.hints, options.gray)
    photo, guide = _load(options)
    hole = _hole_of_mask(options, photo)
    gray = luminance(load_image(options.gray).to(photo.device))
    with progress_bar("color") as progress:
        result = colorize(photo, gray, hole, guide=guide, **coloring, progress=progress)
    save_image(result, options.out, _bits(options))
    print(options.out)


def score_pictures(options: argparse.Namespace) -> None:
    """`monochromic score`: metrics of a picture, or of a folder of them with their means, as table, JSON or CSV."""
    if options.csv:
        check_csv(options.csv)
        check_writable(Path(options.csv).parent)
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
    check_writable(out)
    graph = load_graph(options.workflow, classes)
    for assignment in options.set:
        graph.set(assignment)
    with progress_bar("") as progress:
        runtime.progress_hook.set(progress)

        def begin(call: Call) -> None:
            progress.name(call.title)
            wanted = getattr(classes[call.kind], "OUTPUT_NODE", False)
            runtime.preview_hook.set((lambda image: PreviewImage().save(image)["ui"]["images"]) if wanted else None)

        execute(graph, classes, lambda call, ui: _show(call.title, ui, out), begin)


def _load(options: argparse.Namespace) -> tuple[Tensor, Guide | None]:
    """Photo and hints on the device to compute on."""
    photo = load_image(options.photo).to(runtime.device())
    return photo, _load_hints(options.hints, options.strength) if options.hints else None


def _hole_of_mask(options: argparse.Namespace, photo: Tensor) -> Tensor:
    return dilate(load_hole(options.mask, photo, invert=options.invert), options.grow or 0)


def _hole_to_restore(options: argparse.Namespace, photo: Tensor, asked: bool) -> tuple[Tensor, str]:
    """What the mask marks, else what is transparent, else what looks damaged; and what to call it in the report.

    asked: look for damage even in a photo that has a transparent part.
    """
    if options.mask:
        return _hole_of_mask(options, photo), "hole marked"
    clear = binarize(1 - load_alpha(options.photo).to(photo.device), invert=options.invert)
    if clear.any() and not asked:
        return dilate(clear, options.grow or 0), "hole marked"
    found = find(options, photo)
    if not found.hole.any():
        warn_of_nothing(found, options.photo, "it is written as it is")
    return found.hole, "damage found"


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


def _color_options(options: argparse.Namespace) -> dict[str, Any]:
    """What `colorize` takes beside the pictures; wrong values are refused before any work."""
    names = ("seed", "scales", "schedule", "iterations", "stop_loss")
    settings = Settings(**{name: getattr(options, name) for name in names})
    method = get_method(options.method).id
    return {"method": method, "keep_luminance": not options.free_luminance, "settings": settings}


def _bits(options: argparse.Namespace) -> int:
    """16 where the photo has 16 bits and the file to write can hold them, else 8."""
    return bits_of(options.photo) if format_of(options.out) in ("PNG", "TIFF") else 8


def _write_report(
    options: argparse.Namespace, panels: dict[str, Tensor], hole: Tensor, reference: Tensor | None
) -> Path:
    table: list[list[str]] = []
    if reference is not None:
        panels["reference"] = wanted = reference.to(hole.device)
        if hole.any():
            table = table_cells({name: measure(panels["result"], wanted, hole, name)[0] for name in REGIONS})
    path = Path(options.report) / f"{Path(options.out).stem}_report.png"
    save_picture(report_sheet(panels, table), path)
    return path


def _show(title: str, ui: dict[str, object], out: Path) -> None:
    for image in ui.get("images", []):
        folder = out / "temp" if image["type"] == "temp" else out
        print(folder / image["subfolder"] / image["filename"])
    for text in ui.get("text", ()):
        print(f"{title}:\n{text}" if "\n" in text else f"{title}: {text}")
