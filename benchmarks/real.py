"""Finding damage in real old photos: F1 against what was traced by hand, false alarms on controls, holes in faces.

    python benchmarks/real.py FOLDER [FOLDER ...] [--clean [FOLDER ...]] [--controls 'c[0-9]*'] [--method both]
                              [--threshold 0.5] [--sheet DIR] [--json FILE] [--name NAME]

Beside a photo `NAME.ext` there may lie `NAME.truth.png`, white = damage traced by hand, and `NAME.ignore.png`,
white = not judged. Controls are photos without damage: those whose file name matches `--controls`, and all of the
folders given to `--clean`; a bare `--clean` means all folders. The boxes of the faces are in `real_faces.json`.

F1 has a tolerance: a found pixel is right where the truth is no farther, and a true pixel is found where a found one
is no farther, than 2 pixels or 1/256 of the shorter side. It judges the hole before it grows; pictures and shares
are of the hole as `find_hole` gives it. An island is a part of the hole before it grows, as left by an opening with a
disc of 1/100 of the shorter side (3 pixels or more), most of which lies in the box of a face; where damage was traced
it is none if most of it is right or not judged. Where nothing was traced, damage in a face is counted too.
"""

import argparse
import json
from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatch
from inspect import signature
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from monochromic.core import DETECTORS, find_hole, heat_map, load_hole, load_image, restore
from monochromic.core.damage_kinds import DAMAGE_KINDS
from monochromic.core.detect.marks import marks_of
from monochromic.core.io.images import save_picture
from monochromic.core.io.sheet import mark_hole, report_sheet
from numpy.typing import NDArray
from report import machine, table, write
from torch import Tensor

Mask = NDArray[np.bool_]  # (H, W)
Box = tuple[int, int, int, int]  # left, top, width, height in pixels

FACES = Path(__file__).with_name("real_faces.json")
ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
DEFAULTS = {name: parameter.default for name, parameter in signature(find_hole).parameters.items()}
SWEEP = (0.01, 0.02, *(round(0.05 * i, 2) for i in range(1, 20)), 0.98, 0.99)
PANEL = 1200  # longer side of a picture on a sheet, in pixels
OUTLINE = (0.1, 0.8, 0.3)  # color of the boxes of faces


class Counts(NamedTuple):
    """Pixels: found, of these right; true, of these hit."""

    right: int
    found: int
    hit: int
    truth: int

    @property
    def precision(self) -> float:
        """Share of the found pixels that are right, 1 where none is found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pixels that are hit, 1 where there are none."""
        return self.hit / self.truth if self.truth else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


class Search(NamedTuple):
    """What was found in a photo: holes (1, 1, H, W) of 0 and 1, 1 = fill; probabilities (1, K, H, W) in [0, 1].

    slack: that of the method, see `marks_of`.
    """

    hole: Tensor
    plain: Tensor  # the hole before it grows
    kinds: Tensor
    slack: float


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


def search(image: Tensor, method: str, threshold: float | None) -> Search:
    """Look for damage in one photo (1, 1 or 3, H, W) in [0, 1]; no threshold is that of `find_hole`."""
    options = {} if threshold is None else {"threshold": threshold}
    found = find_hole(image, method, **options)
    return Search(found.hole, find_hole(image, method, grow=0, **options).hole, found.kinds, DETECTORS[method].slack)


def tolerance_of(height: int, width: int) -> int:
    """By how many pixels the edge of what is found may be off."""
    return max(2, round(min(height, width) / 256))


def near(mask: Mask, distance: float) -> Mask:
    """The pixels no farther than a distance, between the centers of pixels, from a pixel of the mask (H, W)."""
    if not mask.any():
        return np.zeros_like(mask)
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return away <= distance + 1e-3


def count(found: Mask, truth: Mask, ignore: Mask | None, tolerance: float) -> Counts:
    """Compare what was found with the truth, both (H, W), True = damage.

    ignore: True = this pixel is not judged; it still explains a neighbor within the tolerance.
    """
    judged = np.ones_like(truth) if ignore is None else ~ignore
    is_found, is_true = found & judged, truth & judged
    right, hit = is_found & near(truth, tolerance), is_true & near(found, tolerance)
    return Counts(*(int(mask.sum()) for mask in (right, is_found, hit, is_true)))


