"""Colour methods side by side: the true gray is given, the colour in the hole is not.

    python benchmarks/colour.py [--side 256] [--seeds 6] [--methods propagate ...] [--photos FOLDER]

Four free photos, each with brush strokes over a fifth of it and with a 45 % x 45 % box, for each seed; or
the photos of a folder. PSNR and CIEDE2000 count the pixels of the hole.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from cases import box_hole, eight_cases
from monochromic.core import METHODS, chroma, colorize, load_image, luminance, psnr, random_hole, to_rgb_in_gamut
from report import table, write
from skimage.color import deltaE_ciede2000, rgb2lab
from torch import Tensor

Run = Callable[[Tensor, Tensor, Tensor], Tensor]


def mean_chroma(image: Tensor, gray: Tensor, hole: Tensor) -> Tensor:
    """The simplest there is: the mean chroma of the known pixels everywhere in the hole."""
    mean = chroma(image)[..., hole[0, 0] == 0].mean(-1)[..., None, None]
    return torch.where(hole > 0, to_rgb_in_gamut(gray, mean.expand(-1, -1, *gray.shape[-2:])), image)


def methods(names: list[str]) -> dict[str, Run]:
    runs: dict[str, Run] = {"mean chroma": mean_chroma}
    return runs | {name: lambda i, g, h, name=name: colorize(i, g, h, name) for name in names}


def folder_cases(folder: Path, side: int) -> Iterator[tuple[str, Tensor, Tensor]]:
    """Each photo of a folder, cut square and reduced to `side`, with strokes and with a box."""
    for i, path in enumerate(sorted(p for p in folder.iterdir() if p.suffix.lower() in (".png", ".jpg", ".jpeg"))):
        image = load_image(path).expand(-1, 3, -1, -1)
        n = min(image.shape[-2:])
        top, left = (image.shape[-2] - n) // 2, (image.shape[-1] - n) // 2
        image = F.interpolate(image[..., top : top + n, left : left + n], (side, side), mode="area")
        yield f"{path.name}, strokes", image, random_hole("free_form", side, side, 0.2, seed=i)
        yield f"{path.name}, box", image, box_hole(side, seed=i)


def measure(run: Run, image: Tensor, hole: Tensor) -> tuple[float, float, float]:
    """PSNR in dB, mean CIEDE2000 and seconds for one case."""
    gray, inside = luminance(image), hole[0, 0].numpy() > 0
    holed = torch.where(hole > 0, torch.zeros_like(image), image)
    start = time.perf_counter()
    result = run(holed, gray, hole)
    seconds = time.perf_counter() - start
    lab = [rgb2lab(x[0].permute(1, 2, 0).numpy()) for x in (image, result)]
    return psnr(result, image, hole.bool()).item(), deltaE_ciede2000(*lab)[inside].mean(), seconds


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--name", default="colour", help="of the table in results/")
    options = parser.parse_args()
    if options.photos:
        cases = list(folder_cases(options.photos, options.side))
    else:
        cases = [case for seed in range(options.seeds) for case in eight_cases(options.side, seed)]
    rows = []
    for name, run in methods(options.methods).items():
        run(cases[0][1], luminance(cases[0][1]), cases[0][2])
        found = np.array([measure(run, image, hole) for _, image, hole in cases])
        strokes, boxes = found[::2, 0].mean(), found[1::2, 0].mean()
        rows.append([name, *(f"{v:.2f}" for v in (found[:, 0].mean(), strokes, boxes, found[:, 0].min()))])
        rows[-1] += [f"{found[:, 1].mean():.2f}", f"{np.median(found[:, 2]):.2f}"]
    heading = ["method", "PSNR dB", "strokes", "boxes", "worst", "CIEDE2000", "seconds"]
    about = f"{len(cases)} cases of {options.side} x {options.side}, true gray given."
    write(options.name, "Colour in the hole", about, table(heading, rows))


if __name__ == "__main__":
    main()
