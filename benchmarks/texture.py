"""Texture in wide holes: the gray by PSNR and `stru`, and whether the color stage bleeds on it.

    python benchmarks/texture.py FOLDER ... [--count 20] [--backbone mono]

Photos of the folders in turn, cut square to 256 x 256, with boxes and blobs over 31 to 43 %. The gray is filled with
texture 0, 0.5 and 1, and colored as it is; and once more the texture goes onto the colors of the fill before it. Chroma
alone: the result's chroma on the true luminance. Fine chroma: its root mean square above a blur of 2 pixels.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from cases import Case, wide_cases
from monochromic.core import chroma, ciede2000, colorize, fill, luminance, psnr, save_image, stru, to_rgb_in_gamut
from monochromic.core.inpaint.texture.planes import blur
from monochromic.core.io.sheet import mark_hole
from report import RESULTS, counted, table, write
from torch import Tensor

AMOUNTS = (0.0, 0.5, 1.0)
FINE = 2.0  # pixels
SHOWN = 6  # cases in the figure
AS_IS, BEFORE = "the textured gray", "the fill before texture"
HEADING = ["texture", "colored by", "PSNR gray", "stru", "CIEDE2000", "of chroma alone", "fine chroma / truth's"]
DIGITS = 2, 3, 2, 2, 2


def fine_chroma(image: Tensor, hole: Tensor) -> float:
    """Root mean square of the chroma above a blur, in the hole."""
    high = [plane - blur(plane, FINE) for plane in chroma(image)[0].numpy()]
    return float(np.sqrt(np.mean([plane[hole[0, 0].numpy() > 0] ** 2 for plane in high])))


def numbers(result: Tensor, case: Case) -> list[float]:
    where, light = case.hole.bool(), luminance(case.image)
    swapped = to_rgb_in_gamut(light, chroma(result))
    gray = luminance(result)
    return [
        psnr(gray, light, where).item(),
        stru(gray, light, where).item(),
        ciede2000(result, case.image, where).item(),
        ciede2000(swapped, case.image, where).item(),
        fine_chroma(result, case.hole) / max(fine_chroma(case.image, case.hole), 1e-3),
    ]


def results(case: Case, backbone: str) -> dict[tuple[float, str], Tensor]:
    holed = case.image * (1 - case.hole)
    plain = fill(holed, case.hole, backbone)
    colors = chroma(colorize(holed, plain, case.hole))
    found = {}
    for amount in AMOUNTS:
        gray = fill(holed, case.hole, backbone, texture=amount)
        found[amount, AS_IS] = colorize(holed, gray, case.hole)
        if amount:
            colored = to_rgb_in_gamut(gray, colors)
            found[amount, BEFORE] = torch.where(case.hole > 0, colored, holed)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--backbone", default="mono")
    options = parser.parse_args()
    scores: dict[tuple[float, str], list[list[float]]] = {}
    rows = []
    for case in wide_cases(options.folders, options.count):
        print(case.name, file=sys.stderr)
        found = results(case, options.backbone)
        for key, result in found.items():
            scores.setdefault(key, []).append(numbers(result, case))
        shown = [mark_hole(case.image, case.hole), *found.values(), case.image]
        rows.append(torch.cat(shown, dim=3))
    cells = []
    for (amount, by), values in scores.items():
        means = zip(np.mean(values, 0), DIGITS, strict=True)
        cells.append([f"{amount:g}", by, *(f"{value:.{digits}f}" for value, digits in means)])
    about = (
        f"{counted(len(rows), 'photo')}, `{options.backbone}` and `propagate`, the pixels of the hole. `texture.jpg`, "
        "from the left: hole, the rows of the table, photo."
    )
    write("texture", "Texture in wide holes, and color after it", about, table(HEADING, cells))
    save_image(F.avg_pool2d(torch.cat(rows[:SHOWN], dim=2), 2), RESULTS / "texture.jpg")


if __name__ == "__main__":
    main()
