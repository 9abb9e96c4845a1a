"""Learning curves with and without levels of difficulty: two trainings that differ by their phases only.

    python benchmarks/levels.py PHOTOS --test FOLDER ... [--share 0.3] [--seeds 0 1] [--every 500]

PHOTOS is what `training/train.py` takes. Every number of samples of both recipes is multiplied by --share. From time
to time the averaged weights fill the same holes of the test photos, at full difficulty. Started again, it goes on with
trainings that are not at their end, and does not repeat the others. `results/levels.jpg` shows the curves.
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from cases import Case, square, stroke_hole
from monochromic.core import fill, get_backbone, luminance, psnr
from monochromic.core.backbones.loaded import Model
from PIL import Image
from plot import beside, curves
from report import RESULTS, counted, table, write

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "training"))  # whose modules know each other by their bare names

from checkpoint import save_state  # noqa: E402
from photos import load_photos  # noqa: E402
from recipe import Recipe, load_recipe  # noqa: E402
from trainer import Training  # noqa: E402

SIDE = 256
SUFFIXES = (".png", ".jpg", ".jpeg")
RECIPES = {"without": "mono_short", "with levels": "mono_levels"}


class Point(NamedTuple):
    """Of a curve: samples learned from, processor seconds of learning, mean PSNR in the hole of the test photos."""

    samples: int
    seconds: float
    psnr: float


def cases(folders: list[Path], count: int) -> list[Case]:
    """The first photos of each folder with brush strokes."""
    found = []
    for folder in folders:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
        found += [Case(p.name, square(p, SIDE), stroke_hole(SIDE, i)) for i, p in enumerate(paths[:count])]
    return found


def shortened(recipe: Recipe, share: float, seed: int) -> Recipe:
    """The recipe with all numbers of samples multiplied, and another seed; figures are of half a phase at most."""

    def part(samples: int) -> int:
        return max(1, round(share * samples))

    phases = tuple(
        replace(p, samples=part(p.samples), window=min(p.window, part(p.samples) // 2)) for p in recipe.phases
    )
    rates = {name: part(getattr(recipe, name)) for name in ("warmup", "decay", "average")}
    return replace(recipe, phases=phases, seed=seed, **rates)


def score(run: Training, given: list[Case]) -> float:
    """Mean PSNR in the hole of what the averaged weights fill."""
    backbone = get_backbone("mono")
    model = Model(backbone, backbone.variants[0], run.average)
    scores = []
    for _, image, hole in given:
        answer = fill(image * (1 - hole), hole, model, source="rgb")
        scores.append(psnr(answer, luminance(image), hole.bool()).item())
    return float(np.mean(scores))


def curve(recipe: Recipe, photos: list[np.ndarray], given: list[Case], out: Path, every: int) -> list[Point]:
    """Train to the end of the recipe, from where it was stopped, and measure on the way."""
    out.mkdir(parents=True, exist_ok=True)
    log = out / "curve.jsonl"
    points = [Point(*json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []
    run = Training(recipe, out)
    learned, spent = (points[-1][:2]) if points else (0, 0.0)
    if not points:
        points.append(_noted(run, given, log, 0, 0.0))
    start = time.process_time()
    while run.seen < recipe.samples:
        for batch in run.batches(photos, workers=0):
            run.step(batch)
            learned += len(batch[0])
            if learned - points[-1].samples >= every or run.seen >= recipe.samples:
                spent += time.process_time() - start
                points.append(_noted(run, given, log, learned, spent))
                start = time.process_time()
    return points


def _noted(run: Training, given: list[Case], log: Path, learned: int, spent: float) -> Point:
    """A point of the curve, in the log once the state that it is of is kept."""
    point = Point(learned, round(spent, 1), round(score(run, given), 3))
    save_state(run.state, run.parts, run.seen)
    with log.open("a") as file:
        file.write(json.dumps(point) + "\n")
    print(f"{log.parent.name}: {point}", file=sys.stderr, flush=True)
    return point


def at(points: list[Point], seconds: float) -> float:
    """The PSNR of a curve after so many seconds."""
    return float(np.interp(seconds, [p.seconds for p in points], [p.psnr for p in points]))


def rows(found: dict[str, list[list[Point]]]) -> list[list[str]]:
    """Each training's end; and all at the time at which the quickest of them was done, and at half of that."""
    shortest = min(points[-1].seconds for many in found.values() for points in many)
    return [
        [
            name,
            str(seed),
            str(points[-1].samples),
            f"{points[-1].seconds:.0f}",
            f"{at(points, shortest / 2):.2f}",
            f"{at(points, shortest):.2f}",
            f"{points[-1].psnr:.2f}",
        ]
        for name, many in found.items()
        for seed, points in enumerate(many)
    ]


def panel(found: dict[str, list[list[Point]]], across: str) -> Image.Image:
    """All curves, over a field of their points."""
    lines = {name: [[(getattr(p, across), p.psnr) for p in points] for points in many] for name, many in found.items()}
    return curves(f"by {across}", across, "PSNR in the hole, dB", lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", type=Path)
    parser.add_argument("--test", type=Path, nargs="+", required=True)
    parser.add_argument("--count", type=int, default=10, help="test photos of each folder")
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--every", type=int, default=500, help="samples between two points of a curve")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the table")
    parser.add_argument("--work", type=Path, help="folder of the trainings; otherwise levels_work beside the table")
    options = parser.parse_args()
    work = options.work or options.out / "levels_work"
    given = cases(options.test, options.count)
    photos = load_photos(options.photos)
    found: dict[str, list[list[Point]]] = {name: [] for name in RECIPES}
    for seed in options.seeds:
        for name, file in RECIPES.items():
            recipe = shortened(load_recipe(ROOT / "training" / "recipes" / f"{file}.toml"), options.share, seed)
            found[name].append(curve(recipe, photos, given, work / f"{file}_{seed}", options.every))
    title = f"{counted(len(given), 'test photo')} of {SIDE} x {SIDE}, strokes over 20 to 40 %"
    beside([panel(found, "samples"), panel(found, "seconds")]).save(
        options.out / "levels.jpg", quality=90, optimize=True
    )
    heading = [
        "phases",
        "seed",
        "samples",
        "CPU s",
        "PSNR at half of the shortest time",
        "at the shortest",
        "at its end",
    ]
    about = f"{title}. Recipes `mono_short` and `mono_levels` with {options.share:g} of their samples."
    write(
        "levels",
        "Levels of difficulty",
        about,
        table(heading, rows(found)),
        "`levels.jpg` has the curves.",
        folder=options.out,
    )


if __name__ == "__main__":
    main()
