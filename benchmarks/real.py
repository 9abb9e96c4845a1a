"""Finding damage in real old photos: F1 against what was traced by hand, false alarms on controls, holes in faces.

    python benchmarks/real.py FOLDER [FOLDER ...] [--clean [FOLDER ...]] [--controls 'c[0-9]*'] [--method both]
                              [--threshold 0.5] [--turned mirrored] [--sheet DIR] [--json FILE] [--name NAME]

Beside a photo `NAME.ext` there may lie `NAME.truth.png`, white = damage traced by hand, and `NAME.ignore.png`,
white = not judged. Controls are photos without damage: those whose file name matches `--controls`, and all of the
folders given to `--clean`; a bare `--clean` means all folders. The boxes of the faces are in `real_faces.json`.

F1 has a tolerance: a found pixel is right where the truth is no farther, and a true pixel is found where a found one
is no farther, than 2 pixels or 1/256 of the shorter side. It judges the hole before it is dilated; pictures and shares
are of the hole as `find_hole` gives it. An island is a part of the hole before that, as left by an opening with a disc
of 1/100 of the shorter side (3 pixels or more), most of which lies in the box of a face; where damage was traced it is
none if most of it is right or not judged. Where nothing was traced, damage in a face is counted too.

Thresholds and rules were chosen by looking at some photos. `--turned` looks at each photo mirrored, upside down or
transposed, and turns what it finds back: nothing was chosen by that, so it is nearer to what other photos get.
"""

import argparse
import json
from collections.abc import Callable
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from monochromic.core import DETECTORS, Detection, find_hole, load_hole, load_image
from real_scores import (
    DEFAULTS,
    Box,
    Counts,
    Mask,
    best_threshold,
    boxes_mask,
    count,
    islands_in,
    mean,
    pooled,
    sweep,
    to_mask,
    tolerance_of,
    within,
)
from real_sheets import draw_sheet
from report import counted, machine, table, write
from torch import Tensor

FACES = Path(__file__).with_name("real_faces.json")
TURNS: dict[str, Callable[[Tensor], Tensor]] = {
    "no": lambda picture: picture,
    "mirrored": lambda picture: picture.flip(-1),
    "upside_down": lambda picture: picture.flip(-2),
    "transposed": lambda picture: picture.mT,
}
"""Each undoes itself."""
ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")


class Search(NamedTuple):
    """What was found in a photo, and its hole before it is dilated; hysteresis: that of the method."""

    detection: Detection
    undilated: Tensor
    hysteresis: float


class Judged(NamedTuple):
    """The figures of one photo; shares are of its pixels, in [0, 1]; None where nothing was traced, no face known."""

    name: str
    folder: str
    control: bool
    filled: float
    counts: Counts | None
    sweep: dict[float, Counts]  # by the threshold of the probability; empty without truth
    faces: int | None
    face_filled: float | None  # share of the pixels in the boxes of faces
    islands: list[Box]  # the boxes around the islands in faces


def search(image: Tensor, method: str, threshold: float | None, turned: str = "no") -> Search:
    """Look for damage in one photo (1, 1 or 3, H, W) in [0, 1], turned; no threshold is that of `find_hole`."""
    options, turn = {} if threshold is None else {"threshold": threshold}, TURNS[turned]
    seen = turn(image).contiguous()
    detection, undilated = find_hole(seen, method, **options), find_hole(seen, method, dilate=0, **options)
    return Search(Detection(*map(turn, detection)), turn(undilated.hole), DETECTORS[method].hysteresis)


def beside(path: Path, what: str, image: Tensor) -> Mask | None:
    """The mask `NAME.what.png` of a photo, True = white; None where there is none."""
    mask = path.with_name(f"{path.stem}.{what}.png")
    return to_mask(load_hole(mask, image)) if mask.exists() else None


def photos(folder: Path) -> list[Path]:
    """The photos of a folder by name, without the masks beside them."""
    masks = (".truth", ".ignore")
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS and not p.stem.endswith(masks))


def judge(path: Path, image: Tensor, found: Search, faces: list[Box] | None, control: bool) -> Judged:
    """The figures of a photo (1, 1 or 3, H, W)."""
    h, w = image.shape[-2:]
    truth, ignore = beside(path, "truth", image), beside(path, "ignore", image)
    hole, undilated, tolerance = to_mask(found.detection.hole), to_mask(found.undilated), tolerance_of(h, w)
    traced = truth is not None
    excused = within(truth, tolerance) | (False if ignore is None else ignore) if traced else None
    return Judged(
        name=path.name,
        folder=path.parent.name,
        control=control,
        filled=found.detection.hole.mean().item(),
        counts=count(undilated, truth, ignore, tolerance) if traced else None,
        sweep=sweep(found.detection.kinds, truth, ignore, tolerance, found.hysteresis) if traced else {},
        faces=None if faces is None else len(faces),
        face_filled=mean(hole[boxes_mask(faces, h, w)]) if faces else None,
        islands=islands_in(undilated, faces or [], excused),
    )


