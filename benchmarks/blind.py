"""Finding damage without a mask: how well, false alarms on clean photos, seconds and memory; and a sheet to look at.

    python benchmarks/blind.py [--photos FOLDER] [--methods both learned classical] [--sides 256 1024] [--name blind]
    python benchmarks/blind.py --sheet      only draws docs/blind.jpg

Each photo, cut square and brought to the side, is damaged once by each kind of the degradation model, with a
difficulty drawn from 0 to 1 by its seed; free_form shows the next photo. The photos are those of a folder, which no
method was trained on, or else four free ones, of which the sheet is always made. At sides above 256 only the first
`--large` photos are taken; a photo smaller than the side is enlarged and gets grain, as a scan has.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from cases import PHOTOS, photo
from memory import peak_memory
from monochromic.core import DAMAGES, DETECTORS, Degraded, degrade, find_hole, load_image, restore, save_image
from monochromic.core.damage_kinds import DAMAGE_KINDS
from monochromic.core.io.sheet import mark_hole
from PIL import Image, ImageDraw, ImageFont
from report import command, counted, machine, table, write
from torch import Tensor

ROOT = Path(__file__).parents[1]
SHEET, PAGE = ROOT / "docs" / "blind.jpg", ROOT / "docs" / "blind.md"
MARKS = "<!-- begin: written by benchmarks/blind.py -->", "<!-- end -->"
GRAIN = 0.02  # deviation, of enlarged photos
MEGAPIXELS = (3000, 4000)
BINS = ((0, 1 / 3), (1 / 3, 2 / 3), (2 / 3, 1))


class Counts(NamedTuple):
    """Pixels that are both, that were found, and that are damaged."""

    both: int
    found: int
    truth: int

    @property
    def f1(self) -> float:
        """F1 of all these pixels together."""
        return 2 * self.both / max(self.found + self.truth, 1)

    @property
    def iou(self) -> float:
        """Intersection over union, of all these pixels together."""
        return self.both / max(self.found + self.truth - self.both, 1)


class Case(NamedTuple):
    """The counts of a method in a damaged photo: of all that looks damaged, and of what is filled by default."""

    kind: str
    difficulty: float
    counts: Counts
    filled: Counts


def pooled(cases: list[Case]) -> Counts:
    return summed([case.counts for case in cases])


def summed(counts: list[Counts]) -> Counts:
    return Counts(*(sum(values) for values in zip(*counts, strict=True)))


def is_restored(kind: str) -> bool:
    """Whether a kind of `degrade` is of those that are filled by default."""
    return DAMAGES[kind].group in [each.id for each in DAMAGE_KINDS if each.restored]


def mean_f1(cases: list[Case]) -> float:
    return float(np.mean([case.counts.f1 for case in cases]))


def square(image: Tensor, side: int, seed: int) -> Tensor:
    """The middle of a photo at a side; with grain where it had to be enlarged."""
    n = min(image.shape[-2:])
    top, left = (image.shape[-2] - n) // 2, (image.shape[-1] - n) // 2
    cut = image[..., top : top + n, left : left + n].expand(-1, 3, -1, -1)
    if n >= side:
        return F.interpolate(cut, (side, side), mode="area")
    large = F.interpolate(cut, (side, side), mode="bicubic").clamp(0, 1)
    grain = torch.randn(large.shape, generator=torch.Generator().manual_seed(seed))
    return (large + GRAIN * grain).clamp(0, 1)


def photos(folder: Path | None, side: int, count: int | None) -> list[Tensor]:
    if folder is None:
        return [photo(name, side) for name in PHOTOS][:count]
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".png", ".jpg", ".jpeg"))[:count]
    return [square(load_image(path), side, seed) for seed, path in enumerate(paths)]


def damaged(images: list[Tensor]) -> Iterator[tuple[str, float, Degraded]]:
    """Each photo with each kind of damage."""
    for i, kind in enumerate(DAMAGES):
        for j, image in enumerate(images):
            seed = 1000 * i + j
            difficulty = float(np.random.default_rng(seed).uniform())
            yield kind, difficulty, degrade(image, kind, difficulty, seed, images[(j + 1) % len(images)])


def scores(images: list[Tensor], methods: list[str]) -> dict[str, list[Case]]:
    """What each method finds in each damaged photo at its defaults, before it is dilated."""
    cases: dict[str, list[Case]] = {name: [] for name in methods}
    for kind, difficulty, damage in damaged(images):
        for name in methods:
            found = find_hole(damage.image, name, dilate=0)
            everything = count(found.marks.amax(1, keepdim=True), damage.hole)
            cases[name].append(
                Case(kind, difficulty, everything, count(found.hole, damage.kinds.amax(1, keepdim=True)))
            )
    for name in methods:
        print(f"{images[0].shape[-1]}: {name} F1 {pooled(cases[name]).f1:.3f}", file=sys.stderr)
    return cases


def count(found: Tensor, truth: Tensor) -> Counts:
    found, truth = found > 0, truth > 0
    return Counts(*(int(mask.sum()) for mask in (found & truth, found, truth)))


def score_table(cases: dict[str, list[Case]]) -> str:
    heading = ["damage"]
    for name in cases:
        heading += [f"`{name}`: F1", "IoU", "mean F1 of photos", "F1 of what is filled"]
    groups = {kind: (lambda case, kind=kind: case.kind == kind) for kind in DAMAGES}
    groups |= {"**all**": lambda case: True, "**lines, specks, lost**": lambda case: is_restored(case.kind)}
    for low, high in BINS:
        groups[f"difficulty {low:.2f} to {high:.2f}"] = lambda case, low=low, high=high: low <= case.difficulty < high
    rows = []
    for title, belongs in groups.items():
        row = [title]
        for found in cases.values():
            here = [case for case in found if belongs(case)]
            row += [f"{v:.3f}" for v in (pooled(here).f1, pooled(here).iou, mean_f1(here))] if here else ["-"] * 3
            filled = [case.filled for case in here if is_restored(case.kind)]
            row.append(f"{summed(filled).f1:.3f}" if filled else "-")
        rows.append(row)
    return table(heading, rows)


def clean_table(images: list[Tensor], methods: list[str]) -> str:
    """False alarms in undamaged photos, in percent of their pixels."""
    rows = []
    for name in methods:
        found = [find_hole(image, name) for image in images]
        plain = [100 * (each.probability > 0.5).float().mean().item() for each in found]
        holes = [100 * each.hole.mean().item() for each in found]
        empty = sum(share == 0 for share in holes)
        numbers = (np.mean(plain), np.max(plain), np.mean(holes), np.median(holes), np.max(holes))
        rows.append([f"`{name}`", *(f"{v:.2f}" for v in numbers), f"{empty} of {len(images)}"])
    heading = ["method", "% of pixels above 0.5: mean", "worst", "% filled: mean", "median", "worst", "empty holes"]
    return table(heading, rows)


def cost(name: str, path: Path) -> dict[str, float]:
    """Seconds of one search in a photo in this process, and its peak memory."""
    image = load_image(path)
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    find_hole(image, name)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": used, "peak": peak_memory()}


def cost_table(methods: list[str]) -> str:
    rows = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.png"
        save_image(degrade(photo("astronaut", *MEGAPIXELS), ["scratch", "stain"], 0.5, seed=0).image, path)
        for name in methods:
            done = subprocess.check_output([sys.executable, __file__, "--one", name, path])
            found = json.loads(done.splitlines()[-1])
            rows.append([f"`{name}`", *(f"{found[key]:.1f}" for key in ("seconds", "cpu", "peak"))])
    return table(["method", "seconds", "seconds of all cores together", "peak memory of the process, GB"], rows)


def draw_sheet(side: int = 176, difficulty: float = 0.35) -> None:
    """For each kind: the damaged photo, what was found in it, and the photo restored from that."""
    gap, line, columns = 8, 22, 2
    blocks = len(DAMAGES)
    rows = -(-blocks // columns)
    wide, high = 3 * side + 4 * gap, side + line + gap
    sheet = Image.new("RGB", (columns * wide, rows * high + gap), (250, 250, 250))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for i, kind in enumerate(DAMAGES):
        image, other = (photo(PHOTOS[(i + k) % len(PHOTOS)], 256) for k in (0, 1))
        damage = degrade(image, kind, difficulty, 70 + i, other)
        hole = find_hole(damage.image, kinds=[kind.id for kind in DAMAGE_KINDS]).hole
        left, top = i // rows * wide + gap, i % rows * high + gap
        draw.text((left, top), kind, (24, 24, 24), font)
        for j, picture in enumerate((damage.image, mark_hole(damage.image, hole), restore(damage.image, hole))):
            small = F.interpolate(picture, (side, side), mode="area")[0]
            pixels = (small * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
            sheet.paste(Image.fromarray(pixels), (left + j * (side + gap), top + line))
    sheet.save(SHEET, quality=86, optimize=True)
    print(f"{SHEET}: {SHEET.stat().st_size / 1e3:.0f} kB")


def put_on_page(text: str) -> None:
    """The figures into docs/blind.md, between its marks."""
    before, rest = PAGE.read_text().split(MARKS[0])
    PAGE.write_text(f"{before}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--methods", nargs="+", default=["both", "learned", "classical"], choices=DETECTORS)
    parser.add_argument("--sides", type=int, nargs="+", default=[256, 1024])
    parser.add_argument("--count", type=int, help="photos at most")
    parser.add_argument("--large", type=int, default=6, help="photos at most at sides above 256")
    parser.add_argument("--name", default="blind", help="of the table in results/")
    parser.add_argument("--page", action="store_true", help="also put the figures into docs/blind.md")
    parser.add_argument("--sheet", action="store_true", help="only draw docs/blind.jpg")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(cost(options.one[0], Path(options.one[1]))))
        return
    draw_sheet()
    if options.sheet:
        return
    parts = [
        "F1 and IoU compare the pixels that look damaged, by any kind, with those that are; they are pooled over all "
        'pixels of a row. "Mean F1 of photos" is the mean of each photo\'s own F1, and "F1 of what is filled" counts '
        "only what is filled by default, before the hole is dilated. There is no tolerance: a line that is found one "
        "pixel off counts as missed. `classical` looks for scratches and dust only."
    ]
    for side in options.sides:
        images = photos(options.photos, side, options.count if side <= 256 else options.large)
        parts += [f"## {side} x {side}, {counted(len(images), 'photo')}", score_table(scores(images, options.methods))]
    images = photos(options.photos, 256, options.count)
    about = f"{counted(len(images), 'photo')} of 256 x 256. The hole is that of `find_hole` with its defaults."
    parts += ["## Clean photos", about, clean_table(images, options.methods)]
    parts += ["## 4000 x 3000 (12 megapixels)", cost_table(options.methods)]
    write(options.name, "Damage found without a mask", *parts)
    if options.page:
        measured = f"Measured by `{command()}` on {date.today().isoformat()}, {machine()}."
        put_on_page("\n\n".join([measured, *parts]))


if __name__ == "__main__":
    main()
