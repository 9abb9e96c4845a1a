"""Run an experiment cell by cell, and write its table, its CSV and its figure."""

import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from experiments.frame import Case, Column, Experiment, Setup
from experiments.journal import Journal
from experiments.photos import cases as cases_of
from experiments.tables import Cells, as_csv, by_group, overall, photo_by_photo, used
from monochromic.core.io.sheet import report_sheet
from PIL import Image
from report import RESULTS, counted, write
from torch import Tensor

FOLDER = RESULTS / "experiments"
SECONDS = Column("seconds", "seconds", ".2f")
SHOWN = 2  # cases in the figure
COLUMNS, PANEL = 10, 192  # of the figure, at most; its panels in pixels
INTERVALS = (
    "± is half the 95 % interval of the mean over photos, by Student's t; with two photos it is 12.7 standard errors, "
    "as it has to be. The last column pairs the photos, so that what makes one photo harder than another drops out."
)


class Outcome(NamedTuple):
    """What was measured: the cases that count, the names of the methods, and the cells of both."""

    cases: list[Case]
    methods: list[str]
    cells: Cells


def measured(experiment: Experiment, setup: Setup, cases: list[Case], journal: Journal) -> Cells:
    """All cells, of which those in the journal are not run again."""
    cells: Cells = {}
    shown = {case.key for case in to_show(cases)}
    for name, method in experiment.methods(setup).items():
        for case in cases:
            cell = f"{name}|{case.key}"
            if cell not in journal.cells:
                start = time.perf_counter()
                answer = method(case)
                seconds = time.perf_counter() - start
                scores = experiment.scores(setup, case, answer)
                if case.key in shown:
                    journal.keep_picture(cell, experiment.picture(answer))
                journal.add(cell, {**scores, SECONDS.id: seconds})
                print(f"{experiment.id}: {cell}, {seconds:.1f} s", file=sys.stderr, flush=True)
            cells[name, case.key] = journal.cells[cell]
    return cells


def to_show(cases: list[Case]) -> list[Case]:
    """The first cases that may be shown, of as many kinds as there are."""
    free = [case for case in cases if not case.counted] or cases
    first = list({case.group: case for case in reversed(free)}.values())[::-1]
    return (first if len(first) > 1 else free)[:SHOWN]


def settings_of(experiment: Experiment, setup: Setup) -> dict[str, Any]:
    """What the numbers of a cell depend on, beside its method and its case."""
    plan = setup.plan
    network = setup.lpips.net if setup.lpips else ""
    told = {"experiment": experiment.id, "side": plan.side, "iterations": plan.iterations, "lpips": network}
    return {**told, "columns": [column.id for column in experiment.columns], "weights": experiment.weights(setup)}


def run(experiment: Experiment, setup: Setup, photos: list[Path], name: str, folder: Path = FOLDER) -> Outcome:
    """Measure and write `NAME.md`, `NAME.csv` and `NAME.jpg` to a folder; the journal is in its `work/NAME`."""
    cases = cases_of(experiment, setup.plan, photos)
    journal = Journal(folder / "work" / name, settings_of(experiment, setup))
    cells = measured(experiment, setup, cases, journal)
    methods = list(dict.fromkeys(method for method, _ in cells))
    counting = [case for case in cases if case.counted]
    (folder / f"{name}.csv").write_text(as_csv(cells, methods, counting, (*experiment.columns, SECONDS)))
    figure(experiment, journal, methods, to_show(cases)).save(folder / f"{name}.jpg", quality=86, optimize=True)
    parts = [experiment.about, _sizes(setup, counting), INTERVALS]
    parts += [overall(cells, methods, counting, experiment.columns, experiment.reference)]
    if len({case.group for case in counting}) > 1:
        parts += [
            by_group(cells, methods, counting, column) for column in used(cells, methods, counting, experiment.columns)
        ]
    if experiment.each_photo:
        parts += [photo_by_photo(cells, methods, counting, experiment.columns[0])]
    missing = [*experiment.missing(setup), *_photos_missing(experiment, counting), *_lpips_missing(experiment, setup)]
    parts += ["Not at hand, so not in the table: " + "; ".join(missing) + "."] if missing else []
    parts += [
        f"`{name}.csv` has every cell, with its seconds (the first of a row load its network). `{name}.jpg` shows some."
    ]
    write(name, experiment.title, *parts, folder=folder)
    return Outcome(counting, methods, cells)


def _sizes(setup: Setup, cases: list[Case]) -> str:
    plan, photos = setup.plan, len({(case.group, case.photo) for case in cases})
    text = f"{counted(photos, 'photo')} of {plan.side} x {plan.side}, {counted(len(cases), 'case')}."
    if plan.iterations:
        text += f" What trains on the photo got {plan.iterations} iterations at each scale."
    return text


def _photos_missing(experiment: Experiment, cases: list[Case]) -> list[str]:
    absent = [name for name in experiment.groups if not any(case.group.startswith(name) for case in cases)]
    return [f"photos of {', '.join(absent)} (`--photos FOLDER` with folders of these names)"] if absent else []


def _lpips_missing(experiment: Experiment, setup: Setup) -> list[str]:
    asked = any(column.metric == "lpips" for column in experiment.columns)
    return ["LPIPS (needs VGG16: `monochromic weights fetch vgg16 lpips_vgg`)"] if asked and not setup.lpips else []


def figure(experiment: Experiment, journal: Journal, methods: list[str], cases: list[Case]) -> Image.Image:
    """What the methods get, what each made of it, and the photo; one case after another."""
    panels: dict[str, Tensor] = {}
    for case in cases:
        tag = f"{case.photo}, {case.group}" if len({case.group for case in cases}) > 1 else case.photo
        panels[f"input\n({tag})"] = experiment.before(case)
        panels |= {f"{method}\n({tag})": journal.picture(f"{method}|{case.key}") for method in methods}
        panels[f"photo\n({tag})"] = case.image
    across, side = len(methods) + 2, min(max(case.image.shape[-1] for case in cases), PANEL)
    columns = across if across <= COLUMNS else -(-across // 2)
    return report_sheet(panels, [], columns=columns, side=side)