def row(judged: Judged) -> list[str]:
    """A photo's line of the table."""
    scores = ["-"] * 5
    if judged.counts:
        at = best_threshold([judged.sweep])
        values = (judged.counts.f1, judged.counts.precision, judged.counts.recall, judged.sweep[at].f1)
        scores = [*(f"{v:.3f}" for v in values), f"{at:g}"]
    faces = ["-"] * 3
    if judged.face_filled is not None:
        faces = [str(judged.faces), str(len(judged.islands)), f"{100 * judged.face_filled:.2f}"]
    name = f"{judged.folder}/{judged.name}" + (" (control)" if judged.control else "")
    return [name, *scores, f"{100 * judged.filled:.2f}", *faces]


HEADING = ["photo", "F1", "precision", "recall", "best F1", "at", "% filled", "faces", "islands", "% of faces filled"]


def summary(judged: list[Judged]) -> dict[str, float]:
    """The figures of all photos together; those of which there is no photo are left out."""
    traced, figures = [j for j in judged if j.counts], {}
    if traced:
        common = best_threshold([j.sweep for j in traced])
        figures["mean F1"] = mean(j.counts.f1 for j in traced)
        figures["mean of the photos' best F1"] = mean(max(c.f1 for c in j.sweep.values()) for j in traced)
        figures["best common threshold"] = common
        figures["mean F1 at it"] = mean(j.sweep[common].f1 for j in traced)
        every = pooled(j.counts for j in traced)
        figures |= {f"pooled {name}": getattr(every, name) for name in ("precision", "recall")}
        figures["pooled F1"] = every.f1
    for title, control in (("controls", True), ("other photos", False)):
        shares = [100 * j.filled for j in judged if j.control is control]
        if shares:
            figures |= {f"% filled of {title}, mean": mean(shares), f"% filled of {title}, worst": max(shares)}
    faced = [j for j in judged if j.face_filled is not None]
    if faced:
        figures["faces"] = sum(j.faces for j in faced)
        figures["islands in faces"] = sum(len(j.islands) for j in faced)
        figures["% filled of faces, mean of photos"] = 100 * mean(j.face_filled for j in faced)
    return figures


def read_faces() -> dict[str, list[Box]]:
    """The boxes of the faces by the photo's file name; a photo without a face has none, others are not listed."""
    return {name: [tuple(box) for box in boxes] for name, boxes in json.loads(FACES.read_text()).items()}


def judge_all(options: argparse.Namespace) -> list[Judged]:
    """Search and judge every photo, and draw its sheet where one is asked for."""
    faces, judged = read_faces(), []
    for folder in dict.fromkeys([*options.folders, *(options.clean or [])]):
        clean = options.clean is not None and (not options.clean or folder in options.clean)
        for path in photos(folder):
            image = load_image(path)
            found = search(image, options.method, options.threshold, options.turned)
            control = clean or fnmatch(path.name, options.controls)
            judged.append(judge(path, image, found, faces.get(path.name), control))
            if options.sheet:
                draw_sheet(options.sheet, path, image, found.detection, faces.get(path.name, []))
    return judged


def as_json(judged: Judged) -> dict[str, object]:
    """A photo's figures under their names, with the scores that the counts give."""
    scores = {} if judged.counts is None else {name: getattr(judged.counts, name) for name in ("f1", *Counts._fields)}
    return {**judged._asdict(), "counts": scores, "sweep": {f"{at:g}": c.f1 for at, c in judged.sweep.items()}}


def report(judged: list[Judged], options: argparse.Namespace) -> None:
    """Print the tables, and keep them where asked for."""
    figures = summary(judged)
    threshold = options.threshold or DEFAULTS["threshold"]
    turned = "" if options.turned == "no" else f", {options.turned}"
    about = f"`{options.method}`, threshold {threshold:g}, {counted(len(judged), 'photo')}{turned}."
    kinds = [[name, f"{value:g}" if name == "faces" else f"{value:.3f}"] for name, value in figures.items()]
    parts = [about, table(HEADING, [row(j) for j in judged]), table(["all together", ""], kinds)]
    title = "Damage found in real photos"
    if options.name:
        write(options.name, title, *parts)
    else:
        print("\n\n".join([f"# {title}", f"{date.today().isoformat()}, {machine()}", *parts]))
    if options.json:
        about_run = {
            "date": date.today().isoformat(),
            "machine": machine(),
            "method": options.method,
            "summary": figures,
        }
        options.json.write_text(json.dumps({**about_run, "photos": [as_json(j) for j in judged]}, indent=1))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="*", help="of photos")
    parser.add_argument("--clean", type=Path, nargs="*", help="folders of photos without damage; bare: all are")
    parser.add_argument("--controls", default="c[0-9]*", help="file names of photos without damage, as a pattern")
    parser.add_argument("--method", default=DEFAULTS["method"], choices=DETECTORS)
    parser.add_argument("--threshold", type=float, help="of the probability; else that of find_hole")
    parser.add_argument("--turned", default="no", choices=TURNS, help="how each photo is turned before it is searched")
    parser.add_argument("--sheet", type=Path, help="folder for a page a photo")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--name", help="keep the tables as results/NAME.md")
    options = parser.parse_args()
    if not options.folders and not options.clean:
        parser.error("give a folder of photos")
    report(judge_all(options), options)


if __name__ == "__main__":
    main()
