"""Wide holes: what methods make of boxes over a third of a photo, and the processor time that takes.

    python benchmarks/wide.py [FOLDER ...] [--backbones NAME ...] [--side 256] [--texture 0] [--large]

Without folders: the four free photos. PSNR counts the pixels of the hole and says little here: a blur has the best.
`results/wide.jpg` shows the fills side by side; look at it at full size. --large times strokes on 2048 x 2048 too.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from cases import PHOTOS, box_hole, photo
from monochromic.core import BACKBONES, fill, load_image, luminance, psnr, random_hole, save_image
from monochromic.core.io.sheet import mark_hole
from report import RESULTS, counted, table, write
from torch import Tensor

SHARE = 0.6  # of each side
LARGE, COVERAGE = 2048, 0.2


class Case(NamedTuple):
    """A gray photo and its hole, (1, 1, H, W) both."""

    gray: Tensor
    hole: Tensor


def photos(folders: list[Path], side: int) -> Iterator[Tensor]:
    """The free photos, or those of folders cut square from the middle: (1, 1, side, side)."""
    if not folders:
        yield from (luminance(photo(name, side)) for name in PHOTOS)
    for path in (path for folder in folders for path in sorted(folder.iterdir())):
        gray = luminance(load_image(path))
        n = min(gray.shape[-2:])
        top, left = ((length - n) // 2 for length in gray.shape[-2:])
        yield F.interpolate(gray[..., top : top + n, left : left + n], (side, side), mode="area")


def timed(case: Case, backbone: str, texture: float) -> tuple[Tensor, float]:
    """The fill and the seconds of the processor."""
    start = time.process_time()
    filled = fill(case.gray * (1 - case.hole), case.hole, backbone, texture=texture)
    return filled, time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--backbones", nargs="+", default=["mono", "patchmatch"], choices=[*BACKBONES])
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--texture", type=float, default=0)
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    given = [
        Case(gray, box_hole(options.side, i, SHARE)) for i, gray in enumerate(photos(options.folders, options.side))
    ]
    rows, pictures = [], [[mark_hole(case.gray, case.hole).expand(-1, 3, -1, -1) for case in given]]
    for name in options.backbones:
        timed(given[0], name, options.texture)  # loads what is loaded once
        fills, seconds = zip(*(timed(case, name, options.texture) for case in given), strict=True)
        scores = [psnr(filled, case.gray, case.hole.bool()).item() for filled, case in zip(fills, given, strict=True)]
        rows.append([f"`{name}`", f"{sum(scores) / len(given):.2f}", f"{sum(seconds) / len(given):.2f}"])
        pictures.append([filled.expand(-1, 3, -1, -1) for filled in fills])
    pictures.append([case.gray.expand(-1, 3, -1, -1) for case in given])
    about = (
        f"{counted(len(given), 'photo')} of {options.side} x {options.side}, a box over {SHARE**2:.0%} of each. "
        "Seconds are the processor's, of all threads together."
    )
    parts = [about, table(["backbone", "PSNR dB", "CPU s"], rows)]
    if options.large:
        gray = luminance(photo(PHOTOS[0], LARGE))
        case = Case(gray, random_hole("free_form", LARGE, LARGE, COVERAGE, seed=0).float())
        large = [[f"`{name}`", f"{timed(case, name, options.texture)[1]:.1f}"] for name in options.backbones]
        parts += [
            f"Strokes over {case.hole.mean():.0%} of {LARGE} x {LARGE}:",
            table(["backbone", "CPU s"], large),
        ]
    parts += [f"`wide.jpg`, from the left: hole, {', '.join(options.backbones)}, photo."]
    write("wide", "Wide holes", *parts)
    save_image(torch.cat([torch.cat(column, 2) for column in pictures], 3), RESULTS / "wide.jpg")


if __name__ == "__main__":
    main()
