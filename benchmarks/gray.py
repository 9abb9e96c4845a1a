"""The gray in the hole, backbone by backbone, against the better of Telea and Navier-Stokes on each photo.

    python benchmarks/gray.py FOLDER ... [--backbones NAME ...] [--weights FILE ...] [--rgb FILE ...] [--name gray]
    python benchmarks/gray.py FOLDER ... --holes scratches --backbones mono --name gray_scratches

Photos of the folders, cut square from the middle and reduced to 256 x 256, with brush strokes over 20 to 40 %, or with
the scratches of the degradation model, beside which scikit-image's biharmonic inpainting is measured too. PSNR counts
the pixels of the hole, SSIM the smallest box around it. Without --backbones: all that can run here. A FILE is one that
`training/train.py --export` wrote. --rgb, NAME_rgb.safetensors, a network of these trained on RGB, adds the three
pipelines: gray first and then its color, against RGB by its luminance and then its color, and RGB at once.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from cases import PHOTOS, photo, stroke_hole
from monochromic.core import (
    BACKBONES,
    degrade,
    fill,
    get_backbone,
    load_image,
    luminance,
    psnr,
    restore,
    save_image,
    ssim,
)
from monochromic.core.backbones.loaded import Model
from monochromic.core.io.sheet import mark_hole
from monochromic.core.metrics.regions import box_around
from monochromic.core.weights.detect import read_tensors
from monochromic.core.weights.own import read_metadata
from monochromic.core.weights.select import load_model, readiness
from report import RESULTS, counted, table, write
from skimage.restoration import inpaint_biharmonic
from torch import Tensor

SIDE = 256
CLASSIC = ("telea", "navier_stokes")
RESAMPLED = 10_000
Run = Callable[[Tensor, Tensor], Tensor]


class Case(NamedTuple):
    """A photo (1, 3, SIDE, SIDE), its hole, and the folder that it is of."""

    image: Tensor
    hole: Tensor
    folder: str


class Scores(NamedTuple):
    """Of one method, case by case: (N,) each."""

    psnr: np.ndarray
    ssim: np.ndarray
    seconds: float


def cases(folders: list[Path], most: int | None, hole_of: Callable[[int], Tensor]) -> Iterator[Case]:
    for folder in folders:
        paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".png", ".jpg", ".jpeg"))
        for i, path in enumerate(paths[:most]):
            image = load_image(path).expand(-1, 3, -1, -1)
            n = min(image.shape[-2:])
            top, left = (image.shape[-2] - n) // 2, (image.shape[-1] - n) // 2
            image = F.interpolate(image[..., top : top + n, left : left + n], (SIDE, SIDE), mode="area")
            yield Case(image, hole_of(i), folder.name)


def strokes(seed: int) -> Tensor:
    """Brush strokes over 20 to 40 % of the photo."""
    return stroke_hole(SIDE, seed)


def scratches(seed: int) -> Tensor:
    """Scratches of the degradation model."""
    return degrade(torch.full((1, 3, SIDE, SIDE), 0.5), "scratch", 0.5, seed).hole


HOLES = {"strokes": strokes, "scratches": scratches}


def biharmonic(image: Tensor, hole: Tensor) -> Tensor:
    """The gray of a photo (1, 3, H, W), filled by scikit-image (Damelin, Hoang 2018)."""
    filled = inpaint_biharmonic(luminance(image)[0, 0].numpy(), hole[0, 0].numpy() > 0)
    return torch.from_numpy(filled).float().clamp(0, 1)[None, None]


def exported(path: Path) -> Model:
    """The network of a file of the trainer's."""
    told = read_metadata(path)
    backbone = get_backbone(told["backbone"])
    variant = next(variant for variant in backbone.variants if variant.id == told["layout"])
    return Model(backbone, variant, variant.build({k: v.float() for k, v in read_tensors(path).items()}))


def scored(run: Run, given: list[Case], truth: Callable[[Tensor], Tensor], name: str) -> Scores:
    """Run all cases; `truth` makes of a photo what the answer is compared with."""
    run(*given[0][:2])  # loads what is loaded once
    numbers = []
    for image, hole, _ in given:
        holed = image * (1 - hole)
        start = time.perf_counter()
        answer = run(holed, hole)
        seconds = time.perf_counter() - start
        box, wanted = box_around(hole, 11), truth(image)
        near = ssim(box.crop(answer), box.crop(wanted)).item()
        numbers.append((psnr(answer, wanted, hole.bool()).item(), near, seconds))
    first, second, seconds = np.array(numbers).T
    print(f"{name}: {first.mean():.2f} dB, {second.mean():.4f}", file=sys.stderr)
    return Scores(first, second, statistics.median(seconds))


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """The mean and its 95 % interval, from photos drawn again with replacement."""
    drawn = np.random.default_rng(0).integers(0, len(values), (RESAMPLED, len(values)))
    low, high = np.percentile(values[drawn].mean(1), (2.5, 97.5))
    return values.mean(), low, high


def spread(values: np.ndarray, digits: int) -> str:
    mean, low, high = interval(values)
    return f"{mean:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"


def gray_rows(found: dict[str, Scores]) -> list[list[str]]:
    best = [np.max([getattr(found[name], kind) for name in CLASSIC], axis=0) for kind in ("psnr", "ssim")]
    rows = []
    for name, scores in found.items():
        apart = spread(scores.psnr - best[0], 2), spread(scores.ssim - best[1], 4)
        means = f"{scores.psnr.mean():.2f}", f"{scores.ssim.mean():.4f}"
        rows.append([f"`{name}`", means[0], apart[0], means[1], apart[1], f"{scores.seconds:.3f}"])
    return rows


