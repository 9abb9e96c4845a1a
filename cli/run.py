"""`monochromic run`: a ComfyUI workflow without ComfyUI."""

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .many import add_run_options, check_alone, check_run_options, run_batch
from .parser import UsageError
from .places import check_writable
from .say import escaped, tell
from .shared import progress_bar

if TYPE_CHECKING:
    from ..runner.graph import Graph

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)  # that a node was woken is said

EXAMPLES = (
    "monochromic run restore_photo                        a workflow that comes with the package",
    'monochromic run restore_without_mask --set "Your photo.image=old.png"',
    'monochromic run restore_folder --input . --set "Photos.folder=scans" --out restored',
    'monochromic run mine.json --each "Your photo.image=scans" --out restored    once for each photo in scans',
    "monochromic run mine.json --set 3.backbone=telea     node 3; a node's title does as well",
)


def add_parser(commands: Any) -> None:
    """The command and its options."""
    parser = commands.add_parser(
        "run",
        help="run a ComfyUI workflow without ComfyUI",
        description="Run a workflow that ComfyUI saved or exported, or one that comes with the package by its name. It "
        "gives the pixels that ComfyUI gives, and prints the files it wrote.",
        examples=EXAMPLES,
    )
    parser.set_defaults(command=run_workflow, parser=parser)
    parser.add_argument(
        "workflow",
        metavar="WORKFLOW",
        help="a .json file that ComfyUI saved or exported, or a shipped workflow's name",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NODE.INPUT=VALUE",
        help="NODE is an id or a title, of a muted node too, which then runs; may be repeated",
    )
    parser.add_argument("--out", default="output", metavar="DIR", help="where SaveImage writes (default: output)")
    parser.add_argument(
        "--input",
        metavar="DIR",
        help="where LoadImage looks; else beside the workflow, in input/ there, and here. Files elsewhere are read "
        "only where --set names them",
    )
    parser.add_argument(
        "--each",
        action="append",
        default=[],
        metavar="NODE.INPUT=SOURCE",
        help="run once for each photo of a SOURCE as `batch` takes it; OUT then has a picture named as each photo. The "
        "options below are for this",
    )
    add_run_options(parser)


def run_each(options: argparse.Namespace) -> int:
    """Run the workflow for many photos; returns the exit code."""
    check_run_options(options)
    from ..batch.places import is_url
    from ..batch.workflow import ENDING, WorkflowJob
    from ..runner.graph import target_of
    from ..runner.load import find_workflow

    parts = [target_of(each, "--each takes NODE.INPUT=SOURCE") for each in options.each]
    targets = {f"{node}.{key}" for node, key, _ in parts}
    if len(targets) > 1:
        raise UsageError(f"--each takes one input, which may be repeated; got {', '.join(sorted(targets))}")
    options.sources = [source for _, _, source in parts]
    path = find_workflow(options.workflow)
    folders = (Path(options.input),) if options.input else (path.parent, path.parent / "input", Path())
    inputs = tuple(dict.fromkeys(str(folder.resolve()) for folder in folders if folder.is_dir()))
    out = options.out if is_url(options.out) else str(Path(options.out).absolute())
    job = WorkflowJob(out, str(path.absolute()), targets.pop(), tuple(options.set), inputs)
    _say_woken(job.graph(options.sources[0]))
    return run_batch(options, job, ENDING, {})


def run_workflow(options: argparse.Namespace) -> int:
    """Prints what the workflow saved and what it would show; returns the exit code."""
    if options.each:
        return run_each(options)
    check_alone(options)
    from ..core.host.host import using_host
    from ..nodes import NODE_CLASS_MAPPINGS
    from ..runner.comfy_nodes import HOST_CLASSES, show_pictures
    from ..runner.execute import execute
    from ..runner.load import find_workflow, load_graph

    classes = {**NODE_CLASS_MAPPINGS, **HOST_CLASSES}
    path, out = find_workflow(options.workflow), Path(options.out)
    folders = (Path(options.input),) if options.input else (path.parent, path.parent / "input", Path())
    check_writable(out)
    inputs = tuple({f.resolve(): f for f in folders if f.is_dir()}.values())
    named = frozenset(assignment.partition("=")[2] for assignment in options.set)
    with (
        progress_bar("") as progress,
        using_host(input_folders=inputs, named_files=named, output_folder=out, progress=progress, show=show_pictures),
    ):
        graph = load_graph(path, classes, options.set)
        _say_woken(graph)
        execute(graph, classes, lambda call, ui: _show(call.title, ui, out), lambda call: progress.name(call.title))
    return 0


def _say_woken(graph: "Graph") -> None:
    muted = f"; muted still: {', '.join(graph.muted)}" if graph.muted else ""
    for name in graph.woken:
        log.info("node %s was muted and runs now%s", name, muted)
    for name in graph.left_out:
        log.info("node %s is not known here; nothing is wired to it, and it is left out", name)


def _show(title: str, ui: dict[str, Any], out: Path) -> None:
    for image in ui.get("images", []):
        folder = out / "temp" if image["type"] == "temp" else out
        tell(folder / image["subfolder"] / image["filename"])
    for text in ui.get("text", ()):
        tell(escaped(f"{title}:\n{text}" if "\n" in text else f"{title}: {text}"))