def sweep(kinds: Tensor, truth: Mask, ignore: Mask | None, tolerance: float, slack: float = 0.0) -> dict[float, Counts]:
    """The counts at each threshold of the probabilities (1, K, H, W), before anything is left.

    Of all kinds that are restored by default, of parts as large as `find_hole` keeps; slack: see `marks_of`.
    """
    restored = [i for i, kind in enumerate(DAMAGE_KINDS) if kind.restored][: kinds.shape[1]]
    marks = {
        at: marks_of(kinds[:, restored].reshape(-1, 1, *truth.shape), at, DEFAULTS["smallest"], slack) for at in SWEEP
    }
    return {at: count(plane(found.amax(0, keepdim=True)), truth, ignore, tolerance) for at, found in marks.items()}


def best_threshold(sweeps: list[dict[float, Counts]]) -> float:
    """The threshold of the highest mean F1 of the photos, the highest of equals."""
    return max(sorted(sweeps[0], reverse=True), key=lambda at: mean([counts[at].f1 for counts in sweeps]))


def pooled(counts: Iterable[Counts]) -> Counts:
    return Counts(*(sum(values) for values in zip(*counts, strict=True)))


def mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def disc(diameter: int) -> NDArray[np.uint8]:
    """A structuring element (d, d): 1 where a pixel's center is within d/2 of the middle."""
    from_middle = np.arange(diameter) - (diameter - 1) / 2
    return (from_middle[:, None] ** 2 + from_middle**2 <= (diameter / 2) ** 2).astype(np.uint8)


def opened(mask: Mask, diameter: int) -> Mask:
    """Morphological opening of a mask (H, W) with a disc; beyond the border the mask goes on."""
    element, at = disc(diameter), (diameter - 1) // 2
    eroded = cv2.erode(mask.astype(np.uint8), element, anchor=(at, at))
    back = diameter - 1 - at  # the reflected disc, for an even diameter
    return cv2.dilate(eroded, element, anchor=(back, back)) > 0


def islands_in(plain: Mask, faces: list[Box], excused: Mask | None = None) -> list[Box]:
    """The boxes around the blobs of a hole (H, W) of which more than half lies in the box of one face.

    excused: (H, W), True = right to fill; a blob of which more than half is excused is left out.
    """
    blobs = opened(plain, max(3, round(min(plain.shape) / 100)))
    _, part, stats, _ = cv2.connectedComponentsWithStats(blobs.astype(np.uint8), connectivity=8)
    inside = np.zeros(len(stats), np.bool_)
    for left, top, width, height in faces:
        pixels = np.bincount(part[top : top + height, left : left + width].ravel(), minlength=len(stats))
        inside |= 2 * pixels > stats[:, cv2.CC_STAT_AREA]
    if excused is not None:
        pixels = np.bincount(part[excused], minlength=len(stats))
        inside &= 2 * pixels <= stats[:, cv2.CC_STAT_AREA]
    inside[0] = False  # what is no blob
    return [tuple(int(v) for v in stats[i, :4]) for i in np.flatnonzero(inside)]


def area_of(faces: list[Box], height: int, width: int) -> Mask:
    """The pixels (H, W) in the boxes of faces."""
    area = np.zeros((height, width), np.bool_)
    for left, top, wide, high in faces:
        area[top : top + high, left : left + wide] = True
    return area


def plane(hole: Tensor) -> Mask:
    """A hole (1, 1, H, W) of 0 and 1 as a mask (H, W)."""
    return hole[0, 0].cpu().numpy() > 0.5


def beside(path: Path, what: str, image: Tensor) -> Mask | None:
    """The mask `NAME.what.png` of a photo, True = white; None where there is none."""
    mask = path.with_name(f"{path.stem}.{what}.png")
    return plane(load_hole(mask, image)) if mask.exists() else None


def photos(folder: Path) -> list[Path]:
    """The photos of a folder by name, without the masks beside them."""
    masks = (".truth", ".ignore")
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in ENDINGS and not p.stem.endswith(masks))