def folder_rows(found: dict[str, Scores], given: list[Case]) -> tuple[list[str], list[list[str]]]:
    """The difference in PSNR to the baseline, folder by folder."""
    names = list(dict.fromkeys(case.folder for case in given))
    best = np.max([found[name].psnr for name in CLASSIC], axis=0)
    where = {name: np.array([case.folder == name for case in given]) for name in names}
    cells = {m: [f"{(s.psnr - best)[where[name]].mean():+.2f}" for name in names] for m, s in found.items()}
    counts = [f"{name} ({where[name].sum()})" for name in names]
    return ["backbone", *counts], [[f"`{m}`", *values] for m, values in cells.items() if m not in CLASSIC]


def counterpart(path: Path, models: dict[str, Model]) -> Model:
    """What the network of NAME_rgb.safetensors is compared with: NAME, else its backbone."""
    for name in (path.stem.removesuffix("_rgb"), read_metadata(path)["backbone"]):
        if name in models:
            return models[name]
    raise SystemExit(f"{path} has nothing to be compared with; name {name} under --backbones")


def pipelines(gray: Model, rgb: Model, given: list[Case]) -> tuple[list[str], list[list[str]]]:
    """The three pipelines in color, and by how much the first is better, photo by photo."""

    def restored(model: Model, pipeline: str) -> Run:
        return lambda image, hole: restore(image, hole, backbone=model, pipeline=pipeline, texture=0.0, grain=0.0)

    runs = {
        "gray, then color": restored(gray, "gray"),
        "RGB to gray, then color": restored(rgb, "rgb_to_gray"),
        "RGB at once": restored(rgb, "rgb"),
    }
    found = {name: scored(run, given, lambda image: image, name) for name, run in runs.items()}
    first, rows = next(iter(found.values())), []
    for name, scores in found.items():
        apart = spread(first.psnr - scores.psnr, 2), spread(first.ssim - scores.ssim, 4)
        apart = ("", "") if scores is first else apart
        rows.append([name, f"{scores.psnr.mean():.2f}", apart[0], f"{scores.ssim.mean():.4f}", apart[1]])
    return ["pipeline", "PSNR dB", "the first is better by", "SSIM", "the first is better by"], rows


def figure(models: Iterable[Model], hole_of: Callable[[int], Tensor]) -> Tensor:
    """A row for each free photo, at half size: the hole, what each backbone made of it, the photo."""
    rows = []
    for i, name in enumerate(PHOTOS):
        image, hole = photo(name, SIDE), hole_of(i)
        gray = luminance(image)
        shown = [mark_hole(gray, hole), *(fill(image, hole, model) for model in models), gray]
        rows.append(torch.cat([picture.expand(-1, 3, -1, -1) for picture in shown], dim=3))
    return F.avg_pool2d(torch.cat(rows, dim=2), 2)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="+")
    ready = [name for name, backbone in BACKBONES.items() if readiness(backbone)[0] == 0]
    parser.add_argument("--backbones", nargs="*", default=ready, choices=[*BACKBONES])
    parser.add_argument("--weights", type=Path, nargs="*", default=[], help="files of the trainer, measured too")
    parser.add_argument("--rgb", type=Path, nargs="*", default=[], help="files of the trainer, trained on RGB")
    parser.add_argument("--holes", choices=[*HOLES], default="strokes")
    parser.add_argument("--cases", type=int, help="photos of each folder at most")
    parser.add_argument("--name", default="gray", help="of the table in results/")
    options = parser.parse_args()
    hole_of = HOLES[options.holes]
    given = list(cases(options.folders, options.cases, hole_of))
    names = dict.fromkeys((*CLASSIC, *options.backbones))
    models = {name: load_model(get_backbone(name)) for name in names}
    models |= {path.stem: exported(path) for path in options.weights}
    pairs = [(counterpart(path, models), exported(path)) for path in options.rgb]
    found = {
        name: scored(lambda image, hole, model=model: fill(image, hole, model), given, luminance, name)
        for name, model in models.items()
    }
    if options.holes == "scratches":
        found["biharmonic"] = scored(biharmonic, given, luminance, "biharmonic")
    shares = [case.hole.mean().item() for case in given]
    holes = f"{options.holes} over {min(shares):.0%} to {max(shares):.0%}"
    about = (
        f"{counted(len(given), 'photo')} of {SIDE} x {SIDE}, {holes}. The baseline is, for each photo, the better of "
        "Telea and Navier-Stokes on it, which only the truth can tell. In brackets the 95 % interval (bootstrap over "
        "the photos). Networks other than `mono` have the pack's slim weights, unless other weights are installed."
    )
    heading = ["backbone", "PSNR dB", "above the baseline", "SSIM", "above the baseline", "seconds"]
    parts = [about, table(heading, gray_rows(found))]
    parts += ["PSNR above the baseline by folder, number of photos in brackets:", table(*folder_rows(found, given))]
    for gray, rgb in pairs:
        parts += [f"In color, `{gray.backbone.id}` trained on gray and on RGB:", table(*pipelines(gray, rgb, given))]
    parts += [f"`{options.name}.jpg`, from the left: hole, {', '.join(models)}, photo."]
    write(options.name, "Gray in the hole", *parts)
    save_image(figure(models.values(), hole_of), RESULTS / f"{options.name}.jpg")


if __name__ == "__main__":
    main()
