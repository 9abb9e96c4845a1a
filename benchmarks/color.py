"""Color methods side by side: the true gray is given, the color in the hole is not.

    python benchmarks/color.py [--side 256] [--seeds 6] [--methods propagate ...] [--photos FOLDER] [--name color]

Four free photos, each with brush strokes over a fifth of it and with a 45 % x 45 % box, for each seed; or
the photos of a folder. PSNR and CIEDE2000 count the pixels of the hole. A trained method gets the seed of its
case. Beside the table a figure shows the first cases.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from baselines import levin, mean_chroma, neighbors
from cases import box_hole, eight_cases
from monochromic.core import METHODS, Settings, colorize, load_image, luminance, psnr, random_hole, save_image
from report import RESULTS, counted, table, write
from skimage.color import deltaE_ciede2000, rgb2lab
from torch import Tensor

Run = Callable[[Tensor, Tensor, Tensor, int], Tensor]
Case = tuple[str, Tensor, Tensor, int]
SHOWN = 8  # cases in the figure
BASELINES = {"mean_chroma": mean_chroma, "levin": levin, "neighbors": neighbors}


def runner(name: str) -> Run:
    if name in BASELINES:
        return lambda image, gray, hole, seed: BASELINES[name](image, gray, hole)
    return lambda image, gray, hole, seed: colorize(image, gray, hole, name, settings=Settings(seed=seed))


def shipped_cases(side: int, seeds: int) -> list[Case]:
    return [(*case, seed) for seed in range(seeds) for case in eight_cases(side, seed)]


def folder_cases(folder: Path, side: int) -> Iterator[Case]:
    """Each photo of a folder, cut square and reduced to `side`, with strokes and with a box."""
    for i, path in enumerate(sorted(p for p in folder.iterdir() if p.suffix.lower() in (".png", ".jpg", ".jpeg"))):
        image = load_image(path).expand(-1, 3, -1, -1)
        n = min(image.shape[-2:])
        top, left = (image.shape[-2] - n) // 2, (image.shape[-1] - n) // 2
        image = F.interpolate(image[..., top : top + n, left : left + n], (side, side), mode="area")
        yield f"{path.name}, strokes", image, random_hole("free_form", side, side, 0.2, seed=i), 0
        yield f"{path.name}, box", image, box_hole(side, seed=i), 0


def measure(run: Run, case: Case) -> tuple[list[float], Tensor]:
    """PSNR in dB, mean CIEDE2000 and seconds for one case, and the picture."""
    _, image, hole, seed = case
    gray, inside = luminance(image), hole[0, 0].numpy() > 0
    holed = torch.where(hole > 0, torch.zeros_like(image), image)
    start = time.perf_counter()
    result = run(holed, gray, hole, seed)
    seconds = time.perf_counter() - start
    lab = [rgb2lab(x[0].permute(1, 2, 0).numpy()) for x in (image, result)]
    return [psnr(result, image, hole.bool()).item(), deltaE_ciede2000(*lab)[inside].mean(), seconds], result


def figure(cases: list[Case], pictures: dict[str, list[Tensor]]) -> Tensor:
    """A row for each case, at half size: the photo, its hole in gray, and what each method made of it."""
    rows = []
    for i, (_, image, hole, _) in enumerate(cases[:SHOWN]):
        holed = torch.where(hole > 0, luminance(image), image)
        rows.append(torch.cat([image, holed, *(shown[i] for shown in pictures.values())], dim=3))
    return F.avg_pool2d(torch.cat(rows, dim=2), 2)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--methods", nargs="+", default=[*BASELINES, "propagate"], choices=[*BASELINES, *METHODS])
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--cases", type=int, help="cases at most")
    parser.add_argument("--name", default="color", help="of the table in results/")
    options = parser.parse_args()
    cases = list(folder_cases(options.photos, options.side)) if options.photos else []
    cases = (cases or shipped_cases(options.side, options.seeds))[: options.cases]
    rows, pictures = [], {}
    for name in options.methods:
        run = runner(name)
        if name not in ("network", "paper"):
            measure(run, cases[0])  # loads what is loaded once
        found, shown = [], []
        for case in cases:
            numbers, picture = measure(run, case)
            found.append(numbers)
            shown.append(picture)
            print(f"{name}: {case[0]}, {numbers[0]:.2f} dB, {numbers[2]:.2f} s", file=sys.stderr)
        psnrs, colors, seconds = np.array(found).T
        means = [f"{part.mean():.2f}" if len(part) else "-" for part in (psnrs, psnrs[::2], psnrs[1::2])]
        rows.append([f"`{name}`", *means, *(f"{v:.2f}" for v in (psnrs.min(), colors.mean(), np.median(seconds)))])
        pictures[name] = shown[:SHOWN]
    heading = ["method", "PSNR dB", "strokes", "boxes", "worst", "CIEDE2000", "seconds"]
    about = f"{counted(len(cases), 'case')} of {options.side} x {options.side}, true gray given."
    columns = f"`{options.name}.jpg`, from the left: photo, hole in gray, {', '.join(pictures)}."
    write(options.name, "Color in the hole", about, table(heading, rows), columns)
    save_image(figure(cases, pictures), RESULTS / f"{options.name}.jpg")


if __name__ == "__main__":
    main()