def judge(path: Path, image: Tensor, found: Search, faces: list[Box] | None, control: bool) -> Judged:
    """The figures of a photo (1, 1 or 3, H, W)."""
    h, w = image.shape[-2:]
    truth, ignore, plain = beside(path, "truth", image), beside(path, "ignore", image), plane(found.plain)
    about = tolerance_of(h, w)
    excused = None if truth is None else near(truth, about) | (False if ignore is None else ignore)
    return Judged(
        name=path.name,
        folder=path.parent.name,
        control=control,
        filled=found.hole.mean().item(),
        counts=None if truth is None else count(plain, truth, ignore, about),
        sweep={} if truth is None else sweep(found.kinds, truth, ignore, about, found.slack),
        faces=None if faces is None else len(faces),
        face_filled=mean(plane(found.hole)[area_of(faces, h, w)]) if faces else None,
        islands=islands_in(plain, faces or [], excused),
    )


def outlined(image: Tensor, faces: list[Box]) -> Tensor:
    """A picture (1, 3, H, W) with a line of one pixel around each face."""
    lines = np.zeros(image.shape[-2:], np.uint8)
    for left, top, width, height in faces:
        cv2.rectangle(lines, (left, top), (left + width - 1, top + height - 1), 1)
    return torch.where(torch.from_numpy(lines > 0), image.new_tensor(OUTLINE).view(1, 3, 1, 1), image)


def enlarged(image: Tensor) -> Tensor:
    """A small picture (1, C, H, W) enlarged by a whole number, so that its pixels can be seen."""
    factor = max(1, PANEL * 2 // 3 // max(image.shape[-2:]))
    return F.interpolate(image, scale_factor=factor, mode="nearest") if factor > 1 else image


def draw_sheet(folder: Path, path: Path, image: Tensor, found: Search, faces: list[Box]) -> None:
    """One page: the photo, its heat map, the hole marked, and the photo restored from that."""
    panels = {
        path.name: image,
        "found, by kind": heat_map(image, found.kinds),
        f"hole, {100 * found.hole.mean().item():.2f} %": outlined(mark_hole(image, found.hole), faces),
        "restored": restore(image, found.hole),
    }
    page = report_sheet({title: enlarged(panel) for title, panel in panels.items()}, [], side=PANEL)
    save_picture(page, folder / f"{path.parent.name}_{path.stem}.jpg", quality=88)


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
            found = search(image, options.method, options.threshold)
            control = clean or fnmatch(path.name, options.controls)
            judged.append(judge(path, image, found, faces.get(path.name), control))
            if options.sheet:
                draw_sheet(options.sheet, path, image, found, faces.get(path.name, []))
    return judged


def as_json(judged: Judged) -> dict[str, object]:
    """A photo's figures under their names, with the scores that the counts give."""
    scores = {} if judged.counts is None else {name: getattr(judged.counts, name) for name in ("f1", *Counts._fields)}
    return {**judged._asdict(), "counts": scores, "sweep": {f"{at:g}": c.f1 for at, c in judged.sweep.items()}}


def report(judged: list[Judged], options: argparse.Namespace) -> None:
    """Print the tables, and keep them where asked for."""
    figures = summary(judged)
    about = f"`{options.method}`, threshold {options.threshold or DEFAULTS['threshold']:g}, {len(judged)} photos."
    kinds = [[name, f"{value:g}" if name == "faces" else f"{value:.3f}"] for name, value in figures.items()]
    parts = [about, table(HEADING, [row(j) for j in judged]), table(["all together", ""], kinds)]
    title = "Damage found in real photos"
    if options.name:
        write(options.name, title, *parts)
    else:
        print("\n\n".join([f"# {title}", f"{date.today().isoformat()}, {machine()}", *parts]))
    if options.json:
        told = {"date": date.today().isoformat(), "machine": machine(), "method": options.method, "summary": figures}
        options.json.write_text(json.dumps({**told, "photos": [as_json(j) for j in judged]}, indent=1))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="*", help="of photos")
    parser.add_argument("--clean", type=Path, nargs="*", help="folders of photos without damage; bare: all are")
    parser.add_argument("--controls", default="c[0-9]*", help="file names of photos without damage, as a pattern")
    parser.add_argument("--method", default=DEFAULTS["method"], choices=DETECTORS)
    parser.add_argument("--threshold", type=float, help="of the probability; else that of find_hole")
    parser.add_argument("--sheet", type=Path, help="folder for a page a photo")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--name", help="keep the tables as results/NAME.md")
    options = parser.parse_args()
    if not options.folders and not options.clean:
        parser.error("give a folder of photos")
    report(judge_all(options), options)


if __name__ == "__main__":
    main()
